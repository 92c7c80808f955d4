"""How good coded speech sounds, by two standard measures; each needs a package of its own.

``pip install aser-bench[quality]`` brings them. A recording that a measure cannot rate is nan:
neither package says so in every case, and what it returns instead is no rating.
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable

import numpy as np

EXTRA = "aser-bench[quality]"
"""What to install."""

PESQ_RATE = 16_000
"""The sample rate in Hz that the wide-band PESQ is defined at."""

PESQ_SHORTEST_S, PESQ_LONGEST_S = 0.25, 20.0
"""Seconds that PESQ is asked to rate. Its C code has room for 50 stretches of speech; each takes
0.4 s with its pause at least, and with more of them it writes beyond its arrays and crashes."""

STOI_SHORTEST_S = 0.4
"""Less than the 30 frames of 25.6 ms, half overlapping, that STOI correlates."""


def pesq(reference: np.ndarray, signal: np.ndarray, rate: int) -> float:
    """Return the wide-band PESQ: an estimated opinion score (MOS-LQO) from 1.04 to 4.64.

    ITU-T P.862.2 (2007), by the package ``pesq``. It was made for sentences of 8 to 30 s; of
    single words it is a number to compare conditions by, not a listener's opinion.

    Parameters
    ----------
    reference, signal : numpy.ndarray
        The source and the coded signal, shape (samples,).
    rate : int
        Sample rate in Hz.

    Returns
    -------
    float
        nan where it cannot be rated: another rate than 16 kHz, too short or too long, silent,
        or without a stretch of speech.
    """
    from pesq import PesqError
    from pesq import pesq as rated

    known = PESQ_SHORTEST_S * rate <= len(reference) <= PESQ_LONGEST_S * rate
    if rate != PESQ_RATE or not known or not reference.any() or not signal.any():
        return math.nan
    score = rated(rate, reference, signal, "wb", on_error=PesqError.RETURN_VALUES)
    # Negative numbers are its error codes; the scale starts at 1.
    return float(score) if score >= 1 else math.nan


def stoi(reference: np.ndarray, signal: np.ndarray, rate: int) -> float:
    """Return the short-time objective intelligibility: 1 where every word is understood.

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
        nan where it cannot be rated: the source is silent, or less than 0.4 s of it is not.
    """
    from pystoi import stoi as rated

    if len(reference) < STOI_SHORTEST_S * rate or not reference.any():
        return math.nan
    # Level does not matter to it, but a constant that it adds does in very quiet signals.
    scale = 1 / np.abs(reference).max()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(rated(scale * reference, scale * signal, rate))
        except RuntimeWarning:  # it would return 1e-5 for what has too little speech
            return math.nan


Measure = Callable[[np.ndarray, np.ndarray, int], float]

MEASURES: dict[str, tuple[str, Measure]] = {"pesq": ("pesq", pesq), "stoi": ("pystoi", stoi)}
"""Name -> the package that it needs, and the function."""


def installed_measures() -> dict[str, Measure]:
    """Return the measures whose packages can be imported here, by name."""
    return {name: measure for name, (package, measure) in MEASURES.items() if _there(package)}


def _there(package: str) -> bool:
    try:
        importlib.import_module(package)
    except ImportError:
        return False
    return True
