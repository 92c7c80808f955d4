"""G.711, the codec of fixed telephony: eight logarithmic bits per sample."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.options import choice
from ..core.tables import Condition
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import Payload, split_frames
from .streams import Decoding, Encoding


@dataclass(frozen=True)
class G711(LossyCodec):
    """G.711 at 8 kHz and 64 kbit/s.

    Attributes
    ----------
    law : str
        ``mu`` (North America, Japan) or ``a`` (elsewhere).
    """

    law: str = "mu"

    name = "g711"
    title = "G.711, fixed telephony at 8 kHz, 64 kbit/s; option: law (mu, a)"
    takes_bitrates = False
    options = {"law": choice("mu", "a")}
    variants = ("g711:law=a",)
    integer_samples = True
    bitrates_by_rate = {8_000: Bitrates((64,))}
    max_excess = 1

    @property
    def label(self) -> str:
        """The name of the condition: ``g711-mu``."""
        return f"{self.name}-{self.law}"

    # These values depend on the law, so properties replace the class variables of LossyCodec.

    @property
    def suffix(self) -> str:  # type: ignore[override]
        """Suffix of the names of its files."""
        return f"{self.law}law"

    @property
    def encoder_name(self) -> str:  # type: ignore[override]
        """Ffmpeg's name of the encoder."""
        return f"pcm_{self.law}law"

    @property
    def decoding(self) -> Decoding:  # type: ignore[override]
        """Settings of ffmpeg for the decoder."""
        return Decoding(self.encoder_name, self.suffix, (("ar", "8000"),))

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        return Encoding(self.encoder_name, None, self.suffix, muxer=self.suffix)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate: one byte per sample."""
        return Payload.from_frames(split_frames(data, 1), n / (condition.codec_rate_hz or 1))


COMPONENT = G711()
