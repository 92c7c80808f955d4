"""Pairs of cells to compare: a test condition and the original, with counts by speaker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.tables import MULTI, ORIGINAL
from . import confusion, intervals
from .outcomes import Cell, Corpus, Key, Outcomes


@dataclass(frozen=True)
class Side:
    """One cell on the utterances of a comparison.

    Attributes
    ----------
    truth : numpy.ndarray of shape (n,)
    predicted : numpy.ndarray of shape (runs, n)
        -1 for the utterances that are left out of a repeat.
    confidence : numpy.ndarray of shape (runs, n)
    speaker : numpy.ndarray of shape (n,)
        Numbers without gaps; groups of utterances if the speakers are unknown.
    classes : int
    """

    truth: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    confidence: npt.NDArray[Any]
    speaker: npt.NDArray[Any]
    classes: int

    @cached_property
    def confusions(self) -> npt.NDArray[Any]:
        """Confusion matrices (runs, speakers, classes, classes)."""
        return confusion.by_cluster(self.truth, self.predicted, self.speaker, self.classes)

    @cached_property
    def unclustered(self) -> npt.NDArray[Any]:
        """The same for clusters that ignore speakers."""
        clusters = intervals.random_clusters(len(self.truth))
        return confusion.by_cluster(self.truth, self.predicted, clusters, self.classes)

    @cached_property
    def votes(self) -> npt.NDArray[Any]:
        """Number of runs that predict a class, for each utterance (n, classes)."""
        return np.stack([(self.predicted == c).sum(axis=0) for c in range(self.classes)], axis=1)

    @property
    def right(self) -> npt.NDArray[Any]:
        """Whether more than half of the runs that tested an utterance are correct (n,)."""
        correct = (self.predicted == self.truth).sum(axis=0)
        return np.asarray(2 * correct > (self.predicted >= 0).sum(axis=0))


@dataclass(frozen=True)
class Pair:
    """A test condition and the original, under one way of training, on the same utterances.

    Attributes
    ----------
    keys : tuple of str
        The values of `findings.COMPARED`.
    corpus : Corpus
    rows : numpy.ndarray
        Indices of the utterances in the corpus.
    coded, original : Side
    is_original : bool
        Whether both sides are the same cell: the original compared with itself.
    repeats : intervals.Repeats
        The draws of the folds.
    """

    keys: tuple[str, ...]
    corpus: Corpus
    rows: npt.NDArray[Any]
    coded: Side
    original: Side
    is_original: bool = False
    repeats: intervals.Repeats = intervals.ONCE

    @property
    def condition(self) -> str:
        """The test condition."""
        return self.keys[-1]

    @property
    def speakers(self) -> int:
        """Number of speakers of these utterances; 0 if unknown."""
        return len(np.unique(self.coded.speaker)) if self.corpus.speakers else 0


def side(
    cell: Cell,
    corpus: Corpus,
    rows: npt.NDArray[Any],
    tested: npt.NDArray[Any] | None = None,
) -> Side:
    """Return a cell restricted to some utterances of its corpus.

    Parameters
    ----------
    cell : Cell
    corpus : Corpus
    rows : numpy.ndarray
        Indices of the utterances.
    tested : numpy.ndarray of bool, shape (repeats, utterances of the corpus), optional
        The utterances of each repeat that count; by default those that every run tested. A repeat
        that is missing at the end is left out.
    """
    tested = cell.complete if tested is None else tested
    counted = np.repeat(tested[:, rows], cell.runs, axis=0)
    predicted = cell.predicted[: len(counted), rows]
    speaker = corpus.speaker[rows] if corpus.speakers else intervals.random_clusters(len(rows))
    return Side(
        corpus.truth[rows],
        np.where(counted, predicted, predicted.dtype.type(-1)),
        cell.confidence[: len(counted), rows],
        np.unique(speaker, return_inverse=True)[1],
        len(corpus.emotions),
    )


def pairs(outcomes: Outcomes) -> Iterator[Pair]:
    """Yield each condition with its original: matched, clean and pooled training.

    The original paired with itself is the first of each training. If some results failed, a pair
    has the utterances that every run of both cells tested (of each repeat, where the folds are
    drawn several times); without any it is left out.
    """
    for key in outcomes.cells:
        for training, base in _trainings(*key[4:]):
            compared = pair(outcomes, key, (*key[:4], base, ORIGINAL), training)
            if compared is not None:
                yield compared


def pair(outcomes: Outcomes, key: Key, other: Key, training: str = "") -> Pair | None:
    """Return two cells of one corpus on the utterances that every run of both tested.

    Parameters
    ----------
    outcomes : Outcomes
    key, other : tuple of str
        Cells, values of ``tables.CELL``; ``other`` takes the place of the original.
    training : str
        One of `findings.TRAININGS`.

    Returns
    -------
    Pair or None
        None if a cell is missing, or no utterance was tested in both.

    Raises
    ------
    ValueError
        If the cells are of two corpora: they have no utterance in common.
    """
    if key[0] != other[0]:
        raise ValueError(f"cells of two corpora cannot be paired: {key[0]}, {other[0]}")
    cells = outcomes.cells.get(key), outcomes.cells.get(other)
    if cells[0] is None or cells[1] is None:
        return None
    tested = tested_by_both(cells[0], cells[1])
    rows = np.flatnonzero(tested.any(axis=0))
    if not len(rows):
        return None
    corpus = outcomes.corpora[key[0]]
    names = (*key[:4], training, *key[4:])
    coded, original = (side(cell, corpus, rows, tested) for cell in cells if cell is not None)
    repeats = repeats_of(cells[0], len(tested))
    return Pair(names, corpus, rows, coded, original, key == other, repeats)


def tested_by_both(cell: Cell, other: Cell) -> npt.NDArray[Any]:
    """Return whether every run of both cells tested an utterance (repeats, n).

    If one of them has more repeats, they are left out.
    """
    repeats = min(cell.repeats, other.repeats)
    return np.asarray(cell.complete[:repeats] & other.complete[:repeats])


def repeats_of(cell: Cell, number: int | None = None) -> intervals.Repeats:
    """Return the draws of the folds of a cell, or only a number of them."""
    return intervals.Repeats.of_folds(cell.repeats if number is None else number, cell.folds)


def _trainings(train: str, test: str) -> list[tuple[str, str]]:
    """Return the trainings that a cell belongs to, and where its original was trained."""
    trainings = []
    if train == test:
        trainings.append(("matched", ORIGINAL))
    if train == ORIGINAL:
        trainings.append(("clean", ORIGINAL))
    if train == MULTI:
        trainings.append(("multi", MULTI))
    return trainings


def original_key(key: Key) -> Key:
    """Return the cell of the same model that was trained and tested on the original."""
    return (*key[:4], ORIGINAL, ORIGINAL)
