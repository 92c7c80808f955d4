"""Tests of ``aser-bench report``."""

from __future__ import annotations

from functools import partial

import factories
import pandas as pd
import pytest
from cli_assertions import error_line

SKILL = {("original", "original"): 0.95, ("original", "mp3-8k"): 0.2, ("original", "mp3-64k"): 0.9}


@pytest.fixture
def report(cli):
    """Return a function that runs ``aser-bench report``."""
    return partial(cli, "report")


@pytest.fixture
def folder(tmp_path):
    """A results folder, ``one``."""
    frame = factories.predictions(SKILL, runs=1)
    return factories.folder(tmp_path / "one", frame, corpora={"voices": {"synthetic": True}})


def test_prints_the_verdict_and_the_folder_of_the_tables(report, folder):
    code, out, err = report(folder, "--format", "csv")
    assert (code, err) == (0, "")
    first, *_, last = out.strip().splitlines()
    assert first.startswith("voices (synthetic speech), functionals, protocol speaker, MP3")
    assert "the largest loss of UAR is that of svm at mp3-8k" in " ".join(out.split())
    assert all(len(line) <= 80 for line in out.splitlines()[:-1])
    assert last == f"tables in {folder}/"
    assert all(path.suffix == ".csv" for path in (folder / "tables").iterdir())


def test_several_folders_need_an_output_folder(report, folder, tmp_path):
    other = factories.folder(tmp_path / "two", factories.predictions(SKILL, model="mlp", runs=1))
    assert "needs an output folder" in error_line(report(folder, other))
    code, out, _ = report(folder, other, "--out", "both", "--format", "md,csv")
    assert code == 0
    assert out.endswith("tables in both/\n")
    names = {path.name for path in (tmp_path / "both" / "tables").iterdir()}
    assert {name.rpartition(".")[2] for name in names} == {"md", "csv"}
    assert not (folder / "tables").exists()


def test_margin_flag(report, folder):
    assert "(margin: 90 points of UAR)" in report(folder, "--format", "csv", "--margin", "0.9")[1]
    assert "(margin: 2 points of UAR)" in report(folder, "--format", "csv")[1]


def test_unclustered_interval_is_written_with_its_flag_only(report, folder):
    has_intervals = []
    for flags in ((), ("--unclustered",)):
        assert report(folder, "--format", "csv", *flags)[0] == 0
        (file,) = (folder / "tables").glob("*-losses.csv")
        has_intervals.append(pd.read_csv(file)["low_unclustered"].notna().any())
    assert has_intervals == [False, True]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--format", "csv,htlm"), "unknown format 'htlm'; did you mean 'html'?"),
        (("--margin", "much"), "--margin must be a number, not 'much'"),
        (("--margin", "2"), "margin must be between 0 and 1"),
        (("--margin", "0"), "margin must be between 0 and 1"),
        (("--margin", "nan"), "margin must be between 0 and 1"),
        (("--listen", "1.5"), "--listen must be a"),
        (("--listen", "-1"), "listen must be a number of utterances"),
        (("--formt", "csv"), "--formt"),
    ],
)
def test_invalid_flag_is_a_usage_error_that_writes_nothing(report, folder, flags, expected):
    before = factories.listing(folder)
    assert expected in error_line(report(folder, *flags))
    assert factories.listing(folder) == before


def test_rejects_folder_without_readable_results(report, folder, tmp_path):
    assert "nowhere is not a results folder" in error_line(report("nowhere"))
    assert "not a results folder" in error_line(report(folder / "scores.csv"))
    assert "DIR" in error_line(report())
    (folder / "predictions.parquet").write_bytes(b"nonsense")
    assert "cannot be read as predictions" in error_line(report(folder))


def test_environment_variables_are_the_defaults_of_flags(report, folder, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_FORMAT", "md")
    monkeypatch.setenv("ASER_BENCH_MARGIN", "0.5")
    code, out, _ = report(folder)
    assert code == 0
    assert "(margin: 50 points of UAR)" in out
    assert {path.suffix for path in (folder / "tables").iterdir()} == {".md"}
    assert "(margin: 5 points of UAR)" in report(folder, "--margin", "0.05", "--format", "csv")[1]
    assert {path.suffix for path in (folder / "tables").iterdir()} == {".csv"}
    monkeypatch.setenv("ASER_BENCH_FORMAT", "nonsense")
    assert "unknown format 'nonsense'" in error_line(report(folder))
