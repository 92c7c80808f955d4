"""Decoding of containers by ffmpeg and pydub, and rejection of playlists."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import soundfile

from aser_bench.core.errors import AudioError, UsageError
from aser_bench.corpora import audio, containers

ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
pytest.importorskip("pydub")

RATE = 16000
# Name, arguments, whether the codec is lossless.
CASES = [
    ("a.m4a", ["-c:a", "aac"], False),
    ("alac.m4a", ["-c:a", "alac"], True),
    ("a.mov", ["-c:a", "pcm_s16le"], True),
    ("a.webm", ["-c:a", "libopus"], False),
    ("a.mkv", ["-c:a", "flac"], True),
    ("a.aac", ["-c:a", "aac", "-f", "adts"], False),
    ("a.wma", ["-c:a", "wmav2"], False),
    ("a.amr", ["-ar", "8000", "-c:a", "libopencore_amrnb"], False),
    ("a.awb", ["-c:a", "libvo_amrwbenc", "-f", "amr"], False),
    ("a.3gp", ["-ar", "8000", "-c:a", "libopencore_amrnb"], False),
    ("a.wv", ["-c:a", "wavpack"], True),
]


@pytest.fixture(scope="module")
def samples():
    time = np.arange(RATE) / RATE
    envelope = 0.3 * (1 + np.sin(2 * np.pi * 3 * time))
    return (envelope * np.sin(2 * np.pi * 300 * time) * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, samples):
    root = tmp_path_factory.mktemp("containers")
    soundfile.write(root / "source.wav", samples, RATE)
    for name, arguments, _ in CASES:
        encode(root, name, arguments)
    return root


def encode(root, name, arguments):
    command = [ffmpeg, "-v", "error", "-y", "-i", root / "source.wav", *arguments, root / name]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(("name", "lossless"), [(name, exact) for name, _, exact in CASES])
def test_containers_are_decoded(folder, samples, name, lossless):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        signal = audio.read(folder / name)
    expected = samples.astype(np.float32) / 32768
    if lossless:
        np.testing.assert_array_equal(signal, expected)
    else:
        assert abs(len(signal) - RATE) < 0.1 * RATE
        spectrum = np.abs(np.fft.rfft(signal[:RATE] * np.hanning(len(signal[:RATE]))))
        assert abs(np.argmax(spectrum) * RATE / len(signal[:RATE]) - 300) < 5


def test_extension_is_ignored(folder, tmp_path):
    copy = tmp_path / "recording.wav"
    copy.write_bytes((folder / "alac.m4a").read_bytes())
    assert len(audio.read(copy)) == RATE


def test_needs_no_ffprobe_or_path_and_prints_nothing(folder):
    code = "import sys; from aser_bench.corpora import audio; print(len(audio.read(sys.argv[1])))"
    environment = {**os.environ, "PATH": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.run(
        [sys.executable, "-c", code, folder / "a.webm"],
        env=environment,
        capture_output=True,
        text=True,
        input="qqq",
        check=True,
    )
    assert (process.stdout, process.stderr) == (f"{RATE}\n", "")


def test_standard_input_is_not_read(folder):
    code = (
        "import sys; from aser_bench.corpora import audio; audio.read(sys.argv[1]); "
        "print(sys.stdin.read())"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.run(
        [sys.executable, "-c", code, folder / "a.m4a"],
        env=environment,
        capture_output=True,
        text=True,
        input="the script",
        check=True,
    )
    assert process.stdout == "the script\n"


def test_global_converter_of_pydub_is_not_changed(folder):
    from pydub import AudioSegment

    before = AudioSegment.converter
    audio.read(folder / "a.m4a")
    assert AudioSegment.converter == before


@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.wv", "a.mov"])
def test_rejects_truncated_container(folder, tmp_path, name):
    contents = (folder / name).read_bytes()
    (tmp_path / name).write_bytes(contents[: int(0.6 * len(contents))])
    with pytest.raises(AudioError, match="cut off") as error:
        audio.read(tmp_path / name)
    assert str(tmp_path) not in str(error.value)
    assert "recording.bin" not in str(error.value)


def test_rejects_video_without_audio(folder):
    source = ["-f", "lavfi", "-i", "color=size=32x32:rate=5:duration=1"]
    command = [ffmpeg, "-v", "error", "-y", *source, "-c:v", "mpeg4", folder / "mute.mp4"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    with pytest.raises(AudioError, match="no audio track"):
        audio.read(folder / "mute.mp4")


def test_rejects_long_recording(folder):
    with pytest.raises(AudioError, match="hours long"):
        containers.decode((folder / "a.m4a").read_bytes(), "mov", 0.5)


def test_flac_stream_without_length_is_read(folder, tmp_path, samples):
    command = [ffmpeg, "-v", "error", "-i", folder / "source.wav", "-f", "flac", "-"]
    stream = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    (tmp_path / "a.flac").write_bytes(stream.stdout)
    np.testing.assert_array_equal(audio.read(tmp_path / "a.flac"), samples / np.float32(32768))


@pytest.mark.parametrize("extension", ["wav", "m4a"])
@pytest.mark.parametrize("playlist", ["m3u", "ffconcat", "hls"])
def test_rejects_playlist_without_starting_a_program(
    folder, tmp_path, monkeypatch, extension, playlist
):
    target = folder / "source.wav"
    contents = {
        "m3u": f"#EXTM3U\n{target}\n",
        "ffconcat": f"ffconcat version 1.0\nfile '{target}'\n",
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n",
    }[playlist]
    path = tmp_path / f"list.{extension}"
    path.write_text(contents)

    def start(*arguments, **keywords):
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(AudioError, match="playlist"):
        audio.read(path)


def test_rejects_playlist_after_container_signature(folder, tmp_path):
    path = tmp_path / "list.m4a"
    path.write_bytes(b"\0\0\0\x08ftyp\nffconcat version 1.0\nfile source.wav\n")
    (tmp_path / "source.wav").write_bytes((folder / "source.wav").read_bytes())
    with pytest.raises(AudioError):
        audio.read(path)


@pytest.mark.parametrize(
    "contents", [b"", b"\xff", b"RIFF1234WAVE", b"\xff\xfb\x90", b"ID3", b"text"]
)
def test_other_contents_are_not_identified(contents):
    assert containers.identify(contents) is None


def test_missing_ffmpeg_is_reported_when_it_is_needed(folder, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_FFMPEG", "/nowhere/ffmpeg")
    with pytest.raises(UsageError, match="ASER_BENCH_FFMPEG"):
        audio.read(folder / "a.m4a")
    assert len(audio.read(folder / "source.wav")) == RATE  # WAV needs no ffmpeg
