"""The parser of MPEG frame headers: valid, damaged and random streams."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.codecs import mpeg
from aser_bench.core.errors import CodecError

VERSION_CODES = {"1": 3, "2": 2, "2.5": 0}
RATES = {44100: ("1", 0), 48000: ("1", 1), 32000: ("1", 2), 22050: ("2", 0), 24000: ("2", 1)}
RATES |= {16000: ("2", 2), 11025: ("2.5", 0), 12000: ("2.5", 1), 8000: ("2.5", 2)}
TABLES = {
    "1": (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    "2": (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
TABLES["2.5"] = TABLES["2"]


def frame(rate: int, kbps: int, fill: bytes = b"\0", padding: int = 0, tag: bytes = b"") -> bytes:
    """Return a mono frame without a checksum."""
    version, rate_code = RATES[rate]
    header = bytes(
        [
            0xFF,
            0xE0 | VERSION_CODES[version] << 3 | 1 << 1 | 1,
            (TABLES[version].index(kbps) + 1) << 4 | rate_code << 2 | padding << 1,
            0xC0,
        ]
    )
    size = (144 if version == "1" else 72) * kbps * 1000 // rate + padding
    body = fill * (size - 4)
    if tag:
        start = 17 if version == "1" else 9
        body = body[:start] + tag + body[start + len(tag) :]
    return header + body


def id3v2(size: int) -> bytes:
    return b"ID3\x04\x00\x00" + bytes([0, 0, size >> 7, size & 127]) + bytes(size)


@pytest.mark.parametrize("rate", sorted(RATES))
def test_reads_every_valid_bitrate(rate):
    version = RATES[rate][0]
    for kbps in TABLES[version]:
        info = mpeg.parse(frame(rate, kbps) * 3)
        assert (info.version, info.sample_rate) == (version, rate)
        assert (info.kbps, info.n_frames) == (kbps, 3)


def test_supported_bitrates_of_each_rate():
    assert set(mpeg.BITRATES) == set(RATES)
    assert mpeg.BITRATES[16000] == TABLES["2"]
    assert mpeg.BITRATES[48000] == TABLES["1"]
    assert mpeg.BITRATES[8000] == (8, 16, 24, 32, 40, 48, 56, 64)


@pytest.mark.parametrize("tag", [b"Info", b"Xing"])
def test_info_frame_is_not_audio(tag):
    audio = frame(16000, 8, b"\x55") * 4
    info = mpeg.parse(id3v2(300) + frame(16000, 40, tag=tag) + audio)
    assert (info.kbps, info.n_frames) == (8, 4)
    assert info.frames_sha256 == hashlib.sha256(audio).hexdigest()


def test_tags_do_not_change_the_result():
    audio = frame(32000, 192, padding=1) * 2
    expected = mpeg.parse(audio)
    assert mpeg.parse(id3v2(10) + audio) == expected
    assert mpeg.parse(audio + b"TAG" + bytes(125)) == expected


def test_bitrate_is_the_mean_of_the_frames():
    assert mpeg.parse(frame(16000, 8) + frame(16000, 160)).kbps == 84


GOOD = frame(16000, 64)
DAMAGED = {
    "nothing": b"",
    "text": b"RIFF....WAVE",
    "truncated frame": GOOD * 2 + GOOD[:-1],
    "truncated header": GOOD + GOOD[:3],
    "garbage between frames": GOOD + b"\0" + GOOD,
    "a change of rate": GOOD + frame(24000, 64),
    "free format": b"\xff\xf3\x08\xc0" + bytes(400),
    "bad bitrate": b"\xff\xf3\xf8\xc0" + bytes(400),
    "reserved rate": b"\xff\xf3\x8c\xc0" + bytes(400),
    "layer II": b"\xff\xf5\x88\xc0" + bytes(400),
    "reserved version": b"\xff\xeb\x88\xc0" + bytes(400),
    "a tag and no more": id3v2(20),
    "a tag beyond the end": id3v2(20)[:12],
    "a short tag": b"ID3\x04",
    "a damaged tag": b"ID3\x04\x00\x00\xff\xff\xff\xff" + GOOD,
    "only an Info frame": frame(16000, 64, tag=b"Info"),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_rejects_damaged_streams(data):
    with pytest.raises(CodecError):
        mpeg.parse(data)


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_random_bytes_are_parsed_or_rejected(data):
    try:
        info = mpeg.parse(data)
    except CodecError:
        return
    assert info.n_frames > 0


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.just(GOOD), st.just(frame(16000, 8)), st.binary(max_size=5)), max_size=6),
    st.integers(0, 300),
)
def test_frames_mixed_with_random_bytes(parts, cut):
    data = b"".join(parts)
    data = data[: len(data) - cut]
    try:
        info = mpeg.parse(data)
    except CodecError:
        return
    assert info.sample_rate == 16000
    assert info.kbps in {8, 64} or 8 < info.kbps < 64
