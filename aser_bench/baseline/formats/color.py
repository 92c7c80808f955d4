"""Colours of a terminal, and whether it wants them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TextIO

from ..base import (
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

OF_VERDICT = {
    WORSE: _RED,
    MISSING: _RED,
    CHANGED: _YELLOW,
    INCONCLUSIVE: _YELLOW,
    NEW: _CYAN,
    BETTER: _GREEN,
    SAME: _DIM,
}

OF_EXIT = {EXIT_OK: _GREEN, EXIT_WORSE: _RED, EXIT_NOTHING: _YELLOW}

Paint = Callable[[str, str], str]
"""Takes a text and one of the colours above."""


def colorize(text: str, color: str) -> str:
    """Return a text between the codes that switch a colour on and all colours off."""
    return f"\x1b[{color}m{text}\x1b[0m"


def no_color(text: str, color: str) -> str:
    """Return a text as it is."""
    return text


def wants_color(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether what is written to a stream should have colours.

    ``NO_COLOR`` and then ``FORCE_COLOR`` decide where they are set and not empty; else a
    terminal gets colours unless ``TERM`` says that it is dumb.

    Parameters
    ----------
    stream : text stream
    environment : mapping of str to str, optional
        That of the process by default.
    """
    found = os.environ if environment is None else environment
    if found.get("NO_COLOR"):
        return False
    return bool(found.get("FORCE_COLOR")) or (stream.isatty() and found.get("TERM") != "dumb")
