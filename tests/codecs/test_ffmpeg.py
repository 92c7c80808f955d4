"""Talking to ffmpeg when it lies, hangs, crashes or is not there, and what is left behind."""

from __future__ import annotations

import errno
import os
import signal as system_signals
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from aser_bench.codecs import ffmpeg, roundtrip, scratch
from aser_bench.errors import CodecError, UsageError

REAL = ffmpeg._bundled()
NOISE = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Return a function that makes a shell script the ffmpeg of this test."""

    def install(script: str) -> Path:
        path = tmp_path / "fake-ffmpeg"
        path.write_text("#!/bin/sh\n" + textwrap.dedent(script))
        path.chmod(0o755)
        monkeypatch.setenv(ffmpeg.VARIABLE, str(path))
        return path

    return install


@pytest.fixture
def place(monkeypatch, tmp_path):
    """A folder of this test's own where all scratch folders go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(scratch, "places", lambda n_bytes: [folder])
    return folder


def code_noise():
    return roundtrip(NOISE, 16000, "mp3", 64)


WRITE = f"for last; do :; done; {REAL} -nostdin -loglevel error -f f32le -ar 16000 -ac 1 "
HOSTILE = {
    "crashes": ("kill -SEGV $$", "killed by signal 11"),
    "fails": ("echo one >&2; echo the reason >&2; exit 3", "exit status 3: the reason"),
    "fails without a word": ("exit 1", "exit status 1: it said nothing"),
    "fails with odd bytes": (r"printf '\377\376 bad' >&2; exit 1", "bad"),
    "writes nothing": ("exit 0", "wrote nothing with libmp3lame at 64 kbit/s"),
    "writes an empty file": ("for last; do :; done; : > $last", "wrote nothing"),
    "writes text": ("for last; do :; done; echo hello > $last", "no MPEG frame"),
    "writes a lower bitrate": (WRITE + "-i 0000.f32 -b:a 32k $last", "wrote 32 kbit/s"),
    "writes another rate": (WRITE + "-i 0000.f32 -ar 24000 -b:a 64k $last", "at 24000 Hz"),
    "writes too little": (WRITE + "-t 0.2 -i 0000.f32 -b:a 64k $last", "instead of 8000"),
    "writes no delay tag": (
        WRITE + "-i 0000.f32 -b:a 64k -write_xing 0 $last",
        "samples instead of 8000",
    ),
    "is cut": (WRITE + "-i 0000.f32 -b:a 64k $last; truncate -s -9 $last", "cut short"),
}


@pytest.mark.parametrize(("script", "message"), HOSTILE.values(), ids=HOSTILE)
def test_an_ffmpeg_that(script, message, fake, place):
    fake(script)
    with pytest.raises(CodecError, match=message):
        code_noise()
    assert list(place.iterdir()) == []


def test_an_ffmpeg_that_hangs_is_stopped_with_its_children(fake, place, tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "LIMIT_START_S", 0.3)
    fake(f"sleep 100 & echo $! > {tmp_path}/child; wait")
    start = time.monotonic()
    with pytest.raises(CodecError, match="stopped after 0 s"):
        code_noise()
    assert time.monotonic() - start < 10
    assert list(place.iterdir()) == []
    assert_ends(int((tmp_path / "child").read_text()))


def test_the_time_limit_grows_with_the_audio(monkeypatch):
    limits = []
    monkeypatch.setattr(ffmpeg, "_run", lambda arguments, folder, limit_s: limits.append(limit_s))
    for seconds in (1, 100):
        signal = np.zeros(16000 * seconds, np.float32)
        encodings = [ffmpeg.Encoding("libmp3lame", 64, "mp3")] * 4
        with pytest.raises(CodecError), ffmpeg.encoded([signal], 16000, encodings):
            pass
    assert limits[1] - limits[0] == pytest.approx(99 * 4 * ffmpeg.LIMIT_PER_CODED_S)


def test_a_full_disk_is_no_codec_error(fake, place):
    fake("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228")
    with pytest.raises(OSError, match="no room left for scratch files") as caught:
        code_noise()
    assert caught.value.errno == errno.ENOSPC
    assert list(place.iterdir()) == []


def test_a_full_memory_disk_is_left_for_the_usual_place(fake, monkeypatch, tmp_path):
    ram, disk = tmp_path / "ram", tmp_path / "disk"
    ram.mkdir()
    disk.mkdir()
    monkeypatch.setattr(scratch, "places", lambda n_bytes: [ram, disk])
    fake(f'case "$PWD" in {ram}/*) echo No space left on device >&2; exit 1;; esac\n'
         f'exec {REAL} "$@"')  # fmt: skip
    assert len(code_noise()) == len(NOISE)
    assert list(ram.iterdir()) == list(disk.iterdir()) == []


def test_memory_is_taken_only_where_there_is_room():
    assert scratch.places(1)[-1] == scratch.places(2**60)[-1]
    assert len(scratch.places(2**60)) == 1


def test_no_such_program(monkeypatch, tmp_path):
    monkeypatch.setenv(ffmpeg.VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="nowhere is not a program"):
        code_noise()


def test_a_program_that_is_no_ffmpeg(fake):
    path = fake("echo hello")
    with pytest.raises(CodecError, match="not an ffmpeg"):
        ffmpeg.version()
    path.write_text("no program at all\0")
    with pytest.raises(CodecError, match="cannot be started"):
        ffmpeg._run([], path.parent, 5)


def test_a_path_may_be_relative(fake, monkeypatch):
    path = fake(f'exec {REAL} "$@"')
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv(ffmpeg.VARIABLE, f"./{path.name}")
    assert len(code_noise()) == len(NOISE)


def test_versions():
    assert ffmpeg.version()[0].isdigit()
    assert ffmpeg.encoder_version("libmp3lame") == "LAME 3.100"
    assert ffmpeg.encoder_version("libopus") == f"libopus (ffmpeg {ffmpeg.version()})"


def test_an_unknown_encoder():
    with (
        pytest.raises(CodecError, match="ncoder"),
        ffmpeg.encoded([NOISE], 16000, [ffmpeg.Encoding("no-such-encoder", None, "mp3")]),
    ):
        pass


def test_the_arguments_are_safe_and_explicit():
    encodings = [ffmpeg.Encoding("libmp3lame", k, "mp3") for k in (8, 64)]
    arguments = ffmpeg._arguments(2, 16000, encodings)
    line = " ".join(arguments)
    assert line.startswith("-nostdin -hide_banner -loglevel error -y ")
    assert line.count("-protocol_whitelist file,pipe -i ") == line.count("-f f32le") == 2
    assert line.count("-map_metadata -1") == line.count("-threads 1") == 4
    assert line.count("-b:a 64k") == line.count("-b:a 8k") == 2
    assert {a for a in arguments if a.endswith(".mp3")} == {
        "0000-0.mp3", "0000-1.mp3", "0001-0.mp3", "0001-1.mp3",
    }  # fmt: skip


def test_batches_cover_everything_once():
    signals = [np.zeros(16000)] * 70 + [np.zeros(16000 * 700)] * 2 + [np.zeros(1)] * 3
    slices = list(ffmpeg.batches(signals, 16000, 8))
    assert [i for s in slices for i in range(s.start, s.stop)] == list(range(75))
    assert all((s.stop - s.start) * 8 <= ffmpeg.MAX_OUTPUTS for s in slices)
    assert slices[-2:] == [slice(71, 72), slice(72, 75)]
    assert list(ffmpeg.batches([], 16000, 8)) == []
    assert list(ffmpeg.batches([np.zeros(1)], 16000, 1000)) == [slice(0, 1)]


def assert_ends(pid: int) -> None:
    """A killed process may stay for a moment until its parent has taken note."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} still runs")


def coding_process(place: Path, hang: Path) -> subprocess.Popen:
    """Start a process that hangs in the middle of encoding, in scratch under ``place``."""
    program = f"""
        import numpy as np
        from pathlib import Path
        from aser_bench.codecs import roundtrip, scratch
        scratch.places = lambda n_bytes: [Path({str(place)!r})]
        roundtrip(np.zeros(100), 16000, "mp3", 64)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, ffmpeg.VARIABLE: str(hang)},
        stderr=subprocess.PIPE,
    )
    for _ in range(600):
        if list(place.glob("*/pid")):
            return process
        time.sleep(0.05)
    raise AssertionError("the process did not start to encode")


HANG = "echo $$ > pid.part; mv pid.part pid; exec sleep 20"


def test_an_interrupt_kills_ffmpeg_and_leaves_nothing(fake, place):
    process = coding_process(place, fake(HANG))
    (file,) = place.glob("*/pid")
    child = int(file.read_text())
    process.send_signal(system_signals.SIGINT)
    assert b"KeyboardInterrupt" in process.communicate(timeout=30)[1]
    assert_ends(child)
    assert list(place.iterdir()) == []


def test_what_a_killed_process_leaves_is_swept_by_the_next_start(fake, place):
    process = coding_process(place, fake(HANG))
    (file,) = place.glob("*/pid")
    child, left = int(file.read_text()), file.parent
    assert left.name.startswith(f"aser-bench-{process.pid}-")
    assert scratch.sweep(place) == []  # not while it lives
    process.kill()
    process.communicate()
    os.killpg(child, system_signals.SIGKILL)
    scratch._sweep_once.cache_clear()  # as in a new process
    with scratch.folder(place) as own:
        assert list(place.iterdir()) == [own]
    assert list(place.iterdir()) == []


def test_sweeping_touches_nothing_else(place):
    (place / "aser-bench-notes").mkdir()
    (place / "other").mkdir()
    with scratch.folder(place) as own:
        assert scratch.sweep(place) == []
        assert own.is_dir()
    assert {path.name for path in place.iterdir()} == {"aser-bench-notes", "other"}


def test_without_locks_the_process_number_decides(place, monkeypatch):
    monkeypatch.setattr(scratch, "_lock", lambda path: None)
    with scratch.folder(place) as own:
        dead = place / f"{scratch.PREFIX}{2**22 + 1}-x"
        dead.mkdir()
        assert scratch.sweep(place) == [dead]
        assert own.is_dir()
