"""Comparison of the length that an MP3, Ogg, FLAC, AAC, AC-3 or AMR stream states with its frames.

Decoders read the first one of several joined streams, and trust tags: an MP3 file is read up to the
number of frames in its Xing tag, an Ogg file up to its last granule position, a FLAC file up to the
number of samples in its STREAMINFO block. The rest would be lost without an error.

Sources: ISO/IEC 11172-3 and 13818-3 (MPEG audio), 13818-7 (ADTS), ETSI TS 102 366 (AC-3), RFC 4867
(AMR), RFC 3533 (Ogg), RFC 9639 (FLAC), id3.org (ID3v2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .headers import cut_off, joined

_LAYER_1 = (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448)
_LAYER_2 = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_LAYER_3 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_LOW_LAYER_1 = (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_LOW_LAYERS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# MPEG-1 or a later version, layer -> bitrates in kbit/s.
_KBPS = {
    (True, 1): _LAYER_1,
    (True, 2): _LAYER_2,
    (True, 3): _LAYER_3,
    (False, 1): _LOW_LAYER_1,
    (False, 2): _LOW_LAYERS,
    (False, 3): _LOW_LAYERS,
}
# Code of the version in a frame's header -> sample rates in Hz.
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_TAG_AT = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}

_AC3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AMR_NB = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)
_AMR_WB = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1)

# Tags behind the frames of a stream.
_TRAILERS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI")
_SEARCHED = 2**16  # bytes that may belong to no frame before the first one, or between two
_LONGEST_REST = 4096  # bytes after the last frame, of a tag of an unknown kind
_MAX_CUT = 4  # frames that a LAME tag may remove at the ends

_STREAMINFO = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
_TOTAL = slice(18, 26)  # rate, channels, bits and the number of samples (36 bits)

_GRANULE, _CHECKSUM = slice(6, 14), slice(22, 26)  # in the header of an Ogg page
_LATER = 2**32  # samples

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


def without_id3_tag(contents: bytes) -> bytes:
    """Return a file without the ID3 tag in front, unless it is an MP3 file.

    libsndfile and ffmpeg recognise an MP3 file behind a tag, and no other format reliably.
    """
    position = _skip_id3(contents, 0)
    following = contents[position : position + _SEARCHED].lstrip(b"\0")
    return contents if not position or _mpeg_size(following, 0) else contents[position:]


def stream_error(contents: bytes) -> str:
    """Return why a stream is cut off, damaged or consists of several, or an empty string.

    Parameters
    ----------
    contents : bytes
        A whole file of any format; other formats than MP3, Ogg and FLAC have no error here.
    """
    if contents.startswith(b"OggS"):
        return _ogg_error(contents)
    if contents.startswith(b"fLaC"):
        second = _STREAMINFO.search(contents, 4)
        return joined(second.start()) if second else ""
    if is_mpeg(contents):
        return _mpeg_error(contents)
    return ""


def frames_error(contents: bytes, name: str) -> str:
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
    return "" if frames is None else _damage(frames)


def states_length(contents: bytes) -> bool:
    """Return whether a stream states its length, so that fewer samples mean a truncated file.

    An MP3 file without a Xing, Info or VBRI frame does not. An Ogg stream that a recorder did not
    finish has no last page, and an unfinished FLAC stream states 0 samples.
    """
    if contents.startswith(b"OggS"):
        last = contents.rfind(b"OggS")
        return bool(contents[last + 5 : last + 6] > b"\x03")
    if contents.startswith(b"fLaC"):
        return flac_samples(contents) > 0
    if is_mpeg(contents):
        position = _first_frame(contents)
        return position is not None and _tagged_frames(contents, position) is not None
    return False


def is_mpeg(contents: bytes) -> bool:
    """Return whether a file is an MPEG audio stream (layer I, II or III)."""
    return bool(contents[:3] == b"ID3" or _mpeg_size(contents, 0))


def mpeg_samples(contents: bytes) -> int | None:
    """Return the fewest samples that a decoder returns of all frames of an MPEG stream, or None."""
    start = _first_frame(contents)
    frames = None if start is None else walk(contents, start, _mpeg_size)
    if frames is None:
        return None
    # The decoder may remove its delay, and what the LAME tag states, at both ends.
    return max(0, frames.count - 1 - _MAX_CUT) * _mpeg_samples_per_frame(contents, frames.start)


def flac_samples(contents: bytes) -> int:
    """Return the number of samples that the header of a FLAC file states; 0 if unknown."""
    return int.from_bytes(contents[_TOTAL], "big") & (2**36 - 1)


def with_unknown_flac_length(contents: bytes) -> bytes:
    """Return a FLAC file that states no length, so that the decoder reads all of it."""
    number = int.from_bytes(contents[_TOTAL], "big") >> 36 << 36
    return contents[: _TOTAL.start] + number.to_bytes(8, "big") + contents[_TOTAL.stop :]


def with_late_end(contents: bytes) -> bytes:
    """Return an Ogg file of which the last page states a later end, so that nothing is cut."""
    start = contents.rfind(b"OggS")
    page = bytearray(contents[start:])
    granule = int.from_bytes(page[_GRANULE], "little") + _LATER
    page[_GRANULE] = granule.to_bytes(8, "little")
    page[_CHECKSUM] = bytes(4)
    page[_CHECKSUM] = _crc(page).to_bytes(4, "little")
    return contents[:start] + bytes(page)


def vorbis_block(contents: bytes) -> int:
    """Return the number of samples of the longer blocks of an Ogg Vorbis file."""
    return 1 << (contents[56] >> 4) if len(contents) > 56 else 0


def opus_seconds(contents: bytes) -> float:
    """Return the duration of all packets of an Ogg Opus file, without the decoder's delay."""
    delay = int.from_bytes(contents[38:40], "little")
    return sum(map(_opus_samples, _packets(contents))) / 48000 - delay / 48000


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
        again = _find_frame(contents, following, size_of)
        if again is None:
            rest = contents[following : following + _SEARCHED].strip(b"\0")
            if len(rest) > _LONGEST_REST and not rest.startswith(_TRAILERS):
                gap = gap or position
            break
        if again > following and contents[following:again].strip(b"\0"):
            gap = gap or position
        position = again
    if not count:
        return None
    return Frames(count, start, max(0, position - len(contents)), gap)


def _skip_id3(contents: bytes, position: int) -> int:
    """Return the position behind the ID3v2 tags at a position."""
    while contents[position : position + 3] == b"ID3" and len(contents) >= position + 10:
        size = contents[position + 6 : position + 10]
        footer = 10 if contents[position + 5] & 0x10 else 0
        position += 10 + footer + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    return position


def _skip_trailer(contents: bytes, position: int) -> int:
    if contents.startswith(b"TAG", position):
        return position + 128
    if contents.startswith(b"ID3", position):
        return _skip_id3(contents, position)
    if contents.startswith(b"APETAGEX", position):
        size = int.from_bytes(contents[position + 12 : position + 16], "little")
        return position + 32 + size
    return position


def _find_frame(contents: bytes, position: int, size_of: FrameSize) -> int | None:
    """Return the first position, near the given one, from which three frames follow each other."""
    for candidate in range(position, min(position + _SEARCHED, len(contents))):
        following = candidate
        for _ in range(3):
            size = size_of(contents, following) if following < len(contents) else 0
            if not size:
                break
            following += size
        else:
            return candidate
    return None


def _damage(frames: Frames) -> str:
    if frames.missing:
        return cut_off(f"{frames.missing} bytes of its last frame are missing")
    if frames.gap:
        return (
            f"it is damaged: the bytes from {frames.gap} on, between two frames of audio, are no "
            "frame; copy or download it again"
        )
    return ""


def _first_frame(contents: bytes) -> int | None:
    start = _skip_id3(contents, 0)
    return _find_frame(contents, start, _mpeg_size)


def _mpeg_error(contents: bytes) -> str:
    start = _first_frame(contents)
    frames = None if start is None else walk(contents, start, _mpeg_size)
    if frames is None or start is None:  # too short, or of another kind: left to the decoder
        return ""
    damage = _damage(frames)
    if damage:
        return damage
    stated = _tagged_frames(contents, start)
    positions = (match.start() for match in re.finditer(rb"Xing|Info|VBRI", contents))
    second = next((at for at in positions if at > start + 60 and _is_tag(contents, at)), 0)
    if second:
        return joined(second)
    if stated is not None and stated < frames.count - 1:
        return (
            f"its tag states {stated} frames and the file has {frames.count - 1}, and a decoder "
            "reads no more than the tag states (several joined files?); remove the tag, or convert "
            "the file to WAV with a program that ignores it"
        )
    if _lame_cut(contents, start) > _MAX_CUT * _mpeg_samples_per_frame(contents, start):
        return "its LAME tag removes more samples than an encoder adds; remove the tag"
    return _tlen_error(contents, frames)


def _tlen_error(contents: bytes, frames: Frames) -> str:
    """Return the error of a file that is shorter than the ID3 frame TLEN states."""
    tag = contents[: _skip_id3(contents, 0)]
    match = re.search(rb"TLEN\x00\x00\x00[\x02-\x10]..[\x00\x03](\d{1,9})", tag, re.DOTALL)
    if match is None:
        return ""
    rate = _RATES[contents[frames.start + 1] >> 3 & 3][contents[frames.start + 2] >> 2 & 3]
    seconds = frames.count * _mpeg_samples_per_frame(contents, frames.start) / rate
    stated = int(match[1]) / 1000
    if stated <= 1.02 * seconds + 0.2:
        return ""
    return cut_off(f"its tag TLEN states {stated:.2f} s and the file has {seconds:.2f} s")


def _mpeg_size(contents: bytes, position: int) -> int:
    header = contents[position : position + 4]
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate, rate_code, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_code == 3 or bitrate in (0, 15):
        return 0
    kbps = _KBPS[version == 3, layer][bitrate - 1]
    rate = _RATES[version][rate_code]
    if layer == 1:
        return (12000 * kbps // rate + padding) * 4
    return (72000 if layer == 3 and version != 3 else 144000) * kbps // rate + padding


def _mpeg_samples_per_frame(contents: bytes, position: int) -> int:
    version, layer = contents[position + 1] >> 3 & 3, 4 - (contents[position + 1] >> 1 & 3)
    if layer == 1:
        return 384
    return 576 if layer == 3 and version != 3 else 1152


def _tag_position(contents: bytes, frame: int) -> int:
    """Return the position of the Xing, Info or VBRI tag in a frame, or 0."""
    mpeg_1, mono = contents[frame + 1] >> 3 & 3 == 3, contents[frame + 3] >> 6 == 3
    checksum = 0 if contents[frame + 1] & 1 else 2
    for at in {frame + _TAG_AT[mpeg_1, mono], frame + _TAG_AT[mpeg_1, mono] + checksum}:
        if contents[at : at + 4] in (b"Xing", b"Info"):
            return at
    return frame + 36 if contents[frame + 36 : frame + 40] == b"VBRI" else 0


def _is_tag(contents: bytes, at: int) -> bool:
    """Return whether a tag is in a frame of its own."""
    for offset in (36, 38, 21, 23, 13, 15):
        frame = at - offset
        if frame >= 0 and _mpeg_size(contents, frame) and _tag_position(contents, frame) == at:
            return True
    return False


def _tagged_frames(contents: bytes, frame: int) -> int | None:
    """Return the number of frames that the tag in the first frame states, or None."""
    at = _tag_position(contents, frame)
    if not at:
        return None
    if contents[at : at + 4] == b"VBRI":
        return int.from_bytes(contents[at + 14 : at + 18], "big")
    # The lowest bit of its flags indicates that a frame count follows; tags of streams have none.
    has_count = contents[at + 7 : at + 8] and contents[at + 7] & 1
    return int.from_bytes(contents[at + 8 : at + 12], "big") if has_count else None


def _lame_cut(contents: bytes, frame: int) -> int:
    """Return the number of samples that a LAME tag removes at both ends."""
    at = _tag_position(contents, frame)
    if not at or contents[at : at + 4] == b"VBRI" or len(contents) < at + 8:
        return 0
    flags = contents[at + 7]
    lame = at + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1)
    lame += 4 * (flags >> 3 & 1)
    if contents[lame : lame + 4] not in (b"LAME", b"Lavc", b"Lavf"):
        return 0
    delays = int.from_bytes(contents[lame + 21 : lame + 24], "big")
    return (delays >> 12) + (delays & 0xFFF)


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
    words = (2 * kbps, 320 * kbps // 147 + (code & 1), 3 * kbps)[(0, 1, 2)[rate_code]]
    return 2 * words


def _amr_size(contents: bytes, position: int) -> int:
    return _AMR_NB[contents[position] >> 3 & 15] if not contents[position] & 0x83 else 0


def _amr_wb_size(contents: bytes, position: int) -> int:
    return _AMR_WB[contents[position] >> 3 & 15] if not contents[position] & 0x83 else 0


_FRAME_SIZES: dict[str, FrameSize] = {"aac": _adts_size, "ac3": _ac3_size, "amr": _amr_size}


@dataclass(frozen=True)
class _Page:
    """One page of an Ogg file: its position, flags, stream and number."""

    start: int
    flags: int
    granule: int
    serial: int
    number: int


def _pages(contents: bytes) -> Iterator[_Page]:
    """Yield the pages of an Ogg file up to the first damage."""
    position = 0
    while contents.startswith(b"OggS", position) and position + 27 <= len(contents):
        granule, serial, number = (
            int.from_bytes(contents[position + at : position + at + size], "little", signed=signed)
            for at, size, signed in ((6, 8, True), (14, 4, False), (18, 4, False))
        )
        yield _Page(position, contents[position + 5], granule, serial, number)
        lacing = contents[position + 27 : position + 27 + contents[position + 26]]
        position += 27 + len(lacing) + sum(lacing)


def _ogg_error(contents: bytes) -> str:
    numbers: dict[int, int] = {}
    granules: dict[int, int] = {}
    has_audio = False
    for page in _pages(contents):
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
    return ""


def _packets(contents: bytes) -> Iterator[bytes]:
    """Yield the first two bytes, or fewer, of each audio packet of an Ogg file."""
    head, number = b"", 0
    for page in _pages(contents):
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


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        word = byte << 24
        for _ in range(8):
            word = (word << 1 ^ 0x04C11DB7 if word & 1 << 31 else word << 1) & 0xFFFFFFFF
        table.append(word)
    return table


_CRC_TABLE = _crc_table()


def _crc(page: bytes | bytearray) -> int:
    """Return the checksum of an Ogg page: CRC-32, polynomial 04C11DB7, not reflected."""
    word = 0
    for byte in page:
        word = word << 8 & 0xFFFFFFFF ^ _CRC_TABLE[word >> 24 ^ byte]
    return word
