"""Pages of Ogg files (RFC 3533), and the end that the last one states.

A decoder reads the first one of several joined streams, and up to the last granule position.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ...core.ogg_checksum import checksum
from .reasons import cut_off, joined
from .trailing import trailing_error

_HEADER = struct.Struct("<qII")  # granule position, stream and number of a page
_GRANULE, _CHECKSUM = slice(6, 14), slice(22, 26)  # in the header of an Ogg page
_LATER = 2**32  # samples


@dataclass(frozen=True)
class Page:
    """One page of an Ogg file: its start and end, flags, granule position, stream and number."""

    start: int
    end: int
    flags: int
    granule: int
    serial: int
    number: int


def stream_error(contents: bytes) -> str:
    """Return why an Ogg file is cut off, damaged or joined, or an empty string."""
    missing = _count_missing_bytes(contents)
    if missing:
        return cut_off(f"{missing} bytes of its last page are missing")
    numbers: dict[int, int] = {}
    granules: dict[int, int] = {}
    has_audio, end = False, 0
    for page in pages(contents):
        end = page.end
        if page.flags & 2:
            if has_audio:
                return joined(page.start)
            numbers[page.serial] = page.number
            continue
        has_audio = True
        if page.serial not in numbers or page.number != numbers[page.serial] + 1:
            return (
                f"it is damaged: pages are missing before byte {page.start}; copy or download it "
                "again"
            )
        numbers[page.serial] = page.number
        if page.granule >= 0:
            if page.granule < granules.get(page.serial, 0):
                return (
                    "its pages state positions (granules) that go back, so a decoder leaves out "
                    "the end; convert it to WAV"
                )
            granules[page.serial] = page.granule
    return trailing_error(contents, end)


def states_length(contents: bytes) -> bool:
    """Return whether a stream has a last page, which states its length."""
    last = contents.rfind(b"OggS")
    return bool(contents[last + 5 : last + 6] > b"\x03")


def with_late_end(contents: bytes) -> bytes:
    """Return an Ogg file of which the last page states a later end, so that nothing is cut."""
    start = contents.rfind(b"OggS")
    page = bytearray(contents[start:])
    granule = int.from_bytes(page[_GRANULE], "little", signed=True)
    page[_GRANULE] = min(max(0, granule) + _LATER, 2**63 - 1).to_bytes(8, "little")
    page[_CHECKSUM] = bytes(4)
    page[_CHECKSUM] = checksum(page).to_bytes(4, "little")
    return contents[:start] + bytes(page)


def vorbis_block(contents: bytes) -> int:
    """Return the number of samples of the longer blocks of an Ogg Vorbis file."""
    return 1 << (contents[56] >> 4) if len(contents) > 56 else 0


def opus_seconds(contents: bytes) -> float:
    """Return the duration of all packets of an Ogg Opus file, without the decoder's delay."""
    delay = int.from_bytes(contents[38:40], "little")
    return sum(map(_opus_samples, _packets(contents))) / 48000 - delay / 48000


def pages(contents: bytes) -> Iterator[Page]:
    """Yield the pages of an Ogg file up to the first damage."""
    position = 0
    while contents.startswith(b"OggS", position) and position + 27 <= len(contents):
        granule, serial, number = _HEADER.unpack_from(contents, position + 6)
        lacing = contents[position + 27 : position + 27 + contents[position + 26]]
        end = position + 27 + len(lacing) + sum(lacing)
        yield Page(position, end, contents[position + 5], granule, serial, number)
        position = end


def _count_missing_bytes(contents: bytes) -> int:
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


def _packets(contents: bytes) -> Iterator[bytes]:
    """Yield the first two bytes, or fewer, of each audio packet of an Ogg file."""
    head, number = b"", 0
    for page in pages(contents):
        table = contents[page.start + 27 : page.start + 27 + contents[page.start + 26]]
        position = page.start + 27 + len(table)
        for lacing in table:
            head = head or contents[position : position + min(2, lacing)]
            position += lacing
            if lacing < 255:
                if number > 1:  # after the two headers
                    yield head
                head, number = b"", number + 1


def _opus_samples(packet: bytes) -> int:
    """Return the duration of an Opus packet in samples at 48 kHz (RFC 6716, section 3.1)."""
    if not packet:
        return 0
    code, count = packet[0] >> 3, packet[0] & 3
    if code < 12:
        length = (480, 960, 1920, 2880)[code & 3]
    elif code < 16:
        length = (480, 960)[code & 1]
    else:
        length = (120, 240, 480, 960)[code & 3]
    if count == 3:
        return length * (packet[1] & 63) if len(packet) > 1 else 0
    return length * (1, 2, 2)[count]
