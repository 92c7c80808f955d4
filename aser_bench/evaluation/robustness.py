"""Summary measures of a codec: retained performance, area, codec errors, safe bitrate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

NON_INFERIOR, INFERIOR, INCONCLUSIVE = "non-inferior", "inferior", "inconclusive"

AT_CHANCE = "at chance"
"""Verdict on the safe bitrate of a model that is not above chance on the original."""


def chance(truth: ArrayLike) -> float:
    """Return the UAR of guessing: 1 over the number of classes that occur.

    Examples
    --------
    >>> chance([0, 0, 1, 2])
    0.3333333333333333
    """
    return 1.0 / len(np.unique(np.asarray(truth)))


def retained(value: float, original: float, chance: float) -> float:
    r"""Return the share of the original's UAR above chance that a condition retains.

    .. math:: \frac{U_c - 1/K}{U_o - 1/K}

    Returns
    -------
    float
        Below 0 where the condition is worse than chance, above 1 where it is better than the
        original; NaN if the original itself is at or below chance.

    Examples
    --------
    >>> round(retained(0.3, 0.5, 0.1), 3)
    0.5
    """
    return (value - chance) / (original - chance) if original > chance else float("nan")


def area(kbps: ArrayLike, values: ArrayLike) -> float:
    r"""Return the area under a curve over log2 of the bitrate, divided by its width.

    By the trapezoidal rule: the mean over octaves of bitrate between the lowest and the highest
    bitrate.

    Returns
    -------
    float
        In the unit of ``values``; NaN for fewer than two bitrates or a NaN among the values.

    Examples
    --------
    >>> area([8, 16, 64], [0.2, 0.4, 0.4])
    0.3666666666666667
    """
    octaves = np.log2(np.asarray(kbps, dtype=float))
    order = np.argsort(octaves)
    width = np.ptp(octaves) if len(octaves) else 0.0
    if not width > 0:
        return float("nan")
    return float(np.trapezoid(np.asarray(values, dtype=float)[order], octaves[order]) / width)


def codec_error(values: ArrayLike, reference: ArrayLike) -> float:
    r"""Return a model's error over a codec's bitrates as a multiple of the reference's.

    .. math:: \mathrm{CE} = \frac{\sum_b (1 - U_b)}{\sum_b (1 - R_b)}

    The corruption error of Hendrycks and Dietterich (Benchmarking neural network robustness to
    common corruptions and perturbations, ICLR 2019), with a codec for the corruption, its
    bitrates for the severities and the UAR for the accuracy.
    """
    return _quotient(1 - np.asarray(values), 1 - np.asarray(reference))


def relative_codec_error(
    values: ArrayLike,
    original: float,
    reference: ArrayLike,
    reference_original: float,
) -> float:
    r"""Return the loss of a model over a codec's bitrates as a multiple of the reference's loss.

    .. math:: \frac{\sum_b (U_o - U_b)}{\sum_b (R_o - R_b)}

    Returns
    -------
    float
        NaN if the reference loses nothing.
    """
    return _quotient(original - np.asarray(values), reference_original - np.asarray(reference))


def _quotient(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total > 0 else float("nan")


def decide(low: float, high: float, margin: float) -> str:
    """Return whether a difference with this interval is non-inferior at a margin.

    Non-inferior: the whole interval is above minus the margin. Inferior: the whole interval is
    below it. Otherwise, and without an interval: inconclusive.

    Examples
    --------
    >>> decide(-0.01, 0.03, 0.02), decide(-0.08, -0.03, 0.02), decide(-0.05, 0.01, 0.02)
    ('non-inferior', 'inferior', 'inconclusive')
    """
    if low > -margin:
        return NON_INFERIOR
    return INFERIOR if high < -margin else INCONCLUSIVE


class Safe(NamedTuple):
    """The lowest safe bitrate, and the bitrate at which the search ended.

    Attributes
    ----------
    verdict : str
        ``yes``, ``none``, ``inconclusive`` or ``at chance``.
    kbps : float
        NaN unless ``yes``.
    stopped : float
        Highest bitrate that is not non-inferior, NaN if all are.
    """

    verdict: str
    kbps: float
    stopped: float


def safe_bitrate(decisions: Mapping[float, str]) -> Safe:
    """Return the lowest bitrate such that it and every higher one are non-inferior.

    Bitrates are tested from the highest down until one is not non-inferior (a fixed sequence,
    which keeps the error of the whole at that of a single test; Westfall and Krishen 2001).

    Parameters
    ----------
    decisions : mapping of float to str
        Bitrate in kbit/s -> result of `decide`.

    Examples
    --------
    >>> safe_bitrate({8: "inferior", 16: "non-inferior", 64: "non-inferior"})
    Safe(verdict='yes', kbps=16, stopped=8)
    """
    lowest = float("nan")
    for kbps in sorted(decisions, reverse=True):
        if decisions[kbps] != NON_INFERIOR:
            unsafe = "none" if decisions[kbps] == INFERIOR else INCONCLUSIVE
            return Safe(unsafe if np.isnan(lowest) else "yes", lowest, kbps)
        lowest = kbps
    return Safe(INCONCLUSIVE if np.isnan(lowest) else "yes", lowest, float("nan"))
