"""One cell on both sides: how much its metric differs, and how sure that is.

What can be tested depends on what both sides show. Predictions: on the same utterances, paired,
speaker by speaker. Scores: fold by fold. One fold: run by run. One number: no test at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..evaluation import confusion, intervals
from ..evaluation.intervals import Interval, OfConfusion
from ..evaluation.metrics import METRICS
from ..evaluation.outcomes import Corpus, Key, Outcomes
from .base import NAN

SPEAKERS, UTTERANCES, FOLDS, RUNS, MARGIN = "speakers", "utterances", "folds", "runs", "margin"

MIN_FOLDS = 2
MIN_ERROR = 1e-9
ROUNDING = 1e-6
"""Scores have six digits in scores.csv."""
MIN_TEST_FOLDS = MIN_TEST_RUNS = 3
"""With two, t has one degree of freedom and finds nothing."""


_NO_TEST = Interval(NAN, NAN, NAN, NAN, 0)


@dataclass(frozen=True)
class Comparison:
    """A cell on both sides.

    Attributes
    ----------
    baseline, value : float
        The metric on what was compared.
    interval : Interval
        Of value less baseline; without low and high where nothing can be tested.
    test : str
        ``speakers``, ``utterances``, ``folds``, ``runs`` or ``margin``.
    identical : bool
        Whether not one prediction (or score) differs.
    missing, total : int
        How many of the utterances (or folds) that the baseline tested the new results did not.
    relabelled : int
        How many have another label, and are not compared.
    runs : tuple of int
        How many there are, in the new results and in the baseline.
    """

    baseline: float
    value: float
    interval: Interval
    test: str
    identical: bool
    missing: int = 0
    total: int = 0
    relabelled: int = 0
    runs: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class _Common:
    """The utterances that two sides tested alike, as one side's and the other's places."""

    new: np.ndarray
    baseline: np.ndarray
    classes: tuple[str, ...]
    relabelled: np.ndarray  # the baseline's places of what has another label now


class PairedPredictions:
    """The predictions of two sides, brought to the same utterances and the same codes."""

    def __init__(self, new: Outcomes, baseline: Outcomes) -> None:
        self._new, self._baseline = new, baseline
        self._common: dict[str, _Common] = {}

    def compare(self, key: Key, metric: str, alpha: float, redrawn: int = 0) -> Comparison | None:
        """Return a cell's comparison; None where no utterance was tested on both sides.

        Parameters
        ----------
        key : tuple of str
        metric : str
        alpha : float
        redrawn : int
            The number of folds if they are others than the baseline's, else 0.
        """
        common, corpus = self._of(key[0]), self._new.corpora[key[0]]
        sides = [
            self._recoded(outcomes, key, places, common.classes)
            for outcomes, places in (
                (self._new, common.new),
                (self._baseline, common.baseline),
            )
        ]
        rows = np.flatnonzero((sides[0] >= 0).all(axis=0) & (sides[1] >= 0).all(axis=0))
        if not len(rows):
            return None
        tested = self._baseline.cells[key].tested
        relabelled = int(tested[common.relabelled].sum())
        total = int(tested.sum())
        new, old = (side[:, rows] for side in sides)
        own = corpus.truth[common.new[rows]]
        truth = _codes(corpus, common.classes)[own]
        clusters = [(UTTERANCES, intervals.random_clusters(len(rows)))]
        if corpus.speakers:
            speaker = np.unique(corpus.speaker[common.new[rows]], return_inverse=True)[1]
            clusters.insert(0, (SPEAKERS, speaker))
        compared = _paired(truth, new, old, clusters, len(common.classes), metric, alpha)
        interval = compared.interval
        if redrawn >= MIN_FOLDS:
            factor = intervals.fold_redraw_factor(redrawn)
            interval = intervals.widened(interval, factor, 1 - alpha)
        return replace(
            compared,
            interval=interval,
            missing=total - len(rows) - relabelled,
            total=total,
            relabelled=relabelled,
            runs=(len(new), len(old)),
        )

    def _of(self, name: str) -> _Common:
        if name not in self._common:
            one, two = self._new.corpora[name], self._baseline.corpora[name]
            _, new, old = np.intersect1d(one.utterances, two.utterances, return_indices=True)
            labels = [
                np.array(corpus.emotions, dtype=object)[corpus.truth[rows]]
                for corpus, rows in ((one, new), (two, old))
            ]
            alike = labels[0] == labels[1]
            classes = tuple(sorted({*one.emotions, *two.emotions}))
            self._common[name] = _Common(new[alike], old[alike], classes, old[~alike])
        return self._common[name]

    @staticmethod
    def _recoded(
        outcomes: Outcomes, key: Key, places: np.ndarray, classes: tuple[str, ...]
    ) -> np.ndarray:
        """Return what was predicted (runs, utterances) in common codes, -1 where nothing was."""
        codes = np.append(_codes(outcomes.corpora[key[0]], classes), -1)
        return codes[outcomes.cells[key].predicted[:, places]]


def _codes(corpus: Corpus, classes: tuple[str, ...]) -> np.ndarray:
    return np.array([classes.index(emotion) for emotion in corpus.emotions])


def _paired(
    truth: np.ndarray,
    new: np.ndarray,
    old: np.ndarray,
    clusters: list[tuple[str, np.ndarray]],
    classes: int,
    metric: str,
    alpha: float,
) -> Comparison:
    """Compare by the first clusters that have an interval, the last ones if none has."""
    of_confusion = METRICS[metric].of_confusion
    identical = new.shape == old.shape and bool((new == old).all())
    for test, cluster in clusters:
        one, two = (confusion.by_cluster(truth, side, cluster, classes) for side in (new, old))
        interval = intervals.interval(one, of_confusion, two, test == SPEAKERS, 1 - alpha)
        if np.isfinite(interval.error):
            break
    return Comparison(
        _total(two, of_confusion), _total(one, of_confusion), interval, test, identical
    )


def _total(confusions: np.ndarray, metric: OfConfusion) -> float:
    return float(np.mean(metric(confusions.sum(axis=1))))


def compare_scores(
    new: pd.DataFrame, baseline: pd.DataFrame, metric: str, alpha: float, same_folds: bool
) -> Comparison:
    """Compare scores of one cell.

    Folds share most of their training data, so a plain t test finds too much; the variance is
    that of Nadeau and Bengio (Inference for the generalization error, Machine Learning 2003),
    (1/k + n_test/n_train) times the folds' own, with n_test/n_train = 1/(k - 1).

    Parameters
    ----------
    new, baseline : pandas.DataFrame
        The metric, and fold and run unless it is one number.
    metric : str
    alpha : float
    same_folds : bool
        Whether a fold of one side is the same fold of the other, so that they can be paired.
    """
    told = "fold" in new and "fold" in baseline
    new, baseline = (
        side.assign(**{name: 0 for name in ("fold", "run") if name not in side})
        for side in (new, baseline)
    )
    one, two = (side.groupby("fold")[metric].mean() for side in (new, baseline))
    interval, test = _by_folds(one, two, alpha, same_folds)
    if not interval.error >= MIN_ERROR:
        interval, test = _by_runs(new, baseline, metric, alpha, same_folds and len(one) == len(two))
    if not interval.error >= MIN_ERROR:
        # All of them moved alike: that is one number, however often it stands there.
        interval, test = replace(_NO_TEST, estimate=float(one.mean() - two.mean())), MARGIN
    return Comparison(
        float(two.mean()),
        float(one.mean()),
        interval,
        test,
        _alike(new, baseline, metric),
        max(0, len(two) - len(one)) if told else 0,
        len(two),
        runs=(new["run"].nunique(), baseline["run"].nunique()),
    )


def _by_folds(
    one: pd.Series, two: pd.Series, alpha: float, same_folds: bool
) -> tuple[Interval, str]:
    if min(len(one), len(two)) < MIN_TEST_FOLDS:
        return _NO_TEST, FOLDS
    if same_folds and set(one.index) == set(two.index):
        gains = (one - two).to_numpy()
        error = float(np.sqrt(_share(len(gains)) * gains.var(ddof=1)))
        return _interval(float(gains.mean()), error, len(gains) - 1, len(gains), alpha), FOLDS
    return _welch(one.to_numpy(), two.to_numpy(), _share, alpha), FOLDS


def _by_runs(
    new: pd.DataFrame, baseline: pd.DataFrame, metric: str, alpha: float, same_folds: bool
) -> tuple[Interval, str]:
    """Compare by runs what has too few folds: one fold, or the same folds on both sides."""
    one, two = (side.groupby("run")[metric].mean() for side in (new, baseline))
    single = max(new["fold"].nunique(), baseline["fold"].nunique()) == 1
    if min(len(one), len(two)) < MIN_TEST_RUNS or not (single or same_folds):
        return _NO_TEST, RUNS
    if single:
        return _welch(one.to_numpy(), two.to_numpy(), lambda number: 1 / number, alpha), RUNS
    gains = (one - two).dropna().to_numpy()
    if len(gains) < MIN_TEST_RUNS:
        return _NO_TEST, RUNS
    error = float(np.sqrt(gains.var(ddof=1) / len(gains)))
    return _interval(float(gains.mean()), error, len(gains) - 1, len(gains), alpha), RUNS


def _alike(new: pd.DataFrame, baseline: pd.DataFrame, metric: str) -> bool:
    """Whether every score is there on both sides, but for how it was rounded."""
    both = new.merge(baseline, on=["fold", "run"], suffixes=("", "_baseline"))
    if not len(both) == len(new) == len(baseline):
        return False
    return bool(((both[metric] - both[f"{metric}_baseline"]).abs() < ROUNDING).all())


def _share(folds: int) -> float:
    return 1 / folds + 1 / (folds - 1)


def _welch(
    one: np.ndarray, two: np.ndarray, share: Callable[[int], float], alpha: float
) -> Interval:
    """Compare two independent samples, the variance of whose means is ``share`` of their own."""
    parts = [share(len(side)) * side.var(ddof=1) for side in (one, two)]
    error = float(np.sqrt(sum(parts)))
    below = sum(part**2 / (len(side) - 1) for part, side in zip(parts, (one, two), strict=True))
    freedom = sum(parts) ** 2 / below if below > 0 else float(min(len(one), len(two)) - 1)
    number = min(len(one), len(two))
    return _interval(float(one.mean() - two.mean()), error, freedom, number, alpha)


def _interval(
    estimate: float, error: float, freedom: float, clusters: int, alpha: float
) -> Interval:
    half = intervals.student_half_width(error, freedom, 1 - alpha)
    return Interval(estimate, estimate - half, estimate + half, error, clusters, "", freedom)


def cell_scores(outcomes: Outcomes, folds: pd.DataFrame, key: Key, metric: str) -> pd.DataFrame:
    """Return a cell's scores by fold and run, columns fold, run and the metric."""
    corpus, cell = outcomes.corpora[key[0]], outcomes.cells[key]
    own = folds[(folds["corpus"] == key[0]) & (folds["protocol"] == key[3])]
    fold = own.drop_duplicates("utterance").set_index("utterance")["fold"]
    rows = np.flatnonzero(cell.tested)
    names, cluster = np.unique(fold.reindex(corpus.utterances[rows]), return_inverse=True)
    counted = confusion.by_cluster(
        corpus.truth[rows], cell.predicted[:, rows], cluster, len(corpus.emotions)
    )
    values = METRICS[metric].of_confusion(counted)
    run, place = np.indices(values.shape).reshape(2, -1)
    return pd.DataFrame({"fold": names[place], "run": run, metric: values.ravel()})
