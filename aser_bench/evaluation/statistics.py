"""Intervals and tests that respect speakers: two conditions on the same utterances.

Utterances of one speaker are alike, so the speaker is what is left out, flipped and counted.
Predictions come as confusion matrices by run and speaker, which is all that the metrics need.

The interval is estimate +- t(G - 1) x standard error, where the standard error is that of the
delete-one-speaker jackknife (CV3 of MacKinnon, Nielsen and Webb, Cluster-robust inference, Journal
of Econometrics 2023) and G the effective number of speakers, (sum n)^2 / sum n^2 of their numbers
of utterances n (Kish 1965): the number of speakers itself where all have as many. With 10 to 30
speakers the percentiles of a plain bootstrap over speakers are too narrow;
tests/evaluation/test_simulation.py measures both.
The models are taken as they were trained: what another training set would give is not in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
OfConfusion = Callable[[Array], Array]

CONFIDENCE = 0.95
MIN_SPEAKERS = 3
"""With two, t has one degree of freedom and the interval is wider than any metric."""

_MOST_CLUSTERS = 500
_PERMUTATIONS = 9999
_EXACT_UP_TO = 13  # speakers: 2^13 = 8192 ways to flip them
_POWER = 0.8
_NO_ERROR = 1e-9


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; NaN and a reason where there is none.

    Attributes
    ----------
    estimate, low, high : float
    error : float
        Standard error.
    clusters : int
        Speakers (or groups of utterances) that it stands on.
    why : str
        Why there is no interval, or whose it is if not the speakers'; mostly empty.
    freedom : float
        Degrees of freedom of its t.
    """

    estimate: float
    low: float
    high: float
    error: float
    clusters: int
    why: str = ""
    freedom: float = float("nan")

    @property
    def p(self) -> float:
        """Two-sided p of an estimate of nothing, by the same t; NaN where there is no interval.

        Unlike the permutation test's it has no smallest value, so that it can stand among
        hundreds of comparisons. Where all clusters show the same there is no t; they would all
        show it with the same sign once in 2^(clusters - 1) times.
        """
        if not self.error >= _NO_ERROR:
            alike = 0.5 ** (self.clusters - 1) if self.estimate else 1.0
            return alike if np.isfinite(self.error) else float("nan")
        return student_p(self.estimate / self.error, self.freedom)

    @property
    def effect(self) -> float:
        """Estimate in standard deviations over speakers (Cohen's d of paired samples)."""
        spread = self.error * np.sqrt(self.clusters)
        return float(self.estimate / spread) if spread > 0 else float("nan")


def by_cluster(truth: Array, predicted: Array, cluster: Array, classes: int) -> Array:
    """Count confusions by run and cluster.

    Parameters
    ----------
    truth : numpy.ndarray of shape (n,)
        Codes of the true classes, 0 to ``classes`` - 1.
    predicted : numpy.ndarray of shape (runs, n)
        Codes of the predicted classes.
    cluster : numpy.ndarray of shape (n,)
        Number of each utterance's speaker, from 0.
    classes : int

    Returns
    -------
    numpy.ndarray of shape (runs, clusters, classes, classes)
    """
    runs, groups = len(predicted), int(cluster.max()) + 1
    place = (np.arange(runs)[:, None] * groups + cluster) * classes + truth
    flat = (place * classes + predicted).ravel()
    found = np.bincount(flat, minlength=runs * groups * classes * classes)
    return found.reshape(runs, groups, classes, classes)


def deal(n: int) -> Array:
    """Return clusters (n,) that ignore speakers: each utterance, or one of 500 random groups.

    Groups of utterances drawn at random give the same interval as single ones (a delete-a-group
    jackknife), in bounded memory.
    """
    return np.random.default_rng(n).permutation(n) % min(n, _MOST_CLUSTERS)


def interval(
    confusions: Array,
    metric: OfConfusion,
    against: Array | None = None,
    clustered: bool = True,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return a metric, or its difference from another condition, with its interval.

    Parameters
    ----------
    confusions : numpy.ndarray of shape (runs, clusters, k, k)
        See `by_cluster`.
    metric : callable
        Confusion matrices (..., k, k) -> (...), such as `counts.uar`. The mean over runs counts.
    against : numpy.ndarray of shape (runs', clusters, k, k), optional
        The same utterances at the other condition, which is subtracted.
    clustered : bool
        Whether the clusters are speakers; only decides the words of ``why``.
    confidence : float
        Of the interval.

    Returns
    -------
    Interval
        Where all speakers are alike (not one prediction differs, say), the jackknife knows no
        error; the bound is then what a proportion of 0 out of n utterances permits (Clopper and
        Pearson), which is the least that is not known.
    """
    estimate, left = _leave_one_out(confusions, metric)
    if against is not None:
        other, left_other = _leave_one_out(against, metric)
        estimate, left = estimate - other, left - left_other
    groups = confusions.shape[1]
    nothing = float("nan")
    if groups < MIN_SPEAKERS:
        what = "speaker" if clustered else "utterance"
        why = f"no interval: {groups} {what}{'s' if groups > 1 else ''} cannot tell their spread"
        return Interval(estimate, nothing, nothing, nothing, groups, why)
    if not np.isfinite(left).all():
        why = "no interval: without one of the speakers the metric is not defined"
        return Interval(estimate, nothing, nothing, nothing, groups, why)
    sizes = confusions[0].sum(axis=(-2, -1))
    effective = float(sizes.sum() ** 2 / (sizes**2).sum())
    if effective < 2:
        why = "no interval: one speaker has nearly all of the utterances"
        return Interval(estimate, nothing, nothing, nothing, groups, why)
    error = float(np.sqrt((groups - 1) / groups * ((left - left.mean()) ** 2).sum()))
    half = student_half(error, effective - 1, confidence)
    if error < _NO_ERROR:
        n = int(sizes.sum())
        half = 1 - ((1 - confidence) / 2) ** (1 / n)
    return Interval(estimate, estimate - half, estimate + half, error, groups, "", effective - 1)


def permutation(one: Array, other: Array, metrics: Mapping[str, OfConfusion]) -> dict[str, float]:
    """Test whether two conditions differ: swap them speaker by speaker.

    If the codec did nothing, each speaker's two results could as well stand the other way
    round. All ways to swap up to 13 speakers are tried, else 9999 random ones and the one that
    was observed (Phipson and Smyth, Permutation p-values should never be zero, 2010). The
    statistic is the difference of the metric of all runs' confusions together.

    Parameters
    ----------
    one, other : numpy.ndarray of shape (runs, clusters, k, k)
        Of the same utterances; the numbers of runs may differ.
    metrics : mapping of str to callable
        As in `interval`, by name. They share the swaps.

    Returns
    -------
    dict of str to float
        Two-sided p of each metric; NaN for one speaker. G speakers give no p below 2 / 2^G.
    """
    first, second = _mean_run(one), _mean_run(other)
    groups, classes = first.shape[:2]
    if groups < 2:
        return dict.fromkeys(metrics, float("nan"))
    both = first.sum(0) + second.sum(0)
    swaps = _swaps(groups)
    moved = (swaps @ (second - first).reshape(groups, -1)).reshape(-1, classes, classes)
    # What rounding left below zero would not be a count.
    here = np.clip(first.sum(0) + moved, 0, both)
    there = both - here
    exact = groups <= _EXACT_UP_TO
    found = {}
    for name, metric in metrics.items():
        observed = abs(float(metric(first.sum(0)) - metric(second.sum(0))))
        as_large = int((np.abs(metric(here) - metric(there)) >= observed - 1e-9).sum())
        found[name] = as_large / len(swaps) if exact else (as_large + 1) / (len(swaps) + 1)
    return found


def mcnemar(right: ArrayLike, other: ArrayLike) -> float:
    """Exact McNemar test of which utterances are right at one condition and wrong at another.

    It takes utterances as independent, which those of one speaker are not: it finds too much.

    Parameters
    ----------
    right, other : array_like of shape (n,), bool

    Returns
    -------
    float
        Two-sided p, from the binomial distribution of the utterances that changed.

    Examples
    --------
    >>> mcnemar([True] * 9 + [False], [False] * 9 + [True])
    0.021484375
    """
    from scipy import special

    one, two = np.asarray(right, dtype=bool), np.asarray(other, dtype=bool)
    lost, won = int((one & ~two).sum()), int((~one & two).sum())
    # Both tails of a fair coin; special, because stats takes a second to import.
    return min(1.0, 2 * float(special.bdtr(min(lost, won), lost + won, 0.5)))


def holm(values: ArrayLike) -> Array:
    """Correct p values of one family for their number (Holm 1979).

    Parameters
    ----------
    values : array_like of shape (m,)
        NaN is no comparison: it stays NaN and does not count.

    Returns
    -------
    numpy.ndarray of shape (m,)

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    found = np.asarray(values, dtype=float)
    out = np.full(found.shape, np.nan)
    known = np.flatnonzero(~np.isnan(found))
    order = known[np.argsort(found[known], kind="stable")]
    steps = found[order] * (len(order) - np.arange(len(order)))
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out


def needed_clusters(found: Interval, margin: float) -> float:
    """Return how many speakers like these would decide that nothing beyond the margin is lost.

    With 80 % power if in truth nothing is lost: the smallest G for which the standard error of
    G speakers, times t(.975) + t(.8), is the margin. NaN where the spread is not known.
    """
    if not np.isfinite(found.error) or margin <= 0:
        return float("nan")
    spread = found.error * np.sqrt(found.clusters)
    groups = float(MIN_SPEAKERS)
    while groups < 1e6:
        quantiles = _t(groups - 1, (1 + CONFIDENCE) / 2) + _t(groups - 1, _POWER)
        wanted = np.ceil((quantiles * spread / margin) ** 2)
        if wanted <= groups:
            return groups
        # The quantiles fall with G, so what they ask for now is never too few by much.
        groups = max(groups + 1, min(wanted, np.ceil(groups * 1.1)))
    return groups


def _leave_one_out(confusions: Array, metric: OfConfusion) -> tuple[float, Array]:
    """Return the metric of all clusters, and without each of them (clusters,); mean over runs."""
    total = confusions.sum(axis=1)
    left = metric(total[:, None] - confusions) if confusions.shape[1] > 1 else np.zeros((1, 0))
    return float(np.mean(metric(total))), np.mean(left, axis=0)


def _mean_run(confusions: Array) -> Array:
    return confusions.mean(axis=0)


def widened(found: Interval, factor: float, confidence: float = CONFIDENCE) -> Interval:
    """Return an interval with its standard error multiplied, as it is where it has none."""
    if not found.error >= _NO_ERROR:
        return found
    error = factor * found.error
    half = student_half(error, found.freedom, confidence)
    return replace(found, error=error, low=found.estimate - half, high=found.estimate + half)


def redrawn(folds: int) -> float:
    """Return by how much a difference between two draws of folds is less sure than its speakers.

    Models of other folds learnt from other speakers, which a spread over test speakers does not
    see. The variance grows by 1 + k n_test / n_train (Nadeau and Bengio, Inference for the
    generalization error, Machine Learning 2003), where n_test / n_train is 1 / (k - 1).

    Examples
    --------
    >>> redrawn(5)
    1.5
    """
    return float(np.sqrt(1 + folds / (folds - 1)))


def student_p(t: float, freedom: float) -> float:
    """Return the two-sided p of a value of Student's t.

    Examples
    --------
    >>> round(student_p(-2.0, 9), 4)
    0.0766
    """
    from scipy import special

    return 2 * float(special.stdtr(freedom, -abs(t)))


def student_half(error: float, freedom: float, confidence: float = CONFIDENCE) -> float:
    """Return half the width of an interval of Student's t.

    Examples
    --------
    >>> round(student_half(1.0, 9), 3)
    2.262
    """
    return _t(freedom, (1 + confidence) / 2) * error


@cache
def _t(df: float, quantile: float) -> float:
    from scipy import special

    return float(special.stdtrit(df, quantile))


@cache
def _swaps(groups: int) -> Array:
    """Return which clusters to swap (ways, groups), 0 or 1."""
    if groups <= _EXACT_UP_TO:
        ways = np.arange(2**groups)[:, None] >> np.arange(groups)
        return (ways & 1).astype(float)
    return np.random.default_rng(groups).integers(0, 2, (_PERMUTATIONS, groups)).astype(float)
