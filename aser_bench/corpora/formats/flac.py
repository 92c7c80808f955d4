"""Number of samples that the header of a FLAC file states (RFC 9639), and joined FLAC files.

libsndfile reads a FLAC file up to the stated number of samples.
"""

from __future__ import annotations

import re

from .reasons import joined

_STREAMINFO = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
_TOTAL = slice(18, 26)  # rate, channels, bits and the number of samples (36 bits)


def stream_error(contents: bytes) -> str:
    """Return why several joined FLAC files are refused, or an empty string."""
    second = _STREAMINFO.search(contents, 4)
    return joined(second.start()) if second else ""


def states_length(contents: bytes) -> bool:
    """Return whether a file states its length; an unfinished stream states 0 samples."""
    return stated_samples(contents) > 0


def stated_samples(contents: bytes) -> int:
    """Return the number of samples that the header of a FLAC file states; 0 if unknown."""
    return int.from_bytes(contents[_TOTAL], "big") & (2**36 - 1)


def with_unknown_length(contents: bytes) -> bytes:
    """Return a FLAC file that states no length, so that the decoder reads all of it."""
    number = int.from_bytes(contents[_TOTAL], "big") >> 36 << 36
    return contents[: _TOTAL.start] + number.to_bytes(8, "big") + contents[_TOTAL.stop :]
