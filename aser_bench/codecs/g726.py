"""G.726, the ADPCM codec of cordless telephones and trunk lines."""

from __future__ import annotations

from dataclasses import replace

from ..core.errors import CodecError
from ..core.tables import Condition
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import Payload, split_frames
from .streams import Decoding, Encoding


class G726(LossyCodec):
    """G.726 at 8 kHz, two to five bits per sample."""

    name = "g726"
    title = "G.726, ADPCM for cordless telephony at 8 kHz"
    integer_samples = True
    bitrates_by_rate = {8_000: Bitrates((16, 24, 32, 40))}
    encoder_name = "g726"
    suffix = "g726"
    decoding = Decoding("g726", "g726")
    max_excess = 9

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        return Encoding(self.encoder_name, condition.kbps, self.suffix, muxer="g726")

    def decoding_for(self, condition: Condition) -> Decoding:
        """Return the settings of ffmpeg with the bits per sample, which is not in the file."""
        bits = round((condition.kbps or 0) / 8)
        return replace(self.decoding, options=(("code_size", str(bits)),))

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate of the codes; groups of eight codes fill whole bytes."""
        bits = round((condition.kbps or 0) / 8)
        if not n * bits <= 8 * len(data) < n * bits + 8 * 8:
            raise CodecError(f"{condition.name} has {len(data)} bytes for {n} samples")
        return Payload.from_frames(
            split_frames(data, 1), 8 * len(data) / bits / (condition.codec_rate_hz or 1)
        )


COMPONENT = G726()
