"""Ogg: the packets of a file, and a file of packets (RFC 3533).

Enough for the files that encoders write here: one stream, packets that end on their page or
go on to the next.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core.errors import CodecError

_HEADER = struct.Struct("<4sBBqIIIB")
_CHECKSUM = slice(22, 26)


@dataclass(frozen=True)
class Page:
    """One page: its flags, its granule position (samples so far), and its parts of packets.

    The last part goes on in the next page where ``open`` is true.
    """

    flags: int
    granule: int
    serial: int
    number: int
    parts: tuple[bytes, ...]
    continues: bool


def pages(data: bytes) -> Iterator[Page]:
    """Yield the pages of a file.

    Raises
    ------
    CodecError
        If something else is found, or a page is cut.
    """
    position = 0
    while position < len(data):
        if len(data) < position + _HEADER.size:
            raise CodecError(f"the Ogg page at byte {position} is cut short")
        magic, version, flags, granule, serial, number, _, n = _HEADER.unpack_from(data, position)
        if magic != b"OggS" or version:
            raise CodecError(f"no Ogg page at byte {position}")
        start = position + _HEADER.size
        sizes = data[start : start + n]
        start += n
        if len(sizes) < n or len(data) < start + sum(sizes):
            raise CodecError(f"the Ogg page at byte {position} is cut short")
        parts, size = [], 0
        for lacing in sizes:
            size += lacing
            if lacing < 255:
                parts.append(data[start : start + size])
                start, size = start + size, 0
        unfinished = bool(n) and sizes[-1] == 255
        if unfinished:
            parts.append(data[start : start + size])
        yield Page(flags, granule, serial, number, tuple(parts), unfinished)
        position = start + size


def packets(data: bytes) -> tuple[list[bytes], int]:
    """Return the packets of a file, headers included, and its last granule position.

    Raises
    ------
    CodecError
        If the file is no Ogg file, or cut.
    """
    found: list[bytes] = []
    begun: list[bytes] = []
    granule = 0
    for page in pages(data):
        for number, part in enumerate(page.parts, start=1):
            begun.append(part)
            if number < len(page.parts) or not page.continues:
                found.append(b"".join(begun))
                begun = []
        granule = max(granule, page.granule)
    if begun or not found:
        raise CodecError("the Ogg file is cut short")
    return found, granule


def replace_packets(data: bytes, change: dict[int, bytes]) -> bytes:
    """Return a file with some packets (number -> new content) replaced, all else as it was.

    Raises
    ------
    CodecError
        If a packet goes over two pages (encoders of speech write none so long), or the file
        cannot be read.
    """
    out, number = [], 0
    for page in pages(data):
        if page.continues:
            raise CodecError("an Ogg packet of more than one page cannot be replaced")
        parts = [change.get(number + i, part) for i, part in enumerate(page.parts)]
        number += len(parts)
        out.append(_page(page, parts))
    return b"".join(out)


def _page(page: Page, parts: Sequence[bytes]) -> bytes:
    sizes = b"".join(b"\xff" * (len(part) // 255) + bytes([len(part) % 255]) for part in parts)
    if len(sizes) > 255:
        raise CodecError("an Ogg page would hold too many packets")
    head = _HEADER.pack(
        b"OggS", 0, page.flags, page.granule, page.serial, page.number, 0, len(sizes)
    )
    whole = bytearray(head + sizes + b"".join(parts))
    whole[_CHECKSUM] = struct.pack("<I", _crc(whole))
    return bytes(whole)


def _table() -> list[int]:
    found = []
    for byte in range(256):
        word = byte << 24
        for _ in range(8):
            word = (word << 1 ^ 0x04C11DB7 if word & 1 << 31 else word << 1) & 0xFFFFFFFF
        found.append(word)
    return found


_CRC = _table()


def _crc(data: bytes | bytearray) -> int:
    """Return the checksum of a page: CRC-32, polynomial 04C11DB7, not reflected."""
    word = 0
    for byte in data:
        word = word << 8 & 0xFFFFFFFF ^ _CRC[word >> 24 ^ byte]
    return word
