"""Decoding of unusual codecs, placeholder sizes, joined files and samples above full scale."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
import soundfile
from audio_files import RATE, converted, id3_tag, mp3, replaced, speech_like, tlen_tag, written
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core import ffmpeg
from aser_bench.core.errors import AudioError
from aser_bench.core.ogg_checksum import checksum
from aser_bench.corpora import audio, formats
from aser_bench.corpora.decoding import decode
from aser_bench.corpora.formats import flac, ogg

LOUD = 4 * speech_like() / np.abs(speech_like()).max()

NOT_SEEKABLE = [
    *(("WAV", name) for name in ("GSM610", "G721_32", "NMS_ADPCM_16", "NMS_ADPCM_32")),
    *(("AIFF", name) for name in ("GSM610", "DWVW_16", "DWVW_24")),
    *(("AU", name) for name in ("G721_32", "G723_24", "G723_40")),
    ("W64", "GSM610"),
]


def similarity(signal: np.ndarray, source: np.ndarray) -> float:
    length = min(len(signal), len(source))
    return float(np.corrcoef(signal[:length], source[:length])[0, 1])


def reason(contents: bytes) -> str:
    """Return why a file is refused, or an empty string."""
    try:
        decode(contents)
    except AudioError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("form", "subtype"), NOT_SEEKABLE)
def test_codecs_that_libsndfile_cannot_seek_in_are_read(form, subtype, tmp_path):
    (tmp_path / "a.bin").write_bytes(written(form, subtype))
    signal = audio.read(tmp_path / "a.bin")
    assert 0 <= len(signal) - RATE <= 320  # one block
    assert similarity(signal, speech_like()) > 0.95
    part = audio.read(tmp_path / "a.bin", segment=audio.Segment(0.25, 0.5))
    np.testing.assert_array_equal(part, signal[4000:8000])


@pytest.mark.parametrize(("form", "subtype"), [("WAV", "GSM610"), ("WAV", "NMS_ADPCM_16")])
def test_padding_of_the_last_block_is_removed(form, subtype):
    assert len(decode(written(form, subtype)).signal) == RATE


@pytest.mark.parametrize("stated", [0, 100, 8000, 30000])
def test_wrong_number_of_samples_beside_the_codec_loses_nothing(stated):
    contents = written("WAV", "GSM610")
    wrong = replaced(contents, contents.index(b"fact") + 8, stated, 4)
    assert len(decode(wrong).signal) >= RATE


def test_rejects_aiff_header_with_fewer_samples_than_its_blocks_have():
    contents = written("AIFF", "GSM610")
    with pytest.raises(AudioError, match="decoder reads 1600 samples although the file has"):
        decode(replaced(contents, contents.index(b"COMM") + 10, 1600, 4, "big"))


@pytest.mark.parametrize(
    "arguments",
    [["libmp3lame"], ["mp2"], ["adpcm_yamaha"], ["g722"], ["wmav2"]],
    ids=lambda arguments: arguments[0],
)
def test_wav_files_with_other_codecs_are_read(arguments, tmp_path):
    decoded = decode(converted(tmp_path, "a.wav", "-c:a", *arguments))
    assert abs(len(decoded.signal) - RATE) < 3000
    assert decoded.rate == RATE


def test_codec_that_ffmpeg_does_not_decode_is_named(tmp_path):
    contents = written("WAV")
    contents = replaced(contents, contents.index(b"fmt ") + 8, 0x4321, 2)
    with pytest.raises(AudioError, match=r"no decoder for its codec|codec is not supported"):
        decode(contents)


# Format, bytes before the size of the audio data, number of bytes of the size.
SIZES = {
    "WAV": (b"data", 4, "little"),
    "AIFF": (b"SSND", 4, "big"),
    "AU": (b".snd\0\0\0\x18", 4, "big"),
    "W64": (b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a", 8, "little"),
    "CAF": (b"data", 8, "big"),
    "RF64": (b"data", 4, "little"),
}


@pytest.mark.parametrize("form", SIZES)
@pytest.mark.parametrize(
    "size", [2_000_000_000, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFDB, 0, -1]
)
def test_recordings_with_placeholder_sizes_are_read_whole(form, size):
    contents = written(form)
    before, width, order = SIZES[form]
    at = contents.index(before) + len(before)
    decoded = decode(replaced(contents, at, size, width, order))
    np.testing.assert_array_equal(decoded.signal, decode(contents).signal)
    assert not decoded.states_length or form == "RF64"
    assert decode(contents).states_length


@settings(deadline=None, max_examples=30)
@given(cut=st.integers(1, 31000), size=st.sampled_from([0, 0x7FFFFFFF, 0xFFFFFFFF]))
def test_placeholder_with_any_number_of_bytes_is_read_to_the_end(cut, size):
    contents = written("WAV")
    unfinished = replaced(contents, contents.index(b"data") + 4, size, 4)[:-cut]
    np.testing.assert_array_equal(
        decode(unfinished).signal, decode(contents).signal[: RATE - -(-cut // 2)]
    )


def test_mp3_in_wav_with_placeholder_size_is_read(tmp_path):
    contents = converted(tmp_path, "a.wav", "-c:a", "libmp3lame")
    unfinished = replaced(contents, contents.index(b"data") + 4, 0xFFFFFFFF, 4)
    np.testing.assert_array_equal(decode(unfinished).signal, decode(contents).signal)


@pytest.mark.parametrize("codec", ["pcm_s16le", "libmp3lame", "aac"])
def test_avi_is_read(codec, tmp_path):
    decoded = decode(converted(tmp_path, "a.avi", "-c:a", codec))
    assert abs(len(decoded.signal) - RATE) < 3000


@pytest.mark.parametrize("tags", [1, 2])
@pytest.mark.parametrize("form", ["FLAC", "OGG", "WAV", "AIFF", "MP3"])
def test_id3_tag_in_front_is_skipped(form, tags):
    contents = written(form)
    decoded = decode(tags * id3_tag() + contents)
    np.testing.assert_array_equal(decoded.signal, decode(contents).signal)


@pytest.mark.parametrize("name", ["a.aac", "a.opus", "a.m4a", "a.webm", "a.ac3"])
def test_id3_tag_in_front_of_a_container_is_skipped(name, tmp_path):
    contents = converted(tmp_path, name)
    decoded = decode(id3_tag() + contents)
    np.testing.assert_array_equal(decoded.signal, decode(contents).signal)


FLOAT_FORMS = [
    *((form, "FLOAT") for form in ("WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "AU")),
    *((form, "DOUBLE") for form in ("WAV", "W64", "AIFF", "CAF", "AU")),
]


@pytest.mark.parametrize(("form", "subtype"), FLOAT_FORMS)
def test_float_recording_above_full_scale_is_divided_by_its_peak(form, subtype):
    decoded = decode(written(form, subtype, LOUD))
    assert decoded.scaled_by == pytest.approx(0.25)
    assert np.abs(decoded.signal).max() == 1.0
    np.testing.assert_allclose(decoded.signal[:, 0], LOUD / 4, atol=1e-6)


@pytest.mark.parametrize("peak", [1.0, 32768 / 32767, 0.5])
def test_float_recording_at_full_scale_is_not_changed(peak):
    signal = (LOUD / 4 * peak).astype(np.float32)
    decoded = decode(written("WAV", "FLOAT", signal))
    assert decoded.scaled_by == 1.0
    np.testing.assert_array_equal(decoded.signal[:, 0], signal)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "PCM_U8", "ULAW", "IMA_ADPCM"])
def test_integer_recording_is_never_scaled(subtype):
    assert decode(written("WAV", subtype, LOUD)).scaled_by == 1.0


@pytest.mark.parametrize("form", ["MP3", "OGG"])
def test_lossy_recording_above_full_scale_is_divided_by_its_peak(form):
    square = np.sign(speech_like())
    decoded = decode(written(form, signal=square))
    assert 0.2 < decoded.scaled_by < 1
    assert np.abs(decoded.signal).max() == 1.0


@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.mp3"])
def test_lossy_container_above_full_scale_is_not_clipped(name, tmp_path):
    decoded = decode(converted(tmp_path, name, signal=np.sign(speech_like())))
    assert decoded.scaled_by < 1
    clipped = np.abs(decoded.signal) > 0.999
    assert clipped.sum() < 10


@pytest.mark.parametrize("name", ["a.mov", "a.mkv"])
def test_float_samples_in_a_container_are_not_clipped(name, tmp_path):
    decoded = decode(converted(tmp_path, name, "-c:a", "pcm_f32le", signal=LOUD))
    assert decoded.scaled_by == pytest.approx(0.25)
    np.testing.assert_allclose(decoded.signal[:, 0], LOUD / 4, atol=1e-6)


def test_one_factor_scales_all_segments_of_a_recording(tmp_path):
    soundfile.write(tmp_path / "a.wav", LOUD, RATE, subtype="FLOAT")
    whole = audio.read(tmp_path / "a.wav")
    part = audio.read(tmp_path / "a.wav", segment=audio.Segment(0.0, 0.1))
    np.testing.assert_array_equal(part, whole[:1600])


def test_average_of_channels_decides_on_scaling():
    quiet = np.stack([LOUD / 4 * 1.5, LOUD / 4 * 0.3], axis=1)
    assert decode(written("WAV", "FLOAT", quiet)).scaled_by == 1.0
    loud = np.stack([LOUD / 4 * 3, LOUD / 4 * 2], axis=1)
    assert decode(written("WAV", "FLOAT", loud)).scaled_by == pytest.approx(1 / 2.5)


JOINED_FORMS = ["WAV", "AIFF", "AU", "W64", "CAF", "RF64", "VOC", "FLAC", "OGG", "MP3"]


@pytest.mark.parametrize("form", JOINED_FORMS)
def test_rejects_joined_files(form):
    with pytest.raises(AudioError, match="several audio files, one after another"):
        decode(2 * written(form))


@pytest.mark.parametrize(
    "name", ["a.m4a", "a.webm", "a.mkv", "a.wma", "a.flv", "a.avi", "a.wv", "a.tta", "a.opus"]
)
def test_rejects_joined_containers(name, tmp_path):
    options = ["-ar", "44100"] if name == "a.flv" else []
    with pytest.raises(AudioError, match="several audio files, one after another"):
        decode(2 * converted(tmp_path, name, *options))


def test_file_that_misleads_libsndfile_is_named(tmp_path, monkeypatch):
    """libsndfile opens ``._`` as the resource fork of a file without a name."""
    monkeypatch.chdir(tmp_path)
    assert len(decode(written("MP3")).signal) == RATE
    (tmp_path / "._").touch()
    with pytest.raises(AudioError, match=r"the file \._ in the current folder"):
        decode(written("MP3"))
    assert len(decode(written("FLAC")).signal) == RATE


def test_joined_mp3_files_without_tags_are_read_whole():
    single = len(decode(mp3()).signal)
    assert len(decode(2 * mp3()).signal) == 2 * single
    assert len(decode(2 * (id3_tag() + mp3())).signal) == 2 * single
    assert len(decode(2 * (mp3() + b"TAG" + bytes(125))).signal) == 2 * single


@pytest.mark.parametrize("name", ["a.aac", "a.ac3", "a.mp2"])
def test_joined_streams_without_headers_are_read_whole(name, tmp_path):
    contents = converted(tmp_path, name)
    assert len(decode(2 * contents).signal) == 2 * len(decode(contents).signal)


def test_rejects_mp3_tag_in_front_of_another_file():
    tagged = written("MP3")
    assert formats.states_length(tagged)
    for contents in (tagged + mp3(), mp3() + tagged):
        with pytest.raises(AudioError, match="several"):
            decode(contents)


@pytest.mark.parametrize(("frames", "message"), [(5, "states 5 frames"), (200, "cut off")])
def test_rejects_xing_tag_with_another_number_of_frames(frames, message):
    contents = written("MP3")
    with pytest.raises(AudioError, match=message):
        decode(replaced(contents, contents.index(b"Xing") + 8, frames, 4, "big"))


def test_rejects_lame_tag_that_removes_too_much():
    contents = written("MP3")
    at = contents.index(b"LAME") + 21
    with pytest.raises(AudioError, match="removes more samples"):
        decode(replaced(contents, at, 4095 << 12 | 4095, 3, "big"))


def test_rejects_tlen_tag_of_a_longer_recording():
    whole = len(decode(mp3()).signal)
    for shorter in (500, 1000, 1080):
        assert len(decode(tlen_tag(shorter) + mp3()).signal) == whole
    with pytest.raises(AudioError, match=r"TLEN states 5\.00 s"):
        decode(tlen_tag(5000) + mp3())


@pytest.mark.parametrize("total", [100, RATE - 1, RATE + 1, 10**6])
def test_rejects_flac_header_with_another_number_of_samples(total):
    contents = written("FLAC")
    number = int.from_bytes(contents[18:26], "big") >> 36 << 36 | total
    with pytest.raises(AudioError, match=f"states {total} samples and the file has {RATE}"):
        decode(contents[:18] + number.to_bytes(8, "big") + contents[26:])


def test_flac_stream_without_a_length_is_read():
    contents = written("FLAC")
    decoded = decode(flac.with_unknown_length(contents))
    np.testing.assert_array_equal(decoded.signal, decode(contents).signal)
    assert not decoded.states_length
    assert decode(contents).states_length


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 2.0])
def test_rejects_ogg_page_that_states_another_end(subtype, share):
    contents = written("OGG", subtype)
    start = contents.rfind(b"OggS")
    end = int.from_bytes(contents[start + 6 : start + 14], "little")
    page = bytearray(replaced(contents[start:], 6, int(share * end), 8))
    page[22:26] = bytes(4)
    page[22:26] = checksum(page).to_bytes(4, "little")
    with pytest.raises(AudioError, match=r"go back|states that it ends|cut off|impossible"):
        decode(contents[:start] + bytes(page))


def test_rejects_ogg_file_with_a_missing_page():
    contents = written("OGG", signal=np.tile(speech_like(), 5))
    starts = [page.start for page in ogg.pages(contents)]
    with pytest.raises(AudioError, match="pages are missing"):
        decode(contents[: starts[2]] + contents[starts[3] :])


def test_voc_file_of_several_blocks_is_read_exactly(tmp_path):
    signal = np.round(speech_like() * 32767) / 32768
    decoded = decode(converted(tmp_path, "a.voc", "-c:a", "pcm_s16le", signal=signal))
    np.testing.assert_allclose(decoded.signal[:, 0], signal, atol=1e-7)


CUT_FORMS = ["NIST", "VOC", "WAV", "AIFF", "AU", "CAF", "W64", "RF64", "SVX", "FLAC", "OGG", "MP3"]


@pytest.mark.parametrize("share", [0.503, 0.97])
@pytest.mark.parametrize("form", [*CUT_FORMS, "SDS"])
def test_rejects_files_that_are_cut_off(form, share):
    contents = written(form)
    with pytest.raises(AudioError, match="cut off"):
        decode(contents[: int(share * len(contents))])


@pytest.mark.parametrize("share", [0.503, 0.97])
@pytest.mark.parametrize(
    "name",
    [
        *("a.wma", "a.asf", "a.webm", "a.mkv", "a.m4a", "a.mov", "a.flv", "a.avi", "a.wv", "a.tta"),
        *("a.aac", "a.ac3", "a.mp2", "a.voc"),
    ],
)
def test_rejects_containers_that_are_cut_off(name, share, tmp_path):
    contents = converted(tmp_path, name, *(["-ar", "44100"] if name == "a.flv" else []))
    with pytest.raises(AudioError, match="cut off"):
        decode(contents[: int(share * len(contents))])


@pytest.mark.parametrize("codec", ["libopencore_amrnb", "libvo_amrwbenc"])
def test_rejects_amr_files_that_are_cut_off(codec, tmp_path):
    rate = "8000" if codec == "libopencore_amrnb" else "16000"
    options = ["-ar", rate, "-c:a", codec, "-f", "amr"]
    contents = converted(tmp_path, "a.amr", *options)
    assert len(decode(contents).signal) > 0.9 * int(rate)
    with pytest.raises(AudioError, match="cut off"):
        decode(contents[:-3])


PIPED = {
    **dict.fromkeys(("wav", "au", "w64", "flac", "mp3", "asf", "adts", "avi", "matroska")),
    "webm": ["-c:a", "libopus"],
    "ogg": ["-c:a", "libopus"],
    "mp4": ["-movflags", "frag_keyframe+empty_moov"],
    "caf": ["-c:a", "pcm_s16be"],
}


@pytest.mark.parametrize("form", PIPED)
def test_streams_that_were_written_to_a_pipe_are_read(form, tmp_path):
    soundfile.write(tmp_path / "a.wav", speech_like(), RATE)
    command = [ffmpeg.binary(), "-v", "error", "-i", tmp_path / "a.wav", *(PIPED[form] or [])]
    stream = subprocess.run(
        [*command, "-f", form, "-"], check=True, capture_output=True, stdin=subprocess.DEVNULL
    )
    decoded = decode(stream.stdout)
    assert abs(len(decoded.signal) / decoded.rate - 1) < 0.2


@pytest.mark.parametrize("rate", [8000, RATE, 32000])
@pytest.mark.parametrize("frames", [3000, RATE])
def test_speex_is_read_by_libspeex(frames, rate, tmp_path):
    signal = speech_like(frames)
    contents = converted(tmp_path, "a.spx", "-c:a", "libspeex", "-ar", str(rate), signal=signal)
    decoded = decode(contents)
    assert 0 <= len(decoded.signal) / rate - frames / RATE <= 0.04


@pytest.mark.parametrize("frames", [3000, RATE])
def test_rejects_speex_that_ffmpeg_decodes_at_half_its_speed(frames, tmp_path, monkeypatch):
    contents = converted(tmp_path, "a.spx", "-c:a", "libspeex", signal=speech_like(frames))
    monkeypatch.setattr(ffmpeg, "missing_coder", lambda encoder, decoder="": "no libspeex")
    with pytest.raises(AudioError, match="although its header states"):
        decode(contents)


ID3V1 = b"TAG" + bytes(125)
APE_FOOTER = b"APETAGEX" + (2000).to_bytes(4, "little") + (45).to_bytes(4, "little") + bytes(16)
APE_TAG = b"\x04\0\0\0\0\0\0\0Titl\0" + APE_FOOTER  # 13 and 32 bytes
APE_HEADER = b"APETAGEX" + bytes(24)


@pytest.mark.parametrize("tags", [ID3V1, APE_TAG, APE_HEADER + APE_TAG, APE_TAG + ID3V1])
@pytest.mark.parametrize("name", ["a.flac", "a.ac3", "a.amr", "a.mp3", "a.wv", "a.aac"])
def test_tags_at_the_end_do_not_change_the_signal(name, tags, tmp_path):
    narrow = ["-ar", "8000"] if name == "a.amr" else []
    contents = converted(tmp_path, name, *narrow)
    np.testing.assert_array_equal(decode(contents + tags).signal, decode(contents).signal)


def test_rejects_joined_caf_files_with_chunks_after_the_audio(tmp_path):
    contents = converted(tmp_path, "a.caf", "-c:a", "alac")
    assert len(decode(contents).signal) == RATE
    assert "several audio files" in reason(contents + contents)


@pytest.mark.parametrize(("form", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS"), ("FLAC", None)])
@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_files_of_any_length_are_read_whole(form, subtype, rate):
    rng = np.random.default_rng(0)
    for frames in (rate // 30, rate // 9, rate // 2 + 7, 3 * rate + 1):
        signal = rng.normal(0, 0.1, (frames, 2))
        assert len(decode(written(form, subtype, signal, rate)).signal) == frames


def test_streams_without_a_length_are_marked(tmp_path):
    assert not decode(mp3()).states_length
    assert not decode(converted(tmp_path, "a.aac")).states_length
    assert not decode(written("IRCAM")).states_length
    for form in ("WAV", "MP3", "OGG", "NIST", "VOC", "AIFF"):
        assert decode(written(form)).states_length


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_cut_or_change_of_a_byte_is_read_or_refused_in_one_line(data):
    form = data.draw(st.sampled_from(["WAV", "AIFF", "FLAC", "AU", "CAF", "W64", "NIST", "VOC"]))
    contents = bytearray(written(form, signal=speech_like(2000)))
    position = data.draw(st.integers(0, min(200, len(contents) - 1)))
    contents[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 500))
    assert "\n" not in reason(bytes(contents[: len(contents) - cut]))
