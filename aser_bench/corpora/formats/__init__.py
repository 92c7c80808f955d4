"""Checks of recordings in each file format: whether the file has what its header states.

libsndfile and ffmpeg read a file that is cut off, joined from several or transferred as text up to
some point, mostly without an error. The functions here compare sizes in the file with its contents,
without decoding it.
"""

from __future__ import annotations

from types import ModuleType

from . import chunks, elements, flac, frames, mpeg, ogg, plain_headers

# ffmpeg's names of the formats that libsndfile reads too.
_CHUNKS = ("wav", "w64", "aiff", "au", "caf")
_PLAIN_HEADERS = ("nistsphere", "voc")


def length_error(contents: bytes) -> str:
    """Return why a file is cut off or has several recordings, or an empty string.

    Parameters
    ----------
    contents : bytes
        A whole file of a format that libsndfile reads; formats without a check have no error.
    """
    stream = _stream(contents)
    if stream is not None:
        reason: str = stream.stream_error(contents)
        return reason
    return plain_headers.header_error(contents) or chunks.header_error(contents)


def container_error(contents: bytes, name: str) -> str:
    """Return the same as `length_error` for a format that ffmpeg reads, by ffmpeg's name of it."""
    if name in (*_CHUNKS, *_PLAIN_HEADERS, "ogg", "mp3", "flac"):
        return length_error(contents)
    return elements.structure_error(contents, name) or frames.stream_error(contents, name)


def states_length(contents: bytes, name: str = "") -> bool:
    """Return whether a file states its length, so that fewer samples mean that it is cut off.

    Parameters
    ----------
    contents : bytes
        The whole file.
    name : str
        ffmpeg's name of its format, if ffmpeg reads it.
    """
    stream = _stream(contents)
    if stream is not None:
        return bool(stream.states_length(contents))
    return (
        plain_headers.states_size(contents)
        or chunks.states_size(contents)
        or elements.states_sizes(contents, name)
    )


def _stream(contents: bytes) -> ModuleType | None:
    if contents.startswith(b"OggS"):
        return ogg
    if contents.startswith(b"fLaC"):
        return flac
    return mpeg if mpeg.is_mpeg(contents) else None
