"""MP3 (MPEG audio Layer III) at constant bitrates, coded by LAME.

Through ffmpeg; or in this process, where that makes the same samples: see `lame`.
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
from .signals import check_signals, from_codec_rate, to_codec_rate
from .streams import Encoding


class Mp3(LossyCodec):
    """MP3 by libmp3lame, constant bitrate, decoded to float by libsndfile."""

    name = "mp3"
    title = "MP3 (MPEG Layer III), LAME at constant bitrates"
    bitrates_by_rate = {rate: Bitrates(kbps) for rate, kbps in mpeg.BITRATES.items()}
    encoder_name = "libmp3lame"
    suffix = "mp3"
    # libsndfile takes the encoder's delay away by the LAME tag and returns 0 to 46 samples too
    # many. A frame or more means that the tag was missing, and then the signal is late by 1105.
    max_excess = 576

    def encoding(self, condition: Condition) -> Encoding:
        """Return how ffmpeg encodes a condition."""
        return Encoding(self.encoder_name, condition.kbps, self.suffix)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate that stands in the headers of all frames."""
        info = mpeg.parse(data)
        if (info.kbps, info.sample_rate) != (condition.kbps, condition.codec_rate_hz):
            raise CodecError(
                f"{condition.name} was asked for at {condition.codec_rate_hz} Hz, but the encoder "
                f"wrote {info.kbps:g} kbit/s at {info.sample_rate} Hz"
            )
        return Payload(info.kbps, info.frames_sha256)

    def stream_type(self, file: bytes) -> str:
        """Return the version of MPEG that the headers name: ``MPEG-2``."""
        return f"MPEG-{mpeg.parse(file).version}"

    def engine(self) -> str:
        """Return the package that codes in this process, where it is used."""
        return lame.engine() if lame_matches_ffmpeg(ffmpeg.binary()) else ""

    def roundtrip_with_files(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode with ffmpeg, which writes whole files; see `Codec.roundtrip_with_files`."""
        return super().roundtrip(signals, rate, conditions)

    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode, in this process where that is the same; see `Codec.roundtrip`."""
        if not lame_matches_ffmpeg(ffmpeg.binary()):
            return self.roundtrip_with_files(signals, rate, conditions)
        return self._here(check_signals(signals), rate, conditions)

    def _here(
        self, sources: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode by `lame`; the streams are no files that others could play."""
        result: list[list[CodedSignal]] = [[] for _ in conditions]
        for source in sources:
            carried: dict[int, np.ndarray] = {}
            for row, condition in zip(result, conditions, strict=True):
                codec_rate = condition.codec_rate_hz or 0
                if codec_rate not in carried:
                    carried[codec_rate] = to_codec_rate(source, rate, codec_rate)
                signal = carried[codec_rate]
                stream, back = lame.encode_decode(signal, codec_rate, int(condition.kbps or 0))
                found = self.read_payload(stream, len(signal), condition)
                back = from_codec_rate(back, codec_rate, rate, len(source))
                row.append(CodedSignal(back, found.kbps, found.sha256))
        return result


COMPONENT = Mp3()

_TRIED_KBPS = (8, 24, 64, 160, 256)


@cache
def lame_matches_ffmpeg(program: str) -> bool:
    """Whether `lame` makes the samples that an ffmpeg makes: tried on the canary, once."""
    if not lame.engine():
        return False
    signals = [make_signal() * np.float32(0.7)]  # not of 16-bit samples: they must not be rounded
    conditions, _ = COMPONENT.conditions(_TRIED_KBPS, RATE, "promote")
    try:
        mine = COMPONENT._here(signals, RATE, conditions)
        theirs = COMPONENT.roundtrip_with_files(signals, RATE, conditions)
    except CodecError:
        return False
    return all(
        float(np.abs(one.signal - other.signal).max()) <= lame.SAMPLE_TOLERANCE
        for (one,), (other,) in zip(mine, theirs, strict=True)
    )
