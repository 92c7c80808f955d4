"""Helpers that join names and sentences into one line."""

from __future__ import annotations

from collections.abc import Iterable


def one_line(value: object) -> str:
    """Return a value as text in one line."""
    return " ".join(str(value).split())


def join_sentences(sentences: Iterable[str]) -> str:
    """Return sentences joined by semicolons, without the empty ones."""
    return "; ".join(filter(None, sentences))


def enumerated(names: Iterable[str]) -> str:
    """Return names as an enumeration.

    Examples
    --------
    >>> enumerated("a"), enumerated("abc")
    ('a', 'a, b and c')
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
