"""Frames and tags of MPEG audio streams (MP3, and layers I and II).

A decoder reads an MP3 file up to the number of frames that its Xing or VBRI tag states. Sources:
ISO/IEC 11172-3 and 13818-3, and id3.org (ID3v2).
"""

from __future__ import annotations

import re

from .frames import SEARCHED, Frames, damage, find_frame, skip_id3, walk
from .reasons import cut_off, joined

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
_MAX_CUT = 4  # frames that a LAME tag may remove at the ends


def without_id3_tag(contents: bytes) -> bytes:
    """Return a file without the ID3 tag in front, unless it is an MP3 file.

    libsndfile and ffmpeg recognise an MP3 file behind a tag, and no other format reliably.
    """
    position = skip_id3(contents, 0)
    following = contents[position : position + SEARCHED].lstrip(b"\0")
    return contents if not position or _frame_size(following, 0) else contents[position:]


def is_mpeg(contents: bytes) -> bool:
    """Return whether a file is an MPEG audio stream (layer I, II or III)."""
    return bool(contents[:3] == b"ID3" or _frame_size(contents, 0))


def stream_error(contents: bytes) -> str:
    """Return why an MPEG stream is cut off, damaged or joined, or an empty string."""
    start = _first_frame(contents)
    frames = None if start is None else walk(contents, start, _frame_size)
    if frames is None or start is None:  # too short, or of another kind: left to the decoder
        return ""
    reason = damage(frames)
    if reason:
        return reason
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
    if _lame_cut(contents, start) > _MAX_CUT * _samples_per_frame(contents, start):
        return "its LAME tag removes more samples than an encoder adds; remove the tag"
    return _tlen_error(contents, frames)


def states_length(contents: bytes) -> bool:
    """Return whether a stream states its length in a Xing, Info or VBRI frame."""
    position = _first_frame(contents)
    return position is not None and _tagged_frames(contents, position) is not None


def fewest_samples(contents: bytes) -> int | None:
    """Return the fewest samples that a decoder returns of all frames of an MPEG stream, or None."""
    start = _first_frame(contents)
    frames = None if start is None else walk(contents, start, _frame_size)
    if frames is None:
        return None
    # The decoder may remove its delay, and what the LAME tag states, at both ends.
    return max(0, frames.count - 1 - _MAX_CUT) * _samples_per_frame(contents, frames.start)


def _first_frame(contents: bytes) -> int | None:
    start = skip_id3(contents, 0)
    return find_frame(contents, start, _frame_size)


def _tlen_error(contents: bytes, frames: Frames) -> str:
    """Return the error of a file that is shorter than the ID3 frame TLEN states."""
    tag = contents[: skip_id3(contents, 0)]
    match = re.search(rb"TLEN\x00\x00\x00[\x02-\x10]..[\x00\x03](\d{1,9})", tag, re.DOTALL)
    if match is None:
        return ""
    rate = _RATES[contents[frames.start + 1] >> 3 & 3][contents[frames.start + 2] >> 2 & 3]
    seconds = frames.count * _samples_per_frame(contents, frames.start) / rate
    stated = int(match[1]) / 1000
    if stated <= 1.02 * seconds + 0.2:
        return ""
    return cut_off(f"its tag TLEN states {stated:.2f} s and the file has {seconds:.2f} s")


def _frame_size(contents: bytes, position: int) -> int:
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


def _samples_per_frame(contents: bytes, position: int) -> int:
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
        if frame >= 0 and _frame_size(contents, frame) and _tag_position(contents, frame) == at:
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
