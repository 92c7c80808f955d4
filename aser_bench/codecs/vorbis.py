"""Vorbis by libvorbis at average bitrates."""

from __future__ import annotations

from ..core.errors import CodecError
from ..core.tables import Condition
from . import ogg
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import Payload
from .streams import Encoding

_HEADERS = 3  # packets before the audio


class Vorbis(LossyCodec):
    """Vorbis by libvorbis; on simple recordings the bitrate is lower than requested."""

    name = "vorbis"
    title = "Vorbis by libvorbis, average bitrate"
    bitrates_by_rate = {
        8_000: Bitrates((8, 12, 16, 24, 32, 40), continuous=True),
        16_000: Bitrates((16, 24, 32, 48, 64, 80, 96, 100), continuous=True),
        32_000: Bitrates((32, 48, 64, 96, 128, 160, 190), continuous=True),
        48_000: Bitrates((48, 64, 96, 128, 160, 192, 240), continuous=True),
    }
    encoder_name = "libvorbis"
    suffix = "ogg"
    max_excess = 1  # the file states where its audio ends

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        options = (("fflags", "+bitexact"),)
        return Encoding(self.encoder_name, condition.kbps, self.suffix, options=options)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the mean bitrate of the packets over the number of samples in the file."""
        packets, samples = ogg.packets(data)
        if samples != n:
            raise CodecError(f"{condition.name} has {samples} samples instead of {n}")
        return Payload.from_frames(packets[_HEADERS:], n / (condition.codec_rate_hz or 1))


COMPONENT = Vorbis()
