"""Bitrates from frame sizes: encoded, damaged and random files."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.codecs import payload, specs
from aser_bench.codecs.payload import Payload
from aser_bench.core import ffmpeg
from aser_bench.core.errors import CodecError

NB, WB = b"#!AMR\n", b"#!AMR-WB\n"
READERS = {
    "aac": payload.adts_frames,
    "amr-nb": lambda data: payload.amr_payload(data, NB, payload.AMR_NB_BITS),
    "amr-wb": lambda data: payload.amr_payload(data, WB, payload.AMR_WB_BITS),
    "sbc": lambda data: payload.split_frames(data, payload.sbc_frame_size(data)[0]),
}
every_reader = pytest.mark.parametrize("name", READERS)


@cache
def coded(name: str, kbps: float, seconds: float = 1.0) -> bytes:
    """Return an encoded file with noise."""
    if ffmpeg.missing_coder(specs.get(name).encoder_name):
        pytest.skip(f"ffmpeg has no encoder for {name}")
    signal = 0.1 * np.random.default_rng(1).standard_normal(int(16_000 * seconds))
    codec = specs.get(name)
    conditions, _ = codec.conditions([kbps], 16_000, "error")
    return codec.roundtrip([signal.astype(np.float32)], 16_000, conditions)[0][0].file


def example_file(name: str) -> bytes:
    return coded(name, {"aac": 32, "amr-nb": 12.2, "amr-wb": 12.65, "sbc": 64}[name])


@pytest.mark.parametrize("kbps", [4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2])
def test_bitrates_of_amr_nb(kbps):
    assert READERS["amr-nb"](coded("amr-nb", kbps)).kbps == pytest.approx(kbps)


@pytest.mark.parametrize("kbps", [6.6, 8.85, 12.65, 14.25, 15.85, 18.25, 19.85, 23.05, 23.85])
def test_bitrates_of_amr_wb(kbps):
    assert READERS["amr-wb"](coded("amr-wb", kbps)).kbps == pytest.approx(kbps)


def test_aac_frames_exclude_their_headers():
    data = example_file("aac")
    frames = payload.adts_frames(data)
    assert 16 <= len(frames) <= 18  # of 1024 samples
    assert sum(map(len, frames)) == len(data) - 7 * len(frames)
    assert b"".join(data[:7] + frame for frame in frames)[:7] == data[:7]
    assert data.endswith(frames[-1])


@pytest.mark.parametrize("kbps", [24, 64, 256])
def test_sbc_frame_size_gives_the_bitrate(kbps):
    data = coded("sbc", kbps)
    size, samples = payload.sbc_frame_size(data)
    assert samples == 128
    assert len(data) % size == 0
    assert all(frame[:1] == b"\x9c" for frame in payload.split_frames(data, size))
    assert 8 * size * 16_000 / samples / 1000 == pytest.approx(kbps, abs=1)


def amr_file(*frames: bytes, magic: bytes = NB) -> bytes:
    return magic + b"".join(frames)


def test_comfort_noise_and_empty_frames_count_as_time():
    speech, noise, empty = bytes([7 << 3]) + bytes(31), bytes([8 << 3]) + bytes(5), b"\x78"
    result = payload.amr_payload(amr_file(speech, noise, empty), NB, payload.AMR_NB_BITS)
    assert result.kbps == pytest.approx((244 + 40) / 0.060 / 1000)
    assert result.sha256 == hashlib.sha256(speech + noise + empty).hexdigest()


def test_hash_is_that_of_the_joined_frames():
    first = Payload.from_frames([b"ab", b"c"], 1)
    second = Payload.from_frames([b"a", b"bc"], 2)
    assert first.sha256 == second.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert first.kbps == 0.024
    assert second.kbps == 0.012
    assert Payload.from_frames([b"ab"], 1, bits=9).kbps == 0.009


BROKEN = {
    "no frames": lambda: Payload.from_frames([], 1),
    "no time": lambda: Payload.from_frames([b"a"], 0),
    "negative time": lambda: Payload.from_frames([b"a"], -1),
    "truncated frame": lambda: payload.split_frames(bytes(100), 33),
    "text for AAC": lambda: payload.adts_frames(b"hello"),
    "AAC header without frame": lambda: payload.adts_frames(b"\xff\xf1\x60\x40\x00\x1f\xfc"),
    "AAC frame of length 0": lambda: payload.adts_frames(
        b"\xff\xf1\x60\x40\x00\x00\xfc" + bytes(9)
    ),
    "text for AMR": lambda: payload.amr_payload(b"hello", NB, payload.AMR_NB_BITS),
    "AMR-WB instead of AMR-NB": lambda: payload.amr_payload(
        amr_file(magic=WB), NB, payload.AMR_NB_BITS
    ),
    "AMR without frames": lambda: payload.amr_payload(amr_file(), NB, payload.AMR_NB_BITS),
    "unknown AMR frame type": lambda: payload.amr_payload(
        amr_file(b"\x58"), NB, payload.AMR_NB_BITS
    ),
    "truncated AMR frame": lambda: payload.amr_payload(
        amr_file(b"\x38" + bytes(30)), NB, payload.AMR_NB_BITS
    ),
    "text for SBC": lambda: payload.sbc_frame_size(b"hello"),
    "stereo SBC": lambda: payload.sbc_frame_size(b"\x9c\x3d\x20\x00"),
    "three bytes of SBC": lambda: payload.sbc_frame_size(b"\x9c\x31\x20"),
}


@pytest.mark.parametrize("read", BROKEN.values(), ids=BROKEN)
def test_rejects_invalid_files(read):
    with pytest.raises(CodecError):
        read()


@every_reader
def test_rejects_truncated_files(name):
    data = example_file(name)
    READERS[name](data)
    for cut in (1, 3, 10):
        with pytest.raises(CodecError):
            READERS[name](data[:-cut])


@every_reader
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_changed_files_are_read_or_rejected(name, data):
    """Changed bits and lost or inserted bytes raise no error other than CodecError."""
    content = bytearray(example_file(name))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["flip", "delete", "insert", "truncate"])):
            case "flip":
                content[position] ^= data.draw(st.integers(1, 255))
            case "delete":
                del content[position : position + data.draw(st.integers(1, 40))]
            case "insert":
                content[position:position] = data.draw(st.binary(max_size=20))
            case "truncate":
                del content[position + 1 :]
        if not content:
            break
    with suppress(CodecError):
        READERS[name](bytes(content))


@every_reader
@settings(deadline=None)
@given(first=st.sampled_from([b"", NB, WB, b"\xff\xf1", b"\x9c\x31\x20"]), rest=st.binary())
def test_random_bytes_are_read_or_rejected(name, first, rest):
    with suppress(CodecError):
        READERS[name](first + rest)


@every_reader
def test_reading_time_is_linear_in_the_file_size(name):
    data = example_file(name)
    magic = {"amr-nb": len(NB), "amr-wb": len(WB)}.get(name, 0)
    long_file = data[:magic] + data[magic:] * 400
    start = time.perf_counter()
    READERS[name](long_file)
    assert time.perf_counter() - start < 2
