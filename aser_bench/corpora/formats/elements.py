"""Comparison of the sizes of a container's elements (boxes, chunks, objects) with the file.

ffmpeg decodes a truncated container up to its end without an error, and the first one of two that
are joined. The duration in the header is too inexact to notice that a few frames are missing.

Sources: ISO/IEC 14496-12 (MP4, MOV), RFC 8794 and RFC 9559 (Matroska, WebM), the specifications of
ASF (Microsoft), FLV (Adobe), AVI and OpenDML, and WavPack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .chunks import PLACEHOLDER_FROM
from .reasons import cut_off, joined

_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA_HEADER = 50  # bytes
_EBML, _SEGMENT, _CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"

_LONGEST = 2**40  # bytes

Element = tuple[bytes, int, int | None]
"""Name, start and end of an element; the end is None if its size is unknown."""


def structure_error(contents: bytes, name: str) -> str:
    """Return why a container is cut off or consists of several files, or an empty string.

    Parameters
    ----------
    contents : bytes
        The whole file.
    name : str
        ffmpeg's name of the container; some have no error here.
    """
    if name not in _ELEMENTS:
        return ""
    elements, first = _ELEMENTS[name]
    seen = False
    for element, start, end in elements(contents):
        if element == first:
            if seen:
                return joined(start)
            seen = True
        if end is not None and end > len(contents) + _LONGEST:
            detail = f"its part at byte {start} states an impossible size"
            return f"it is damaged: {detail}; copy or download it again"
        if end is not None and end > len(contents):
            return cut_off(f"{end - len(contents)} bytes of its last part are missing")
    return ""


def states_sizes(contents: bytes, name: str) -> bool:
    """Return whether each element of a container states its size."""
    if name not in _ELEMENTS:
        return False
    elements = list(_ELEMENTS[name][0](contents))
    return bool(elements) and all(end is not None for _, _, end in elements)


def _boxes(contents: bytes) -> Iterator[Element]:
    """Yield the boxes of an MP4 or MOV file."""
    position = 0
    while position + 8 <= len(contents):
        size = int.from_bytes(contents[position : position + 4], "big")
        kind = contents[position + 4 : position + 8]
        if size == 1:
            size = int.from_bytes(contents[position + 8 : position + 16], "big")
        if size == 0 and kind.strip(b"\0"):  # the last box, up to the end of the file
            yield kind, position, None
            return
        if size < 8:  # padding, or damage that the decoder reports
            return
        yield kind, position, position + size
        position += size


def _ebml(contents: bytes) -> Iterator[Element]:
    """Yield the elements of a Matroska file: those below segments and clusters of unknown size."""
    position = 0
    while position < len(contents):
        length = 9 - contents[position].bit_length()  # of the name
        identifier = contents[position : position + length]
        at = position + length
        if length > 4 or at >= len(contents):
            return
        width = 9 - contents[at].bit_length()
        if width > 8:
            return
        size = int.from_bytes(contents[at : at + width], "big") & (1 << 7 * width) - 1
        content = at + width
        if size == (1 << 7 * width) - 1:
            yield identifier, position, None
            if identifier not in (_SEGMENT, _CLUSTER):
                return
            position = content
        else:
            yield identifier, position, content + size
            position = content + size


def _asf_objects(contents: bytes) -> Iterator[Element]:
    position = 0
    while position + 24 <= len(contents):
        guid = contents[position : position + 16]
        size = int.from_bytes(contents[position + 16 : position + 24], "little")
        # A broadcast states a size of its data without packets, or an impossible one.
        if size < 24 or (guid == _ASF_DATA and not _ASF_DATA_HEADER < size < _LONGEST):
            yield guid, position, None
            return
        yield guid, position, position + size
        position += size


def _flv_tags(contents: bytes) -> Iterator[Element]:
    position = int.from_bytes(contents[5:9], "big") + 4
    yield b"FLV", 0, position
    while position + 11 <= len(contents):
        size = int.from_bytes(contents[position + 1 : position + 4], "big")
        if contents[position : position + 3] == b"FLV":
            yield b"FLV", position, None
            return
        yield contents[position : position + 1], position, position + 11 + size
        position += 15 + size


def _avi_chunks(contents: bytes) -> Iterator[Element]:
    position = 0
    while position + 12 <= len(contents) and contents[position : position + 4] == b"RIFF":
        size = int.from_bytes(contents[position + 4 : position + 8], "little")
        kind = contents[position + 8 : position + 12]
        if size >= PLACEHOLDER_FROM or size == 0:
            yield kind, position, None
            return
        yield kind, position, position + 8 + size
        position += 8 + size + (size & 1)


def _wavpack_blocks(contents: bytes) -> Iterator[Element]:
    position = 0
    while position + 32 <= len(contents) and contents[position : position + 4] == b"wvpk":
        size = int.from_bytes(contents[position + 4 : position + 8], "little")
        index = int.from_bytes(contents[position + 16 : position + 20], "little")
        initial = contents[position + 24 + 1] & 0x08  # the first block of a frame
        yield b"first" if not index and initial else b"wvpk", position, position + 8 + size
        position += 8 + size
        if contents.startswith(b"APETAGEX", position):
            following = contents.find(b"wvpk", position)
            position = following if following > 0 else len(contents)


def _tta_frames(contents: bytes) -> Iterator[Element]:
    rate, samples = (int.from_bytes(contents[at : at + 4], "little") for at in (10, 14))
    length = 256 * rate // 245
    count = -(-samples // length) if length else 0
    table = contents[22 : 22 + 4 * count]
    sizes = (int.from_bytes(table[at : at + 4], "little") for at in range(0, len(table), 4))
    end = 22 + 4 * count + 4 + sum(sizes)
    yield b"TTA1", 0, end
    second = contents.find(b"TTA1", end)
    if second > 0:
        yield b"TTA1", second, None


_ELEMENTS: dict[str, tuple[Callable[[bytes], Iterator[Element]], bytes]] = {
    "mov": (_boxes, b"moov"),
    "matroska": (_ebml, _EBML),
    "asf": (_asf_objects, _ASF_HEADER),
    "flv": (_flv_tags, b"FLV"),
    "avi": (_avi_chunks, b"AVI "),
    "wv": (_wavpack_blocks, b"first"),
    "tta": (_tta_frames, b"TTA1"),
}
"""ffmpeg's name of a container -> its elements, and the element that occurs once in a file."""
