"""A condition against the original: which cells are compared, and their counts by speaker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.tables import MULTI, ORIGINAL
from . import confusion, intervals
from .outcomes import Cell, Corpus, Key, Outcomes


@dataclass(frozen=True)
class Side:
    """One cell on the utterances that a comparison is about.

    Attributes
    ----------
    truth : numpy.ndarray of shape (n,)
    predicted : numpy.ndarray of shape (runs, n)
    confidence : numpy.ndarray of shape (runs, n)
    speaker : numpy.ndarray of shape (n,)
        Numbered without gaps; groups of utterances where no speaker is known.
    classes : int
    """

    truth: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    speaker: np.ndarray
    classes: int

    @cached_property
    def confusions(self) -> np.ndarray:
        """Counts (runs, speakers, classes, classes)."""
        return confusion.by_cluster(self.truth, self.predicted, self.speaker, self.classes)

    @cached_property
    def unclustered(self) -> np.ndarray:
        """The same as if no utterance had a speaker."""
        dealt = intervals.random_clusters(len(self.truth))
        return confusion.by_cluster(self.truth, self.predicted, dealt, self.classes)

    @cached_property
    def votes(self) -> np.ndarray:
        """How many runs called an utterance a class (n, classes)."""
        return np.stack([(self.predicted == c).sum(axis=0) for c in range(self.classes)], axis=1)

    @property
    def right(self) -> np.ndarray:
        """Whether more than half of the runs are right (n,)."""
        return 2 * (self.predicted == self.truth).sum(axis=0) > len(self.predicted)


@dataclass(frozen=True)
class Pair:
    """A test condition and the original, under one way of training, on the same utterances.

    Attributes
    ----------
    keys : tuple of str
        The values of `findings.COMPARED`.
    corpus : Corpus
    rows : numpy.ndarray
        Places of the utterances in the corpus.
    coded, original : Side
    is_original : bool
        Whether the two are the same cell: the original against itself.
    """

    keys: tuple[str, ...]
    corpus: Corpus
    rows: np.ndarray
    coded: Side
    original: Side
    is_original: bool = False

    @property
    def condition(self) -> str:
        """The test condition."""
        return self.keys[-1]

    @property
    def speakers(self) -> int:
        """Speakers of these utterances; 0 where the corpus does not tell them."""
        return len(np.unique(self.coded.speaker)) if self.corpus.speakers else 0


def side(cell: Cell, corpus: Corpus, rows: np.ndarray) -> Side:
    """Return a cell on some utterances of its corpus."""
    speaker = corpus.speaker[rows] if corpus.speakers else intervals.random_clusters(len(rows))
    return Side(
        corpus.truth[rows],
        cell.predicted[:, rows],
        cell.confidence[:, rows],
        np.unique(speaker, return_inverse=True)[1],
        len(corpus.emotions),
    )


def pairs(outcomes: Outcomes) -> Iterator[Pair]:
    """Yield each condition with its original: matched, clean and pooled training.

    The original against itself comes too, first of its kind. Where some results failed, a pair
    stands on the utterances that every run of both cells tested; on none, and it is left out.
    """
    for key in outcomes.cells:
        for training, base in _trainings(*key[4:]):
            found = pair(outcomes, key, (*key[:4], base, ORIGINAL), training)
            if found is not None:
                yield found


def pair(outcomes: Outcomes, key: Key, other: Key, training: str = "") -> Pair | None:
    """Return two cells of one corpus on the utterances that every run of both tested.

    Parameters
    ----------
    outcomes : Outcomes
    key, other : tuple of str
        Cells, values of ``tables.CELL``; ``other`` takes the place of the original.
    training : str
        What the pair is an example of.

    Returns
    -------
    Pair or None
        None where a cell is missing, or no utterance was tested in both.

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
    rows = np.flatnonzero(cells[0].tested & cells[1].tested)
    if not len(rows):
        return None
    corpus = outcomes.corpora[key[0]]
    names = (*key[:4], training, *key[4:])
    coded, original = (side(cell, corpus, rows) for cell in cells if cell is not None)
    return Pair(names, corpus, rows, coded, original, key == other)


def _trainings(train: str, test: str) -> list[tuple[str, str]]:
    """Return what a cell is an example of, and where the original of it was trained."""
    found = []
    if train == test:
        found.append(("matched", ORIGINAL))
    if train == ORIGINAL:
        found.append(("clean", ORIGINAL))
    if train == MULTI:
        found.append(("multi", MULTI))
    return found


def original_key(key: Key) -> Key:
    """Return the cell of the same model that was trained and tested on the original."""
    return (*key[:4], ORIGINAL, ORIGINAL)
