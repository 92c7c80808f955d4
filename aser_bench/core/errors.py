"""The errors that a user may meet, each with the exit code it ends the program with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AserBenchError(Exception):
    """Anything that is told to the user in one line, without a traceback."""

    exit_code = 1


class UsageError(AserBenchError):
    """What was asked for cannot be done: a flag, a name, a folder or a study is wrong."""

    exit_code = 2


class CodecError(AserBenchError):
    """An encoder or decoder failed, or returned something else than was asked for."""


class AudioError(AserBenchError):
    """A recording that cannot be used; the message is the reason, without the file's name."""


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known name, or the list of names.

    Examples
    --------
    >>> suggest("mp4", ["mp3", "lowpass"])
    "; did you mean 'mp3'?"
    >>> suggest("zzz", ["mp3", "opus"])
    '; known: mp3, opus'
    """
    names = sorted(known)
    near = difflib.get_close_matches(word.lower(), names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"
