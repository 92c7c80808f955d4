"""The ffmpeg program: its path, version and coders, and the limits of its runs."""

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


def test_missing_program_is_a_usage_error(monkeypatch, tmp_path):
    monkeypatch.setenv(ffmpeg.ENV_VARIABLE, str(tmp_path / "nowhere"))
    for function in (ffmpeg.binary, ffmpeg.version, lambda: ffmpeg.run([], tmp_path, 1)):
        with pytest.raises(UsageError, match="nowhere is not a program"):
            function()


def test_rejects_a_program_that_is_not_ffmpeg(fake):
    path = fake("echo hello")
    with pytest.raises(CodecError, match="not an ffmpeg"):
        ffmpeg.version()
    path.write_text("no program at all\0")
    with pytest.raises(CodecError, match="cannot be started"):
        ffmpeg.run([], path.parent, 5)


def test_version_query_has_a_time_limit(fake, tmp_path, monkeypatch, ends):
    monkeypatch.setattr(ffmpeg, "LIMIT_START_S", 0.3)
    fake(f"sleep 100 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(CodecError, match="stopped after 0 s"):
        ffmpeg.version()
    assert ends(int((tmp_path / "child").read_text()))


def test_version_starts_with_a_digit():
    assert ffmpeg.version()[0].isdigit()


def test_version_ignores_messages_before_it(fake):
    fake("echo 'ffmpeg: no version information available' >&2; echo ffmpeg version 9.9-x by me")
    assert ffmpeg.version() == "9.9-x"


def test_missing_coder_is_named():
    assert ffmpeg.missing_coder("libmp3lame") == ""
    assert ffmpeg.missing_coder("libopencore_amrnb", "amrnb") == ""
    assert (
        ffmpeg.missing_coder("libmp4lame") == f"ffmpeg {ffmpeg.version()} has no encoder libmp4lame"
    )
    assert "no decoder libmp3lame" in ffmpeg.missing_coder("libmp3lame", "libmp3lame")
    assert "no encoder libx264" in ffmpeg.missing_coder("libx264")  # an encoder for video


def test_missing_coder_depends_on_the_program(fake):
    assert ffmpeg.missing_coder("libmp3lame") == ""
    listing = "echo Encoders:; echo ' A....D aac  AAC'"
    fake(f'case "$*" in *-encoders*) {listing};; *) echo ffmpeg version 1;; esac')
    assert ffmpeg.missing_coder("aac") == ""
    assert ffmpeg.missing_coder("libmp3lame") == "ffmpeg 1 has no encoder libmp3lame"


def test_run_is_quiet_overwrites_files_and_reads_no_input(fake, tmp_path):
    fake(f'echo "$@" > {tmp_path}/line; cat > {tmp_path}/input')
    ffmpeg.run(["one", "two"], tmp_path, 5)
    line = (tmp_path / "line").read_text()
    assert line == "-nostdin -hide_banner -loglevel error -y one two\n"
    assert (tmp_path / "input").read_bytes() == b""


FAILURES = {
    "crashes": ("kill -SEGV $$", "killed by signal 11 .*: no message"),
    "fails": ("echo one >&2; echo the reason >&2; exit 3", "exit status 3: the reason"),
    "fails without a message": ("exit 1", "exit status 1: no message"),
    "fails with odd bytes": (r"printf '\377\376 bad' >&2; exit 1", "bad"),
}


@pytest.mark.parametrize(("script", "message"), FAILURES.values(), ids=FAILURES)
def test_failure_is_reported_if_ffmpeg(script, message, fake, tmp_path):
    fake(script)
    with pytest.raises(CodecError, match=message):
        ffmpeg.run([], tmp_path, 5)


def test_unchecked_run_returns_status_and_output(fake, tmp_path):
    fake("echo found something; exit 3")
    assert ffmpeg.run_unchecked([], tmp_path, 5) == (3, "found something")


def test_full_disk_is_an_os_error(fake, tmp_path):
    fake("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228")
    with pytest.raises(OSError, match="No space left") as caught:
        ffmpeg.run([], tmp_path, 5)
    assert caught.value.errno == errno.ENOSPC


SLOW = {
    "hangs": "sleep 100 & echo $! > child; wait",
    "prints without end": "sleep 100 & echo $! > child; while :; do echo message; done",
    "closes its output and hangs": "exec >&- 2>&-; sleep 100 & echo $! > child; wait",
}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
def test_ffmpeg_and_its_children_are_stopped_if_it(script, fake, tmp_path, monkeypatch, ends):
    monkeypatch.setattr(ffmpeg, "LIMIT_START_S", 0.2)
    fake(script)
    start = time.monotonic()
    with pytest.raises(CodecError, match="stopped after 1 s"):
        ffmpeg.run([], tmp_path, 0.5)
    assert 0.5 < time.monotonic() - start < 10
    assert ends(int((tmp_path / "child").read_text()))


def test_only_the_end_of_long_output_is_kept(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "MAX_OUTPUT_BYTES", 1000)
    fake("seq 100000; exit 1")
    status, output = ffmpeg.run_unchecked([], tmp_path, 5)
    assert status == 1
    assert output.endswith("\n99999\n100000")
    assert len(output) <= 1000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit another process")
def test_memory_of_ffmpeg_is_limited(fake, tmp_path, monkeypatch):
    script = f"sleep .2; exec {sys.executable} -c 'bytearray(2**30); print(\"allocated\")'"
    fake(script)
    ffmpeg.run([], tmp_path, 10)
    monkeypatch.setattr(ffmpeg, "MAX_MEMORY_BYTES", 2**29)
    with pytest.raises(CodecError, match="exit status 1: MemoryError"):
        ffmpeg.run([], tmp_path, 10)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit another process")
def test_size_of_written_files_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "MAX_FILE_BYTES", 2**20)
    with pytest.raises(CodecError, match=r"killed by signal 25 .*size"):
        ffmpeg.run(["-f", "lavfi", "-i", "sine", "-f", "f32le", "endless"], tmp_path, 10)
    assert (tmp_path / "endless").stat().st_size <= 2**20


def test_limits_allow_64_streams_on_many_cores(tmp_path, monkeypatch):
    """With a core for each thread, glibc would reserve more memory than the limit."""
    monkeypatch.setenv("MALLOC_ARENA_MAX", "512")
    arguments, outputs = [], []
    for number in range(64):
        arguments += TONE
        outputs += ["-map", str(number), "-threads", "1", f"{number}.mp3"]
    ffmpeg.run([*arguments, *outputs], tmp_path, 60)
    assert len(list(tmp_path.glob("*.mp3"))) == 64


def test_limits_do_not_apply_to_the_parent_process(tmp_path):
    import resource

    before = [resource.getrlimit(limit) for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)]
    ffmpeg.run([*TONE, "a.wav"], tmp_path, 5)
    after = [resource.getrlimit(limit) for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)]
    assert before == after


@pytest.mark.parametrize("source", ["tcp://127.0.0.1:9/x", "http://127.0.0.1:9/x", "concat:a|b"])
def test_only_files_can_be_opened(source, tmp_path):
    options = ["-protocol_whitelist", ffmpeg.PROTOCOLS, "-f", "wav", "-i", source]
    status, output = ffmpeg.run_unchecked([*options, "out.wav"], tmp_path, 5)
    assert status
    assert "not on whitelist" in output


def test_environment_is_passed_to_ffmpeg(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_TEST", "seen")
    fake('echo "$ASER_BENCH_TEST"')
    assert ffmpeg.run_unchecked([], tmp_path, 5) == (0, "seen")
    assert os.environ["ASER_BENCH_TEST"] == "seen"
