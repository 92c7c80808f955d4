"""librosa's features made from one power spectrogram, without doing anything twice.

Each function returns what librosa 0.11 returns with its defaults (a test compares them on real
speech), with time along the first axis. Filter banks are made once.
`audio_signal.AudioSignal` keeps the results that several features need.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from . import filter_banks, kernels

N_FFT, HOP = 2048, 512
# Frames that are transformed, and mel bands that are summed, at a time: what a step works on
# stays in the processor's cache, and blocks of bands leave out the bins that weigh nothing.
_FRAMES, _BANDS = 16, 16
_AMIN = 1e-10
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
    power = np.empty((len(frames), 1 + N_FFT // 2), dtype=np.float32)
    windowed = np.empty((_FRAMES, N_FFT))
    spectrum = np.empty((_FRAMES, 1 + N_FFT // 2), dtype=np.complex64)
    for start in range(0, len(frames), _FRAMES):
        some = frames[start : start + _FRAMES]
        n = len(some)
        np.multiply(some, _window(), out=windowed[:n])
        spectrum[:n] = fft.rfft(windowed[:n], axis=1)
        np.abs(spectrum[:n], out=power[start : start + n])
    return np.square(power, out=power)


def mel_spectrogram(power: np.ndarray, rate: int, n_mels: int) -> np.ndarray:
    """Return the mel spectrogram, float32, shape (frames, n_mels), of a power spectrogram."""
    mel = np.empty((len(power), n_mels), dtype=np.float32)
    for bins, bands, weights in _mel_blocks(rate, n_mels):
        np.matmul(power[:, bins], weights, out=mel[:, bands])
    return mel


def decibels(mel: np.ndarray) -> np.ndarray:
    """Return 10 log10 of a mel spectrogram, float64, its values floored at 1e-10."""
    return 10 * np.log10(np.maximum(_AMIN, mel, dtype=np.float64))


def floored(decibel: np.ndarray, below: float) -> np.ndarray:
    """Return a log mel spectrogram floored at ``below`` dB under its largest value."""
    return np.maximum(decibel, decibel.max() - below)


def cepstrum(decibel: np.ndarray, n_mfcc: int) -> np.ndarray:
    """Return the first coefficients, (..., n_mfcc), of log mel bands (..., n_mels).

    An orthonormal DCT-II; with the bands floored 80 dB under their peak it makes librosa's MFCC.
    """
    return decibel @ _cosines(decibel.shape[-1], n_mfcc)


def chroma(power: np.ndarray, rate: int, n_chroma: int, tuning: float) -> np.ndarray:
    """Return the chromagram, float32, (frames, n_chroma), each frame divided by its maximum.

    Parameters
    ----------
    tuning : float
        Deviation from 440 Hz in fractions of a chroma bin, as `tuning_of` estimates it.
    """
    raw = power @ _chroma_bank(rate, n_chroma, tuning)
    largest = raw.max(axis=1, keepdims=True)
    # Silent frames are left as they are; "silent" by float32's smallest number, as librosa has it.
    largest[largest < np.finfo(np.float32).tiny] = 1
    return raw / largest


def tuning_of(power: np.ndarray, rate: int, bins_per_octave: int) -> float:
    """Estimate an utterance's tuning, in fractions of a bin from -0.5 up to 0.5.

    The peaks of each frame's spectrum between 150 and 4000 Hz and above a tenth of the frame's
    maximum are placed by a parabola; of those of at least median height, the commonest
    deviation from the equal-tempered scale at 440 Hz is taken.
    """
    pitch, height = _peaks(power, rate)
    if not len(pitch):
        return 0.0
    ordered = np.sort(height)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / np.float32(2)
    pitch = pitch[height >= middle]
    steps = bins_per_octave * np.log2(pitch / (440.0 / 16))
    deviation = steps - np.floor(steps)
    deviation[deviation >= 0.5] -= 1.0
    edges = _tunings()
    below = np.searchsorted(np.sort(deviation), edges)  # a histogram; 0.5 itself does not occur
    return float(edges[np.argmax(below[1:] - below[:-1])])


def _peaks(power: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency (Hz) and interpolated height of every spectral peak, as flat arrays."""
    low, high = _pitched(rate)
    floors = np.float32(_PITCH_THRESHOLD) * power.max(axis=1)
    room = len(power) * max(0, high - low + 1) // 2  # no two neighbours are both peaks
    pitch, height = np.empty((2, room), dtype=np.float32)
    found = kernels.peaks(power, floors, low, high, float(rate), pitch, height)
    return pitch[:found], height[:found]


@cache
def _pitched(rate: int) -> tuple[int, int]:
    """Return the first bin that may be a pitch, and the one behind the last."""
    hertz = np.fft.rfftfreq(N_FFT, 1 / rate)
    low, high = np.searchsorted(hertz, _PITCH_HZ)
    return max(int(low), 1), min(int(high), len(hertz) - 1)


@cache
def _tunings() -> np.ndarray:
    return np.linspace(-0.5, 0.5, int(np.ceil(1.0 / _TUNING_STEP)) + 1)


@cache
def _window() -> np.ndarray:
    # In SciPy's steps, for its last bits; importing scipy.signal would take a second.
    return (0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, N_FFT + 1)))[:-1]


@cache
def _cosines(n: int, first: int) -> np.ndarray:
    from scipy import fft

    return np.ascontiguousarray(fft.dct(np.eye(n), type=2, norm="ortho", axis=1)[:, :first])


@cache
def _mel_blocks(rate: int, n_mels: int) -> list[tuple[slice, slice, np.ndarray]]:
    """Return the bank in blocks of bands: their bins, the bands, and the weights (bins, bands)."""
    bank = filter_banks.mel(rate, N_FFT, n_mels)
    blocks = []
    for start in range(0, n_mels, _BANDS):
        part = bank[start : start + _BANDS]
        reached = np.flatnonzero(part.any(axis=0))
        bins = slice(reached.min(initial=len(bank.T)), reached.max(initial=0) + 1)
        weights = np.ascontiguousarray(part[:, bins].T)
        blocks.append((bins, slice(start, start + _BANDS), weights))
    return blocks


@lru_cache(maxsize=256)  # estimates have two decimals: some hundred banks of 50 kB
def _chroma_bank(rate: int, n_chroma: int, tuning: float) -> np.ndarray:
    return np.ascontiguousarray(filter_banks.chroma(rate, N_FFT, n_chroma, tuning).T)
