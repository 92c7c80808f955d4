"""Confidence intervals of a metric, and of its difference between two conditions, by speaker.

Utterances of one speaker are similar, so the speaker is the unit of resampling. Predictions are
given as confusion matrices by run and speaker, from which all metrics are computed.

The interval is estimate +- t(G - 1) x standard error, where the standard error is that of the
delete-one-speaker jackknife (CV3 of MacKinnon, Nielsen and Webb, Cluster-robust inference, Journal
of Econometrics 2023) and G the effective number of speakers, (sum n)^2 / sum n^2 of their numbers
of utterances n (Kish 1965): the number of speakers itself if all have equally many utterances.
With 10 to 30 speakers the percentiles of a plain bootstrap over speakers are too narrow;
tests/evaluation/test_simulation.py measures both.

With one draw of the folds, the interval is conditional on the trained models: it does not include
the variation of the training set. With R repeats, each with other folds and other random initial
values, the squared standard error is

    jackknife^2 + s^2 (1 / R + n_test / n_train)

where the jackknife is that of the means over repeats, s^2 is the variance over repeats of the value
of one repeat, and n_test / n_train is 1 / (k - 1) for k folds: the variance of Nadeau and Bengio
(Inference for the generalization error, Machine Learning 2003) with repeats for their splits. The
test speakers are the same in each repeat, so s^2 has no part of the variance over test speakers,
which the jackknife has. The degrees of freedom are those of Satterthwaite (1946), with G - 1 of the
first term and R - 1 of the second. benchmarks/retraining.py measures the coverage.
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
class Repeats:
    """The draws of the folds of a study.

    Attributes
    ----------
    number : int
        How many times the folds are drawn. The runs of a cell are stacked by repeat.
    test_to_train : float
        Size of a test part divided by that of its training part; 0 if it is unknown.
    """

    number: int = 1
    test_to_train: float = 0.0

    @classmethod
    def of_folds(cls, number: int, folds: int) -> Repeats:
        """Return the draws of a number of folds; one fold is not drawn, and adds no variance.

        Examples
        --------
        >>> Repeats.of_folds(3, 5)
        Repeats(number=3, test_to_train=0.25)
        """
        return cls(number, 1 / (folds - 1) if folds > 1 else 0.0)


ONCE = Repeats()


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
    training_error : float
        The part of the standard error that is due to the training; 0 with one repeat.
    utterances : int
        Number of utterances; 0 if it is not used.
    """

    estimate: float
    low: float
    high: float
    error: float
    clusters: int
    why: str = ""
    degrees_of_freedom: float = float("nan")
    training_error: float = 0.0
    utterances: int = 0

    @property
    def p(self) -> float:
        """Two-sided p of the hypothesis that the true value is 0; NaN without an interval.

        Unlike the p of the permutation test it has no smallest value, so it can be corrected for
        hundreds of comparisons. If all clusters have the same value there is no t; the p is then
        that of the bound of 0 out of n utterances, or, if their number is not given, that of a
        sign test, 1 / 2^(clusters - 1).
        """
        if not self.error >= _NO_ERROR:
            return self._equal_clusters_p() if np.isfinite(self.error) else float("nan")
        return student_p(self.estimate / self.error, self.degrees_of_freedom)

    def _equal_clusters_p(self) -> float:
        size = abs(self.estimate)
        if size < _NO_ERROR:
            return 1.0
        if self.utterances and size <= 1:
            return float(min(1.0, 2 * (1 - size) ** self.utterances))
        return float(0.5 ** (self.clusters - 1))

    @property
    def effect(self) -> float:
        """Estimate in standard deviations over speakers (Cohen's d of paired samples)."""
        spread = np.sqrt(self.clusters * max(self.error**2 - self.training_error**2, 0.0))
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
    repeats: Repeats = ONCE,
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
    repeats : Repeats
        The draws of the folds; the runs of both conditions are stacked by repeat.

    Returns
    -------
    Interval
        If all speakers have the same value (for example if no prediction differs), the jackknife
        error is 0. The bound is then that of 0 out of n utterances (Clopper and Pearson).
    """
    values, left = _leave_one_out(confusions, metric, repeats.number)
    if against is not None:
        other, left_other = _leave_one_out(against, metric, repeats.number)
        values, left = values - other, left - left_other
    estimate = float(values.mean())
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
    sizes = confusions.sum(axis=(0, -2, -1)) / len(confusions)
    effective = float(sizes.sum() ** 2 / (sizes**2).sum())
    if effective < 2:
        why = "no interval: one speaker has nearly all of the utterances"
        return Interval(estimate, nan, nan, nan, groups, why)
    error = float(np.sqrt((groups - 1) / groups * ((left - left.mean()) ** 2).sum()))
    freedom, training_error = effective - 1, _training_error(values, repeats)
    if training_error >= _NO_ERROR:
        error, freedom = _combined(error, freedom, training_error, repeats)
    half, n = student_half_width(error, freedom, confidence), int(sizes.sum())
    if error < _NO_ERROR:
        half = 1 - ((1 - confidence) / 2) ** (1 / n)
    low, high = estimate - half, estimate + half
    return Interval(estimate, low, high, error, groups, "", freedom, training_error, n)


def limited(measured: Interval, largest: float) -> Interval:
    """Return an interval of a difference, cut at the largest difference that is possible.

    The limits of Student's t can leave the range of a difference, which is from minus ``largest``
    to ``largest``.
    """
    low, high = (float(np.clip(end, -largest, largest)) for end in (measured.low, measured.high))
    return replace(measured, low=low, high=high)


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


def _leave_one_out(confusions: Counts, metric: OfConfusion, repeats: int) -> tuple[Floats, Floats]:
    """Return the metric of each repeat (repeats,), and without each cluster (clusters,).

    The first is a mean over the runs of the repeat, the second over all runs.
    """
    total = confusions.sum(axis=1)
    left = metric(total[:, None] - confusions) if confusions.shape[1] > 1 else np.zeros((1, 0))
    return np.mean(metric(total).reshape(repeats, -1), axis=1), np.mean(left, axis=0)


def with_training_error(measured: Interval, values: Floats, repeats: Repeats) -> Interval:
    """Return an interval around the same estimate that includes the variance over repeats.

    Parameters
    ----------
    measured : Interval
        Of the mean over repeats; it may be asymmetric.
    values : numpy.ndarray of shape (repeats,)
        The value of each repeat.
    repeats : Repeats

    Returns
    -------
    Interval
        Each distance from the estimate to a limit becomes the root of its square plus the square
        of t times the standard error due to the training, as for independent errors.
    """
    training_error = _training_error(values, repeats)
    if not (training_error >= _NO_ERROR and np.isfinite(measured.error)):
        return measured
    error, freedom = _combined(measured.error, measured.degrees_of_freedom, training_error, repeats)
    added = student_half_width(training_error, freedom)
    return replace(
        measured,
        low=measured.estimate - float(np.hypot(measured.estimate - measured.low, added)),
        high=measured.estimate + float(np.hypot(measured.high - measured.estimate, added)),
        error=error,
        degrees_of_freedom=freedom,
        training_error=training_error,
    )


def _combined(
    error: float, freedom: float, training_error: float, repeats: Repeats
) -> tuple[float, float]:
    """Return the whole standard error, and its degrees of freedom (Satterthwaite)."""
    variances = np.array([error, training_error]) ** 2
    total = float(variances.sum())
    parts = variances**2 / np.array([freedom, repeats.number - 1])
    return total**0.5, total**2 / float(parts.sum())


def _training_error(values: Floats, repeats: Repeats) -> float:
    """Return the standard error due to the training, from the values of the repeats."""
    if repeats.number < 2:
        return 0.0
    return float(np.sqrt(values.var(ddof=1) * (1 / repeats.number + repeats.test_to_train)))


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
