"""Reading of recordings: bit-exactness, resampling, and messages of refused files."""

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


def error_message(path) -> str:
    with pytest.raises(AudioError) as error:
        audio.read(path)
    assert str(path) not in str(error.value)
    return str(error.value)


def write(path, signal, rate=RATE, **kwargs):
    soundfile.write(path, signal, rate, **kwargs)
    return path


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), frames=st.integers(400, 3000))
def test_16_bit_at_16_khz_is_bit_exact(tmp_path_factory, seed, frames):
    samples = np.random.default_rng(seed).integers(-32768, 32768, frames, dtype=np.int16)
    path = write(tmp_path_factory.mktemp("exact") / "a.wav", samples, subtype="PCM_16")
    read = audio.read(path)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, samples.astype(np.float32) / 32768)


def test_average_of_equal_channels_is_exact(tmp_path, noise):
    mono = audio.read(write(tmp_path / "m.wav", noise))
    for channels in (2, 3, 6):
        path = write(tmp_path / f"{channels}.wav", np.tile(noise[:, None], channels))
        np.testing.assert_array_equal(audio.read(path), mono)


@pytest.mark.parametrize("rate", [8000, 22050, 24414, 44100, 48000, 96000])
def test_resampling_preserves_frequency_level_and_length(tmp_path, rate):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    recording = audio.read_recording(write(tmp_path / "t.wav", tone, rate))
    read = recording.signal
    assert recording.source_rate == rate
    assert abs(len(read) - RATE) <= 1
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(read)) / RATE)
    assert np.abs(read - expected)[500:-500].max() < 1e-3


@pytest.mark.parametrize("form", ["AIFF", "FLAC", "OGG", "MP3", "AU", "CAF", "W64", "RF64"])
@pytest.mark.parametrize("extension", ["wav", "raw"])
def test_format_is_detected_from_the_contents(tmp_path, noise, form, extension):
    path = write(tmp_path / f"a.{extension}", noise, format=form)
    assert len(audio.read(path)) == len(noise)


@pytest.mark.parametrize(
    "name", ["-dash.wav", "a:b.wav", "café 漢字.wav", "%d.wav", "x" * 196 + ".wav"]
)
def test_unusual_file_names_are_accepted(tmp_path, noise, name):
    assert len(audio.read(write(tmp_path / name, noise))) == len(noise)


def test_rejects_missing_file(tmp_path):
    assert "no such file" in error_message(tmp_path / "none.wav")


def test_rejects_folder_and_pipe(tmp_path):
    assert "folder" in error_message(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.wav")
        assert stat.S_ISFIFO((tmp_path / "pipe.wav").stat().st_mode)
        assert "regular" in error_message(tmp_path / "pipe.wav")


def test_rejects_unreadable_file(tmp_path, noise, monkeypatch):
    path = write(tmp_path / "a.wav", noise)

    def denied(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", denied)
    assert "permission" in error_message(path)


@pytest.mark.parametrize(
    ("contents", "message"),
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
def test_rejects_other_files_with_a_reason(tmp_path, contents, message, extension):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(contents)
    assert message in error_message(path)


@pytest.mark.parametrize("form", ["WAV", "RF64", "AIFF", "FLAC", "OGG", "MP3", "CAF", "AU", "W64"])
def test_rejects_truncated_file(tmp_path, noise, form):
    path = write(tmp_path / "a.bin", noise, format=form)
    contents = path.read_bytes()
    path.write_bytes(contents[: int(len(contents) * 0.6)])
    assert "cut off" in error_message(path)


def test_rejects_short_recording(tmp_path, noise):
    assert "no samples" in error_message(write(tmp_path / "none.wav", noise[:0]))
    assert "too short" in error_message(write(tmp_path / "399.wav", noise[:399]))
    assert "too short" in error_message(write(tmp_path / "48k.wav", noise[:1190], 48000))
    assert len(audio.read(write(tmp_path / "400.wav", noise[:400]))) == 400


def test_rejects_long_recording(tmp_path):
    # 8 bits at 8 kHz: an hour is a small file.
    path = write(tmp_path / "long.wav", np.zeros(8000, np.int16), 8000, subtype="PCM_U8")
    with soundfile.SoundFile(path, "r+") as file:
        file.seek(0, soundfile.SEEK_END)
        for _ in range(361):
            file.write(np.zeros(80000, np.int16))
    assert "1.0 hours" in error_message(path)


def test_rejects_large_file_without_opening_it(tmp_path):
    path = tmp_path / "large.wav"
    with path.open("wb") as file:
        file.truncate(audio.MAX_BYTES + 1)
    assert "GiB" in error_message(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rejects_samples_that_are_not_finite(tmp_path, noise, bad):
    noise[100] = bad
    assert "NaN" in error_message(write(tmp_path / "a.wav", noise, subtype="FLOAT"))


def test_rejects_silence(tmp_path):
    steps = np.random.default_rng(2).integers(-1, 2, (RATE, 2), dtype=np.int16)
    assert "silent" in error_message(write(tmp_path / "zero.wav", np.zeros(RATE)))
    assert "silent" in error_message(write(tmp_path / "steps.wav", steps))
    assert len(audio.read(write(tmp_path / "quiet.wav", steps[:, 0] * 2))) == RATE


def test_rejects_recording_that_is_silent_after_resampling(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 30000 * np.arange(96000) / 96000)
    fade = np.hanning(96000)
    assert "silent below 8000" in error_message(write(tmp_path / "a.wav", tone * fade, 96000))


def test_rejects_channels_that_cancel(tmp_path, noise):
    for inverted in (-noise, -noise * 0.999):
        path = write(tmp_path / "a.wav", np.stack([noise, inverted], 1))
        assert "anti-phase" in error_message(path)
    path = write(tmp_path / "b.wav", np.stack([noise, 0 * noise], 1))
    assert np.abs(audio.read(path)).max() > 0.2


def test_reads_ravdess_as_distributed(shared_corpora):
    files = sorted((shared_corpora / "ravdess-original").rglob("*.wav"))
    assert len(files) == 9
    for path in files:
        recording = audio.read_recording(path)
        assert recording.source_rate == 48000
        assert 2 < len(recording.signal) / RATE < 6


def test_reads_tess_files_with_other_sample_rates(shared_corpora):
    rates = {}
    for path in sorted((shared_corpora / "tess").rglob("*.wav")):
        recording = audio.read_recording(path)
        rates[path.name] = recording.source_rate
        assert 1 < len(recording.signal) / RATE < 4
    assert set(rates) == {
        "YAF_germ_angry.wav",
        "YAF_neat_fear.wav",
        "OAF_food_fear.wav",
        "OA_bite_neutral.wav",
    }
    assert rates["OAF_food_fear.wav"] == 96000
