"""G.722, the codec of wide-band fixed telephony: two bands of ADPCM."""

from __future__ import annotations

from ..core.tables import Condition
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import Payload, split_frames
from .streams import Decoding, Encoding


class G722(LossyCodec):
    """G.722 at 16 kHz and 64 kbit/s."""

    name = "g722"
    title = "G.722, wide-band fixed telephony at 16 kHz, 64 kbit/s"
    takes_bitrates = False
    integer_samples = True
    bitrates_by_rate = {16_000: Bitrates((64,))}
    encoder_name = "g722"
    suffix = "g722"
    decoding = Decoding("g722", "g722")
    delay = 22  # of the two filters that split and join the bands
    tail = 24
    max_excess = 3

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        return Encoding(self.encoder_name, None, self.suffix, muxer="g722")

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate: one byte for two samples."""
        return Payload.from_frames(
            split_frames(data, 1), 2 * len(data) / (condition.codec_rate_hz or 1)
        )


COMPONENT = G722()
