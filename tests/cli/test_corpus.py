"""``aser-bench corpus encode`` as a user meets it: flags, one line for what is wrong, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from aser_bench.cli import main
from aser_bench.core.journal import HIDDEN
from aser_bench.corpora.audio import read


@pytest.fixture
def bench(cache_dir, tmp_path, capsys, monkeypatch):
    """Run the verb in this process; return exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASER_BENCH_CACHE", str(cache_dir))

    def call(*arguments):
        try:
            code = main(["corpus", "encode", *map(str, arguments)])
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def one_line(said: str) -> str:
    assert said.startswith("aser-bench"), said
    assert said.count("\n") == 1, said
    return said


def command(table: Path, out: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "aser_bench",
        "corpus",
        "encode",
        "--corpus",
        f"csv={table}",
        *(more or ("--codec", "gain", "-j", "1", "-q")),
        str(out),
    ]


def test_the_demo_corpus_needs_no_name(bench):
    code, out, said = bench(
        "--codec",
        "mp3",
        "--bitrates",
        "8",
        "--codec",
        "gain:db=6",
        "--limit",
        "3",
        "-j",
        "1",
        "-q",
        "coded",
    )
    assert (code, said) == (0, "")
    assert out.startswith("3 recordings at 3 conditions: 9 files, 0.")
    assert "--corpus csv=coded/" in out
    assert "Licence of the recordings and of these copies: MIT" in out
    # as in the package: a folder a speaker
    files = sorted(path.relative_to("coded") for path in Path("coded").rglob("*.mp3"))
    assert [file.parts[0] for file in files] == ["mp3-8k"] * 3
    assert {len(file.parts) for file in files} == {3}


def test_what_it_writes_runs(bench, table):
    code, out, _ = bench(
        "--corpus",
        f"csv={table}",
        "--codec",
        "mp3",
        "--bitrates",
        "8",
        "--form",
        "wav",
        "-j",
        "1",
        "-q",
        "coded",
    )
    assert code == 0
    words = next(line for line in out.splitlines() if "--corpus" in line).split()[-2:]
    study = ["--codec", "gain", "--models", "svm", "--effort", "quick", "--dry-run", "-j", "1"]
    assert main(["run", *words, *study]) == 0


def test_the_environment_counts_as_in_a_run(bench, table, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_LIMIT", "2")
    monkeypatch.setenv("ASER_BENCH_MODELS", "no such model")  # not this verb's
    code, out, _ = bench("--corpus", f"csv={table}", "--codec", "gain", "-j", "1", "-q", "coded")
    assert code == 0
    assert out.startswith("2 recordings")


def test_progress_and_refusals_are_told(bench, table, tmp_path):
    (tmp_path / "broken.wav").write_text("no audio")
    with table.open("a") as file:
        file.write("broken.wav,sad,v1\n")
    code, out, said = bench("--corpus", f"csv={table}", "--codec", "gain", "-j", "1", "coded")
    assert code == 0
    assert f"refused: {tmp_path}/broken.wav: it is text, not audio" in said
    assert "100 %" in said
    assert "1 recording was refused" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--bitrates", "8", "out"), "--bitrates belongs behind the --codec"),
        (("--codec", "mp3", "out"), "needs --bitrates"),
        (("--codec", "gain", "--form", "flac", "out"), "unknown form 'flac'"),
        (("--codec", "gain", "--limit", "0", "out"), "limit must be"),
        (("--codec", "gain", "-j", "two", "out"), "-j must be a whole number"),
        (("--corpus", "demo", "--corpus", "csv=x", "--codec", "gain", "out"), "one --corpus"),
        (("--corpus", "csv=nowhere.csv", "--codec", "gain", "out"), "there is no file"),
        (("--codec", "gain", "full"), "full is not empty"),
        (("--codec", "gain", "full/file"), "is a file"),
        (("--codec", "gain"), "OUT"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(bench, tmp_path, arguments, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    code, out, said = bench(*arguments)
    assert (code, out) == (2, "")
    assert message in one_line(said)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_a_place_that_cannot_be_written_is_one_line(bench, tmp_path):
    (tmp_path / "file").write_text("mine")
    code, _, said = bench("--codec", "gain", "--limit", "2", "-q", "-j", "1", "file/out")
    assert code == 1
    assert "file/out cannot be written (Not a directory)" in one_line(said)


def test_a_folder_that_may_not_be_written_is_one_line(bench, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    code, _, said = bench("--codec", "gain", "--limit", "2", "-q", "-j", "1", "closed/out")
    assert code == 1
    assert "cannot be written (Permission denied)" in one_line(said)


def test_a_full_disk_is_one_line(table, tmp_path):
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
    assert full.returncode == 1
    assert "no space left on the disk of" in one_line(full.stderr)
    assert full.stdout == ""  # neither a closing text nor a file that was left


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_encode_leaves_nothing_and_can_be_said_again(bench, table, tmp_path, how):
    many = tmp_path / "many.csv"
    lines = [line.split(",") for line in table.read_text().splitlines()]
    for copy in range(24):  # enough to be interrupted in
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
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)
    os.killpg(process.pid, how)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert not out.exists()
    if how != signal.SIGKILL:
        assert not list(tmp_path.glob(f"*{HIDDEN}*"))
        assert process.returncode == 130
        assert "interrupted; nothing was written" in said
    code, _, said = bench("--corpus", f"csv={table}", "--codec", "gain", "-j", "1", "-q", out)
    assert (code, said) == (0, "")
    assert not list(tmp_path.glob(f"*{HIDDEN}*"))
    files = pd.read_csv(out / "files.csv")
    assert len(files) == len(list(out.rglob("*.wav"))) == 64
    assert all(len(read(out / file)) == 6400 for file in files["file"])
