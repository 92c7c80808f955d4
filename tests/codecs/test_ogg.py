"""Ogg pages and packets: files of encoders, long packets, and damaged files."""

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

# Codec -> number of header packets, bitrate, packets per second.
FILES = {"opus": (2, 24, 50), "vorbis": (3, 48, None), "speex": (2, 16.8, 50)}
every_file = pytest.mark.parametrize("name", FILES)
HEAD = struct.Struct("<4sBBqIIIB")


@cache
def coded(name: str) -> bytes:
    """Return an encoded file with three seconds of noise."""
    signal = 0.1 * np.random.default_rng(1).standard_normal(48_000)
    codec = specs.get(name)
    conditions, _ = codec.conditions([FILES[name][1]], 16_000, "error")
    return codec.roundtrip([signal.astype(np.float32)], 16_000, conditions)[0][0].file


def page(parts: list[bytes], continues: bool = False, number: int = 0, flags: int = 0) -> bytes:
    """Return a page; its checksum is 0, because the reader ignores it."""
    sizes = b""
    for part in parts:
        sizes += b"\xff" * (len(part) // 255)
        if not (continues and part is parts[-1]):
            sizes += bytes([len(part) % 255])
    head = HEAD.pack(b"OggS", 0, flags, 100 * number, 7, number, 0, len(sizes))
    return head + sizes + b"".join(parts)


def ogg_file(packets: list[bytes]) -> bytes:
    """Return a file of packets; long packets fill pages with 255 segments."""
    out, number = [], 0
    for packet in packets:
        while len(packet) >= 255 * 255:
            out.append(page([packet[: 255 * 255]], continues=True, number=number))
            packet, number = packet[255 * 255 :], number + 1
        out.append(page([packet], number=number, flags=1))
        number += 1
    return b"".join(out)


def checksum(data: bytes) -> int:
    """Return the checksum of RFC 3533, computed bit by bit."""
    word = 0
    for byte in data:
        for bit in range(7, -1, -1):
            top = word >> 31 ^ byte >> bit & 1
            word = word << 1 & 0xFFFFFFFF ^ (0x04C11DB7 if top else 0)
    return word


@every_file
def test_packets_of_encoded_files(name):
    headers, _, per_second = FILES[name]
    packets, granule = ogg.packets(coded(name))
    magic = {"opus": b"OpusHead", "vorbis": b"\x01vorbis", "speex": b"Speex   "}[name]
    assert packets[0].startswith(magic)
    if per_second:
        assert len(packets) - headers == pytest.approx(3 * per_second, abs=3)
    rate = 48_000 if name == "opus" else 16_000
    assert granule == pytest.approx(3 * rate, rel=0.02)


@every_file
def test_pages_cover_all_bytes_of_encoded_files(name):
    data = coded(name)
    pages = list(ogg.pages(data))
    assert [page.number for page in pages] == list(range(len(pages)))
    assert len({page.serial for page in pages}) == 1
    assert pages[0].flags & 2
    assert pages[-1].flags & 4
    sizes = sum(27 + sum(len(part) // 255 + 1 for part in page.parts) for page in pages)
    content = sum(len(part) for page in pages for part in page.parts)
    assert sizes + content == len(data)


@every_file
def test_replacement_by_equal_packets_changes_no_byte(name):
    assert ogg.replace_packets(coded(name), {}) == coded(name)
    packets, _ = ogg.packets(coded(name))
    assert ogg.replace_packets(coded(name), dict(enumerate(packets))) == coded(name)


def test_only_the_given_packet_is_replaced():
    data = coded("opus")
    packets, granule = ogg.packets(data)
    for new in (packets[40][:1], b"", packets[40] * 9, bytes(255), bytes(510)):
        changed = ogg.replace_packets(data, {40: new})
        assert ogg.packets(changed) == ([*packets[:40], new, *packets[41:]], granule)


def test_libsndfile_reads_a_file_with_replaced_packets():
    """With a wrong checksum, libsndfile would skip the page, and the file would be shorter."""
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


def test_checksums_follow_rfc_3533():
    changed = ogg.replace_packets(coded("opus"), {5: b"x" * 300})
    position = 0
    for page in ogg.pages(changed):
        length = 27 + sum(len(part) // 255 + 1 for part in page.parts) + sum(map(len, page.parts))
        content = bytearray(changed[position : position + length])
        (stored,) = struct.unpack("<I", content[22:26])
        content[22:26] = bytes(4)
        assert checksum(content) == stored
        position += length
    assert position == len(changed)


LONG = [0, 1, 254, 255, 256, 509, 510, 511, 65_024, 65_025, 65_026, 130_050, 200_000]


@pytest.mark.parametrize("size", LONG)
def test_reads_packets_of_any_length(size):
    packets = [b"first", bytes(i % 251 for i in range(size)), b"last"]
    assert ogg.packets(ogg_file(packets)) == (packets, 100 * (size // 65_025 + 2))


@pytest.mark.parametrize("size", [0, 254, 255, 510, 64_770])
def test_replaces_packets_on_one_page(size):
    data = ogg.replace_packets(ogg_file([b"a", b"b", b"c"]), {1: b"x" * size})
    assert ogg.packets(data)[0] == [b"a", b"x" * size, b"c"]


def test_rejects_replacement_across_pages():
    with pytest.raises(CodecError, match="too many packets"):
        ogg.replace_packets(ogg_file([b"a", b"b"]), {1: bytes(65_025)})
    with pytest.raises(CodecError, match="more than one page"):
        ogg.replace_packets(ogg_file([b"a", bytes(70_000)]), {0: b"b"})


def test_packet_on_several_pages_of_an_encoded_file(tmp_path):
    """The tags have 150,000 characters."""
    source = ["-f", "lavfi", "-i", "sine=duration=0.5:sample_rate=16000"]
    tags = [f"-metadata:s:a=t{n}={'x' * 75_000}" for n in range(2)]
    tags = [part for tag in tags for part in tag.split("=", 1)]
    command = [ffmpeg.binary(), "-v", "error", *source, *tags, "-c:a", "libopus"]
    subprocess.run([*command, tmp_path / "a.opus"], check=True, stdin=subprocess.DEVNULL)
    packets, _ = ogg.packets((tmp_path / "a.opus").read_bytes())
    assert packets[1].startswith(b"OpusTags")
    assert packets[1].count(b"x") >= 150_000
    assert len(packets) - 2 == pytest.approx(25, abs=2)
    with pytest.raises(CodecError, match="more than one page"):
        ogg.replace_packets((tmp_path / "a.opus").read_bytes(), {5: b""})


GOOD = ogg_file([b"head", b"x" * 300])
BROKEN = {
    "nothing": b"",
    "text": b"hello, this is not an Ogg file",
    "truncated header": GOOD[:20],
    "truncated table": GOOD[:27],
    "truncated content": GOOD[:-1],
    "another version": GOOD[:4] + b"\1" + GOOD[5:],
    "garbage between pages": GOOD + b"\0" + GOOD,
    "garbage at the end": GOOD + bytes(40),
    "packet without end": page([b"a", b"x" * 255], continues=True),
    "pages without packets": page([]) * 3,
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_rejects_damaged_files(data):
    with pytest.raises(CodecError):
        ogg.packets(data)


@every_file
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_changed_files_are_read_or_rejected(name, data):
    content = bytearray(coded(name))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, max(0, len(content) - 1)))
        match data.draw(st.sampled_from(["flip", "delete", "insert", "truncate"])):
            case "flip" if content:
                content[position] ^= data.draw(st.integers(1, 255))
            case "delete":
                del content[position : position + data.draw(st.integers(1, 300))]
            case "insert":
                content[position:position] = data.draw(st.binary(max_size=40))
            case "truncate":
                del content[position:]
    for read in (ogg.packets, lambda file: ogg.replace_packets(file, {3: b"new"})):
        with suppress(CodecError):
            read(bytes(content))


@settings(deadline=None)
@given(st.lists(st.binary(max_size=700), min_size=1, max_size=5))
def test_written_packets_are_read(packets):
    data = ogg_file(packets)
    assert ogg.packets(data)[0] == packets
    assert ogg.packets(ogg.replace_packets(data, {}))[0] == packets


def test_packet_on_many_pages_is_read_in_linear_time():
    """Each page has 255 bytes; joining the parts page by page would take minutes."""
    data = page([b"a"]) + page([b"x" * 255], continues=True) * 60_000 + page([b"b"])
    start = time.perf_counter()
    packets, _ = ogg.packets(data)
    assert time.perf_counter() - start < 5
    assert len(packets[1]) == 60_000 * 255 + 1
