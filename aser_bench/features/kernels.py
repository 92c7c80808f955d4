"""Loops that NumPy has no words for, compiled by numba when first called.

Compiled code is kept on disk by numba: beside this file, or in the user's cache where the package
cannot be written, or in ``NUMBA_CACHE_DIR``. Where it cannot be kept at all, each process compiles
for itself, which takes about a second.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import numpy as np


def _compiled(signature: str) -> Callable[[Callable], Callable]:
    """Return a decorator that compiles a function for these types when it is first called."""

    def decorate(function: Callable) -> Callable:
        compiled = cache(lambda: _compile(function, signature))

        @wraps(function)
        def call(*values: Any) -> Any:
            return compiled()(*values)

        return call

    return decorate


def _compile(function: Callable, signature: str) -> Callable:
    from numba import njit  # takes half a second, so not before it is needed

    try:
        return njit(signature, cache=True)(function)
    except Exception:  # the cache's: a closed folder, a full disk, a damaged file
        return njit(signature)(function)


@_compiled("i8(f4[:,::1], f4[::1], i8, i8, f8, f4[::1], f4[::1])")
def peaks(
    power: np.ndarray,
    floors: np.ndarray,
    low: int,
    high: int,
    rate: float,
    pitch: np.ndarray,
    height: np.ndarray,
) -> int:
    """Find the spectral peaks above a floor and place them by a parabola.

    Each step is in the precision that librosa's `piptrack` takes it in, since the tuning estimate
    counts peaks and one bit can turn it.

    Parameters
    ----------
    power : numpy.ndarray
        float32, shape (frames, bins).
    floors : numpy.ndarray
        float32, shape (frames,): what a peak must exceed.
    low, high : int
        The first bin that is looked at, at least 1, and the one behind the last.
    rate : float
        Sample rate in Hz.
    pitch, height : numpy.ndarray
        float32, where the peaks' frequency (Hz) and interpolated height go, frame by frame.

    Returns
    -------
    int
        How many peaks there are.
    """
    n_fft = 2 * (power.shape[1] - 1)
    found = 0
    for frame in range(power.shape[0]):
        floor = floors[frame]
        for k in range(low, high):
            top = power[frame, k]
            if top <= floor:
                continue
            before, after = power[frame, k - 1], power[frame, k + 1]
            if top <= before or top < after:
                continue
            difference = after - before
            slope, bend = difference / 2, (after + before) - 2 * top
            # A parabola whose top lies beyond the neighbouring bins is none: the bin is taken.
            shift = np.float32(0.0 if abs(slope) >= abs(bend) else -slope / bend)
            pitch[found] = np.float32((k + shift) * rate / n_fft)
            height[found] = top + np.float32(0.5) * np.float32(slope) * shift
            found += 1
    return found
