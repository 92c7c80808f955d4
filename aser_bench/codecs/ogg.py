"""Reading of packets from Ogg files, and replacement of packets in them (RFC 3533).

Files must have one stream, as those of the encoders here. A packet may continue on the next page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core.errors import CodecError
from ..core.ogg_checksum import checksum

_HEADER = struct.Struct("<4sBBqIIIB")
_CHECKSUM = slice(22, 26)


@dataclass(frozen=True)
class Page:
    """One page of an Ogg file.

    Attributes
    ----------
    flags : int
        Header type flags.
    granule : int
        Granule position: the number of samples up to the end of the page.
    serial : int
        Serial number of the stream.
    number : int
        Sequence number of the page.
    parts : tuple of bytes
        The packets on the page, or the parts of them that are on it.
    continues : bool
        Whether the last packet continues on the next page.
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
        If the file is not an Ogg file, or a page is truncated.
    """
    position = 0
    while position < len(data):
        if len(data) < position + _HEADER.size:
            raise CodecError(f"the Ogg page at byte {position} is truncated")
        magic, version, flags, granule, serial, number, _, n = _HEADER.unpack_from(data, position)
        if magic != b"OggS" or version:
            raise CodecError(f"no Ogg page at byte {position}")
        start = position + _HEADER.size
        sizes = data[start : start + n]
        start += n
        if len(sizes) < n or len(data) < start + sum(sizes):
            raise CodecError(f"the Ogg page at byte {position} is truncated")
        parts, size = [], 0
        for lacing in sizes:
            size += lacing
            if lacing < 255:
                parts.append(data[start : start + size])
                start, size = start + size, 0
        continues = bool(n) and sizes[-1] == 255
        if continues:
            parts.append(data[start : start + size])
        yield Page(flags, granule, serial, number, tuple(parts), continues)
        position = start + size


def packets(data: bytes) -> tuple[list[bytes], int]:
    """Return the packets of a file, with the headers, and its last granule position.

    Raises
    ------
    CodecError
        If the file is not an Ogg file, or truncated.
    """
    complete: list[bytes] = []
    parts: list[bytes] = []  # of a packet that has not ended
    granule = 0
    for page in pages(data):
        for number, part in enumerate(page.parts, start=1):
            parts.append(part)
            if number < len(page.parts) or not page.continues:
                complete.append(b"".join(parts))
                parts = []
        granule = max(granule, page.granule)
    if parts or not complete:
        raise CodecError("the Ogg file is truncated")
    return complete, granule


def replace_packets(data: bytes, change: dict[int, bytes]) -> bytes:
    """Return a file with some packets replaced and all others unchanged.

    Parameters
    ----------
    data : bytes
        The file.
    change : dict of int to bytes
        Number of a packet -> its new content.

    Raises
    ------
    CodecError
        If a packet extends over two pages (speech encoders write no such packets), or the file
        cannot be read.
    """
    out, number = [], 0
    for page in pages(data):
        if page.continues:
            raise CodecError("an Ogg packet on more than one page cannot be replaced")
        parts = [change.get(number + i, part) for i, part in enumerate(page.parts)]
        number += len(parts)
        out.append(_page(page, parts))
    return b"".join(out)


def _page(page: Page, parts: Sequence[bytes]) -> bytes:
    sizes = b"".join(b"\xff" * (len(part) // 255) + bytes([len(part) % 255]) for part in parts)
    if len(sizes) > 255:
        raise CodecError("an Ogg page would contain too many packets")
    head = _HEADER.pack(
        b"OggS", 0, page.flags, page.granule, page.serial, page.number, 0, len(sizes)
    )
    written = bytearray(head + sizes + b"".join(parts))
    written[_CHECKSUM] = struct.pack("<I", checksum(written))
    return bytes(written)
