"""The command line with consoles that lack characters, and with a closed or full output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

QUICK = ("--codec", "opus", "--bitrates", "16", "--models", "svm", "--effort", "quick", "-j", "1")
FULL = Path("/dev/full")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


@pytest.fixture
def call(cache_dir, tmp_path):
    """Return a function that runs a shell command in which "$@" is the command line."""

    def run(script, *arguments, **variables):
        environment = {**os.environ, "ASER_BENCH_CACHE": str(cache_dir), "COLUMNS": "80"}
        command = [sys.executable, "-m", "aser_bench", *map(str, arguments)]
        return subprocess.run(
            ["bash", "-c", script, "bash", *command],
            env=environment | variables,
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )

    return run


@pytest.fixture
def study(table):
    return ["run", "--corpus", f"csv={table}", *QUICK, "--format", "csv"]


SCRIPTS = {
    "full": '"$@" > /dev/full',
    "closed": '"$@" >&- 2>&-',
    "a reader that ends": 'set -o pipefail; "$@" 2>&1 | head -1',
}


@needs_full
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_run_writes_its_results_without_standard_output(call, study, tmp_path, script):
    done = call(script, *study, "--out", "out", "-j", "2" if "&-" in script else "1")
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "out" / "manifest.json").exists()
    assert (tmp_path / "out" / "tables").is_dir()
    error = b"aser-bench: error: standard output: No space left on device"
    assert (error in done.stderr) == ("full" in script)


@pytest.mark.parametrize(("encoding", "name"), [("gbk", "Zoe *"), ("cp437", "Zo\u00eb *")])
def test_run_prints_what_the_console_can_show(call, study, tmp_path, encoding, name):
    done = call('"$@"', *study, "--out", "Zo\u00eb \u2020", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert f"results written to {name}/" in done.stdout.decode(encoding)
    assert (tmp_path / "Zo\u00eb \u2020" / "manifest.json").exists()


@needs_full
def test_failed_cells_have_their_exit_code_without_standard_output(call, study):
    done = call('"$@" > /dev/full', "run", "--corpus", "demo", "--codec", "nonsense")
    assert done.returncode == 2
    assert b"unknown codec" in done.stderr


@needs_full
@pytest.mark.parametrize("arguments", [["list", "codecs"], ["--help"], ["run", "--help"]])
def test_text_that_is_the_whole_result_must_be_written(call, arguments):
    done = call('"$@" > /dev/full', *arguments)
    assert done.returncode == 1
    assert b"standard output: No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert call('set -o pipefail; "$@" | true', *arguments).returncode == 0
    assert call('"$@" >&-', *arguments).returncode == 0


@needs_full
def test_report_check_and_probe_have_their_exit_codes(call, study, tmp_path):
    call('"$@"', *study, "--out", "out")
    for arguments in (
        ["report", "out"],
        ["check", "out", "--against", "out"],
        ["probe", "opus", "--bitrates", "16", "--limit", "1", "--csv", "probe.csv"],
    ):
        done = call('"$@" > /dev/full', *arguments)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
    assert (tmp_path / "probe.csv").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_names_that_are_not_utf_8_are_printed(call, tmp_path, encoding):
    (tmp_path / "voices\udcff").mkdir()
    done = call('"$@"', "run", "--corpus", "custom=voices\udcff", PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert b"voices\\xff" in done.stderr
    done = call('"$@"', "run", "--out", "out\udcff", PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert b"'out\\xff' is not UTF-8" in done.stderr
