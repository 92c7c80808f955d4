"""GSM 06.10 full rate, the first codec of mobile telephony."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from ..core.errors import CodecError, UsageError
from ..core.tables import Alias, Condition
from .base import Codec, CodedSignal
from .payload import payload, split_frames
from .signals import RESAMPLER, check_signals, from_codec_rate, to_codec_rate, to_int16

_RATE, _FRAME, _BYTES = 8_000, 160, 33  # Hz, samples, bytes of them
_KBPS = 8 * _BYTES * _RATE / _FRAME / 1000
_RAW = {"samplerate": _RATE, "format": "RAW", "subtype": "GSM610"}


class Gsm(Codec):
    """GSM full rate at 8 kHz and 13.2 kbit/s, by the libgsm inside of libsndfile.

    No ffmpeg that pip brings has the encoder; libsndfile has had it all along.
    """

    name = "gsm"
    title = "GSM 06.10 full rate, mobile telephony at 8 kHz, 13.2 kbit/s"
    takes_bitrates = False
    integer_samples = True

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Return the one condition ``gsm``; see `Codec.conditions`."""
        if len(bitrates):
            raise UsageError("gsm has one bitrate only: name none")
        params = (("resampler", RESAMPLER),) if rate != _RATE else ()
        return [Condition(self.name, self.spec, _KBPS, _RATE, params)], []

    def encoder(self) -> str:
        """Return the version of libsndfile, which carries libgsm."""
        import soundfile

        return f"libgsm (libsndfile {soundfile.__libsndfile_version__})"

    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode; see `Codec.roundtrip`."""
        return [[_through(signal, rate) for signal in check_signals(signals)] for _ in conditions]


def _through(source: np.ndarray, rate: int) -> CodedSignal:
    import soundfile

    sent = to_int16(to_codec_rate(source, rate, _RATE))
    file = io.BytesIO()
    soundfile.write(file, sent, **_RAW)
    data = file.getvalue()
    found = payload(split_frames(data, _BYTES), len(data) // _BYTES * _FRAME / _RATE)
    signal, _ = soundfile.read(io.BytesIO(data), dtype="float32", channels=1, **_RAW)
    if not len(sent) <= len(signal) < len(sent) + _FRAME:
        raise CodecError(f"gsm came back with {len(signal)} samples instead of {len(sent)}")
    back = from_codec_rate(signal[: len(sent)], _RATE, rate, len(source))
    return CodedSignal(back, found.kbps, found.sha256, data, "gsm")


COMPONENT = Gsm()
