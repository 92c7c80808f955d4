"""MP3 (MPEG audio Layer III) at constant bitrates, encoded by LAME.

LAME runs in ffmpeg, or in this process if the samples are the same: see `lame`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from ..core import ffmpeg
from ..core.errors import CodecError
from ..core.tables import Condition
from . import lame, mpeg
from .base import CodedSignal
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import Payload
from .reference_signal import RATE, make_signal
from .signals import Signal, check_signals, from_codec_rate, to_codec_rate
from .streams import Encoding


class Mp3(LossyCodec):
    """MP3 by libmp3lame, constant bitrate, decoded to float by libsndfile."""

    name = "mp3"
    title = "MP3 (MPEG Layer III) by LAME, constant bitrate"
    bitrates_by_rate = {rate: Bitrates(kbps) for rate, kbps in mpeg.BITRATES.items()}
    encoder_name = "libmp3lame"
    suffix = "mp3"
    # libsndfile removes the delay that the LAME tag states and returns 0 to 46 surplus samples. A
    # frame or more means that the tag was missing, and then the signal has a delay of 1105.
    max_excess = 576

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        return Encoding(self.encoder_name, condition.kbps, self.suffix)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the mean bitrate of the headers of all frames."""
        info = mpeg.parse(data)
        if (info.kbps, info.sample_rate) != (condition.kbps, condition.codec_rate_hz):
            raise CodecError(
                f"{condition.name} was requested at {condition.codec_rate_hz} Hz, but the encoder "
                f"wrote {info.kbps:g} kbit/s at {info.sample_rate} Hz"
            )
        return Payload(info.kbps, info.frames_sha256)

    def stream_type(self, file: bytes) -> str:
        """Return the version of MPEG in the headers: ``MPEG-2``."""
        return f"MPEG-{mpeg.parse(file).version}"

    def engine(self) -> str:
        """Return the package that codes in this process; empty if ffmpeg codes."""
        return lame.engine() if lame_matches_ffmpeg(ffmpeg.binary()) else ""

    def roundtrip_with_files(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode with ffmpeg, which writes complete files; see `Codec.roundtrip_with_files`."""
        return super().roundtrip(signals, rate, conditions)

    def roundtrip(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode, in this process if the samples are the same; see `Codec.roundtrip`."""
        if not lame_matches_ffmpeg(ffmpeg.binary()):
            return self.roundtrip_with_files(signals, rate, conditions)
        return self._roundtrip_by_lame(check_signals(signals), rate, conditions)

    def _roundtrip_by_lame(
        self, sources: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode by `lame`; the streams have no tag, so they are not kept as files."""
        result: list[list[CodedSignal]] = [[] for _ in conditions]
        for source in sources:
            resampled: dict[int, Signal] = {}
            for row, condition in zip(result, conditions, strict=True):
                codec_rate = condition.codec_rate_hz or 0
                if codec_rate not in resampled:
                    resampled[codec_rate] = to_codec_rate(source, rate, codec_rate)
                signal = resampled[codec_rate]
                stream, decoded = lame.encode_decode(signal, codec_rate, int(condition.kbps or 0))
                payload = self.read_payload(stream, len(signal), condition)
                decoded = from_codec_rate(decoded, codec_rate, rate, len(source))
                row.append(CodedSignal(decoded, payload.kbps, payload.sha256))
        return result


COMPONENT = Mp3()

_TEST_KBPS = (8, 24, 64, 160, 256)


@cache
def lame_matches_ffmpeg(program: str) -> bool:
    """Return whether `lame` and an ffmpeg code the reference signal to the same samples."""
    if not lame.engine():
        return False
    # The factor gives samples that 16 bits cannot represent, so rounding would be detected.
    signals = [make_signal() * np.float32(0.7)]
    conditions, _ = COMPONENT.conditions(_TEST_KBPS, RATE, "promote")
    try:
        by_lame = COMPONENT._roundtrip_by_lame(signals, RATE, conditions)
        by_ffmpeg = COMPONENT.roundtrip_with_files(signals, RATE, conditions)
    except CodecError:
        return False
    return all(
        float(np.abs(ours.signal - theirs.signal).max()) <= lame.SAMPLE_TOLERANCE
        for (ours,), (theirs,) in zip(by_lame, by_ffmpeg, strict=True)
    )
