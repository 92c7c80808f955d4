"""Vectors of words before training: from a file of pretrained vectors, or random."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..text.embeddings import Embeddings
from . import embedding_cache

_AUTHORS_SD = 0.01
"""Standard deviation of the values of a random vector in the authors' code without a file."""

_AUTHORS_RANGE = 0.25
"""Limit of the uniform values of a word without a vector in the file, in the authors' code."""


@dataclass(frozen=True)
class WordVectors:
    """Source of the vectors that words have before training.

    The vocabulary of a network has the words of the training part; their vectors are trained
    further. Other words, such as those of the test part, have these vectors.

    Parameters
    ----------
    path : str or None
        File of pretrained word vectors.
    dimension : int
        Length of a vector.
    authors : bool
        Whether words without a vector in the file have a random vector, as in the authors' code,
        which trains with the vocabulary of the whole corpus: uniform in ±0.25 with a file,
        normal with standard deviation 0.01 without a file.
    seed : int
        Seed of the random vectors. The vector of a word depends on the seed and the word alone.
    """

    path: str | None
    dimension: int
    authors: bool = False
    seed: int = 0

    def of(self, words: Collection[str]) -> Embeddings:
        """Return the vectors of those of the words that have one, in the order of the words.

        Raises
        ------
        UsageError
            If the file cannot be read.
        """
        available: dict[str, np.ndarray] = {}
        if self.path is not None:
            file = embedding_cache.vectors(self.path, words)
            available = dict(zip(file.words, file.vectors, strict=True))
        if self.authors:
            available = {word: self._random(word) for word in words} | available
        chosen = tuple(word for word in words if word in available)
        vectors = np.zeros((len(chosen), self.dimension), dtype=np.float32)
        for row, word in enumerate(chosen):
            vectors[row] = available[word]
        return Embeddings(chosen, vectors, self.dimension)

    def _random(self, word: str) -> np.ndarray:
        digest = hashlib.sha256(word.encode()).digest()
        rng = np.random.default_rng([self.seed, *np.frombuffer(digest, dtype="<u4").tolist()])
        if self.path is None:
            return rng.normal(0, _AUTHORS_SD, self.dimension)
        return rng.uniform(-_AUTHORS_RANGE, _AUTHORS_RANGE, self.dimension)
