"""Quality of coded speech by two standard measures, PESQ and STOI, from optional packages.

``pip install aser-bench[quality]`` installs the packages. The result is nan if a measure cannot
rate a recording. The packages do not report all such cases, so they are detected here.
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

EXTRA = "aser-bench[quality]"
"""The requirement to install."""

PESQ_RATE = 16_000
"""Sample rate in Hz of the wide-band PESQ."""

PESQ_SHORTEST_S, PESQ_LONGEST_S = 0.25, 20.0
"""Shortest and longest recording for PESQ in seconds. Its C code has arrays for 50 stretches of
speech, each of at least 0.4 s with its pause; with more of them it crashes."""

STOI_SHORTEST_S = 0.4
"""Shortest recording for STOI in seconds. STOI needs 30 frames of 25.6 ms that overlap by half."""


FloatSignal = npt.NDArray[np.floating]
"""A mono signal, float, shape (samples,)."""


def pesq(reference: FloatSignal, signal: FloatSignal, rate: int) -> float:
    """Return the wide-band PESQ: an estimated opinion score (MOS-LQO) from 1.04 to 4.64.

    ITU-T P.862.2 (2007), by the package ``pesq``. The measure is designed for sentences of 8 to
    30 s. For single words it can be used to compare conditions, but is not an opinion score.

    Parameters
    ----------
    reference, signal : numpy.ndarray
        The source and the coded signal, shape (samples,).
    rate : int
        Sample rate in Hz.

    Returns
    -------
    float
        nan if the measure does not apply: the rate is not 16 kHz, or the signal is too short,
        too long, silent or without speech.
    """
    from pesq import PesqError
    from pesq import pesq as compute

    valid_length = PESQ_SHORTEST_S * rate <= len(reference) <= PESQ_LONGEST_S * rate
    if rate != PESQ_RATE or not valid_length or not reference.any() or not signal.any():
        return math.nan
    score = compute(rate, reference, signal, "wb", on_error=PesqError.RETURN_VALUES)
    # Negative values are error codes; the scale starts at 1.
    return float(score) if score >= 1 else math.nan


def stoi(reference: FloatSignal, signal: FloatSignal, rate: int) -> float:
    """Return the short-time objective intelligibility: 1 is full intelligibility.

    Taal, Hendriks, Heusdens & Jensen 2011, by the package ``pystoi``.

    Parameters
    ----------
    reference, signal : numpy.ndarray
        The source and the coded signal, shape (samples,).
    rate : int
        Sample rate in Hz.

    Returns
    -------
    float
        nan if the source is silent or has less than 0.4 s of sound.
    """
    from pystoi import stoi as compute

    if len(reference) < STOI_SHORTEST_S * rate or not reference.any():
        return math.nan
    # STOI does not depend on the level, except for a constant that matters in very quiet signals.
    scale = 1 / np.abs(reference).max()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(compute(scale * reference, scale * signal, rate))
        except RuntimeWarning:  # too little speech, for which the package returns 1e-5
            return math.nan


Measure = Callable[[FloatSignal, FloatSignal, int], float]
"""A function of the source, the coded signal and their sample rate in Hz."""

MEASURES: dict[str, tuple[str, Measure]] = {"pesq": ("pesq", pesq), "stoi": ("pystoi", stoi)}
"""Name -> required package and function."""


def installed_measures() -> dict[str, Measure]:
    """Return the measures, by name, if their packages can be imported."""
    return {name: measure for name, (package, measure) in MEASURES.items() if _imports(package)}


def _imports(package: str) -> bool:
    try:
        importlib.import_module(package)
    except ImportError:
        return False
    return True
