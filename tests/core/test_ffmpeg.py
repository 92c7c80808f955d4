"""Which ffmpeg there is, what it can do, and what happens when it goes beyond its bounds."""

from __future__ import annotations

import errno
import os
import sys
import time

import pytest

from aser_bench.core import ffmpeg
from aser_bench.core.errors import CodecError, UsageError

REAL = ffmpeg._bundled()
TONE = ["-f", "lavfi", "-i", "sine=duration=0.1"]


def test_no_such_program(monkeypatch, tmp_path):
    monkeypatch.setenv(ffmpeg.ENV_VARIABLE, str(tmp_path / "nowhere"))
    for ask in (ffmpeg.binary, ffmpeg.version, lambda: ffmpeg.run([], tmp_path, 1)):
        with pytest.raises(UsageError, match="nowhere is not a program"):
            ask()


def test_a_program_that_is_no_ffmpeg(fake):
    path = fake("echo hello")
    with pytest.raises(CodecError, match="not an ffmpeg"):
        ffmpeg.version()
    path.write_text("no program at all\0")
    with pytest.raises(CodecError, match="cannot be started"):
        ffmpeg.run([], path.parent, 5)


def test_a_program_that_does_not_answer(fake, tmp_path, monkeypatch, ends):
    monkeypatch.setattr(ffmpeg, "LIMIT_START_S", 0.3)
    fake(f"sleep 100 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(CodecError, match="stopped after 0 s"):
        ffmpeg.version()
    assert ends(int((tmp_path / "child").read_text()))


def test_the_version_is_its_own():
    assert ffmpeg.version()[0].isdigit()


def test_what_loaders_say_before_it_is_not_the_version(fake):
    fake("echo 'ffmpeg: no version information available' >&2; echo ffmpeg version 9.9-x by me")
    assert ffmpeg.version() == "9.9-x"


def test_what_it_lacks_is_named():
    assert ffmpeg.missing_coder("libmp3lame") == ""
    assert ffmpeg.missing_coder("libopencore_amrnb", "amrnb") == ""
    assert (
        ffmpeg.missing_coder("libmp4lame") == f"ffmpeg {ffmpeg.version()} has no encoder libmp4lame"
    )
    assert "no decoder libmp3lame" in ffmpeg.missing_coder("libmp3lame", "libmp3lame")
    assert "no encoder libx264" in ffmpeg.missing_coder("libx264")  # it has it, but for pictures


def test_what_another_ffmpeg_lacks_is_asked_anew(fake):
    assert ffmpeg.missing_coder("libmp3lame") == ""
    listed = "echo Encoders:; echo ' A....D aac  AAC'"
    fake(f'case "$*" in *-encoders*) {listed};; *) echo ffmpeg version 1;; esac')
    assert ffmpeg.missing_coder("aac") == ""
    assert ffmpeg.missing_coder("libmp3lame") == "ffmpeg 1 has no encoder libmp3lame"


def test_it_is_quiet_overwrites_and_reads_no_keyboard(fake, tmp_path):
    fake(f'echo "$@" > {tmp_path}/line; cat > {tmp_path}/keyboard')
    ffmpeg.run(["one", "two"], tmp_path, 5)
    line = (tmp_path / "line").read_text()
    assert line == "-nostdin -hide_banner -loglevel error -y one two\n"
    assert (tmp_path / "keyboard").read_bytes() == b""


FAILURES = {
    "crashes": ("kill -SEGV $$", "killed by signal 11 .*: it said nothing"),
    "fails": ("echo one >&2; echo the reason >&2; exit 3", "exit status 3: the reason"),
    "fails without a word": ("exit 1", "exit status 1: it said nothing"),
    "fails with odd bytes": (r"printf '\377\376 bad' >&2; exit 1", "bad"),
}


@pytest.mark.parametrize(("script", "message"), FAILURES.values(), ids=FAILURES)
def test_an_ffmpeg_that(script, message, fake, tmp_path):
    fake(script)
    with pytest.raises(CodecError, match=message):
        ffmpeg.run([], tmp_path, 5)


def test_an_attempt_may_fail(fake, tmp_path):
    fake("echo found something; exit 3")
    assert ffmpeg.run_unchecked([], tmp_path, 5) == (3, "found something")


def test_a_full_disk_is_no_failure_of_the_codec(fake, tmp_path):
    fake("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228")
    with pytest.raises(OSError, match="No space left") as caught:
        ffmpeg.run([], tmp_path, 5)
    assert caught.value.errno == errno.ENOSPC


SLOW = {
    "hangs": "sleep 100 & echo $! > child; wait",
    "talks without end": "sleep 100 & echo $! > child; while :; do echo na na; done",
    "closes its mouth and hangs": "exec >&- 2>&-; sleep 100 & echo $! > child; wait",
}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
def test_it_is_stopped_with_its_children_when_it(script, fake, tmp_path, monkeypatch, ends):
    monkeypatch.setattr(ffmpeg, "LIMIT_START_S", 0.2)
    fake(script)
    start = time.monotonic()
    with pytest.raises(CodecError, match="stopped after 1 s"):
        ffmpeg.run([], tmp_path, 0.5)
    assert 0.5 < time.monotonic() - start < 10
    assert ends(int((tmp_path / "child").read_text()))


def test_of_many_words_the_last_are_kept(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "MAX_OUTPUT_BYTES", 1000)
    fake("seq 100000; exit 1")
    status, words = ffmpeg.run_unchecked([], tmp_path, 5)
    assert status == 1
    assert words.endswith("\n99999\n100000")
    assert len(words) <= 1000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can bound another process")
def test_an_ffmpeg_that_eats_memory_is_refused_it(fake, tmp_path, monkeypatch):
    eat = f"sleep .2; exec {sys.executable} -c 'bytearray(2**30); print(\"full up\")'"
    fake(eat)
    ffmpeg.run([], tmp_path, 10)
    monkeypatch.setattr(ffmpeg, "MAX_MEMORY_BYTES", 2**29)
    with pytest.raises(CodecError, match="exit status 1: MemoryError"):
        ffmpeg.run([], tmp_path, 10)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can bound another process")
def test_an_ffmpeg_that_writes_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "MAX_FILE_BYTES", 2**20)
    with pytest.raises(CodecError, match=r"killed by signal 25 .*size"):
        ffmpeg.run(["-f", "lavfi", "-i", "sine", "-f", "f32le", "endless"], tmp_path, 10)
    assert (tmp_path / "endless").stat().st_size <= 2**20


def test_the_bounds_leave_room_for_64_streams_on_many_cores(tmp_path, monkeypatch):
    """With a core for each thread glibc would reserve more memory than there may be."""
    monkeypatch.setenv("MALLOC_ARENA_MAX", "512")
    arguments, outputs = [], []
    for number in range(64):
        arguments += TONE
        outputs += ["-map", str(number), "-threads", "1", f"{number}.mp3"]
    ffmpeg.run([*arguments, *outputs], tmp_path, 60)
    assert len(list(tmp_path.glob("*.mp3"))) == 64


def test_the_bounds_end_with_ffmpeg(tmp_path):
    """They are the child's own: what runs it may go on to write and allocate."""
    import resource

    before = [resource.getrlimit(kind) for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)]
    ffmpeg.run([*TONE, "a.wav"], tmp_path, 5)
    after = [resource.getrlimit(kind) for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)]
    assert before == after


@pytest.mark.parametrize("source", ["tcp://127.0.0.1:9/x", "http://127.0.0.1:9/x", "concat:a|b"])
def test_no_protocol_but_files(source, tmp_path):
    options = ["-protocol_whitelist", ffmpeg.PROTOCOLS, "-f", "wav", "-i", source]
    status, words = ffmpeg.run_unchecked([*options, "out.wav"], tmp_path, 5)
    assert status
    assert "not on whitelist" in words


def test_its_environment_is_that_of_the_program(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_TEST", "seen")
    fake('echo "$ASER_BENCH_TEST"')
    assert ffmpeg.run_unchecked([], tmp_path, 5) == (0, "seen")
    assert os.environ["ASER_BENCH_TEST"] == "seen"
