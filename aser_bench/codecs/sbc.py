"""SBC, the codec that every Bluetooth headset supports."""

from __future__ import annotations

from ..core.tables import Condition
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import Payload, sbc_frame_size, split_frames
from .streams import Decoding, Encoding

_RATES = (16_000, 32_000, 44_100, 48_000)


class Sbc(LossyCodec):
    """SBC at constant bitrates, eight subbands."""

    name = "sbc"
    title = "SBC, Bluetooth audio (A2DP), constant bitrate"
    integer_samples = True
    bitrates_by_rate = {
        rate: Bitrates((24, 32, 48, 64, 96, 128, 192, 256), continuous=True) for rate in _RATES
    }
    encoder_name = "sbc"
    suffix = "sbc"
    decoding = Decoding("sbc", "sbc")
    delay = 73  # of the filters that split and join the bands
    tail = 256
    max_excess = 257

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        return Encoding(self.encoder_name, condition.kbps, self.suffix, muxer="sbc")

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate, from the frame size in the headers."""
        size, samples = sbc_frame_size(data)
        frames = split_frames(data, size)
        return Payload.from_frames(frames, len(frames) * samples / (condition.codec_rate_hz or 1))


COMPONENT = Sbc()
