"""What is said in an utterance: the corpus's own text, or what a transcriber hears in it."""

from __future__ import annotations

from ..core import registry
from ..core.options import split_spec
from .base import Transcriber

__all__ = ["get"]


def get(spec: str) -> Transcriber:
    """Return the transcriber of a spec: ``pocketsphinx``, ``whisper:language=de``.

    Raises
    ------
    UsageError
        For an unknown transcriber or option, or a value that the option does not take.

    Examples
    --------
    >>> get("reference").from_audio
    False
    """
    words, options = split_spec(spec)
    name = ":".join(words)
    found = registry.instance("transcripts", name, Transcriber)
    return found.with_options(options) if options else found
