"""Speex by libspeex, narrow-band and wide-band."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.options import choice
from ..core.tables import Condition
from . import ogg
from .bitrates import Bitrates, BitratesByRate
from .lossy import LossyCodec
from .payload import Payload
from .streams import Decoding, Encoding

# The lowest mode of each band is omitted: it codes coloured noise instead of a voice.
_CARRIED = {
    "nb": {8_000: Bitrates((3.95, 5.95, 8, 11, 15, 18.2, 24.6))},
    "wb": {16_000: Bitrates((5.75, 7.75, 9.8, 12.8, 16.8, 20.6, 23.8, 27.8, 34.2, 42.2))},
}
# Delay of the decoder in samples: the look-ahead of the frame and of the filter of the two bands.
_DELAY = {"nb": 80, "wb": 223}
_FRAME_S = 0.020
_HEADERS = 2  # packets before the audio


@dataclass(frozen=True)
class Speex(LossyCodec):
    """Speex at the bitrates of its modes, encoded and decoded by libspeex.

    Packets are padded to whole bytes, so the lowest modes have a higher bitrate than their name
    states.

    Attributes
    ----------
    band : str
        ``wb`` (wide band, 16 kHz) or ``nb`` (narrow band, 8 kHz).
    """

    band: str = "wb"

    name = "speex"
    title = "Speex by libspeex; option: band (wb: 16 kHz, nb: 8 kHz)"
    options = {"band": choice("wb", "nb")}
    variants = ("speex:band=nb",)
    integer_samples = True
    max_padding = 0.05
    encoder_name = "libspeex"
    suffix = "spx"
    decoding = Decoding("libspeex", "ogg")
    tail = 320
    max_excess = 641

    @property
    def label(self) -> str:
        """First part of the names of conditions, with the band: both bands have 8 kbit/s."""
        return f"{self.name}-{self.band}"

    # These values depend on the band, so properties replace the class variables of LossyCodec.

    @property
    def bitrates_by_rate(self) -> BitratesByRate:  # type: ignore[override]
        """The bitrates of the band at its sample rate."""
        return _CARRIED[self.band]

    @property
    def delay(self) -> int:  # type: ignore[override]
        """Delay of the decoder in samples."""
        return _DELAY[self.band]

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        options = (("fflags", "+bitexact"),)
        return Encoding(self.encoder_name, condition.kbps, self.suffix, options=options)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate of the packets, 20 ms each."""
        packets = ogg.packets(data)[0][_HEADERS:]
        return Payload.from_frames(packets, _FRAME_S * len(packets))


COMPONENT = Speex()
