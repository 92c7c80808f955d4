"""Detection of truncated files from their chunks."""

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.corpora import formats
from aser_bench.corpora.formats import chunks

FORMATS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "OGG", "FLAC", "MP3")


def encoded(form: str, frames: int = 4000) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, frames)
    soundfile.write(file, noise, 16000, format=form)
    return file.getvalue()


def wav(data_size: int, data: bytes, extra: bytes = b"") -> bytes:
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
    body += b"data" + struct.pack("<I", data_size) + data + extra
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("form", FORMATS)
def test_complete_files_have_no_error(form):
    assert formats.length_error(encoded(form)) == ""


@pytest.mark.parametrize("form", [f for f in FORMATS if f not in ("FLAC", "MP3")])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_files_are_detected(form, share):
    whole = encoded(form)
    assert "cut off" in formats.length_error(whole[: int(len(whole) * share)])


@settings(deadline=None)
@given(size=st.integers(2, 2000), cut=st.integers(1, 2000))
def test_any_truncation_of_the_samples_is_detected(size, cut):
    whole = wav(size, bytes(size))
    cut = min(cut, size)
    reason = chunks.header_error(whole[:-cut])
    assert f"{size} bytes of audio and the file has {size - cut}" in reason


@settings(deadline=None)
@given(parts=st.lists(st.tuples(st.sampled_from([b"FLLR", b"LIST", b"bext"]), st.binary())))
def test_other_chunks_are_ignored(parts):
    other_chunks = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in parts
    )
    after = wav(4, b"abcd", other_chunks)
    before = after[:12] + other_chunks + after[12:]
    assert chunks.find_data_chunk(before).declared_bytes == 4
    assert chunks.header_error(after) == chunks.header_error(before) == ""


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_raise_no_error(contents):
    for start in (b"", b"RIFF1234WAVE", b"RF641234WAVEds64", b"FORM1234AIFF", b"OggS", b".snd"):
        chunks.header_error(start + contents)
        chunks.states_size(start + contents)
        chunks.with_real_size(start + contents)


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_random_bytes_after_caf_and_w64_headers_raise_no_error(contents):
    chunks.header_error(b"caff\0\1\0\0" + contents)
    chunks.header_error(chunks._W64_RIFF + bytes(24) + contents)


def test_size_zero_followed_by_samples_is_a_placeholder():
    contents = wav(0, b"\1\0\2\0" * 500)
    assert chunks.header_error(contents) == ""
    assert not chunks.states_size(contents)
    assert chunks.find_data_chunk(chunks.with_real_size(contents)).declared_bytes == 2000


def test_size_zero_followed_by_a_chunk_is_an_empty_recording():
    assert chunks.header_error(wav(0, b"", b"LIST\4\0\0\0abcd")) == ""
    assert chunks.header_error(wav(0, b"")) == ""


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_stream_without_size_is_accepted(size):
    assert chunks.header_error(wav(size, b"\1\0\2\0" * 500)) == ""


def test_rf64_size_is_read_from_ds64():
    whole = encoded("RF64")
    assert whole[:4] == b"RF64"
    data = chunks.find_data_chunk(whole)
    assert data.declared_bytes == data.present_bytes == 8000
