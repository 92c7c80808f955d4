"""Confidence intervals of paired differences of proportions, by speaker.

An interval of Student's t can leave the possible range: a recall that falls from 1 to 0 would have
an interval below -1. The interval here is that of Newcombe (Improved confidence intervals for the
difference between binomial proportions based on paired data, Statistics in Medicine 1998, method
10), which combines the Wilson limits of the two proportions; for clusters see Yang, Sun and Hardin
(Confidence intervals for the difference of marginal probabilities in clustered matched-pair binary
data, Pharmaceutical Statistics 2012). The Wilson limits use quantiles of Student's t and the
effective number of utterances p (1 - p) / v, where v is the variance of the jackknife over
speakers. As in Korn and Graubard (Confidence intervals for proportions with small expected number
of positive counts estimated from survey data, Survey Methodology 1998) that number is at most the
number of utterances, and equal to it where v is 0. The correlation of the two proportions is that
of their jackknife values. benchmarks/families.py measures the coverage.
"""

from __future__ import annotations

import numpy as np

from . import intervals
from .confusion import Counts, Floats
from .intervals import CONFIDENCE, Interval

_NO_VARIANCE = 1e-18


def difference_limits(
    coded: Counts, original: Counts, sizes: Counts, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return the limits of differences of two proportions of the same utterances.

    Parameters
    ----------
    coded, original : numpy.ndarray of shape (..., speakers)
        Number of correct utterances of each speaker at either condition (a mean over runs).
    sizes : numpy.ndarray of shape (..., speakers)
        Number of utterances of each speaker; at least two speakers have some.
    confidence : float

    Returns
    -------
    low, high : numpy.ndarray of shape (...)
        From -1 to 1.

    Examples
    --------
    >>> low, high = difference_limits(np.zeros(10), np.full(10, 6.0), np.full(10, 6))
    >>> float(low), round(float(high), 3)
    (-1.0, -0.889)
    """
    from scipy import special

    n = sizes.sum(axis=-1)
    degrees_of_freedom = n**2 / (sizes**2).sum(axis=-1) - 1
    t = special.stdtrit(degrees_of_freedom, (1 + confidence) / 2)
    value, change = _jackknife(coded, sizes)
    base, base_change = _jackknife(original, sizes)
    groups = (sizes > 0).sum(axis=-1)
    products = (
        (groups - 1) / groups * (first * second).sum(axis=-1)
        for first, second in ((change, change), (base_change, base_change), (change, base_change))
    )
    variance, base_variance, covariance = products
    both = np.sqrt(variance * base_variance)
    correlation = np.divide(covariance, both, out=np.zeros_like(both), where=both > _NO_VARIANCE)
    low, high = _wilson(value, _effective(value, variance, n), t)
    base_low, base_high = _wilson(base, _effective(base, base_variance, n), t)
    estimate = value - base
    left = _distance(value - low, base_high - base, correlation)
    right = _distance(high - value, base - base_low, correlation)
    # Where all speakers have the same difference: the bound of 0 out of n utterances.
    equal = variance + base_variance - 2 * covariance < _NO_VARIANCE
    least = np.where(equal, 1 - ((1 - confidence) / 2) ** (1 / n), 0.0)
    return (
        np.maximum(estimate - np.maximum(left, least), -1.0),
        np.minimum(estimate + np.maximum(right, least), 1.0),
    )


def paired_difference(
    coded: Counts, original: Counts, sizes: Counts, confidence: float = CONFIDENCE
) -> Interval:
    """Return the difference of one proportion between two conditions, with its interval.

    Parameters
    ----------
    coded, original, sizes : numpy.ndarray of shape (speakers,)
        See `difference_limits`.
    confidence : float

    Returns
    -------
    Interval
        Limits from -1 to 1; its error, and so its ``p``, are those of the jackknife. NaN if fewer
        than three speakers have utterances.
    """
    present = sizes > 0
    coded, original, sizes = coded[present], original[present], sizes[present]
    groups, n, nan = len(sizes), sizes.sum(), float("nan")
    estimate = float((coded.sum() - original.sum()) / n)
    effective = float(n**2 / (sizes**2).sum())
    if groups < intervals.MIN_SPEAKERS or effective < 2:
        unit = "speaker" if groups == 1 else "speakers"
        reason = f"{groups} {unit} with this emotion instead of at least {intervals.MIN_SPEAKERS}"
        if groups >= intervals.MIN_SPEAKERS:
            reason = "one speaker has nearly all of the utterances"
        return Interval(estimate, nan, nan, nan, groups, f"no interval: {reason}")
    low, high = difference_limits(coded, original, sizes, confidence)
    change = _jackknife(coded, sizes)[1] - _jackknife(original, sizes)[1]
    error = float(np.sqrt((groups - 1) / groups * (change**2).sum()))
    return Interval(
        estimate, float(low), float(high), error, groups, "", effective - 1, utterances=int(n)
    )


def _jackknife(correct: Counts, sizes: Counts) -> tuple[Floats, Floats]:
    """Return proportions (...), and their changes without each speaker (..., speakers)."""
    n, total = sizes.sum(axis=-1), correct.sum(axis=-1)
    left = (total[..., None] - correct) / (n[..., None] - sizes)
    # A speaker without utterances is none.
    present = sizes > 0
    mean = (left * present).sum(axis=-1) / present.sum(axis=-1)
    return total / n, (left - mean[..., None]) * present


def _effective(value: Floats, variance: Floats, n: Counts) -> Floats:
    """Return the effective number of utterances: at most n, and n without variance."""
    effective = np.array(np.broadcast_to(n, value.shape), dtype=float)
    np.divide(value * (1 - value), variance, out=effective, where=variance > _NO_VARIANCE)
    return np.asarray(np.minimum(effective, n))


def _wilson(value: Floats, n: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Return the Wilson limits of a proportion."""
    scale = 1 + t**2 / n
    centre = (value + t**2 / (2 * n)) / scale
    half = t / scale * np.sqrt(np.maximum(value * (1 - value), 0) / n + t**2 / (4 * n**2))
    return centre - half, centre + half


def _distance(first: Floats, second: Floats, correlation: Floats) -> Floats:
    squared = first**2 - 2 * correlation * first * second + second**2
    return np.asarray(np.sqrt(np.maximum(squared, 0)))
