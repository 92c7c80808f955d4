"""One power spectrogram, and librosa's features made from it without doing anything twice.

Each function returns what librosa 0.11 returns with its defaults (a test compares them on
real speech), with time along the first axis. The filter banks are librosa's
own, made once. The tuning estimate looks at spectral peaks only, where librosa computes a
parabola for every bin.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np

N_FFT, HOP = 2048, 512
_AMIN, _TOP_DB = 1e-10, 80.0
_PITCH_HZ = (150.0, 4000.0)
_PITCH_THRESHOLD = 0.1
_TUNING_STEP = 0.01


def power_spectrogram(signal: np.ndarray) -> np.ndarray:
    """Return |STFT|^2, shape (frames, 1 + N_FFT / 2): Hann window, centred, zero-padded ends.

    Bit for bit what librosa makes of float32 samples: transformed in float64, kept in float32.
    The tuning estimate counts peaks, and one bit can turn it to another value.
    """
    from scipy import fft

    padded = np.pad(np.asarray(signal, dtype=np.float32), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    spectrum = fft.rfft(frames * _window(), axis=1)
    return np.abs(spectrum.astype(np.complex64)) ** 2


def mel_spectrogram(power: np.ndarray, rate: int, n_mels: int) -> np.ndarray:
    """Return the mel spectrogram, shape (frames, n_mels), of a power spectrogram."""
    return power @ _mel_bank(rate, n_mels)


def mfcc(mel: np.ndarray, n_mfcc: int) -> np.ndarray:
    """Return the MFCC, shape (frames, n_mfcc), of a mel spectrogram (frames, n_mels).

    An orthonormal DCT-II of 10 log10 of the mel bands, which are floored at 1e-10 and at 80 dB
    under the recording's largest.
    """
    from scipy import fft

    decibel = 10 * np.log10(np.maximum(_AMIN, mel))
    decibel = np.maximum(decibel, decibel.max() - _TOP_DB)
    return fft.dct(decibel, type=2, norm="ortho", axis=1)[:, :n_mfcc]


def chroma(power: np.ndarray, rate: int, n_chroma: int, tuning: float) -> np.ndarray:
    """Return the chromagram, shape (frames, n_chroma), each frame divided by its maximum.

    Parameters
    ----------
    tuning : float
        Deviation from 440 Hz in fractions of a chroma bin, as `tuning_of` estimates it.
    """
    raw = power @ _chroma_bank(rate, n_chroma, tuning)
    largest = np.abs(raw).max(axis=1, keepdims=True)
    # Silent frames are left as they are; "silent" by float32's smallest number, as librosa has it.
    return raw / np.where(largest < np.finfo(np.float32).tiny, 1.0, largest)


def tuning_of(power: np.ndarray, rate: int, bins_per_octave: int) -> float:
    """Estimate an utterance's tuning, in fractions of a bin from -0.5 up to 0.5.

    The peaks of each frame's spectrum between 150 and 4000 Hz and above a tenth of the frame's
    maximum are placed by a parabola; of those of at least median height, the commonest
    deviation from the equal-tempered scale at 440 Hz is taken.
    """
    pitch, height = _peaks(power, rate)
    if not len(pitch):
        return 0.0
    pitch = pitch[height >= np.median(height)]
    octaves = np.log2(pitch / (440.0 / 16))
    deviation = np.mod(bins_per_octave * octaves, 1.0)
    deviation[deviation >= 0.5] -= 1.0
    edges = np.linspace(-0.5, 0.5, int(np.ceil(1.0 / _TUNING_STEP)) + 1)
    counts, starts = np.histogram(deviation, edges)
    return float(starts[np.argmax(counts)])


def _peaks(power: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency (Hz) and interpolated height of every spectral peak, as flat arrays."""
    hertz = np.fft.rfftfreq(N_FFT, 1 / rate)
    low, high = np.searchsorted(hertz, _PITCH_HZ)
    low, high = max(low, 1), min(high, len(hertz) - 1)
    floor = np.float32(_PITCH_THRESHOLD) * power.max(axis=1, keepdims=True)
    part = power[:, low - 1 : high + 1]
    loud = np.where(part > floor, part, 0.0)
    middle = loud[:, 1:-1]
    frame, column = np.nonzero((middle > loud[:, :-2]) & (middle >= loud[:, 2:]))
    # From here on in librosa's own precision: parabolas in float64, what is kept in float32.
    before, peak, after = (part[frame, column + step].astype(np.float64) for step in range(3))
    slope, bend = (after - before) / 2, after + before - 2 * peak
    # A parabola whose top lies beyond the neighbouring bins is none: the bin itself is taken.
    flat = np.abs(slope) >= np.abs(bend)
    shift = np.where(flat, 0.0, -slope / np.where(flat, 1.0, bend)).astype(np.float32)
    pitch = ((column + low + shift) * float(rate) / N_FFT).astype(np.float32)
    height = peak.astype(np.float32) + np.float32(0.5) * slope.astype(np.float32) * shift
    return pitch, height


@cache
def _window() -> np.ndarray:
    import scipy.signal

    return scipy.signal.get_window("hann", N_FFT, fftbins=True)


@cache
def _mel_bank(rate: int, n_mels: int) -> Any:
    """Return the bank (bins, n_mels) sparse: a band covers few of the bins."""
    import librosa
    from scipy import sparse

    bank = librosa.filters.mel(sr=rate, n_fft=N_FFT, n_mels=n_mels)
    return sparse.csc_array(bank.T.astype(np.float64))


@lru_cache(maxsize=256)  # estimates have two decimals: some hundred banks of 100 kB
def _chroma_bank(rate: int, n_chroma: int, tuning: float) -> np.ndarray:
    import librosa

    bank = librosa.filters.chroma(sr=rate, n_fft=N_FFT, tuning=tuning, n_chroma=n_chroma)
    return np.ascontiguousarray(bank.T, dtype=np.float64)
