"""The study's 180 values: time means of librosa's MFCC, chromagram and mel spectrogram."""

from __future__ import annotations

import warnings
from functools import cache, lru_cache

import numpy as np

from .base import FeatureSet

N_FFT, HOP = 2048, 512
N_MFCC, N_CHROMA, N_MELS = 40, 12, 128


class Functionals(FeatureSet):
    """Time means of MFCC (40), chroma (12) and mel spectrogram (128), as librosa gives them.

    All three are made from one power spectrogram and from filter banks that are made once,
    which changes no bit of what `librosa.feature.mfcc`, `chroma_stft` and `melspectrogram`
    return with their defaults; the tuning of the chroma is estimated for each utterance. The
    means are taken in float64 (librosa's float32 frames summed in float32 would be off by
    some 1e-4 in the MFCC).
    """

    name = "functionals"
    title = "time means of 40 MFCC, 12 chroma and 128 mel bands (the study's 180 values)"
    version = 1
    packages = ("librosa",)
    columns = (
        *(f"mfcc_{i:02d}" for i in range(N_MFCC)),
        *(f"chroma_{i:02d}" for i in range(N_CHROMA)),
        *(f"mel_{i:03d}" for i in range(N_MELS)),
    )

    def params(self) -> dict[str, object]:
        """Return all that decides the numbers."""
        return {"n_fft": N_FFT, "hop": HOP, "tuning": "utterance"}

    def extract(self, signal: np.ndarray, rate: int) -> np.ndarray:
        """Return the 180 values of one signal (samples,), float32."""
        import librosa

        with warnings.catch_warnings():
            # Both speak of very short or silent signals, for which librosa pads and returns
            # what it always returns; the reader of a table can do nothing about it.
            warnings.filterwarnings("ignore", message="n_fft=")
            warnings.filterwarnings("ignore", message="Trying to estimate tuning")
            power = np.abs(librosa.stft(signal, n_fft=N_FFT, hop_length=HOP)) ** 2
            mel = np.einsum("ft,mf->mt", power, _mel_bank(rate), optimize=True)
            mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=N_MFCC)
            tuning = librosa.estimate_tuning(S=power, sr=rate, bins_per_octave=N_CHROMA)
        raw = np.einsum("cf,ft->ct", _chroma_bank(rate, float(tuning)), power, optimize=True)
        chroma = librosa.util.normalize(raw, norm=np.inf, axis=-2)
        means = [part.mean(axis=1, dtype=np.float64) for part in (mfcc, chroma, mel)]
        return np.concatenate(means).astype(np.float32)


@cache
def _mel_bank(rate: int) -> np.ndarray:
    import librosa

    return librosa.filters.mel(sr=rate, n_fft=N_FFT, n_mels=N_MELS)


@lru_cache(maxsize=256)  # estimates have two decimals: a hundred banks of 50 kB at most
def _chroma_bank(rate: int, tuning: float) -> np.ndarray:
    import librosa

    return librosa.filters.chroma(sr=rate, n_fft=N_FFT, tuning=tuning, n_chroma=N_CHROMA)


COMPONENT = Functionals()
