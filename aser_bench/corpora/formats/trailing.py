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
_ID3V1_BYTES, _APE_FOOTER_BYTES = 128, 32
# FLAC, AMR, AC-3: decoders take the bytes of a tag for a damaged or a further frame.
_STREAMS = (b"fLaC", b"#!AMR", b"\x0bw")


def without_tags(contents: bytes) -> bytes:
    """Return a FLAC, AMR or AC-3 file without the tags (ID3v1, APEv2) at its end.

    Players and taggers append them to files of any format. Other files are returned as they are.
    """
    if not contents.startswith(_STREAMS):
        return contents
    if contents[-_ID3V1_BYTES:].startswith(b"TAG"):
        contents = contents[:-_ID3V1_BYTES]
    footer = contents[-_APE_FOOTER_BYTES:]
    if footer.startswith(b"APETAGEX"):
        size = int.from_bytes(footer[12:16], "little")
        header = contents[-size - _APE_FOOTER_BYTES :].startswith(b"APETAGEX")
        contents = contents[: -size - (_APE_FOOTER_BYTES if header else 0)]
    return contents


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
