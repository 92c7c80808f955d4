"""librosa's features computed from one power spectrogram.

Each function returns the values of librosa 0.11 with its defaults, with time along the first axis;
a test compares them on real speech. Filter banks are cached here, and the results that several
features share in `audio_signal.AudioSignal`.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from . import filter_banks, kernels

N_FFT, HOP = 2048, 512
Floats = npt.NDArray[np.floating]

# Frames per transform and mel bands per matrix product: the arrays of one step stay in the
# processor's cache, and a block of bands excludes the bins with weight 0.
_FRAMES, _BANDS = 16, 16
_AMIN = 1e-10
_PITCH_HZ = (150.0, 4000.0)
_PITCH_THRESHOLD = 0.1
_TUNING_STEP = 0.01


def power_spectrogram(signal: Floats) -> Floats:
    """Return |STFT|^2, shape (frames, 1 + N_FFT / 2): Hann window, centred, zero-padded ends.

    Equal to the last bit to librosa's result for float32 samples: computed in float64, returned
    in float32. The tuning estimate counts peaks, and one bit can change it.
    """
    from scipy import fft

    padded = np.pad(np.asarray(signal, dtype=np.float32), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    power = np.empty((len(frames), 1 + N_FFT // 2), dtype=np.float32)
    windowed = np.empty((_FRAMES, N_FFT))
    spectrum = np.empty((_FRAMES, 1 + N_FFT // 2), dtype=np.complex64)
    for start in range(0, len(frames), _FRAMES):
        block = frames[start : start + _FRAMES]
        n = len(block)
        np.multiply(block, _window(), out=windowed[:n])
        spectrum[:n] = fft.rfft(windowed[:n], axis=1)
        np.abs(spectrum[:n], out=power[start : start + n])
    return np.square(power, out=power)


def mel_spectrogram(power: Floats, rate: int, n_mels: int) -> Floats:
    """Return the mel spectrogram, float32, shape (frames, n_mels), of a power spectrogram."""
    mel = np.empty((len(power), n_mels), dtype=np.float32)
    for bins, bands, weights in _mel_blocks(rate, n_mels):
        np.matmul(power[:, bins], weights, out=mel[:, bands])
    return mel


def decibels(mel: Floats) -> Floats:
    """Return 10 log10 of a mel spectrogram, float64; values below 1e-10 count as 1e-10."""
    return np.asarray(10 * np.log10(np.maximum(_AMIN, mel, dtype=np.float64)))


def floored(decibel: Floats, below: float) -> Floats:
    """Return a log mel spectrogram limited to at least ``below`` dB under its largest value."""
    return np.asarray(np.maximum(decibel, decibel.max() - below))


def cepstrum(decibel: Floats, n_mfcc: int) -> Floats:
    """Return the first coefficients, (..., n_mfcc), of log mel bands (..., n_mels).

    An orthonormal DCT-II; with bands limited to 80 dB under their peak it gives librosa's MFCC.
    """
    return np.asarray(decibel @ _cosines(decibel.shape[-1], n_mfcc))


def chroma(power: Floats, rate: int, n_chroma: int, tuning: float) -> Floats:
    """Return the chromagram, float32, (frames, n_chroma), each frame divided by its maximum.

    Parameters
    ----------
    tuning : float
        Deviation from 440 Hz in fractions of a chroma bin, as returned by `estimate_tuning`.
    """
    raw = power @ _chroma_bank(rate, n_chroma, tuning)
    largest = raw.max(axis=1, keepdims=True)
    # Silent frames are not normalised; like librosa, by the smallest normal float32.
    largest[largest < np.finfo(np.float32).tiny] = 1
    return np.asarray(raw / largest)


def estimate_tuning(power: Floats, rate: int, bins_per_octave: int) -> float:
    """Estimate an utterance's tuning, in fractions of a bin from -0.5 up to 0.5.

    The peaks of each frame's spectrum between 150 and 4000 Hz and above a tenth of the frame's
    maximum are interpolated by a parabola. Of the peaks of at least median height, the most
    frequent deviation from the equal-tempered scale at 440 Hz is the tuning.
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
    # A histogram: all deviations are below 0.5, the last edge.
    below = np.searchsorted(np.sort(deviation), edges)
    return float(edges[np.argmax(below[1:] - below[:-1])])


def _peaks(power: Floats, rate: int) -> tuple[Floats, Floats]:
    """Return frequency (Hz) and interpolated height of every spectral peak, as flat arrays."""
    low, high = _pitch_bins(rate)
    floors = np.float32(_PITCH_THRESHOLD) * power.max(axis=1)
    most = len(power) * max(0, high - low + 1) // 2  # two adjacent bins cannot both be peaks
    pitch, height = np.empty((2, most), dtype=np.float32)
    n_peaks = kernels.peaks(power, floors, low, high, float(rate), pitch, height)
    return pitch[:n_peaks], height[:n_peaks]


@cache
def _pitch_bins(rate: int) -> tuple[int, int]:
    """Return the first bin of the pitch range, and the bin after the last."""
    hertz = np.fft.rfftfreq(N_FFT, 1 / rate)
    low, high = np.searchsorted(hertz, _PITCH_HZ)
    return max(int(low), 1), min(int(high), len(hertz) - 1)


@cache
def _tunings() -> Floats:
    return np.linspace(-0.5, 0.5, int(np.ceil(1.0 / _TUNING_STEP)) + 1)


@cache
def _window() -> Floats:
    # The operations of scipy.signal.get_window, for equal last bits; its import takes a second.
    return (0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, N_FFT + 1)))[:-1]


@cache
def _cosines(n: int, first: int) -> Floats:
    from scipy import fft

    return np.ascontiguousarray(fft.dct(np.eye(n), type=2, norm="ortho", axis=1)[:, :first])


@cache
def _mel_blocks(rate: int, n_mels: int) -> list[tuple[slice, slice, Floats]]:
    """Return the filter bank in blocks: slice of bins, slice of bands, weights (bins, bands)."""
    bank = filter_banks.mel(rate, N_FFT, n_mels)
    blocks = []
    for start in range(0, n_mels, _BANDS):
        part = bank[start : start + _BANDS]
        reached = np.flatnonzero(part.any(axis=0))
        bins = slice(reached.min(initial=len(bank.T)), reached.max(initial=0) + 1)
        weights = np.ascontiguousarray(part[:, bins].T)
        blocks.append((bins, slice(start, start + _BANDS), weights))
    return blocks


@lru_cache(maxsize=256)  # estimates have two decimals: about 100 banks of 50 kB
def _chroma_bank(rate: int, n_chroma: int, tuning: float) -> Floats:
    return np.ascontiguousarray(filter_banks.chroma(rate, N_FFT, n_chroma, tuning).T)
