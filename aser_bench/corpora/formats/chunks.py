"""Stated size of the audio data of WAV, W64, AIFF, 8SVX, CAF and AU files.

libsndfile opens a truncated WAV file without an error, and opens one in which the recorder did not
fill in the size as an empty file. Both would cause unnoticed errors in results.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .reasons import cut_off
from .trailing import AUDIO_FILES, trailing_error

PLACEHOLDER_FROM = 2**30
"""Smallest stated size in bytes that counts as a placeholder. Recorders that write to a pipe do not
know the size and write a huge number (2,000,000,000, 0x7FFFFFFF, 0xFFFFFFFF) or 0. No file of this
size is read, so a larger number cannot be the size of the audio."""

# W64 has GUIDs where WAV has four letters.
_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")

# Chunks that may follow the audio. If the last one is incomplete, the audio is not.
_METADATA = (
    *(b"LIST", b"INFO", b"id3 ", b"ID3 ", b"bext", b"cue ", b"smpl", b"fact", b"PEAK", b"iXML"),
    *(b"_PMX", b"JUNK", b"junk", b"PAD ", b"FLLR", b"inst", b"acid", b"afsp", b"DISP", b"levl"),
    *(b"cart", b"umid", b"axml", b"chna", b"MARK", b"INST", b"NAME", b"AUTH", b"ANNO", b"COMT"),
)

_PADDED_SUBTYPES = ("GSM610", "G721", "G723", "NMS")
_TWO_BLOCKS = 640  # samples of GSM 6.10 in WAV, which has the longest blocks of these


Order = Literal["little", "big"]


@dataclass(frozen=True)
class DataChunk:
    """Size of the audio data of a file.

    Attributes
    ----------
    declared_bytes : int
        Size that the header states; -1 if it states that the size is unknown.
    start : int
        Position of the audio data.
    present_bytes : int
        Number of bytes from the start of the data to the end of the file.
    size_field : tuple of (int, int)
        Start and end of the stated size in the file.
    order : {"little", "big"}
        Byte order of the size.
    added : int
        Number that the stated size exceeds that of the data by (W64 counts the chunk's header).
    followed_by_chunk : bool
        Whether another chunk starts where the data starts, as after an empty data chunk.
    chunked : bool
        Whether other chunks may follow the data.
    """

    declared_bytes: int
    start: int
    present_bytes: int
    size_field: tuple[int, int]
    order: Order
    added: int = 0
    followed_by_chunk: bool = False
    chunked: bool = True

    @property
    def is_placeholder(self) -> bool:
        """Whether the stated size is not a size, so that the data extends to the end."""
        declared, present = self.declared_bytes, self.present_bytes
        if declared <= 0:
            return present > 0 and not self.followed_by_chunk
        return declared >= PLACEHOLDER_FROM > present


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
    data = find_data_chunk(contents)
    if data is None or data.is_placeholder:
        return ""
    declared, present = data.declared_bytes, data.present_bytes
    if declared > present:
        return cut_off(f"its header states {declared} bytes of audio and the file has {present}")
    return trailing_error(contents, _end_of_parts(contents, data))


def with_real_size(contents: bytes) -> bytes:
    """Return a file with the size of its audio data in place of a placeholder.

    Files without a placeholder are returned as they are.
    """
    data = find_data_chunk(contents)
    if data is None or not data.is_placeholder:
        return contents
    start, end = data.size_field
    size: int = min(data.present_bytes + data.added, 2 ** (8 * (end - start)) - 1)
    number = size.to_bytes(end - start, data.order)
    return contents[:start] + number + contents[end:]


def states_size(contents: bytes) -> bool:
    """Return whether a file has a header that states the size of its audio data."""
    data = find_data_chunk(contents)
    return data is not None and not data.is_placeholder


def find_data_chunk(contents: bytes) -> DataChunk | None:
    """Return the size of the audio data of a WAV, W64, AIFF, 8SVX, CAF or AU file.

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
        start, size = _integer(contents, 4, "big"), _integer(contents, 8, "big")
        present = max(0, len(contents) - start)
        size = -1 if size == 0xFFFF_FFFF else size
        return DataChunk(size, start, present, (8, 12), "big", chunked=False)
    if form in (b"RIFF", b"RF64", b"BW64") and kind == b"WAVE":
        return _find_riff_data(contents, "little", b"data")
    if form == b"RIFX" and kind == b"WAVE":
        return _find_riff_data(contents, "big", b"data")
    if form == b"FORM" and kind in (b"AIFF", b"AIFC"):
        return _find_riff_data(contents, "big", b"SSND")
    if form == b"FORM" and kind in (b"8SVX", b"16SV"):
        return _find_riff_data(contents, "big", b"BODY")
    return None


def samples_before_padding(contents: bytes, subtype: str, decoded: int) -> int:
    """Return the number of samples before the padding of the last block of a WAV file.

    Parameters
    ----------
    contents : bytes
        The whole file.
    subtype : str
        libsndfile's name of the codec. The chunk ``fact`` is used for those that libsndfile cannot
        seek in; it reads one block more than a GSM file has.
    decoded : int
        Number of decoded samples, which is returned for other files, and if the chunk differs by
        more than two blocks from it.
    """
    if contents[8:12] != b"WAVE" or not subtype.startswith(_PADDED_SUBTYPES):
        return decoded
    for name, size, start in _chunks(contents, "little"):
        if name == b"fact" and size >= 4:
            stated = _integer(contents, start, "little")
            return stated if 0 <= decoded - stated <= _TWO_BLOCKS else decoded
    return decoded


def gsm_samples(contents: bytes) -> int:
    """Return the number of samples in an AIFF file with GSM 6.10, and 0 for other files.

    libsndfile reads as many as the chunk ``COMM`` states.
    """
    data = find_data_chunk(contents)
    if data is None or b"GSM " not in contents[: data.start]:
        return 0
    size = data.present_bytes if data.is_placeholder else data.declared_bytes
    return (size - 8) // 33 * 160


def _find_riff_data(contents: bytes, order: Order, name: bytes) -> DataChunk | None:
    long_size: tuple[int, int] | None = None
    for chunk, size, start in _chunks(contents, order):
        field = start - 4, start
        if chunk == b"ds64":
            long_size = start + 8, start + 16
        elif chunk == name:
            if contents[:4] in (b"RF64", b"BW64") and size == 0xFFFF_FFFF and long_size is not None:
                field, number = long_size, contents[slice(*long_size)]
                size = max(-1, int.from_bytes(number, "little", signed=True))
            present = len(contents) - start
            followed = _is_chunk(contents, start, order)
            return DataChunk(size, start, present, field, order, followed_by_chunk=followed)
    return None


def _find_caf_data(contents: bytes) -> DataChunk | None:
    position = 8
    while position + 12 <= len(contents):
        field = position + 4, position + 12
        size = int.from_bytes(contents[slice(*field)], "big", signed=True)
        if contents[position : position + 4] == b"data":
            start = position + 12
            return DataChunk(max(-1, size), start, len(contents) - start, field, "big")
        position += 12 + max(0, size)
    return None


def _find_w64_data(contents: bytes) -> DataChunk | None:
    position = 40
    while position + 24 <= len(contents):
        # Sizes include the chunk's header of 24 bytes; chunks start at multiples of eight.
        field = position + 16, position + 24
        size = int.from_bytes(contents[slice(*field)], "little", signed=True)
        if contents[position : position + 16] == b"data" + _W64_TAIL:
            start = position + 24
            declared = max(-1, size - 24)
            return DataChunk(declared, start, len(contents) - start, field, "little", added=24)
        position += max(24, (size + 7) // 8 * 8)
    return None


def _end_of_parts(contents: bytes, data: DataChunk) -> int:
    """Return the position after the audio and the chunks that follow it."""
    end = data.start + data.declared_bytes
    if data.added:  # W64: chunks start at multiples of eight
        end = data.start - 24 + (data.declared_bytes + data.added + 7) // 8 * 8
        is_chunk = contents[end + 4 : end + 16] == _W64_TAIL or len(contents) - end < 24
        return len(contents) if is_chunk else end
    if contents[:4] == b"caff":
        return _end_of_caf_chunks(contents, end)
    return _end_of_chunks(contents, end, data) if data.chunked else end


def _end_of_caf_chunks(contents: bytes, position: int) -> int:
    """Return the position after the chunks of a CAF file that follow its audio."""
    while position + 12 <= len(contents):
        name = contents[position : position + 4]
        if name in AUDIO_FILES or not _is_name(name):
            break
        position += 12 + max(0, int.from_bytes(contents[position + 4 : position + 12], "big"))
    return min(position, len(contents))


def _end_of_chunks(contents: bytes, end: int, data: DataChunk) -> int:
    """Return the position after the chunks that follow the audio."""
    # Some writers omit the padding after an odd number of bytes.
    position = end + (data.declared_bytes & 1)
    if data.declared_bytes & 1 and _is_chunk(contents, end, data.order):
        position = end
    while position + 8 <= len(contents):
        name = contents[position : position + 4]
        if name in AUDIO_FILES or name == b"data" or not _is_name(name):
            break
        size = _integer(contents, position + 4, data.order)
        following = position + 8 + size + (size & 1)
        if following > len(contents) + 1 and name not in _METADATA:
            break
        if _is_chunk(contents, following - (size & 1), data.order) and size & 1:
            following -= 1
        position = following
    return min(position, len(contents))


def _chunks(contents: bytes, order: Order) -> Iterator[tuple[bytes, int, int]]:
    position = 12
    while position + 8 <= len(contents):
        size = _integer(contents, position + 4, order)
        yield contents[position : position + 4], size, position + 8
        position += 8 + size + (size & 1)


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(32 <= byte < 127 for byte in name)


def _is_chunk(contents: bytes, position: int, order: Order) -> bool:
    if not _is_name(contents[position : position + 4]):
        return False
    # One byte of tolerance: some writers omit the padding of a last chunk of odd size.
    return position + 8 + _integer(contents, position + 4, order) <= len(contents) + 1


def _integer(contents: bytes, position: int, order: Order) -> int:
    return int.from_bytes(contents[position : position + 4], order)
