"""Properties of an MPEG audio stream (Layer III), read from the headers of its frames.

The stream is parsed without a decoder, so the bitrate in a table is that of the frames.
Source: ISO/IEC 11172-3 and 13818-3; MPEG-2.5 is the common extension to lower rates.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..core.errors import CodecError

# Code of the version field in the header of a frame -> MPEG version.
_VERSIONS = {3: "1", 2: "2", 0: "2.5"}
_RATES = {
    "1": (44_100, 48_000, 32_000),
    "2": (22_050, 24_000, 16_000),
    "2.5": (11_025, 12_000, 8_000),
}
_TABLE_1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_TABLE_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# Bitrates that a header can state; encoders write MPEG-2.5 only up to 64 kbit/s (see BITRATES).
_TABLES = {"1": _TABLE_1, "2": _TABLE_2, "2.5": _TABLE_2}

BITRATES = {
    rate: {"1": _TABLE_1, "2": _TABLE_2, "2.5": _TABLE_2[:8]}[version]
    for version, rates in _RATES.items()
    for rate in rates
}
"""Sample rate in Hz -> bitrates in kbit/s that encoders of Layer III write at it."""

_SIDE_INFO = {("1", False): 32, ("1", True): 17, ("2", False): 17, ("2", True): 9}


@dataclass(frozen=True)
class StreamInfo:
    """Properties of the audio frames of a stream.

    Attributes
    ----------
    version : str
        MPEG version: ``1``, ``2`` or ``2.5``.
    sample_rate : int
        Hz.
    kbps : float
        Mean bitrate of the audio frames in kbit/s.
    n_frames : int
        Number of audio frames, without the Xing or Info frame.
    frames_sha256 : str
        Hash (hex) of the audio frames; it does not depend on tags.
    """

    version: str
    sample_rate: int
    kbps: float
    n_frames: int
    frames_sha256: str


@dataclass(frozen=True)
class _Frame:
    version: str
    sample_rate: int
    kbps: int
    size: int
    tag_at: int


def parse(data: bytes) -> StreamInfo:
    """Read all frames of a Layer III stream.

    Parameters
    ----------
    data : bytes
        A complete file: an optional ID3v2 tag, an optional Xing/Info frame, audio frames, and
        an optional ID3v1 tag.

    Raises
    ------
    CodecError
        If the file has other contents, a frame is truncated, or the sample rate changes.
    """
    position, end = _skip_id3v2(data), _skip_id3v1(data)
    start, total, count = position, 0, 0
    first: _Frame | None = None
    headers: dict[bytes, _Frame] = {}  # a stream has few distinct headers; the cache saves time
    while position < end:
        header = data[position : position + 4]
        frame = headers.get(header)
        if frame is None:
            frame = headers[header] = _frame(header, position)
        if position + frame.size > end:
            raise CodecError(f"the MPEG frame at byte {position} is truncated")
        if first is None:
            first = frame
            if _is_info(data, position, frame):
                position += frame.size
                start = position
                continue
        if (frame.version, frame.sample_rate) != (first.version, first.sample_rate):
            raise CodecError(f"the sample rate changes at byte {position} of the MPEG stream")
        total += frame.kbps
        count += 1
        position += frame.size
    if first is None or not count:
        raise CodecError("the MPEG stream has no audio frame")
    digest = hashlib.sha256(data[start:end]).hexdigest()
    return StreamInfo(first.version, first.sample_rate, total / count, count, digest)


def _skip_id3v2(data: bytes) -> int:
    """Return the position of the first byte after an ID3v2 tag; 0 without a tag."""
    if data[:3] != b"ID3":
        return 0
    if len(data) < 10 or any(byte & 0x80 for byte in data[6:10]):
        raise CodecError("the ID3v2 tag before the MPEG stream is damaged")
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    footer = 10 if data[5] & 0x10 else 0
    return 10 + size + footer


def _skip_id3v1(data: bytes) -> int:
    return len(data) - 128 if data[-128:-125] == b"TAG" else len(data)


def _frame(header: bytes, position: int) -> _Frame:
    """Parse the four bytes of the header of a frame."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        raise CodecError(f"no MPEG frame at byte {position}")
    version = _VERSIONS.get(header[1] >> 3 & 3)
    rate_code, bitrate_code = header[2] >> 2 & 3, header[2] >> 4
    if version is None or header[1] >> 1 & 3 != 1:
        raise CodecError(f"the MPEG frame at byte {position} is not Layer III")
    if rate_code == 3 or bitrate_code in (0, 15):
        raise CodecError(f"the MPEG frame at byte {position} has an invalid rate or bitrate")
    rate = _RATES[version][rate_code]
    kbps = _TABLES[version][bitrate_code - 1]
    size = (144_000 if version == "1" else 72_000) * kbps // rate + (header[2] >> 1 & 1)
    mono = header[3] >> 6 == 3
    checksum = 0 if header[1] & 1 else 2
    tag_at = 4 + checksum + _SIDE_INFO["1" if version == "1" else "2", mono]
    return _Frame(version, rate, kbps, size, tag_at)


def _is_info(data: bytes, position: int, frame: _Frame) -> bool:
    """Return whether a frame has a table of contents (Xing, Info or VBRI) and no audio."""
    start = position + frame.tag_at
    return data[start : start + 4] in (b"Xing", b"Info") or (
        data[position + 36 : position + 40] == b"VBRI"
    )
