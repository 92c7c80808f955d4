"""Pretrained word vectors, cached for a process that trains on several folds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..text.embeddings import Embeddings, read
from ..text.files import fingerprint


@dataclass(frozen=True)
class _Entry:
    """Words that were requested from a file, and the vectors that it has for them."""

    requested: frozenset[str]
    embeddings: Embeddings


_cache: dict[str, _Entry] = {}  # by the content of the file: the file of a path may be replaced


def vectors(path: str, words: Collection[str]) -> Embeddings:
    """Return the vectors of at least these words; a file is read again only for new words.

    Folds share nearly all of their words, so a process reads a file two or three times at most.

    Raises
    ------
    UsageError
        As `aser_bench.models.text.embeddings.read`.
    """
    content = fingerprint(path)
    entry = _cache.get(content)
    if entry is None or not entry.requested.issuperset(words):
        requested = frozenset(words) | (entry.requested if entry else frozenset())
        _cache.clear()  # files are large, so only one is cached
        _cache[content] = _Entry(requested, read(path, requested))
    return _cache[content].embeddings
