"""Frames of a signal at steps of 10 ms, for the feature sets of the dual-encoder track."""

from __future__ import annotations

import numpy as np

STEP_S = 0.010


def frames(signal: np.ndarray, rate: int, seconds: float) -> np.ndarray:
    """Return whole frames of a signal, each a step of 10 ms after the one before.

    What is left over at the end is dropped; a signal shorter than a frame is filled up with
    zeros, so that there is always one.

    Parameters
    ----------
    signal : numpy.ndarray
        Shape (samples,).
    rate : int
        Sample rate in Hz.
    seconds : float
        How long a frame is.

    Returns
    -------
    numpy.ndarray
        A view that must not be written to, shape (frames, samples in a frame).
    """
    length, step = max(2, round(seconds * rate)), max(1, round(STEP_S * rate))
    if len(signal) < length:
        signal = np.pad(signal, (0, length - len(signal)))
    return np.lib.stride_tricks.sliding_window_view(signal, length)[::step]


def transform_size(length: int) -> int:
    """Return the size of the transform of a frame: the next power of two."""
    return 1 << (length - 1).bit_length()


def mel_triangles(rate: int, n_fft: int, n_bands: int, low: float, high: float) -> np.ndarray:
    """Return triangles of height 1, equally spaced on the mel scale of the HTK book.

    Parameters
    ----------
    low, high : float
        Where the first begins and the last ends, in Hz; at most half the rate.

    Returns
    -------
    numpy.ndarray
        float64, shape (1 + n_fft / 2, n_bands).
    """
    edges = band_edges(rate, n_bands, low, high)
    mels = _mel(np.arange(1 + n_fft // 2) * rate / n_fft)[:, None]
    before, peak, behind = (edges[start : start + n_bands] for start in range(3))
    rising, falling = (mels - before) / (peak - before), (behind - mels) / (behind - peak)
    return np.maximum(0, np.minimum(rising, falling))


def band_edges(rate: int, n_bands: int, low: float, high: float) -> np.ndarray:
    """Return where bands begin, peak and end in mel, shape (n_bands + 2,); see `mel_triangles`."""
    bottom, top = _mel(np.array([low, min(high, rate / 2)]))
    return np.linspace(bottom, top, n_bands + 2)


def hertz(mels: np.ndarray) -> np.ndarray:
    """Return the frequencies of points of the mel scale, in Hz."""
    return 700 * np.expm1(mels / 1127)


def _mel(frequency: np.ndarray) -> np.ndarray:
    return 1127 * np.log1p(frequency / 700)
