"""GSM 06.10 full rate, the first codec of mobile telephony."""

from __future__ import annotations

import io
from collections.abc import Sequence

from ..core.errors import CodecError, UsageError
from ..core.tables import Alias, Condition
from .base import Codec, CodedSignal
from .payload import Payload, split_frames
from .signals import RESAMPLER, Signal, check_signals, from_codec_rate, to_codec_rate, to_int16

_RATE, _FRAME, _BYTES = 8_000, 160, 33  # Hz, samples of a frame, bytes of a frame
_KBPS = 8 * _BYTES * _RATE / _FRAME / 1000
_RAW = {"samplerate": _RATE, "format": "RAW", "subtype": "GSM610"}


class Gsm(Codec):
    """GSM full rate at 8 kHz and 13.2 kbit/s, by libgsm in libsndfile.

    The builds of ffmpeg on PyPI do not have this encoder.
    """

    name = "gsm"
    title = "GSM 06.10 full rate by libgsm, mobile telephony at 8 kHz, 13.2 kbit/s"
    takes_bitrates = False
    integer_samples = True

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Return the condition ``gsm``; see `Codec.conditions`."""
        if len(bitrates):
            raise UsageError("gsm has a single bitrate: leave out the bitrate")
        params = (("resampler", RESAMPLER),) if rate != _RATE else ()
        return [Condition(self.name, self.spec, _KBPS, _RATE, params)], []

    def encoder(self) -> str:
        """Return the version of libsndfile, which contains libgsm."""
        import soundfile

        return f"libgsm (libsndfile {soundfile.__libsndfile_version__})"

    def roundtrip(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode; see `Codec.roundtrip`."""
        return [[_roundtrip(signal, rate) for signal in check_signals(signals)] for _ in conditions]


def _roundtrip(source: Signal, rate: int) -> CodedSignal:
    import soundfile

    samples = to_int16(to_codec_rate(source, rate, _RATE))
    file = io.BytesIO()
    soundfile.write(file, samples, **_RAW)
    data = file.getvalue()
    payload = Payload.from_frames(split_frames(data, _BYTES), len(data) // _BYTES * _FRAME / _RATE)
    signal, _ = soundfile.read(io.BytesIO(data), dtype="float32", channels=1, **_RAW)
    n = len(samples)
    if not n <= len(signal) < n + _FRAME:
        raise CodecError(f"gsm was decoded to {len(signal)} samples instead of {n}")
    decoded = from_codec_rate(signal[:n], _RATE, rate, len(source))
    return CodedSignal(decoded, payload.kbps, payload.sha256, data, "gsm")


COMPONENT = Gsm()
