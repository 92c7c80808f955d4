"""Walk through the frames of a stream without a header (MPEG audio, AAC, AC-3 and AMR).

Sources: ISO/IEC 13818-7 (ADTS), ETSI TS 102 366 (AC-3) and RFC 4867 (AMR).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .reasons import cut_off, joined

_AC3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AMR_NB = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)
_AMR_WB = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1)

# Tags after the frames of a stream.
_TRAILERS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI")
SEARCHED = 2**16
"""Number of bytes that may belong to no frame before the first one, or between two."""

_LONGEST_REST = 4096  # bytes after the last frame, of a tag of an unknown kind

FrameSize = Callable[[bytes, int], int]
"""Function of the contents and a position: the size of the frame there in bytes, or 0."""


@dataclass(frozen=True)
class Frames:
    """The frames of a stream.

    Attributes
    ----------
    count : int
        Number of frames.
    start : int
        Position of the first frame.
    missing : int
        Number of bytes of the last frame that are missing.
    gap : int
        Position of bytes between frames that are no frame; 0 if there are none.
    """

    count: int
    start: int
    missing: int = 0
    gap: int = 0


def stream_error(contents: bytes, name: str) -> str:
    """Return why a stream of AAC, AC-3 or AMR frames is cut off or damaged, or an empty string.

    Parameters
    ----------
    contents : bytes
        The whole file.
    name : str
        ffmpeg's name of the format: ``aac``, ``ac3`` or ``amr``; others have no error here.
    """
    if name not in _FRAME_SIZES:
        return ""
    start = contents.find(b"\n") + 1 if name == "amr" else 0
    second = contents.find(b"#!AMR", start) if name == "amr" else -1
    if second > 0:
        return joined(second)
    size_of: FrameSize = _FRAME_SIZES[name]
    if name == "amr" and contents.startswith(b"#!AMR-WB"):
        size_of = _amr_wb_size
    frames = walk(contents, start, size_of)
    return "" if frames is None else damage(frames)


def walk(contents: bytes, start: int, size_of: FrameSize) -> Frames | None:
    """Return the frames of a stream from a position on; None if there is no frame."""
    position, count, gap = start, 0, 0
    while position < len(contents):
        size = size_of(contents, position)
        if size:
            count += 1
            position += size
            continue
        following = _skip_trailer(contents, position)
        again = find_frame(contents, following, size_of)
        if again is None:
            rest = contents[following : following + SEARCHED].strip(b"\0")
            if len(rest) > _LONGEST_REST and not rest.startswith(_TRAILERS):
                gap = gap or position
            break
        if again > following and contents[following:again].strip(b"\0"):
            gap = gap or position
        position = again
    if not count:
        return None
    return Frames(count, start, max(0, position - len(contents)), gap)


def skip_id3(contents: bytes, position: int) -> int:
    """Return the position after the ID3v2 tags at a position."""
    while contents[position : position + 3] == b"ID3" and len(contents) >= position + 10:
        size = contents[position + 6 : position + 10]
        footer = 10 if contents[position + 5] & 0x10 else 0
        position += 10 + footer + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    return position


def _skip_trailer(contents: bytes, position: int) -> int:
    if contents.startswith(b"TAG", position):
        return position + 128
    if contents.startswith(b"ID3", position):
        return skip_id3(contents, position)
    if contents.startswith(b"APETAGEX", position):
        size = int.from_bytes(contents[position + 12 : position + 16], "little")
        return position + 32 + size
    return position


def find_frame(contents: bytes, position: int, size_of: FrameSize) -> int | None:
    """Return the first position, near the given one, from which three frames follow each other."""
    for candidate in range(position, min(position + SEARCHED, len(contents))):
        following = candidate
        for _ in range(3):
            size = size_of(contents, following) if following < len(contents) else 0
            if not size:
                break
            following += size
        else:
            return candidate
    return None


def damage(frames: Frames) -> str:
    """Return why the frames of a stream are incomplete, or an empty string."""
    if frames.missing:
        return cut_off(f"{frames.missing} bytes of its last frame are missing")
    if frames.gap:
        return (
            f"it is damaged: the bytes from {frames.gap} on, between two frames of audio, are no "
            "frame; copy or download it again"
        )
    return ""


def _adts_size(contents: bytes, position: int) -> int:
    header = contents[position : position + 7]
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return 0
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > 7 else 0


def _ac3_size(contents: bytes, position: int) -> int:
    header = contents[position : position + 6]
    if len(header) < 6 or header[:2] != b"\x0bw":
        return 0
    if header[5] >> 3 > 10:  # E-AC-3
        return 2 * (((header[2] & 7) << 8 | header[3]) + 1)
    rate_code, code = header[4] >> 6, header[4] & 63
    if rate_code == 3 or code >= 38:
        return 0
    kbps = _AC3_KBPS[code >> 1]
    words = (2 * kbps, 320 * kbps // 147 + (code & 1), 3 * kbps)[rate_code]
    return 2 * words


def _amr_size(contents: bytes, position: int) -> int:
    return _AMR_NB[contents[position] >> 3 & 15] if not contents[position] & 0x83 else 0


def _amr_wb_size(contents: bytes, position: int) -> int:
    return _AMR_WB[contents[position] >> 3 & 15] if not contents[position] & 0x83 else 0


_FRAME_SIZES: dict[str, FrameSize] = {"aac": _adts_size, "ac3": _ac3_size, "amr": _amr_size}
