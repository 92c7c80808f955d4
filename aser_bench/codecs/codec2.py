"""Codec 2, a vocoder for digital radio: speech at 0.7 to 3.2 kbit/s."""

from __future__ import annotations

from ..core.errors import CodecError
from ..core.tables import Condition
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import Payload, split_frames
from .streams import Decoding, Encoding

# kbit/s -> (ffmpeg's name of the mode, bytes of a frame, ms of a frame)
_MODES = {
    0.7: ("700C", 4, 40),
    1.2: ("1200", 6, 40),
    1.3: ("1300", 7, 40),
    1.4: ("1400", 7, 40),
    1.6: ("1600", 8, 40),
    2.4: ("2400", 6, 20),
    3.2: ("3200", 8, 20),
}
_HEADER_BYTES = 7  # magic, version, mode


class Codec2(LossyCodec):
    """Codec 2 at 8 kHz by libcodec2.

    It codes the spectral envelope and the pitch, not the waveform. Frames are padded to whole
    bytes, so the lowest modes have a higher bitrate than their name states.
    """

    name = "codec2"
    title = "Codec 2 by libcodec2, a vocoder at 8 kHz"
    integer_samples = True
    keeps_waveform = False
    lag_tolerance_samples = 160  # accuracy of the delay of an envelope
    level_tolerance_db = 7.0
    max_padding = 0.15
    one_file_per_process = True  # streams of one process share the decoder's noise generator
    bitrates_by_rate = {8_000: Bitrates(tuple(_MODES))}
    encoder_name = "libcodec2"
    suffix = "c2"
    decoding = Decoding("libcodec2", "codec2")
    tail = 640
    max_excess = 641

    def delay_for(self, condition: Condition) -> int:
        """Return the delay of the envelope in samples, as measured on 14 recordings."""
        return 256 if condition.kbps == 0.7 else 160

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        options = (("mode", _MODES[condition.kbps or 0][0]),)
        return Encoding(self.encoder_name, None, self.suffix, "codec2", options)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate of the stored frames, with their padding."""
        if not data.startswith(b"\xc0\xde\xc2"):
            raise CodecError(f"{condition.name} is not a Codec 2 file")
        _, size, milliseconds = _MODES[condition.kbps or 0]
        frames = split_frames(data[_HEADER_BYTES:], size)
        return Payload.from_frames(frames, len(frames) * milliseconds / 1000)


COMPONENT = Codec2()
