"""Terminal colors of verdicts, and whether a stream should get them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TextIO

from ..verdicts import (
    BETTER,
    CHANGED,
    EXIT_NOTHING,
    EXIT_OK,
    EXIT_WORSE,
    INCONCLUSIVE,
    MISSING,
    NEW,
    SAME,
    WORSE,
)

_RED, _GREEN, _YELLOW, _CYAN, _DIM = "31", "32", "33", "36", "2"

VERDICT_COLORS = {
    WORSE: _RED,
    MISSING: _RED,
    CHANGED: _YELLOW,
    INCONCLUSIVE: _YELLOW,
    NEW: _CYAN,
    BETTER: _GREEN,
    SAME: _DIM,
}

EXIT_COLORS = {EXIT_OK: _GREEN, EXIT_WORSE: _RED, EXIT_NOTHING: _YELLOW}

Paint = Callable[[str, str], str]
"""A function of a text and a color; returns the text with or without color."""


def colorize(text: str, color: str) -> str:
    """Return a text between the ANSI codes that set a color and reset all."""
    return f"\x1b[{color}m{text}\x1b[0m"


def no_color(text: str, color: str) -> str:
    """Return a text unchanged."""
    return text


def wants_color(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether output to a stream should have colors.

    ``NO_COLOR`` and then ``FORCE_COLOR`` decide if they are set and not empty. Otherwise a
    terminal gets colors unless ``TERM`` is ``dumb``.

    Parameters
    ----------
    stream : text stream
    environment : mapping of str to str, optional
        Environment variables; those of the process by default.
    """
    variables = os.environ if environment is None else environment
    if variables.get("NO_COLOR"):
        return False
    return bool(variables.get("FORCE_COLOR")) or (
        stream.isatty() and variables.get("TERM") != "dumb"
    )
