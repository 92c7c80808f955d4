"""The results folder of a run: locked while it runs, replaced as a whole, and not by accident."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import aser_bench
from aser_bench.cli import main
from aser_bench.core.errors import AserBenchError, UsageError
from aser_bench.core.journal import HIDDEN
from aser_bench.report import build


@pytest.fixture
def run(table, cache_dir, tmp_path):
    """Run a small study with some settings into a folder."""

    def run_study(out="out", overwrite=False, **settings):
        study = {"corpora": [{"csv": str(table)}], "codecs": ["int16"], "models": "svm"}
        return aser_bench.run(
            {**study, **settings},
            out=tmp_path / out,
            overwrite=overwrite,
            jobs=1,
            cache=cache_dir,
            quiet=True,
            formats="csv,html",
        )

    return run_study


@pytest.fixture
def start(table, cache_dir, tmp_path):
    """Start ``aser-bench run`` in a process; it is ended with the test."""
    processes = []

    def start_process(*flags: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "aser_bench", "run", "--corpus", f"csv={table}", "-q"]
        command += ["--codec", "int16", "--models", "svm", "--format", "csv", "-j", "1"]
        command += ["--out", str(tmp_path / "out"), "--cache", str(cache_dir), *flags]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield start_process
    for process in processes:
        process.kill()
        process.communicate()


def wait_for_lock(folder: Path, process: subprocess.Popen[str]) -> None:
    lock = folder.with_name(f".{folder.name}{HIDDEN}lock")
    end = time.monotonic() + 90
    while not (lock.exists() and lock.read_text()):
        assert process.poll() is None
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def listing(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def seed(folder: Path) -> int:
    return json.loads((folder / "manifest.json").read_text())["study"]["seed"]


def test_another_study_is_refused_before_anything_is_computed(run, tmp_path, capsys, table):
    run()
    before = listing(tmp_path / "out")
    with pytest.raises(UsageError, match=r"results of another study \(seed: 0, not 9\)"):
        run(seed=9)
    flags = ["--corpus", f"csv={table}", "--out", str(tmp_path / "out"), "-q"]
    assert main(["run", *flags, "--codec", "gsm"]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "another study" in message
    assert "--overwrite" in message
    assert listing(tmp_path / "out") == before


def test_same_study_may_be_run_again(run, tmp_path):
    run()
    before = (tmp_path / "out" / "scores.csv").read_bytes()
    run(name="another name")
    assert (tmp_path / "out" / "scores.csv").read_bytes() == before


def test_overwrite_replaces_results_report_and_nothing_else(run, tmp_path):
    run()
    out = tmp_path / "out"
    (out / "notes.txt").write_text("mine")
    (out / "sounds").mkdir()
    (out / "wer.csv").write_text("old")
    run(seed=9, overwrite=True)
    assert seed(out) == 9
    assert {path.name for path in out.iterdir()} == {
        *("scores.csv", "conditions.csv", "predictions.parquet", "timings.csv", "drift.csv"),
        *(
            "features.csv",
            "leaks.csv",
            "folds.csv",
            "study.yaml",
            "manifest.json",
            "tables",
            "report.html",
        ),
        "notes.txt",
    }
    assert (out / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.rglob(f"*{HIDDEN}*"))


def test_dry_run_tells_that_the_run_would_be_refused(run, tmp_path, capsys, table, cache_dir):
    run()
    flags = ["--corpus", f"csv={table}", "--codec", "int16", "--models", "svm", "--dry-run", "-q"]
    flags += ["--out", str(tmp_path / "out"), "--cache", str(cache_dir), "-j", "1"]
    assert main(["run", *flags, "--seed", "9"]) == 0
    assert "another study (seed: 0, not 9)" in capsys.readouterr().out
    assert main(["run", *flags, "--seed", "9", "--overwrite"]) == 0
    assert main(["run", *flags]) == 0
    assert "another study" not in capsys.readouterr().out


def test_folder_with_other_files_is_refused(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match="contains files that are not results of aser-bench"):
        run(overwrite=True)


def test_second_run_is_refused_while_the_first_writes(run, start, tmp_path, capsys):
    first = start("--seed", "3")
    wait_for_lock(tmp_path / "out", first)
    first.send_signal(signal.SIGSTOP)
    with pytest.raises(UsageError) as caught:
        run(seed=9, overwrite=True)
    assert f"is being written by process {first.pid} (" in str(caught.value)
    assert "aser_bench run --corpus" in str(caught.value)
    assert main(["report", str(tmp_path / "out")]) == 2
    assert f"is being written by process {first.pid} (" in capsys.readouterr().err
    first.send_signal(signal.SIGCONT)
    assert first.wait(90) == 0
    assert seed(tmp_path / "out") == 3
    assert not list(tmp_path.rglob(f"*{HIDDEN}*"))


def test_two_runs_into_a_folder_never_mix(run, start, tmp_path):
    """One of two runs that start together writes the folder, the other is refused."""
    both = [start("--seed", number) for number in ("0", "9")]
    codes = [process.wait(120) for process in both]
    assert sorted(codes) == [0, 2]
    refused = both[codes.index(2)].stderr.read()
    assert refused.count("\n") == 1
    assert "is being written by" in refused or "another study" in refused
    winner = seed(tmp_path / "out")
    assert winner == (0, 9)[codes.index(0)]
    alone = run("alone", seed=winner).folder
    for name in ("scores.csv", "conditions.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (alone / name).read_bytes()


def test_killed_run_leaves_the_old_results(run, start, tmp_path):
    run()
    before = listing(tmp_path / "out")
    process = start("--seed", "3", "--overwrite")
    wait_for_lock(tmp_path / "out", process)
    process.kill()
    process.wait()
    assert listing(tmp_path / "out") == before
    run(seed=4, overwrite=True)
    assert seed(tmp_path / "out") == 4
    assert not list(tmp_path.rglob(f"*{HIDDEN}*"))


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("a fault")])
def test_results_stay_if_only_the_report_fails(run, tmp_path, monkeypatch, error):
    run()

    def fail(*_):
        raise error

    monkeypatch.setattr(build, "write_tables", fail)
    with pytest.raises((ValueError, AserBenchError), match=r"a fault|no space left"):
        run(seed=9, overwrite=True)
    out = tmp_path / "out"
    assert seed(out) == 9
    assert len(pd.read_csv(out / "scores.csv")) > 0
    assert not (out / "tables").exists()
    assert not (out / "report.html").exists()


def test_interrupted_report_leaves_the_old_results(run, tmp_path, monkeypatch):
    run()
    before = listing(tmp_path / "out")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "write_tables", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(seed=9, overwrite=True)
    assert listing(tmp_path / "out") == before
    assert not list(tmp_path.rglob(f"*{HIDDEN}*"))


def test_results_in_the_current_directory(run, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    run()
    run(seed=9, overwrite=True)
    assert Path("manifest.json").exists()
    assert seed(Path()) == 9
