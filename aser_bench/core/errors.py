"""Errors that are reported to the user, each with the exit code of the program."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AserBenchError(Exception):
    """Base class of the errors that are reported in one line, without a traceback."""

    exit_code = 1


class UsageError(AserBenchError):
    """The request cannot be fulfilled: a flag, a name, a folder or a study is wrong."""

    exit_code = 2


class UnknownLabelError(UsageError):
    """An utterance has a label that is not the name of an emotion.

    Attributes
    ----------
    label : str
        The label as in the corpus.
    """

    def __init__(self, message: str, label: str) -> None:
        super().__init__(message)
        self.label = label


class CodecError(AserBenchError):
    """An encoder or decoder failed, or its output does not match the request."""


class AudioError(AserBenchError):
    """A recording cannot be used; the message is the reason, without the name of the file."""


def suggest(name: str, valid_names: Iterable[str]) -> str:
    """Return a hint for an unknown name: the most similar valid name, or all of them.

    Examples
    --------
    >>> suggest("mp4", ["mp3", "lowpass"])
    "; did you mean 'mp3'?"
    >>> suggest("zzz", ["mp3", "opus"])
    '; choose from mp3, opus'
    """
    choices = sorted(valid_names)
    similar = difflib.get_close_matches(str(name).lower(), choices, n=1)
    return f"; did you mean {similar[0]!r}?" if similar else f"; choose from {', '.join(choices)}"
