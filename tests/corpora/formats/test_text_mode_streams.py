"""Parsers of frames, pages and elements: any contents are accepted without an exception."""

import numpy as np
import pytest
from audio_files import RATE, converted, id3_tag, mp3, speech_like, written
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.corpora import formats
from aser_bench.corpora.formats import chunks, elements, frames, mpeg, ogg, plain_headers

STARTS = [
    *(b"\xff\xfb\x90\xc4", b"\xff\xf3\x88\xc4", b"\xff\xf1\x60\x40", b"\x0bw\0\0\x40\x40"),
    *(b"ID3\x03\0\0\0\0\0\x05", b"OggS\0\2", b"fLaC\0\0\0\x22", b"#!AMR\n", b"#!AMR-WB\n"),
    *(b"NIST_1A\n   1024\n", b"Creative Voice File\x1a\x1a\0", b"\xf0\x7e\0\1", b".snd\0\0\0\x18"),
    *(
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0AVI ",
        b"RF64\xff\xff\xff\xffWAVEds64",
        b"FORM\0\0\0\0AIFF",
    ),
    *(
        b"\0\0\0\x08ftyp",
        b"\0\0\0\1moov",
        b"\x1aE\xdf\xa3\x80\x18\x53\x80\x67\xff",
        b"FLV\1\1\0\0\0\x09",
    ),
    *(
        b"wvpk\0\0\0\0",
        b"TTA1",
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
        chunks._W64_RIFF,
    ),
]
NAMES = ["", "aac", "ac3", "amr", "mp3", "ogg", "wav", "voc", "nistsphere", "flac"]


@settings(deadline=None, max_examples=300)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=400), data=st.data())
def test_random_contents_raise_no_error(start, rest, data):
    contents = start + rest
    name = data.draw(st.sampled_from([*NAMES, *elements._ELEMENTS]))
    for reason in (formats.length_error(contents), formats.container_error(contents, name)):
        assert "\n" not in reason
    formats.states_length(contents, name)
    mpeg.without_id3_tag(contents)
    mpeg.fewest_samples(contents)
    chunks.with_real_size(contents)
    plain_headers.has_several_voc_sounds(contents)
    ogg.opus_seconds(contents)
    ogg.vorbis_block(contents)
    if b"OggS" in contents[:-27]:
        ogg.with_late_end(contents)


@settings(deadline=None, max_examples=40)
@given(number=st.integers(1, 40), cut=st.integers(1, 100))
def test_missing_bytes_of_the_last_frame_are_counted(number, cut):
    frame = b"\xff\xf1\x60\x40\x0d\x1f\xfc" + bytes(97)  # 104 bytes
    stream = frame * number
    walked = frames.walk(stream, 0, frames._adts_size)
    assert (walked.count, walked.missing, walked.gap) == (number, 0, 0)
    reason = frames.stream_error(stream[:-cut], "aac")
    if cut <= 97:
        assert f"{cut} bytes of its last frame are missing" in reason


@settings(deadline=None, max_examples=30)
@given(position=st.integers(3, 20), junk=st.binary(min_size=1, max_size=200))
def test_bytes_between_frames_are_damage(position, junk):
    frame = b"\xff\xf1\x60\x40\x0d\x1f\xfc" + bytes(97)
    stream = frame * position + b"\x01" + junk.replace(b"\xff", b"\x01") + frame * 10
    assert f"bytes from {104 * position} on" in frames.stream_error(stream, "aac")


@pytest.mark.parametrize(
    "tag", [b"TAG" + bytes(125), b"APETAGEX" + bytes(24), bytes(500), id3_tag()]
)
def test_tags_after_the_frames_are_accepted(tag):
    assert mpeg.stream_error(mp3() + tag) == ""
    assert mpeg.stream_error(mp3() + tag + mp3()) == ""


def test_frames_of_mp3_files_are_counted():
    samples = mpeg.fewest_samples(mp3())
    assert 0.5 * RATE < samples < RATE


@pytest.mark.parametrize(
    ("name", "options", "rate"),
    [
        ("a.mp3", [], 44100),
        ("a.mp3", ["-b:a", "160k"], 8000),
        ("a.mp2", [], 48000),
        ("a.aac", [], 44100),
        ("a.ac3", [], 44100),
        ("a.eac3", [], 48000),
        ("b.amr", ["-c:a", "libopencore_amrnb", "-b:a", "4750"], 8000),
        ("b.amr", ["-c:a", "libopencore_amrnb", "-b:a", "12200"], 8000),
        ("c.amr", ["-c:a", "libvo_amrwbenc", "-b:a", "23850"], 16000),
    ],
)
def test_streams_of_encoders_have_no_error(name, options, rate, tmp_path):
    contents = converted(tmp_path, name, "-ar", str(rate), *options)
    kind = {"a.mp3": "mp3", "a.mp2": "mp3", "a.aac": "aac"}.get(
        name, "amr" if "amr" in name else "ac3"
    )
    assert formats.container_error(contents, kind) == ""
    missing = formats.container_error(contents[:-2], kind)
    assert "2 bytes of its last frame are missing" in missing


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("seconds", [0.1, 1, 7])
def test_ogg_files_of_the_encoder_have_no_error(subtype, seconds):
    contents = written("OGG", subtype, speech_like(int(seconds * RATE)))
    assert ogg.stream_error(contents) == ""
    assert ogg.states_length(contents)
    if subtype == "OPUS":
        assert 0 <= ogg.opus_seconds(contents) - seconds < 0.125


def test_nist_header_without_a_count_states_no_size():
    contents = written("NIST").replace(b"sample_count -i 16000", b"sample_count -i 0    ")
    assert not formats.states_length(contents)
    assert formats.length_error(contents) == ""
    contents = written("NIST").replace(b"sample_count -i 16000", b"sample_count -i 12000")
    assert "correct sample_count" in formats.length_error(contents)


@pytest.mark.parametrize("kind", [3, 6])
def test_voc_file_with_silence_or_a_loop_is_refused(kind):
    contents = written("VOC")
    block = bytes((kind, 3, 0, 0, 1, 0, 0))
    assert "silence or loops" in formats.length_error(contents[:26] + block + contents[26:])


def test_chunks_after_the_audio_are_accepted():
    contents = written("WAV", signal=np.zeros(100))
    for tail in (b"LIST\4\0\0\0abcd", b"abcd\1\0\0\0x", b"\0" * 50, b"\0", b"TAG" + bytes(125)):
        assert chunks.header_error(contents + tail) == ""
    assert chunks.header_error(contents + b"LIST\xff\0\0\0abcd") == ""  # metadata are cut off
    for tail in (b"abcdefgh1234", b"\x80\x90\xa0", b"data\4\0\0\0abcd"):
        assert "after its audio" in chunks.header_error(contents + tail)
