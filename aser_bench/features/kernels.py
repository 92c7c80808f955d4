"""Loops that cannot be written as NumPy operations, compiled by numba on first call.

numba caches compiled code on disk: in the folder of this file, or in the user's cache directory if
the package is read-only, or in ``NUMBA_CACHE_DIR``. If no directory is writable, each process
compiles the code again, which takes about a second.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Floats = npt.NDArray[np.float32]


def _compiled(
    signature: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Return a decorator that compiles a function for a numba signature on its first call."""

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        compiled = cache(lambda: _compile(function, signature))

        @wraps(function)
        def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            return compiled()(*args, **kwargs)

        return call

    return decorate


def _compile(
    function: Callable[Parameters, Result], signature: str
) -> Callable[Parameters, Result]:
    from numba import njit  # the import takes half a second

    try:
        compiled = njit(signature, cache=True)(function)
    except Exception:  # the disk cache fails: a read-only folder, a full disk, a damaged file
        compiled = njit(signature)(function)
    return cast("Callable[Parameters, Result]", compiled)


@_compiled("i8(f4[:,::1], f4[::1], i8, i8, f8, f4[::1], f4[::1])")
def peaks(
    power: Floats,
    floors: Floats,
    low: int,
    high: int,
    rate: float,
    pitch: Floats,
    height: Floats,
) -> int:
    """Find the spectral peaks above a floor and interpolate them by a parabola.

    Each step has the precision of librosa's `piptrack`, since the tuning estimate counts peaks and
    one bit can change it.

    Parameters
    ----------
    power : numpy.ndarray
        float32, shape (frames, bins).
    floors : numpy.ndarray
        float32, shape (frames,): height that a peak must exceed.
    low, high : int
        First bin of the search, at least 1, and the bin after the last.
    rate : float
        Sample rate in Hz.
    pitch, height : numpy.ndarray
        float32 output arrays for the frequency (Hz) and interpolated height of the peaks, in the
        order of the frames.

    Returns
    -------
    int
        Number of peaks.
    """
    n_fft = 2 * (power.shape[1] - 1)
    n_peaks = 0
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
            # If the vertex of the parabola is beyond the adjacent bins, the bin itself is the peak.
            shift = np.float32(0.0 if abs(slope) >= abs(bend) else -slope / bend)
            pitch[n_peaks] = np.float32((k + shift) * rate / n_fft)
            height[n_peaks] = top + np.float32(0.5) * np.float32(slope) * shift
            n_peaks += 1
    return n_peaks
