"""AAC (MPEG-4 AAC-LC) by ffmpeg's native encoder."""

from __future__ import annotations

from ..core.tables import Condition
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import Payload, adts_frames
from .streams import Decoding, Encoding

_FRAME = 1024  # samples


class Aac(LossyCodec):
    """AAC-LC at an average bitrate, in ADTS frames.

    A frame has at most 6144 bits per channel, which is 96 kbit/s at 16 kHz. On short recordings
    the encoder may miss low bitrates; the effective bitrate is that of the written stream.
    """

    name = "aac"
    title = "AAC-LC by ffmpeg's native encoder, average bitrate"
    bitrates_by_rate = {
        8_000: Bitrates((8, 12, 16, 24, 32, 48), continuous=True),
        16_000: Bitrates((8, 12, 16, 24, 32, 48, 64, 96), continuous=True),
        24_000: Bitrates((12, 16, 24, 32, 48, 64, 96, 128, 144), continuous=True),
        32_000: Bitrates((16, 24, 32, 48, 64, 96, 128, 192), continuous=True),
        48_000: Bitrates((24, 32, 48, 64, 96, 128, 192, 256, 288), continuous=True),
    }
    encoder_name = "aac"
    suffix = "aac"
    decoding = Decoding("aac", "aac")
    delay = _FRAME  # an ADTS stream, unlike an MP4 file, does not state its delay
    max_excess = 2 * _FRAME + 1

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        return Encoding(self.encoder_name, condition.kbps, self.suffix, muxer="adts")

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the mean bitrate of the frames without their ADTS headers."""
        frames = adts_frames(data)
        return Payload.from_frames(frames, len(frames) * _FRAME / (condition.codec_rate_hz or 1))


COMPONENT = Aac()
