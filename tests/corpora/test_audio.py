import os
import stat

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import AudioError
from aser_bench.corpora import audio

RATE = 16000


@pytest.fixture
def noise():
    return np.random.default_rng(1).uniform(-0.5, 0.5, RATE // 2).astype(np.float32)


def reason(path) -> str:
    with pytest.raises(AudioError) as error:
        audio.read(path)
    assert str(path) not in str(error.value)
    return str(error.value)


def written(path, signal, rate=RATE, **kwargs):
    soundfile.write(path, signal, rate, **kwargs)
    return path


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), frames=st.integers(400, 3000))
def test_sixteen_bit_at_16_khz_is_bit_exact(tmp_path_factory, seed, frames):
    samples = np.random.default_rng(seed).integers(-32768, 32768, frames, dtype=np.int16)
    path = written(tmp_path_factory.mktemp("exact") / "a.wav", samples, subtype="PCM_16")
    read = audio.read(path)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, samples.astype(np.float32) / 32768)


def test_equal_channels_are_exactly_one_of_them(tmp_path, noise):
    mono = audio.read(written(tmp_path / "m.wav", noise))
    for channels in (2, 3, 6):
        path = written(tmp_path / f"{channels}.wav", np.tile(noise[:, None], channels))
        np.testing.assert_array_equal(audio.read(path), mono)


@pytest.mark.parametrize("rate", [8000, 22050, 24414, 44100, 48000, 96000])
def test_resampling_keeps_pitch_level_and_length(tmp_path, rate):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    read, source_rate = audio.read_with_source_rate(written(tmp_path / "t.wav", tone, rate))
    assert source_rate == rate
    assert abs(len(read) - RATE) <= 1
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(read)) / RATE)
    assert np.abs(read - expected)[500:-500].max() < 1e-3


@pytest.mark.parametrize("form", ["AIFF", "FLAC", "OGG", "MP3", "AU", "CAF", "W64", "RF64"])
@pytest.mark.parametrize("extension", ["wav", "raw"])
def test_the_contents_decide_not_the_extension(tmp_path, noise, form, extension):
    path = written(tmp_path / f"a.{extension}", noise, format=form)
    assert len(audio.read(path)) == len(noise)


def test_float_overshoot_is_not_clipped(tmp_path, noise):
    path = written(tmp_path / "f.wav", noise * 4, subtype="FLOAT")
    np.testing.assert_array_equal(audio.read(path), noise * 4)


@pytest.mark.parametrize(
    "name", ["-dash.wav", "a:b.wav", "café 漢字.wav", "%d.wav", "x" * 196 + ".wav"]
)
def test_any_name_will_do(tmp_path, noise, name):
    assert len(audio.read(written(tmp_path / name, noise))) == len(noise)


def test_missing_file(tmp_path):
    assert "no such file" in reason(tmp_path / "none.wav")


def test_folder_and_pipe(tmp_path):
    assert "folder" in reason(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.wav")
        assert stat.S_ISFIFO((tmp_path / "pipe.wav").stat().st_mode)
        assert "regular" in reason(tmp_path / "pipe.wav")


def test_unreadable_file(tmp_path, noise, monkeypatch):
    path = written(tmp_path / "a.wav", noise)

    def denied(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", denied)
    assert "permission" in reason(path)


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"", "empty"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "git lfs pull",
        ),
        (b"#EXTM3U\n/etc/passwd\n", "playlist"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "playlist"),
        (b"<!doctype html><html></html>", "web page"),
        ("Grüße, das ist Text.\n".encode() * 300, "text"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (bytes(range(256)) * 40, "not audio"),
    ],
)
@pytest.mark.parametrize("extension", ["wav", "m4a", "mp3"])
def test_what_is_no_recording(tmp_path, contents, words, extension):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(contents)
    assert words in reason(path)


@pytest.mark.parametrize("form", ["WAV", "RF64", "AIFF", "FLAC", "OGG", "MP3", "CAF", "AU", "W64"])
def test_a_file_that_breaks_off(tmp_path, noise, form):
    path = written(tmp_path / "a.bin", noise, format=form)
    contents = path.read_bytes()
    path.write_bytes(contents[: int(len(contents) * 0.6)])
    assert "cut off" in reason(path)


def test_header_that_says_zero_bytes(tmp_path, noise):
    path = written(tmp_path / "a.wav", noise)
    contents = bytearray(path.read_bytes())
    at = contents.index(b"data") + 4
    contents[at : at + 4] = bytes(4)
    path.write_bytes(contents)
    assert "states 0 bytes" in reason(path)


def test_too_few_samples(tmp_path, noise):
    assert "no samples" in reason(written(tmp_path / "none.wav", noise[:0]))
    assert "too short" in reason(written(tmp_path / "399.wav", noise[:399]))
    assert "too short" in reason(written(tmp_path / "48k.wav", noise[:1190], 48000))
    assert len(audio.read(written(tmp_path / "400.wav", noise[:400]))) == 400


def test_too_long(tmp_path):
    # 8 bits at 8 kHz, so that an hour is a small file.
    path = written(tmp_path / "long.wav", np.zeros(8000, np.int16), 8000, subtype="PCM_U8")
    with soundfile.SoundFile(path, "r+") as file:
        file.seek(0, soundfile.SEEK_END)
        for _ in range(361):
            file.write(np.zeros(80000, np.int16))
    assert "1.0 hours" in reason(path)


def test_a_file_too_large_is_not_even_opened(tmp_path):
    path = tmp_path / "large.wav"
    with path.open("wb") as file:
        file.truncate(audio.MAX_BYTES + 1)
    assert "GiB" in reason(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(tmp_path, noise, bad):
    noise[100] = bad
    assert "NaN" in reason(written(tmp_path / "a.wav", noise, subtype="FLOAT"))


def test_silence(tmp_path):
    steps = np.random.default_rng(2).integers(-1, 2, (RATE, 2), dtype=np.int16)
    assert "silent" in reason(written(tmp_path / "zero.wav", np.zeros(RATE)))
    assert "silent" in reason(written(tmp_path / "steps.wav", steps))
    assert len(audio.read(written(tmp_path / "quiet.wav", steps[:, 0] * 2))) == RATE


def test_sound_that_resampling_removes(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 30000 * np.arange(96000) / 96000)
    fade = np.hanning(96000)
    assert "silent below 8000" in reason(written(tmp_path / "a.wav", tone * fade, 96000))


def test_channels_that_cancel(tmp_path, noise):
    for inverted in (-noise, -noise * 0.999):
        path = written(tmp_path / "a.wav", np.stack([noise, inverted], 1))
        assert "anti-phase" in reason(path)
    path = written(tmp_path / "b.wav", np.stack([noise, 0 * noise], 1))
    assert np.abs(audio.read(path)).max() > 0.2


def test_ravdess_as_distributed(shared_corpora):
    files = sorted((shared_corpora / "ravdess-original").rglob("*.wav"))
    assert len(files) == 9
    for path in files:
        signal, rate = audio.read_with_source_rate(path)
        assert rate == 48000
        assert 2 < len(signal) / RATE < 6


def test_odd_files_of_tess(shared_corpora):
    rates = {}
    for path in sorted((shared_corpora / "tess").rglob("*.wav")):
        signal, rates[path.name] = audio.read_with_source_rate(path)
        assert 1 < len(signal) / RATE < 4
    assert set(rates) == {
        "YAF_germ_angry.wav",
        "YAF_neat_fear.wav",
        "OAF_food_fear.wav",
        "OA_bite_neutral.wav",
    }
    assert rates["OAF_food_fear.wav"] == 96000
