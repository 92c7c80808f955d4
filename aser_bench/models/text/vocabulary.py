"""The vocabulary: from tokens to rows of a matrix of word vectors."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

PADDING = 0
"""Row of the padding after the end of a short utterance."""

UNKNOWN = 1
"""Row of the words that are not in the training fold and have no vector of another source."""

EMPTY = 2
"""Row of an empty transcript, so that no utterance has length zero."""

MAX_TOKENS = 128
"""Maximal number of tokens of an utterance (Yoon, Byun, Jung, SLT 2018)."""

_SPECIAL = 3


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The words of a training fold and their rows; create one with `of`.

    Vocabularies with the same words are equal.

    Attributes
    ----------
    words : tuple of str
        ``words[i]`` has row ``i + 3``, after ``PADDING``, ``UNKNOWN`` and ``EMPTY``.

    Examples
    --------
    >>> vocabulary = Vocabulary.of([["oh", "no"], ["oh", "yes"]])
    >>> vocabulary.words, len(vocabulary)
    (('oh', 'no', 'yes'), 6)
    >>> vocabulary.encode(["oh", "well"]).tolist(), vocabulary.encode([]).tolist()
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
        """Return the vocabulary of tokenised transcripts, which must be of the training fold only.

        Parameters
        ----------
        texts : iterable of sequences of str
        at_least : int
            Minimal number of occurrences of a word; rarer words are unknown.

        Returns
        -------
        Vocabulary
            Words by descending frequency, equally frequent words by code points: independent of
            the order of the transcripts.
        """
        counts = collections.Counter(token for text in texts for token in text)
        frequent = (word for word, count in counts.items() if count >= at_least)
        return cls(tuple(sorted(frequent, key=lambda word: (-counts[word], word))))

    def __len__(self) -> int:
        """Return the number of rows of a matrix of word vectors, with the three special rows."""
        return len(self.words) + _SPECIAL

    def __contains__(self, word: str) -> bool:
        """Whether a word has a row."""
        return word in self._rows

    def rows(self, words: Iterable[str]) -> np.ndarray:
        """Return the rows of words of the vocabulary, int32, shape (words,)."""
        return np.array([self._rows[word] for word in words], dtype=np.int32)

    def encode(
        self, tokens: Sequence[str], others: Mapping[str, int] | None = None, most: int = MAX_TOKENS
    ) -> np.ndarray:
        """Return the rows of the first ``most`` tokens of an utterance.

        Parameters
        ----------
        tokens : sequence of str
        others : mapping of str to int, optional
            Words that are not in the vocabulary, and their rows in a second matrix of word
            vectors. Row i of it is encoded as ``-1 - i``.
        most : int
            Maximal number of tokens.

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
        rows = [self._row(token, others or {}) for token in tokens[:most]]
        return np.array(rows or [EMPTY], dtype=np.int32)

    def _row(self, token: str, others: Mapping[str, int]) -> int:
        if token in self._rows:
            return self._rows[token]
        return -1 - others[token] if token in others else UNKNOWN
