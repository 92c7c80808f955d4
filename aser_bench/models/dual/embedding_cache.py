"""Pretrained word vectors for a process that trains on one fold after the other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..text.embeddings import Embeddings, read
from ..text.files import fingerprint


@dataclass(frozen=True)
class _Known:
    """What was asked of a file, and what it had."""

    asked: frozenset[str]
    found: Embeddings


_known: dict[str, _Known] = {}  # by what the file holds: a path may come to hold another


def vectors(path: str, words: Collection[str]) -> Embeddings:
    """Return the vectors of at least these words; a file is read again for new words alone.

    Folds share nearly all of their words, so a process reads a file two or three times at most.

    Raises
    ------
    UsageError
        As `aser_bench.models.text.embeddings.read`.
    """
    content = fingerprint(path)
    before = _known.get(content)
    if before is None or not before.asked.issuperset(words):
        asked = frozenset(words) | (before.asked if before else frozenset())
        _known.clear()  # one file at a time: they are large
        _known[content] = _Known(asked, read(path, asked))
    return _known[content].found
