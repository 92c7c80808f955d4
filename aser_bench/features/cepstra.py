"""Mel-frequency cepstra and log energy as the HTK book defines them, and their differences.

Young et al., The HTK Book, section 5; the scales are those of 16-bit samples, as HTK has them.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .framing import frames, mel_triangles, transform_size

FRAME_S, EMPHASIS, N_BANDS, TOP_HZ, N_CEPSTRA, LIFTER, REACH = 0.025, 0.97, 26, 8000.0, 12, 22, 2
"""What a frame, the bands, the cepstra and the differences are: see docs/dual-features.md."""

_FULL_SCALE = 2**15
_FLOOR = 1.0  # of band powers and of the energy: that of a single sample's last bit
# Frames that are transformed at a time, so that what a step works on stays in the cache.
_FRAMES = 64


def static(signal: np.ndarray, rate: int) -> np.ndarray:
    """Return MFCC 1-12 and the log energy of frames of 25 ms each 10 ms.

    Parameters
    ----------
    signal : numpy.ndarray
        Shape (samples,), full scale is 1.
    rate : int
        Sample rate in Hz.

    Returns
    -------
    numpy.ndarray
        float64, shape (frames, 13). The energy is that of the frame as it is, before
        pre-emphasis and window.
    """
    from scipy import fft

    samples = frames(np.asarray(signal, dtype=np.float64) * _FULL_SCALE, rate, FRAME_S)
    window, bank, cosines = _tables(rate, samples.shape[1])
    n_fft = 2 * (len(bank) - 1)
    found = np.empty((len(samples), N_CEPSTRA + 1))
    windowed = np.empty((_FRAMES, samples.shape[1]))
    for start in range(0, len(samples), _FRAMES):
        some = samples[start : start + _FRAMES]
        now, out = windowed[: len(some)], found[start : start + len(some)]
        # Pre-emphasis a frame at a time: its first sample is taken to be its own predecessor.
        np.multiply(some[:, :-1], -EMPHASIS, out=now[:, 1:])
        now[:, 1:] += some[:, 1:]
        np.multiply(some[:, 0], 1 - EMPHASIS, out=now[:, 0])
        now *= window
        spectrum = fft.rfft(now, n_fft, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        np.matmul(np.log(np.maximum(power @ bank, _FLOOR)), cosines, out=out[:, :-1])
        out[:, -1] = np.einsum("ij,ij->i", some, some)
    found[:, -1] = np.log(np.maximum(found[:, -1], _FLOOR))
    return found


def differences(values: np.ndarray) -> np.ndarray:
    """Return the slope of a line through two frames on either side, for each column.

    Beyond the ends the first and the last frame are repeated.

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
def _tables(rate: int, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the window, the bank of bands, and the cosines with the lifter in them."""
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(length) / (length - 1))
    bank = mel_triangles(rate, transform_size(length), N_BANDS, 0.0, TOP_HZ)
    order = np.arange(1, N_CEPSTRA + 1)
    middles = np.arange(N_BANDS)[:, None] + 0.5
    cosines = np.sqrt(2 / N_BANDS) * np.cos(np.pi / N_BANDS * order * middles)
    lifter = 1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)
    return window, bank, cosines * lifter
