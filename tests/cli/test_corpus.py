"""Tests of ``aser-bench corpus encode``: flags, usage errors, interruption."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from cli_assertions import Output, error_line

from aser_bench.core.journal import HIDDEN
from aser_bench.corpora.audio import read


@pytest.fixture
def encode(cli):
    """Return a function that runs ``aser-bench corpus encode``."""
    return partial(cli, "corpus", "encode")


def command(table: Path, out: Path, *flags: str) -> list[str]:
    """Return a command for a new process; by default it encodes with the control ``gain``."""
    prefix = [sys.executable, "-m", "aser_bench", "corpus", "encode", "--corpus", f"csv={table}"]
    return [*prefix, *(flags or ("--codec", "gain", "-j", "1", "-q")), str(out)]


def test_demo_corpus_is_the_default(encode):
    codecs = ("--codec", "mp3", "--bitrates", "8", "--codec", "gain:db=6")
    code, out, err = encode(*codecs, "--limit", "3", "-j", "1", "-q", "coded")
    assert (code, err) == (0, "")
    assert out.startswith("3 recordings at 3 conditions: 9 files, 0.")
    assert "--corpus csv=coded/" in out
    assert "Licence of the recordings and of these copies: MIT" in out
    # As in the package: one folder for each speaker.
    files = sorted(path.relative_to("coded") for path in Path("coded").rglob("*.mp3"))
    assert [file.parts[0] for file in files] == ["mp3-8k"] * 3
    assert {len(file.parts) for file in files} == {3}


def test_printed_corpus_argument_can_be_run(cli, encode, table):
    codec = ("--codec", "mp3", "--bitrates", "8", "--form", "wav")
    code, out, _ = encode("--corpus", f"csv={table}", *codec, "-j", "1", "-q", "coded")
    assert code == 0
    corpus = next(line for line in out.splitlines() if "--corpus" in line).split()[-2:]
    study = ["--codec", "gain", "--models", "svm", "--effort", "quick", "--dry-run", "-j", "1"]
    assert cli("run", *corpus, *study).code == 0


def test_environment_variables_are_the_defaults_of_flags(encode, table, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_LIMIT", "2")
    monkeypatch.setenv("ASER_BENCH_MODELS", "no such model")  # not a setting of this verb
    code, out, _ = encode("--corpus", f"csv={table}", "--codec", "gain", "-j", "1", "-q", "coded")
    assert code == 0
    assert out.startswith("2 recordings")


def test_progress_and_refused_recordings_are_reported(encode, table, tmp_path):
    (tmp_path / "broken.wav").write_text("no audio")
    with table.open("a") as file:
        file.write("broken.wav,sad,v1\n")
    code, out, err = encode("--corpus", f"csv={table}", "--codec", "gain", "-j", "1", "coded")
    assert code == 0
    assert f"refused: {tmp_path}/broken.wav: it is text, not audio" in err
    assert "100 %" in err
    assert "1 recording was refused" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--bitrates", "8", "out"), "--bitrates must follow the --codec"),
        (("--codec", "mp3", "out"), "needs bitrates"),
        (("--codec", "gain", "--form", "flac", "out"), "unknown form 'flac'"),
        (("--codec", "gain", "--limit", "0", "out"), "limit must be"),
        (("--codec", "gain", "-j", "two", "out"), "jobs must be an integer of at least 1"),
        (("--corpus", "demo", "--corpus", "csv=x", "--codec", "gain", "out"), "one --corpus"),
        (("--corpus", "csv=nowhere.csv", "--codec", "gain", "out"), "there is no file"),
        (("--codec", "gain", "full"), "full is not empty"),
        (("--codec", "gain", "full/file"), "is a file"),
        (("--codec", "gain"), "OUT"),
    ],
)
def test_usage_error_is_one_line_and_writes_nothing(encode, tmp_path, arguments, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    assert message in error_line(encode(*arguments))
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_output_inside_a_file_is_a_one_line_error(encode, tmp_path):
    (tmp_path / "file").write_text("mine")
    output = encode("--codec", "gain", "--limit", "2", "-q", "-j", "1", "file/out")
    assert "file/out cannot be written (Not a directory)" in error_line(output, code=1)


def test_missing_permission_is_a_one_line_error(encode, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    output = encode("--codec", "gain", "--limit", "2", "-q", "-j", "1", "closed/out")
    assert "cannot be written (Permission denied)" in error_line(output, code=1)


def test_full_disk_is_a_one_line_error(table, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    inside = f'mount -t tmpfs -o size=64k tmpfs {disk} && "$@"; code=$?; ls -A {disk}; exit $code'
    prefix = ["unshare", "--map-root-user", "--mount", "sh", "-c", inside, "sh"]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system does not let a test mount a small disk")
    full = subprocess.run(
        [*prefix, *command(table, disk / "out")], capture_output=True, text=True, check=False
    )
    # Standard output would also have the names of files that are left.
    message = error_line(Output(full.returncode, full.stdout, full.stderr), code=1)
    assert "no space left on the disk of" in message


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_encode_leaves_nothing_and_can_be_repeated(encode, table, tmp_path, how):
    many = tmp_path / "many.csv"
    lines = [line.split(",") for line in table.read_text().splitlines()]
    for copy in range(24):  # enough files for an interruption
        folder = tmp_path / "many" / str(copy)
        folder.mkdir(parents=True)
        for file, *_ in lines[1:]:
            os.link(file, folder / Path(file).name)
    rows = [
        ",".join([f"many/{copy}/{Path(file).name}", *rest])
        for copy in range(24)
        for file, *rest in lines[1:]
    ]
    many.write_text("\n".join([",".join(lines[0]), *rows]) + "\n")
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(many, out, "--codec", "mp3", "--bitrates", "8,64", "-j", "2"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"ASER_BENCH_CACHE": str(tmp_path / "cache")},
    )
    end = time.monotonic() + 90
    while not list(tmp_path.glob(f".out{HIDDEN}new-*/mp3-8k/*/*/*.mp3")):
        assert process.poll() is None
        assert time.monotonic() < end, "no file was written"
        time.sleep(0.01)
    os.killpg(process.pid, how)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert not out.exists()
    if how != signal.SIGKILL:
        assert not list(tmp_path.glob(f"*{HIDDEN}*"))
        assert process.returncode == 130
        assert "interrupted; nothing was written" in err
    code, _, err = encode("--corpus", f"csv={table}", "--codec", "gain", "-j", "1", "-q", out)
    assert (code, err) == (0, "")
    assert not list(tmp_path.glob(f"*{HIDDEN}*"))
    files = pd.read_csv(out / "files.csv")
    assert len(files) == len(list(out.rglob("*.wav"))) == 64
    assert all(len(read(out / file)) == 6400 for file in files["file"])
