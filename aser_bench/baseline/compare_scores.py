"""Comparison of a cell by scores: fold by fold, run by run, or one number by the margin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..core.metrics import get_metric
from ..core.tables import REPEAT
from ..evaluation import confusion, intervals
from ..evaluation.intervals import Interval
from ..evaluation.metrics import on_confusions
from ..evaluation.outcomes import Key, Outcomes
from .compare import FOLDS, MARGIN, RUNS, Comparison
from .verdicts import NAN

MIN_ERROR = 1e-9
ROUNDING = 1e-6
"""Scores have six digits in scores.csv."""
MIN_TEST_FOLDS = MIN_TEST_RUNS = 3
"""With two, t has one degree of freedom and detects nothing."""

_NO_TEST = Interval(NAN, NAN, NAN, NAN, 0)

_Scores = NDArray[np.floating[Any]]


def compare_scores(
    new: pd.DataFrame,
    baseline: pd.DataFrame,
    metric: str,
    alpha: float,
    same_folds: bool,
    repeats: int = 1,
) -> Comparison:
    """Compare the scores of one cell.

    Folds share most of their training data, so a plain t test is significant too often. The
    variance is that of Nadeau and Bengio (Inference for the generalization error, Machine
    Learning 2003): (1/k + n_test/n_train) times that of the folds, with n_test/n_train = 1/(k - 1).
    With R repeats of k folds it is (1/(R k) + n_test/n_train) times that of all folds.

    Parameters
    ----------
    new, baseline : pandas.DataFrame
        The metric; columns fold and run unless there is a single number.
    metric : str
    alpha : float
    same_folds : bool
        Whether equal fold numbers are the same fold on both sides, so that they can be paired.
    repeats : int
        Number of draws of the folds on both sides.
    """
    has_folds = "fold" in new and "fold" in baseline
    new, baseline = (
        side.assign(**{name: 0 for name in ("fold", "run") if name not in side})
        for side in (new, baseline)
    )
    ours, theirs = (side.groupby("fold")[metric].mean() for side in (new, baseline))
    interval, test = _compare_folds(ours, theirs, alpha, same_folds, repeats), FOLDS
    if not interval.error >= MIN_ERROR:
        same_folds = same_folds and len(ours) == len(theirs)
        interval, test = _compare_runs(new, baseline, metric, alpha, same_folds), RUNS
    if not interval.error >= MIN_ERROR:
        # All scores moved by the same amount, so they hold no more than one number does.
        difference = float(ours.mean() - theirs.mean())
        interval, test = replace(_NO_TEST, estimate=difference), MARGIN
    return Comparison(
        float(theirs.mean()),
        float(ours.mean()),
        interval,
        test,
        _identical(new, baseline, metric),
        max(0, len(theirs) - len(ours)) if has_folds else 0,
        len(theirs),
        runs=(new["run"].nunique(), baseline["run"].nunique()),
    )


def _compare_folds(
    ours: pd.Series, theirs: pd.Series, alpha: float, same_folds: bool, repeats: int
) -> Interval:
    factor = partial(_fold_factor, repeats=repeats)
    if min(len(ours), len(theirs)) < MIN_TEST_FOLDS:
        return _NO_TEST
    if same_folds and set(ours.index) == set(theirs.index):
        differences = (ours - theirs).to_numpy()
        error = float(np.sqrt(factor(len(differences)) * differences.var(ddof=1)))
        return _paired_interval(differences, error, alpha)
    return _welch(ours.to_numpy(), theirs.to_numpy(), factor, alpha)


def _compare_runs(
    new: pd.DataFrame, baseline: pd.DataFrame, metric: str, alpha: float, same_folds: bool
) -> Interval:
    """Compare by runs if there is a single fold, or two folds that are the same on both sides."""
    ours, theirs = (side.groupby("run")[metric].mean() for side in (new, baseline))
    single = max(new["fold"].nunique(), baseline["fold"].nunique()) == 1
    if min(len(ours), len(theirs)) < MIN_TEST_RUNS or not (single or same_folds):
        return _NO_TEST
    if single:
        return _welch(ours.to_numpy(), theirs.to_numpy(), lambda number: 1 / number, alpha)
    differences = (ours - theirs).dropna().to_numpy()
    if len(differences) < MIN_TEST_RUNS:
        return _NO_TEST
    error = float(np.sqrt(differences.var(ddof=1) / len(differences)))
    return _paired_interval(differences, error, alpha)


def _identical(new: pd.DataFrame, baseline: pd.DataFrame, metric: str) -> bool:
    """Whether both sides have the same scores, apart from rounding."""
    both = new.merge(baseline, on=["fold", "run"], suffixes=("", "_baseline"))
    if not len(both) == len(new) == len(baseline):
        return False
    return bool(((both[metric] - both[f"{metric}_baseline"]).abs() < ROUNDING).all())


def _fold_factor(folds: int, repeats: int) -> float:
    """Return the factor on the variance of a number of folds, those of all repeats together."""
    return 1 / folds + 1 / max(folds / repeats - 1, 1.0)


def _welch(
    ours: _Scores, theirs: _Scores, variance_factor: Callable[[int], float], alpha: float
) -> Interval:
    """Compare two independent samples.

    The variance of a sample's mean is ``variance_factor(size)`` times that of the sample.
    """
    sides = (ours, theirs)
    variances = [variance_factor(len(side)) * side.var(ddof=1) for side in sides]
    error = float(np.sqrt(sum(variances)))
    denominator = sum(v**2 / (len(side) - 1) for v, side in zip(variances, sides, strict=True))
    smallest = min(len(ours), len(theirs))
    freedom = sum(variances) ** 2 / denominator if denominator > 0 else float(smallest - 1)
    return _interval(float(ours.mean() - theirs.mean()), error, freedom, smallest, alpha)


def _paired_interval(differences: _Scores, error: float, alpha: float) -> Interval:
    number = len(differences)
    return _interval(float(differences.mean()), error, number - 1, number, alpha)


def _interval(
    estimate: float, error: float, freedom: float, clusters: int, alpha: float
) -> Interval:
    half = intervals.student_half_width(error, freedom, 1 - alpha)
    return Interval(estimate, estimate - half, estimate + half, error, clusters, "", freedom)


def cell_scores(outcomes: Outcomes, folds: pd.DataFrame, key: Key, metric: str) -> pd.DataFrame:
    """Return a cell's scores by fold and run, columns fold, run and the metric.

    The folds of different repeats have different numbers.
    """
    corpus, cell = outcomes.corpora[key[0]], outcomes.cells[key]
    folds = folds[(folds["corpus"] == key[0]) & (folds["protocol"] == key[3])]
    of_repeats = [folds]
    if REPEAT in folds:
        of_repeats = [rows for _, rows in folds.groupby(REPEAT)]
    of_confusion = on_confusions(get_metric(metric), corpus.emotions)
    parts = []
    for repeat, of_repeat in enumerate(of_repeats[: cell.repeats]):
        fold = of_repeat.drop_duplicates("utterance").set_index("utterance")["fold"]
        rows = np.flatnonzero(cell.complete[repeat])
        predicted = cell.predicted[repeat * cell.runs : (repeat + 1) * cell.runs, rows]
        names, cluster = np.unique(fold.reindex(corpus.utterances[rows]), return_inverse=True)
        values = of_confusion(
            confusion.by_cluster(corpus.truth[rows], predicted, cluster, len(corpus.emotions))
        )
        run, column = np.indices(values.shape).reshape(2, -1)
        parts.append(pd.DataFrame({"fold": names[column], "run": run, metric: values.ravel()}))
    return pd.concat(parts, ignore_index=True)
