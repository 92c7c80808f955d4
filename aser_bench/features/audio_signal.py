"""One utterance with the spectrograms that feature sets share."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
import numpy.typing as npt

from ..core.errors import AudioError
from . import spectral

N_MELS, N_CHROMA = 128, 12
_MFCC_RANGE_DB = 80.0

Floats = npt.NDArray[np.floating]

TUNINGS: dict[str, Callable[[AudioSignal], float]] = {
    "utterance": lambda signal: signal.tuning,
    "0": lambda signal: 0.0,
    "original": lambda signal: signal.original.tuning,
}
"""Source of the chroma's tuning: estimated from the utterance (librosa's default), 440 Hz, or
estimated from the uncoded recording."""


class AudioSignal:
    """One utterance; its spectrograms are computed on first use and cached.

    All arrays have time along the first axis: one frame every 512 samples, centred, the first at
    sample 0.

    Parameters
    ----------
    signal : numpy.ndarray
        Mono, shape (samples,), full scale is 1.
    rate : int
        Sample rate in Hz.
    original : AudioSignal, optional
        Uncoded recording of which this is a version; by default this signal itself.

    Raises
    ------
    AudioError
        If the signal is empty, not mono or not finite.
    """

    def __init__(self, signal: Floats, rate: int, original: AudioSignal | None = None) -> None:
        try:
            self.signal = np.asarray(signal, dtype=np.float32)
        except (TypeError, ValueError):
            raise AudioError("the signal is not an array of numbers") from None
        if self.signal.ndim != 1 or not len(self.signal):
            raise AudioError(f"a signal must be mono and not empty, not {self.signal.shape}")
        if not np.isfinite(self.signal).all():
            raise AudioError("the signal is not finite")
        self.rate = rate
        self.original: AudioSignal = self if original is None else original
        self._arrays: dict[Hashable, Floats] = {}
        self._tuning: float | None = None

    @property
    def power(self) -> Floats:
        """The power spectrogram, float32, shape (frames, 1025)."""
        return self._cached("power", lambda: spectral.power_spectrogram(self.signal))

    def mel(self, n_mels: int = N_MELS) -> Floats:
        """Return librosa's mel spectrogram in power, float32, shape (frames, n_mels)."""
        return self._cached(
            ("mel", n_mels), lambda: spectral.mel_spectrogram(self.power, self.rate, n_mels)
        )

    def log_mel(self, floor: float = _MFCC_RANGE_DB, n_mels: int = N_MELS) -> Floats:
        """Return the mel spectrogram in dB, float64, shape (frames, n_mels).

        Values are limited to at least 1e-10 in power, and to at least ``floor`` dB below the
        largest value of the utterance.
        """
        decibels = self._cached(("dB", n_mels), lambda: spectral.decibels(self.mel(n_mels)))
        return self._cached(("dB", n_mels, floor), lambda: spectral.floored(decibels, floor))

    def mfcc(self, n_mfcc: int, floor: float = _MFCC_RANGE_DB) -> Floats:
        """Return the MFCC, float64, shape (frames, n_mfcc); librosa's with its floor of 80 dB."""
        return self._cached(
            ("mfcc", n_mfcc, floor), lambda: spectral.cepstrum(self.log_mel(floor), n_mfcc)
        )

    @property
    def tuning(self) -> float:
        """Estimated tuning of this utterance, in semitones from -0.5 up to 0.5."""
        if self._tuning is None:
            self._tuning = spectral.estimate_tuning(self.power, self.rate, N_CHROMA)
        return self._tuning

    def chroma(self, tuning: str) -> Floats:
        """Return the chromagram, float32, shape (frames, 12); ``tuning`` is a key of `TUNINGS`."""
        semitones = TUNINGS[tuning](self)
        return self._cached(
            ("chroma", semitones),
            lambda: spectral.chroma(self.power, self.rate, N_CHROMA, semitones),
        )

    def clear_cache(self) -> None:
        """Delete the cached arrays; the tuning estimate remains."""
        self._arrays.clear()

    def _cached(self, name: Hashable, compute: Callable[[], Floats]) -> Floats:
        if name not in self._arrays:
            self._arrays[name] = compute()
        return self._arrays[name]
