"""Comparison of a cell by predictions: paired on common utterances, clustered by speaker.

Cells without predictions on both sides are compared by `compare_scores`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.metrics import OfConfusion, get_metric
from ..evaluation import confusion, intervals
from ..evaluation.intervals import Interval
from ..evaluation.metrics import on_confusions
from ..evaluation.outcomes import Corpus, Key, Outcomes
from ..evaluation.pairs import repeats_of

SPEAKERS, UTTERANCES, FOLDS, RUNS, MARGIN = "speakers", "utterances", "folds", "runs", "margin"

MIN_FOLDS = 2

_Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Comparison:
    """The comparison of a cell with its baseline.

    Attributes
    ----------
    baseline, value : float
        The metric of the baseline and of the new results, on what was compared.
    interval : Interval
        Of ``value - baseline``; without low and high if nothing can be tested.
    test : str
        ``speakers``, ``utterances``, ``folds``, ``runs`` or ``margin``.
    identical : bool
        Whether all predictions (or scores) are equal.
    missing, total : int
        The number of utterances (or folds) of the baseline that the new results did not test,
        and the number of all of them.
    relabelled : int
        The number of utterances with another label; they are not compared.
    runs : tuple of int
        The number of runs in the new results and in the baseline.
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
class _CommonUtterances:
    """The utterances with the same label on both sides.

    Attributes
    ----------
    new, baseline : array of int, shape (common,)
        Their indices on each side.
    classes : tuple of str
        The emotions of both sides, sorted.
    relabelled : array of int
        The baseline's indices of utterances with another label.
    """

    new: _Codes
    baseline: _Codes
    classes: tuple[str, ...]
    relabelled: _Codes


class PairedPredictions:
    """The predictions of two sides, on the same utterances and with the same class codes.

    Parameters
    ----------
    new, baseline : Outcomes
    """

    def __init__(self, new: Outcomes, baseline: Outcomes) -> None:
        self._new, self._baseline = new, baseline
        self._common: dict[str, _CommonUtterances] = {}

    def compare(
        self, key: Key, metric: str, alpha: float, redrawn_folds: int = 0
    ) -> Comparison | None:
        """Return the comparison of a cell; None if no utterance was tested on both sides.

        Parameters
        ----------
        key : tuple of str
            The values of ``tables.CELL``.
        metric : str
        alpha : float
        redrawn_folds : int
            The number of folds of all repeats if they differ from the baseline's, else 0.
        """
        common, corpus = self._common_utterances(key[0]), self._new.corpora[key[0]]
        new = _recoded(self._new, key, common.new, common.classes)
        old = _recoded(self._baseline, key, common.baseline, common.classes)
        sides = self._new.cells[key], self._baseline.cells[key]
        repeats = repeats_of(sides[0])
        counted = _complete(new, repeats.number) & _complete(old, repeats.number)
        rows = np.flatnonzero(counted.any(axis=0))
        if not len(rows):
            return None
        new, old = (
            np.where(np.repeat(counted, cell.runs, axis=0), predicted, -1)[:, rows]
            for cell, predicted in zip(sides, (new, old), strict=True)
        )
        tested = self._baseline.cells[key].tested
        relabelled, total = int(tested[common.relabelled].sum()), int(tested.sum())
        truth = _class_codes(corpus, common.classes)[corpus.truth[common.new[rows]]]
        clusters = [(UTTERANCES, intervals.random_clusters(len(rows)))]
        if corpus.speakers:
            speaker = np.unique(corpus.speaker[common.new[rows]], return_inverse=True)[1]
            clusters.insert(0, (SPEAKERS, speaker))
        comparison = _compare_paired(
            truth, new, old, clusters, common.classes, metric, alpha, repeats
        )
        interval = comparison.interval
        if redrawn_folds >= MIN_FOLDS:
            folds = max(redrawn_folds // repeats.number, MIN_FOLDS)
            factor = intervals.fold_redraw_factor(folds)
            interval = intervals.widened(interval, factor, 1 - alpha)
        return replace(
            comparison,
            interval=interval,
            missing=total - len(rows) - relabelled,
            total=total,
            relabelled=relabelled,
            runs=(sides[0].runs, sides[1].runs),
        )

    def _common_utterances(self, name: str) -> _CommonUtterances:
        if name not in self._common:
            ours, theirs = self._new.corpora[name], self._baseline.corpora[name]
            _, new, old = np.intersect1d(ours.utterances, theirs.utterances, return_indices=True)
            labels = [
                np.array(corpus.emotions, dtype=object)[corpus.truth[rows]]
                for corpus, rows in ((ours, new), (theirs, old))
            ]
            equal = labels[0] == labels[1]
            classes = tuple(sorted({*ours.emotions, *theirs.emotions}))
            self._common[name] = _CommonUtterances(new[equal], old[equal], classes, old[~equal])
        return self._common[name]


def _recoded(outcomes: Outcomes, key: Key, rows: _Codes, classes: tuple[str, ...]) -> _Codes:
    """Return the predictions (runs, utterances) in common class codes, -1 where there is none."""
    codes = np.append(_class_codes(outcomes.corpora[key[0]], classes), -1)
    recoded: _Codes = codes[outcomes.cells[key].predicted[:, rows]]
    return recoded


def _complete(predicted: _Codes, repeats: int) -> NDArray[np.bool_]:
    """Return whether every run of a repeat tested an utterance (repeats, utterances)."""
    runs, utterances = predicted.shape
    by_repeat = predicted.reshape(repeats, runs // repeats, utterances)
    return np.asarray((by_repeat >= 0).all(axis=1))


def _class_codes(corpus: Corpus, classes: tuple[str, ...]) -> _Codes:
    return np.array([classes.index(emotion) for emotion in corpus.emotions])


def _compare_paired(
    truth: _Codes,
    new: _Codes,
    old: _Codes,
    clusters: list[tuple[str, _Codes]],
    classes: tuple[str, ...],
    metric: str,
    alpha: float,
    repeats: intervals.Repeats,
) -> Comparison:
    """Compare by the first clusters that give an interval, else by the last ones."""
    of_confusion, size = on_confusions(get_metric(metric), classes), len(classes)
    identical = new.shape == old.shape and bool((new == old).all())
    for test, cluster in clusters:
        ours, theirs = (confusion.by_cluster(truth, side, cluster, size) for side in (new, old))
        interval = intervals.interval(
            ours, of_confusion, theirs, test == SPEAKERS, 1 - alpha, repeats
        )
        if np.isfinite(interval.error):
            break
    return Comparison(
        _mean_over_runs(theirs, of_confusion),
        _mean_over_runs(ours, of_confusion),
        interval,
        test,
        identical,
    )


def _mean_over_runs(confusions: NDArray[Any], metric: OfConfusion) -> float:
    return float(np.mean(metric(confusions.sum(axis=1))))
