"""Confidence intervals of a metric, and of its difference between two conditions, by speaker.

Utterances of one speaker are similar, so the speaker is the unit of resampling. Predictions are
given as confusion matrices by run and speaker, from which all metrics are computed.

The interval is estimate +- t(G - 1) x standard error, where the standard error is that of the
delete-one-speaker jackknife (CV3 of MacKinnon, Nielsen and Webb, Cluster-robust inference, Journal
of Econometrics 2023) and G the effective number of speakers, (sum n)^2 / sum n^2 of their numbers
of utterances n (Kish 1965): the number of speakers itself if all have equally many utterances.
With 10 to 30 speakers the percentiles of a plain bootstrap over speakers are too narrow;
tests/evaluation/test_simulation.py measures both. The interval is conditional on the trained
models: it does not include the variation of the training set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from ..core.metrics import OfConfusion
from .confusion import Codes, Counts, Floats

CONFIDENCE = 0.95
MIN_SPEAKERS = 3
"""With two, t has one degree of freedom and the interval is wider than the range of any metric."""

_MOST_CLUSTERS = 500
_POWER = 0.8
_NO_ERROR = 1e-9


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; NaN and a reason if there is no interval.

    Attributes
    ----------
    estimate, low, high : float
    error : float
        Standard error.
    clusters : int
        Number of speakers (or groups of utterances).
    why : str
        Reason why there is no interval, or why it is not by speaker; usually empty.
    degrees_of_freedom : float
        Of Student's t.
    """

    estimate: float
    low: float
    high: float
    error: float
    clusters: int
    why: str = ""
    degrees_of_freedom: float = float("nan")

    @property
    def p(self) -> float:
        """Two-sided p of the hypothesis that the true value is 0; NaN without an interval.

        Unlike the p of the permutation test it has no smallest value, so it can be corrected for
        hundreds of comparisons. If all clusters have the same value there is no t; the p is then
        that of a sign test, 1 / 2^(clusters - 1).
        """
        if not self.error >= _NO_ERROR:
            sign_test = 0.5 ** (self.clusters - 1) if self.estimate else 1.0
            return sign_test if np.isfinite(self.error) else float("nan")
        return student_p(self.estimate / self.error, self.degrees_of_freedom)

    @property
    def effect(self) -> float:
        """Estimate in standard deviations over speakers (Cohen's d of paired samples)."""
        spread = self.error * np.sqrt(self.clusters)
        return float(self.estimate / spread) if spread > 0 else float("nan")


def random_clusters(n: int) -> Codes:
    """Return clusters (n,) that ignore speakers: each utterance, or 500 random groups.

    Random groups of utterances give the same interval as single utterances (delete-a-group
    jackknife) in bounded memory.
    """
    return np.random.default_rng(n).permutation(n) % min(n, _MOST_CLUSTERS)


def interval(
    confusions: Counts,
    metric: OfConfusion,
    against: Counts | None = None,
    clustered: bool = True,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return a metric, or its difference from another condition, with its interval.

    Parameters
    ----------
    confusions : numpy.ndarray of shape (runs, clusters, k, k)
        See `confusion.by_cluster`.
    metric : callable
        Confusion matrices (..., k, k) -> (...), such as `confusion.uar`. The estimate is the mean
        over runs.
    against : numpy.ndarray of shape (runs', clusters, k, k), optional
        The same utterances at the other condition, which is subtracted.
    clustered : bool
        Whether the clusters are speakers; only used in the text of ``why``.
    confidence : float
        Of the interval.

    Returns
    -------
    Interval
        If all speakers have the same value (for example if no prediction differs), the jackknife
        error is 0. The bound is then that of 0 out of n utterances (Clopper and Pearson).
    """
    estimate, left = _leave_one_out(confusions, metric)
    if against is not None:
        other, left_other = _leave_one_out(against, metric)
        estimate, left = estimate - other, left - left_other
    groups = confusions.shape[1]
    nan = float("nan")
    if groups < MIN_SPEAKERS:
        unit = "speaker" if clustered else "utterance"
        plural = "s" if groups > 1 else ""
        why = f"no interval: {groups} {unit}{plural} instead of at least {MIN_SPEAKERS}"
        return Interval(estimate, nan, nan, nan, groups, why)
    if not np.isfinite(left).all():
        why = "no interval: without one of the speakers the metric is not defined"
        return Interval(estimate, nan, nan, nan, groups, why)
    sizes = confusions[0].sum(axis=(-2, -1))
    effective = float(sizes.sum() ** 2 / (sizes**2).sum())
    if effective < 2:
        why = "no interval: one speaker has nearly all of the utterances"
        return Interval(estimate, nan, nan, nan, groups, why)
    error = float(np.sqrt((groups - 1) / groups * ((left - left.mean()) ** 2).sum()))
    half = student_half_width(error, effective - 1, confidence)
    if error < _NO_ERROR:
        n = int(sizes.sum())
        half = 1 - ((1 - confidence) / 2) ** (1 / n)
    return Interval(estimate, estimate - half, estimate + half, error, groups, "", effective - 1)


def needed_clusters(measured: Interval, margin: float) -> float:
    """Return the number of speakers that would show that no more than the margin is lost.

    With a power of 80 % if in truth nothing is lost: the smallest G for which the standard error
    of G such speakers, times t(.975) + t(.8), is at most the margin. NaN if the spread is unknown.
    """
    if not np.isfinite(measured.error) or margin <= 0:
        return float("nan")
    spread = measured.error * np.sqrt(measured.clusters)
    groups = float(MIN_SPEAKERS)
    while groups < 1e6:
        quantiles = _t(groups - 1, (1 + CONFIDENCE) / 2) + _t(groups - 1, _POWER)
        needed = float(np.ceil((quantiles * spread / margin) ** 2))
        if needed <= groups:
            return groups
        # The quantiles fall with G, so the number needed for fewer speakers is never too small.
        groups = max(groups + 1, min(needed, float(np.ceil(groups * 1.1))))
    return groups


def _leave_one_out(confusions: Counts, metric: OfConfusion) -> tuple[float, Floats]:
    """Return the metric of all clusters, and without each of them (clusters,); mean over runs."""
    total = confusions.sum(axis=1)
    left = metric(total[:, None] - confusions) if confusions.shape[1] > 1 else np.zeros((1, 0))
    return float(np.mean(metric(total))), np.mean(left, axis=0)


def widened(measured: Interval, factor: float, confidence: float = CONFIDENCE) -> Interval:
    """Return an interval with its standard error multiplied; unchanged if the error is 0 or NaN."""
    if not measured.error >= _NO_ERROR:
        return measured
    error = factor * measured.error
    half = student_half_width(error, measured.degrees_of_freedom, confidence)
    low, high = measured.estimate - half, measured.estimate + half
    return replace(measured, error=error, low=low, high=high)


def fold_redraw_factor(folds: int) -> float:
    """Return the factor on the standard error of a difference between two draws of folds.

    Models of other folds are trained on other speakers, which the spread over test speakers does
    not include. The variance grows by 1 + k n_test / n_train (Nadeau and Bengio, Inference for
    the generalization error, Machine Learning 2003), where n_test / n_train is 1 / (k - 1).

    Examples
    --------
    >>> fold_redraw_factor(5)
    1.5
    """
    return float(np.sqrt(1 + folds / (folds - 1)))


def student_p(t: float, degrees_of_freedom: float) -> float:
    """Return the two-sided p of a value of Student's t.

    Examples
    --------
    >>> round(student_p(-2.0, 9), 4)
    0.0766
    """
    from scipy import special

    return 2 * float(special.stdtr(degrees_of_freedom, -abs(t)))


def student_half_width(
    error: float, degrees_of_freedom: float, confidence: float = CONFIDENCE
) -> float:
    """Return half the width of an interval of Student's t.

    Examples
    --------
    >>> round(student_half_width(1.0, 9), 3)
    2.262
    """
    return _t(degrees_of_freedom, (1 + confidence) / 2) * error


@cache
def _t(degrees_of_freedom: float, quantile: float) -> float:
    from scipy import special

    return float(special.stdtrit(degrees_of_freedom, quantile))
