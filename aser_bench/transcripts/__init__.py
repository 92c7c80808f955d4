"""Transcripts of utterances: the corpus's text, or the output of a speech transcriber."""

from __future__ import annotations

from ..core import registry
from ..core.options import split_spec
from .base import Transcriber

__all__ = ["get"]


def get(spec: str) -> Transcriber:
    """Return the transcriber of a spec, such as ``pocketsphinx`` or ``whisper:language=de``.

    Raises
    ------
    UsageError
        If the transcriber or an option is unknown, or an option has an invalid value.

    Examples
    --------
    >>> get("reference").from_audio
    False
    """
    words, options = split_spec(spec)
    transcriber = registry.instance("transcripts", ":".join(words), Transcriber)
    return transcriber.with_options(options) if options else transcriber
