"""What is said in an utterance: the corpus's own text, or what a recogniser hears in it."""

from __future__ import annotations

from ..core import registry
from ..core.errors import UsageError
from ..core.options import split
from .base import Recogniser

__all__ = ["get"]


def get(spec: str) -> Recogniser:
    """Return the recogniser of a spec: ``pocketsphinx``, ``whisper:language=de``.

    Raises
    ------
    UsageError
        For an unknown recogniser or option, or a value that the option does not take.

    Examples
    --------
    >>> get("reference").hears
    False
    """
    words, options = split(spec)
    name = ":".join(words)
    found = registry.get("transcripts", name)
    if not isinstance(found, Recogniser):
        raise UsageError(f"{name} is no recogniser: it must be an object of class Recogniser")
    return found.configured(options) if options else found
