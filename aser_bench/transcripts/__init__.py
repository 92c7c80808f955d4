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
    name_parts, options = split_spec(spec)
    # mypy rejects an abstract class as type[T] (python/mypy#4717); only subclasses are created.
    name = ":".join(name_parts)
    transcriber = registry.instance("transcripts", name, Transcriber)  # type: ignore[type-abstract]
    return transcriber.with_options(options) if options else transcriber
