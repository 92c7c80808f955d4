"""One utterance, and what feature sets share of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import AudioError
from . import spectral

N_MELS, N_CHROMA = 128, 12
_MFCC_RANGE_DB = 80.0

TUNINGS: dict[str, Callable[[AudioSignal], float]] = {
    "utterance": lambda sound: sound.tuning,
    "0": lambda sound: 0.0,
    "original": lambda sound: sound.original.tuning,
}
"""Where the tuning of the chroma comes from: estimated from the utterance itself (librosa's
default), 440 Hz, or estimated from the recording that no codec has touched."""


class AudioSignal:
    """One utterance; what is made of it is made when it is first asked for, and once.

    Everything has time along the first axis: a frame each 512 samples, centred, the first at
    sample 0.

    Parameters
    ----------
    signal : numpy.ndarray
        Mono, shape (samples,), full scale is 1.
    rate : int
        Sample rate in Hz.
    original : AudioSignal, optional
        The uncoded recording that this is a version of; itself by default.

    Raises
    ------
    AudioError
        If the signal is empty, not mono or not finite.
    """

    def __init__(self, signal: np.ndarray, rate: int, original: AudioSignal | None = None) -> None:
        self.signal = np.asarray(signal, dtype=np.float32)
        if self.signal.ndim != 1 or not len(self.signal):
            raise AudioError(f"a signal must be mono and not empty, not {self.signal.shape}")
        if not np.isfinite(self.signal).all():
            raise AudioError("the signal is not finite")
        self.rate = rate
        self.original: AudioSignal = self if original is None else original
        self._made: dict[tuple[Any, ...], Any] = {}
        self._tuning: float | None = None

    @property
    def power(self) -> np.ndarray:
        """The power spectrogram, float32, shape (frames, 1025)."""
        return self._once("power", lambda: spectral.power_spectrogram(self.signal))

    def mel(self, n_mels: int = N_MELS) -> np.ndarray:
        """Return the mel spectrogram, float32, shape (frames, n_mels): librosa's, in power."""
        return self._once(
            ("mel", n_mels), lambda: spectral.mel_spectrogram(self.power, self.rate, n_mels)
        )

    def log_mel(self, floor: float = _MFCC_RANGE_DB, n_mels: int = N_MELS) -> np.ndarray:
        """Return the mel spectrogram in dB, shape (frames, n_mels).

        It is floored at 1e-10 and at ``floor`` dB under the utterance's largest value.
        """
        decibels = self._once(("dB", n_mels), lambda: spectral.decibels(self.mel(n_mels)))
        return self._once(("dB", n_mels, floor), lambda: spectral.floored(decibels, floor))

    def mfcc(self, n_mfcc: int, floor: float = _MFCC_RANGE_DB) -> np.ndarray:
        """Return the MFCC, float64, shape (frames, n_mfcc): librosa's, with its floor of 80 dB."""
        return self._once(
            ("mfcc", n_mfcc, floor), lambda: spectral.cepstrum(self.log_mel(floor), n_mfcc)
        )

    @property
    def tuning(self) -> float:
        """The estimate of this utterance's tuning, in semitones from -0.5 up to 0.5."""
        if self._tuning is None:
            self._tuning = spectral.tuning_of(self.power, self.rate, N_CHROMA)
        return self._tuning

    def chroma(self, tuning: str) -> np.ndarray:
        """Return the chromagram, float32, shape (frames, 12), tuned as ``TUNINGS`` name it."""
        semitones = TUNINGS[tuning](self)
        return self._once(
            ("chroma", semitones),
            lambda: spectral.chroma(self.power, self.rate, N_CHROMA, semitones),
        )

    def clear_cache(self) -> None:
        """Forget all arrays that were made, and keep the tuning estimate."""
        self._made.clear()

    def _once(self, name: Any, make: Callable[[], np.ndarray]) -> np.ndarray:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]
