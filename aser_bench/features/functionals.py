"""The study's 180 values: time means of librosa's MFCC, chromagram and mel spectrogram."""

from __future__ import annotations

import numpy as np

from . import spectral
from .base import FeatureSet

N_MFCC, N_CHROMA, N_MELS = 40, 12, 128


class Functionals(FeatureSet):
    """Time means of MFCC (40), chroma (12) and mel spectrogram (128), as librosa gives them.

    They equal the time means of `librosa.feature.mfcc`, `chroma_stft` and `melspectrogram`
    with their defaults within 1e-4; the tuning of the chroma is estimated for each utterance.
    """

    name = "functionals"
    title = "time means of 40 MFCC, 12 chroma and 128 mel bands (the study's 180 values)"
    version = 1
    packages = ("librosa", "scipy")
    columns = (
        *(f"mfcc_{i:02d}" for i in range(N_MFCC)),
        *(f"chroma_{i:02d}" for i in range(N_CHROMA)),
        *(f"mel_{i:03d}" for i in range(N_MELS)),
    )

    def params(self) -> dict[str, object]:
        """Return all that decides the numbers."""
        return {"n_fft": spectral.N_FFT, "hop": spectral.HOP, "tuning": "utterance"}

    def extract(self, signal: np.ndarray, rate: int) -> np.ndarray:
        """Return the 180 values of one signal (samples,), float32."""
        power = spectral.power_spectrogram(signal)
        mel = spectral.mel_spectrogram(power, rate, N_MELS)
        tuning = spectral.tuning_of(power, rate, N_CHROMA)
        parts = (
            spectral.mfcc(mel, N_MFCC),
            spectral.chroma(power, rate, N_CHROMA, tuning),
            mel,
        )
        return np.concatenate([part.mean(axis=0) for part in parts]).astype(np.float32)


COMPONENT = Functionals()
