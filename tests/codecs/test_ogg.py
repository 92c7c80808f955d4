"""Ogg pages and packets: those that encoders write, long ones, and damaged ones."""

from __future__ import annotations

import io
import struct
import subprocess
import time
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.codecs import ogg, specs
from aser_bench.core import ffmpeg
from aser_bench.core.errors import CodecError

# Codec -> headers in front of its audio, bitrate, packets in a second.
FILES = {"opus": (2, 24, 50), "vorbis": (3, 48, None), "speex": (2, 16.8, 50)}
every_file = pytest.mark.parametrize("name", FILES)
HEAD = struct.Struct("<4sBBqIIIB")


@cache
def coded(name: str) -> bytes:
    """Return a file that the encoder wrote of three seconds of noise."""
    signal = 0.1 * np.random.default_rng(1).standard_normal(48_000)
    codec = specs.get(name)
    conditions, _ = codec.conditions([FILES[name][1]], 16_000, "error")
    return codec.roundtrip([signal.astype(np.float32)], 16_000, conditions)[0][0].file


def page(parts: list[bytes], unfinished: bool = False, number: int = 0, flags: int = 0) -> bytes:
    """Build a page; its checksum is zero, as nobody looks at it."""
    sizes = b""
    for part in parts:
        sizes += b"\xff" * (len(part) // 255)
        if not (unfinished and part is parts[-1]):
            sizes += bytes([len(part) % 255])
    head = HEAD.pack(b"OggS", 0, flags, 100 * number, 7, number, 0, len(sizes))
    return head + sizes + b"".join(parts)


def written(packets: list[bytes]) -> bytes:
    """Build a file of packets as long as may be, each page filled with up to 255 segments."""
    out, number = [], 0
    for packet in packets:
        while len(packet) >= 255 * 255:
            out.append(page([packet[: 255 * 255]], unfinished=True, number=number))
            packet, number = packet[255 * 255 :], number + 1
        out.append(page([packet], number=number, flags=1))
        number += 1
    return b"".join(out)


def checksum(data: bytes) -> int:
    """Return the checksum of RFC 3533, a bit at a time."""
    word = 0
    for byte in data:
        for bit in range(7, -1, -1):
            top = word >> 31 ^ byte >> bit & 1
            word = word << 1 & 0xFFFFFFFF ^ (0x04C11DB7 if top else 0)
    return word


@every_file
def test_packets_of_an_encoder(name):
    headers, _, per_second = FILES[name]
    packets, granule = ogg.packets(coded(name))
    magic = {"opus": b"OpusHead", "vorbis": b"\x01vorbis", "speex": b"Speex   "}[name]
    assert packets[0].startswith(magic)
    if per_second:
        assert len(packets) - headers == pytest.approx(3 * per_second, abs=3)
    rate = 48_000 if name == "opus" else 16_000
    assert granule == pytest.approx(3 * rate, rel=0.02)


@every_file
def test_the_pages_of_an_encoder_are_all_of_its_bytes(name):
    data = coded(name)
    found = list(ogg.pages(data))
    assert [one.number for one in found] == list(range(len(found)))
    assert len({one.serial for one in found}) == 1
    assert found[0].flags & 2
    assert found[-1].flags & 4
    sizes = sum(27 + sum(len(part) // 255 + 1 for part in one.parts) for one in found)
    content = sum(len(part) for one in found for part in one.parts)
    assert sizes + content == len(data)


@every_file
def test_replacing_nothing_changes_no_byte(name):
    assert ogg.replace_packets(coded(name), {}) == coded(name)
    packets, _ = ogg.packets(coded(name))
    assert ogg.replace_packets(coded(name), dict(enumerate(packets))) == coded(name)


def test_a_replaced_packet_is_replaced_and_no_other():
    data = coded("opus")
    packets, granule = ogg.packets(data)
    for new in (packets[40][:1], b"", packets[40] * 9, bytes(255), bytes(510)):
        changed = ogg.replace_packets(data, {40: new})
        assert ogg.packets(changed) == ([*packets[:40], new, *packets[41:]], granule)


def test_libsndfile_takes_a_file_with_replaced_packets():
    """A wrong checksum would cost the page, and with it the file's length."""
    data = coded("opus")
    before, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    packets, _ = ogg.packets(data)
    changed = ogg.replace_packets(data, {i: bytes([packets[i][0] & 0xFC]) for i in range(60, 70)})
    after, _ = soundfile.read(io.BytesIO(changed), dtype="float32")
    assert len(after) == len(before)
    frame = len(before) // 150
    np.testing.assert_array_equal(after[: 50 * frame], before[: 50 * frame])
    lost = slice(60 * frame, 68 * frame)
    assert np.abs(after - before)[lost].max() > 0.1  # concealed


def test_checksums_are_those_of_the_standard():
    changed = ogg.replace_packets(coded("opus"), {5: b"x" * 300})
    position = 0
    for one in ogg.pages(changed):
        length = 27 + sum(len(part) // 255 + 1 for part in one.parts) + sum(map(len, one.parts))
        whole = bytearray(changed[position : position + length])
        (stated,) = struct.unpack("<I", whole[22:26])
        whole[22:26] = bytes(4)
        assert checksum(whole) == stated
        position += length
    assert position == len(changed)


LONG = [0, 1, 254, 255, 256, 509, 510, 511, 65_024, 65_025, 65_026, 130_050, 200_000]


@pytest.mark.parametrize("size", LONG)
def test_packets_of_any_length(size):
    packets = [b"first", bytes(i % 251 for i in range(size)), b"last"]
    assert ogg.packets(written(packets)) == (packets, 100 * (size // 65_025 + 2))


@pytest.mark.parametrize("size", [0, 254, 255, 510, 64_770])
def test_long_packets_are_replaced_within_a_page(size):
    data = ogg.replace_packets(written([b"a", b"b", b"c"]), {1: b"x" * size})
    assert ogg.packets(data)[0] == [b"a", b"x" * size, b"c"]


def test_what_does_not_fit_a_page_is_refused():
    with pytest.raises(CodecError, match="too many packets"):
        ogg.replace_packets(written([b"a", b"b"]), {1: bytes(65_025)})
    with pytest.raises(CodecError, match="more than one page"):
        ogg.replace_packets(written([b"a", bytes(70_000)]), {0: b"b"})


def test_a_packet_over_several_pages_of_a_real_file(tmp_path):
    """Tags of 150000 characters."""
    source = ["-f", "lavfi", "-i", "sine=duration=0.5:sample_rate=16000"]
    tags = [f"-metadata:s:a=t{n}={'x' * 75_000}" for n in range(2)]
    tags = [word for tag in tags for word in tag.split("=", 1)]
    command = [ffmpeg.binary(), "-v", "error", *source, *tags, "-c:a", "libopus"]
    subprocess.run([*command, tmp_path / "a.opus"], check=True, stdin=subprocess.DEVNULL)
    packets, _ = ogg.packets((tmp_path / "a.opus").read_bytes())
    assert packets[1].startswith(b"OpusTags")
    assert packets[1].count(b"x") >= 150_000
    assert len(packets) - 2 == pytest.approx(25, abs=2)
    with pytest.raises(CodecError, match="more than one page"):
        ogg.replace_packets((tmp_path / "a.opus").read_bytes(), {5: b""})


GOOD = written([b"head", b"x" * 300])
BROKEN = {
    "nothing": b"",
    "text": b"hello, this is no Ogg file at all",
    "a cut header": GOOD[:20],
    "a cut table": GOOD[:27],
    "cut content": GOOD[:-1],
    "another version": GOOD[:4] + b"\1" + GOOD[5:],
    "garbage between pages": GOOD + b"\0" + GOOD,
    "garbage behind": GOOD + bytes(40),
    "a packet without an end": page([b"a", b"x" * 255], unfinished=True),
    "pages without packets": page([]) * 3,
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_anything_else_is_an_error(data):
    with pytest.raises(CodecError):
        ogg.packets(data)


@every_file
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_whatever_is_done_to_a_file_there_is_an_answer_or_an_error(name, data):
    content = bytearray(coded(name))
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, max(0, len(content) - 1)))
        match data.draw(st.sampled_from(["flip", "lose", "insert", "cut"])):
            case "flip" if content:
                content[where] ^= data.draw(st.integers(1, 255))
            case "lose":
                del content[where : where + data.draw(st.integers(1, 300))]
            case "insert":
                content[where:where] = data.draw(st.binary(max_size=40))
            case "cut":
                del content[where:]
    for read in (ogg.packets, lambda found: ogg.replace_packets(found, {3: b"new"})):
        with suppress(CodecError):
            read(bytes(content))


@settings(deadline=None)
@given(st.lists(st.binary(max_size=700), min_size=1, max_size=5))
def test_packets_come_back(packets):
    data = written(packets)
    assert ogg.packets(data)[0] == packets
    assert ogg.packets(ogg.replace_packets(data, {}))[0] == packets


def test_a_packet_over_very_many_pages_takes_no_time():
    """A whole page for each 255 bytes: joined anew each time, it would take minutes."""
    data = page([b"a"]) + page([b"x" * 255], unfinished=True) * 60_000 + page([b"b"])
    start = time.perf_counter()
    packets, _ = ogg.packets(data)
    assert time.perf_counter() - start < 5
    assert len(packets[1]) == 60_000 * 255 + 1
