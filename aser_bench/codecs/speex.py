"""Speex by libspeex, narrow and wide band."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.options import choice
from ..core.tables import Condition
from . import ogg
from .bitrates import Bitrates, BitratesByRate
from .lossy import LossyCodec
from .payload import Payload, payload
from .streams import Decoding, Encoding

# The lowest mode of each band is left out: it codes no voice but noise of its colour.
_CARRIED = {
    "nb": {8_000: Bitrates((3.95, 5.95, 8, 11, 15, 18.2, 24.6))},
    "wb": {16_000: Bitrates((5.75, 7.75, 9.8, 12.8, 16.8, 20.6, 23.8, 27.8, 34.2, 42.2))},
}
# Samples by which the decoder is late: the look-ahead of the frame, and of the two bands' filter.
_DELAY = {"nb": 80, "wb": 223}
_FRAME_S = 0.020
_HEADERS = 2  # packets in front of the audio


@dataclass(frozen=True)
class Speex(LossyCodec):
    """Speex at the bitrates of its modes; libspeex decodes it too.

    A packet is filled up to whole bytes, so the lowest modes cost more than their name says.

    Attributes
    ----------
    band : str
        ``wb`` codes at 16 kHz, ``nb`` at 8 kHz.
    """

    band: str = "wb"

    name = "speex"
    title = "Speex, libspeex; option band (wb at 16 kHz, nb at 8 kHz)"
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
        """What names of conditions start with; both bands have an 8 kbit/s of their own."""
        return f"{self.name}-{self.band}"

    @property
    def bitrates_by_rate(self) -> BitratesByRate:  # type: ignore[override]
        """What the band carries at its rate."""
        return _CARRIED[self.band]

    @property
    def delay(self) -> int:  # type: ignore[override]
        """Samples by which the decoder is late."""
        return _DELAY[self.band]

    def encoding(self, condition: Condition) -> Encoding:
        """Return how ffmpeg encodes a condition."""
        options = (("fflags", "+bitexact"),)
        return Encoding(self.encoder_name, condition.kbps, self.suffix, options=options)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate of the packets, 20 ms each."""
        packets = ogg.packets(data)[0][_HEADERS:]
        return payload(packets, _FRAME_S * len(packets))


COMPONENT = Speex()
