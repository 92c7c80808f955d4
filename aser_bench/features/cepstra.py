"""Mel-frequency cepstra and log energy as in the HTK book, and their differences.

Young et al., The HTK Book, section 5. Values have the scale of 16-bit samples, as in HTK.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from .framing import frames, mel_triangles, transform_size

FRAME_S, EMPHASIS, N_BANDS, TOP_HZ, N_CEPSTRA, LIFTER, REACH = 0.025, 0.97, 26, 8000.0, 12, 22, 2
"""Frame length (s), pre-emphasis, number of bands, upper edge (Hz), number of cepstra, lifter, and
reach of the differences (frames); see docs/dual-features.md."""

_FULL_SCALE = 2**15
_FLOOR = 1.0  # of band powers and energy: the power of one sample of the smallest 16-bit value
# Frames per transform: the arrays of one step stay in the processor's cache.
_FRAMES = 64


def static(signal: npt.NDArray[np.floating], rate: int) -> npt.NDArray[np.float64]:
    """Return MFCC 1-12 and the log energy of frames of 25 ms every 10 ms.

    Parameters
    ----------
    signal : numpy.ndarray
        Shape (samples,), full scale is 1.
    rate : int
        Sample rate in Hz.

    Returns
    -------
    numpy.ndarray
        float64, shape (frames, 13). The energy is computed before pre-emphasis and window.
    """
    from scipy import fft

    samples = frames(np.asarray(signal, dtype=np.float64) * _FULL_SCALE, rate, FRAME_S)
    window, bank, cosines = _tables(rate, samples.shape[1])
    n_fft = 2 * (len(bank) - 1)
    values = np.empty((len(samples), N_CEPSTRA + 1))
    buffer = np.empty((_FRAMES, samples.shape[1]))
    for start in range(0, len(samples), _FRAMES):
        block = samples[start : start + _FRAMES]
        windowed, out = buffer[: len(block)], values[start : start + len(block)]
        # Pre-emphasis within each frame: the first sample is its own predecessor.
        np.multiply(block[:, :-1], -EMPHASIS, out=windowed[:, 1:])
        windowed[:, 1:] += block[:, 1:]
        np.multiply(block[:, 0], 1 - EMPHASIS, out=windowed[:, 0])
        windowed *= window
        spectrum = fft.rfft(windowed, n_fft, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        np.matmul(np.log(np.maximum(power @ bank, _FLOOR)), cosines, out=out[:, :-1])
        out[:, -1] = np.einsum("ij,ij->i", block, block)
    values[:, -1] = np.log(np.maximum(values[:, -1], _FLOOR))
    return values


def differences(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the slope of a regression line over two frames on each side, for each column.

    The first and the last frame are repeated beyond the ends.

    Examples
    --------
    >>> differences(np.arange(6.0)[:, None]).ravel()
    array([0.5, 0.8, 1. , 1. , 0.8, 0.5])
    """
    padded = np.pad(values, ((REACH, REACH), (0, 0)), mode="edge")
    steps = range(1, REACH + 1)
    n = len(values)
    total = sum(step * (padded[REACH + step :][:n] - padded[REACH - step :][:n]) for step in steps)
    return np.asarray(total) / (2 * sum(step**2 for step in steps))


@cache
def _tables(rate: int, length: int) -> tuple[npt.NDArray[np.float64], ...]:
    """Return the window, the filter bank, and the cosines multiplied by the lifter."""
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(length) / (length - 1))
    bank = mel_triangles(rate, transform_size(length), N_BANDS, 0.0, TOP_HZ)
    order = np.arange(1, N_CEPSTRA + 1)
    middles = np.arange(N_BANDS)[:, None] + 0.5
    cosines = np.sqrt(2 / N_BANDS) * np.cos(np.pi / N_BANDS * order * middles)
    lifter = 1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)
    return window, bank, cosines * lifter
