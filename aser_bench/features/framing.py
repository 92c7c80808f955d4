"""Frames of a signal every 10 ms and mel bands, for the feature sets of the dual encoders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

STEP_S = 0.010
"""Seconds from one frame to the next."""


def frames(signal: npt.NDArray[np.floating], rate: int, seconds: float) -> npt.NDArray[np.floating]:
    """Return the complete frames of a signal, one every 10 ms.

    Samples after the last complete frame are dropped. A signal shorter than a frame is padded
    with zeros to one frame.

    Parameters
    ----------
    signal : numpy.ndarray
        Shape (samples,).
    rate : int
        Sample rate in Hz.
    seconds : float
        Length of a frame.

    Returns
    -------
    numpy.ndarray
        A read-only view of shape (frames, samples per frame).
    """
    length, step = max(2, round(seconds * rate)), max(1, round(STEP_S * rate))
    if len(signal) < length:
        signal = np.pad(signal, (0, length - len(signal)))
    return np.lib.stride_tricks.sliding_window_view(signal, length)[::step]


def transform_size(length: int) -> int:
    """Return the FFT size for a frame of ``length`` samples: the next power of two."""
    return 1 << (length - 1).bit_length()


def mel_triangles(
    rate: int, n_fft: int, n_bands: int, low: float, high: float
) -> npt.NDArray[np.float64]:
    """Return triangles of height 1, equally spaced on the mel scale of the HTK book.

    Parameters
    ----------
    low, high : float
        Start of the first and end of the last triangle in Hz; ``high`` is limited to half the
        rate.

    Returns
    -------
    numpy.ndarray
        float64, shape (1 + n_fft / 2, n_bands).
    """
    edges = band_edges(rate, n_bands, low, high)
    mels = _mel(np.arange(1 + n_fft // 2) * rate / n_fft)[:, None]
    left, peak, right = (edges[start : start + n_bands] for start in range(3))
    rising, falling = (mels - left) / (peak - left), (right - mels) / (right - peak)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


def band_edges(rate: int, n_bands: int, low: float, high: float) -> npt.NDArray[np.float64]:
    """Return the edges and peaks of the bands in mel, shape (n_bands + 2,); see `mel_triangles`."""
    bottom, top = _mel(np.array([low, min(high, rate / 2)]))
    return np.linspace(bottom, top, n_bands + 2)


def hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the frequencies of points of the mel scale, in Hz."""
    return np.asarray(700 * np.expm1(mels / 1127))


def _mel(frequency: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(frequency / 700))
