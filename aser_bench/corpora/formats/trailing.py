"""Bytes after the end of the audio data that belong to no part of a file."""

from __future__ import annotations

from .reasons import joined

AUDIO_FILES = (
    b"RIFF",
    b"riff",
    b"RIFX",
    b"RF64",
    b"FORM",
    b"caff",
    b"OggS",
    b"fLaC",
    b".snd",
    b"Creative Voice File",
)
"""Starts of audio files; one of them after the audio means that two files are joined."""

_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN")


def trailing_error(contents: bytes, start: int) -> str:
    """Return why bytes from a position to the end mean damage, or an empty string."""
    rest = contents[start:]
    if len(rest) < 2 or not rest.strip(b"\0") or rest.startswith(_TAGS):
        return ""
    if rest.startswith(AUDIO_FILES):
        return joined(start)
    return (
        f"it is damaged: {len(rest)} bytes after its audio belong to no part of the file (a "
        "transfer as text changes line ends and inserts bytes); copy or download it again"
    )
