"""Detection of truncated audio files from their headers.

libsndfile opens a truncated WAV file without an error, and opens one in which the recorder did not
fill in the size as an empty file. Both would cause unnoticed errors in results.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# Recorders that write to a pipe do not know the size and write one of several huge numbers.
_UNKNOWN_FROM = 0x7FFF_0000

# W64 has GUIDs where WAV has four letters.
_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")


@dataclass(frozen=True)
class DataChunk:
    """Size of the audio data of a file.

    Attributes
    ----------
    declared_bytes : int
        Size that the header states.
    present_bytes : int
        Number of bytes from the start of the data to the end of the file.
    followed_by_chunk : bool
        Whether another chunk starts where the data starts, as after an empty data chunk.
    """

    declared_bytes: int
    present_bytes: int
    followed_by_chunk: bool = False


def header_error(contents: bytes) -> str:
    """Return why the header of an audio file contradicts its length, or an empty string.

    Parameters
    ----------
    contents : bytes
        The whole file.

    Returns
    -------
    str
        The reason and what to do. Empty if the header agrees with the length, does not state a
        size (as in a stream), or belongs to another format.
    """
    if contents[:4] == b"OggS":
        missing = count_missing_ogg_bytes(contents)
        return _cut_off(f"{missing} bytes of its last page are missing") if missing else ""
    data = find_data_chunk(contents)
    if data is None:
        return ""
    declared, present = data.declared_bytes, data.present_bytes
    if declared >= _UNKNOWN_FROM > present:
        return ""
    if declared > present:
        return _cut_off(f"its header states {declared} bytes of audio and the file has {present}")
    if declared == 0 and present > 0 and not data.followed_by_chunk:
        return (
            f"its header states 0 bytes of audio although {present} follow (the recorder was "
            "stopped before it could finish the file); repair the header with an audio editor"
        )
    return ""


def find_data_chunk(contents: bytes) -> DataChunk | None:
    """Return the size of the audio data of a WAV, W64, AIFF, CAF or AU file.

    WAV files may be RIFF, RIFX, RF64 or BW64.

    Returns
    -------
    DataChunk or None
        None if the file has no such header, or no data chunk.
    """
    form, kind = contents[:4], contents[8:12]
    if form == b"caff":
        return _find_caf_data(contents)
    if contents[:16] == _W64_RIFF:
        return _find_w64_data(contents)
    if form == b".snd" and len(contents) >= 12:
        start = int.from_bytes(contents[4:8], "big")
        return DataChunk(int.from_bytes(contents[8:12], "big"), max(0, len(contents) - start))
    if form in (b"RIFF", b"RF64", b"BW64") and kind == b"WAVE":
        order, name = "little", b"data"
    elif form == b"RIFX" and kind == b"WAVE":
        order, name = "big", b"data"
    elif form == b"FORM" and kind in (b"AIFF", b"AIFC"):
        order, name = "big", b"SSND"
    else:
        return None
    long_size = None
    for chunk, size, start in _chunks(contents, order):
        if chunk == b"ds64":
            long_size = int.from_bytes(contents[start + 8 : start + 16], "little")
        elif chunk == name:
            if form in (b"RF64", b"BW64") and size == 0xFFFF_FFFF and long_size is not None:
                size = long_size
            present = len(contents) - start
            return DataChunk(size, present, _is_chunk(contents, start, order))
    return None


def _find_caf_data(contents: bytes) -> DataChunk | None:
    position = 8
    while position + 12 <= len(contents):
        size = int.from_bytes(contents[position + 4 : position + 12], "big", signed=True)
        if contents[position : position + 4] == b"data":
            # -1 means "until the end of the file".
            return DataChunk(_UNKNOWN_FROM if size < 0 else size, len(contents) - position - 12)
        position += 12 + max(0, size)
    return None


def _find_w64_data(contents: bytes) -> DataChunk | None:
    position = 40
    while position + 24 <= len(contents):
        # Sizes include the chunk's header of 24 bytes; chunks start at multiples of eight.
        size = int.from_bytes(contents[position + 16 : position + 24], "little")
        if contents[position : position + 16] == b"data" + _W64_TAIL:
            return DataChunk(max(0, size - 24), len(contents) - position - 24)
        position += max(24, (size + 7) // 8 * 8)
    return None


def count_missing_ogg_bytes(contents: bytes) -> int:
    """Return how many bytes of the last page of an Ogg file are missing (0 if complete)."""
    start = contents.rfind(b"OggS")
    if start < 0:
        return 0
    segments = contents[start + 26 : start + 27]
    if not segments:
        return 27 - (len(contents) - start)
    table = contents[start + 27 : start + 27 + segments[0]]
    end = start + 27 + segments[0] + sum(table)
    return max(0, end - len(contents))


def states_length(contents: bytes) -> bool:
    """Return whether the file states its length, so that fewer samples mean a truncated file.

    An MP3 file without a Xing or Info frame does not: the decoder estimates the length from the
    file's size.
    """
    start = 0
    if contents[:3] == b"ID3" and len(contents) > 10:
        size = contents[6:10]
        start = 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    frame = contents[start : start + 2]
    is_mpeg = len(frame) == 2 and frame[0] == 0xFF and frame[1] & 0xE0 == 0xE0
    if not (is_mpeg or start):
        return True
    first = contents[start : start + 1500]
    tag = max(first.find(b"Xing"), first.find(b"Info"))
    # The lowest bit of its flags indicates that a frame count follows; tags of streams have none.
    return tag >= 0 and bool(_integer(first, tag + 4, "big") & 1)


def _cut_off(detail: str) -> str:
    return f"it is cut off: {detail}; copy or download it again"


def _chunks(contents: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    position = 12
    while position + 8 <= len(contents):
        size = _integer(contents, position + 4, order)
        yield contents[position : position + 4], size, position + 8
        position += 8 + size + (size & 1)


def _is_chunk(contents: bytes, position: int, order: str) -> bool:
    name = contents[position : position + 4]
    if len(name) < 4 or not all(32 <= byte < 127 for byte in name):
        return False
    # One byte of tolerance: some writers omit the padding of a last chunk of odd size.
    return position + 8 + _integer(contents, position + 4, order) <= len(contents) + 1


def _integer(contents: bytes, position: int, order: str) -> int:
    piece = contents[position : position + 4]
    return int.from_bytes(piece, "big" if order == "big" else "little")
