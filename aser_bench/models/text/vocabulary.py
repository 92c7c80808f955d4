"""Tokens to the rows of a matrix of word vectors."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

PADDING = 0
"""Row of what fills a batch behind the end of a short utterance."""

UNKNOWN = 1
"""Row of every word that the training fold does not have."""

EMPTY = 2
"""Row that stands for an empty transcript, so that no utterance has length zero."""

MAX_TOKENS = 128
"""Tokens of an utterance that are read (Yoon, Byun, Jung, SLT 2018)."""

_SPECIAL = 3


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The words of a training fold, numbered.

    Make one with `of`. Two vocabularies are equal when their words are.

    Attributes
    ----------
    words : tuple of str
        ``words[i]`` has row ``i + 3``; ``PADDING``, ``UNKNOWN`` and ``EMPTY`` come before.

    Examples
    --------
    >>> known = Vocabulary.of([["oh", "no"], ["oh", "yes"]])
    >>> known.words, len(known)
    (('oh', 'no', 'yes'), 6)
    >>> known.encode(["oh", "dear"]).tolist(), known.encode([]).tolist()
    ([3, 1], [2])
    """

    words: tuple[str, ...]
    _rows: dict[str, int] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = {word: row for row, word in enumerate(self.words, _SPECIAL)}
        if len(rows) != len(self.words):
            raise ValueError("a word is in the vocabulary twice")
        object.__setattr__(self, "_rows", rows)

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]], at_least: int = 1) -> Vocabulary:
        """Return the vocabulary of tokenised transcripts, which must be the training fold's alone.

        Parameters
        ----------
        texts : iterable of sequences of str
        at_least : int
            How often a word must occur; a rarer one is unknown.

        Returns
        -------
        Vocabulary
            Frequent words first, equally frequent ones by the alphabet (code points): the same
            whatever the order of the transcripts.
        """
        counts = collections.Counter(token for text in texts for token in text)
        often = (word for word, count in counts.items() if count >= at_least)
        return cls(tuple(sorted(often, key=lambda word: (-counts[word], word))))

    def __len__(self) -> int:
        """Return how many rows a matrix of word vectors needs: the words and three more."""
        return len(self.words) + _SPECIAL

    def encode(self, tokens: Sequence[str], most: int = MAX_TOKENS) -> np.ndarray:
        """Return the rows of an utterance's tokens, the first ``most`` of them.

        Returns
        -------
        numpy.ndarray of int32, shape (tokens,)
            Never empty: ``[EMPTY]`` for no tokens.

        Raises
        ------
        ValueError
            If ``most`` is not positive.
        """
        if most < 1:
            raise ValueError("at least one token must be read")
        rows = [self._rows.get(token, UNKNOWN) for token in tokens[:most]]
        return np.array(rows or [EMPTY], dtype=np.int32)
