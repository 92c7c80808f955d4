"""``aser-bench report`` as a user meets it."""

from __future__ import annotations

import factories
import pandas as pd
import pytest

from aser_bench.cli import main

SKILL = {("original", "original"): 0.95, ("original", "mp3-8k"): 0.2, ("original", "mp3-64k"): 0.9}


@pytest.fixture
def bench(tmp_path, capsys, monkeypatch):
    """Run the command in this process; return exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in ("FORMAT", "MARGIN", "LISTEN"):
        monkeypatch.delenv(f"ASER_BENCH_{name}", raising=False)

    def call(*arguments):
        try:
            code = main([str(argument) for argument in ("report", *arguments)])
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def folder(tmp_path):
    frame = factories.predictions(SKILL, runs=1)
    return factories.folder(tmp_path / "one", frame, corpora={"voices": {"synthetic": True}})


def refused(answer) -> str:
    code, out, err = answer
    assert code == 2
    assert out == ""
    assert err.startswith("aser-bench")
    assert err.count("\n") == 1
    return err


def test_it_prints_the_verdict_and_where_everything_lies(bench, folder):
    code, out, err = bench(folder, "--format", "csv")
    assert (code, err) == (0, "")
    first, *_, last = out.strip().splitlines()
    assert first.startswith("voices (synthetic speech), functionals, protocol speaker, mp3")
    assert "the largest loss is that of svm at mp3-8k" in " ".join(out.split())
    assert all(len(line) <= 80 for line in out.splitlines()[:-1])
    assert last == f"tables in {folder}/"
    assert all(path.suffix == ".csv" for path in (folder / "tables").iterdir())


def test_several_folders_need_a_place(bench, folder, tmp_path):
    other = factories.folder(tmp_path / "two", factories.predictions(SKILL, model="mlp", runs=1))
    assert "--out" in refused(bench(folder, other))
    code, out, _ = bench(folder, other, "--out", "both", "--format", "md,csv")
    assert code == 0
    assert out.endswith("tables in both/\n")
    names = {path.name for path in (tmp_path / "both" / "tables").iterdir()}
    assert {name.rpartition(".")[2] for name in names} == {"md", "csv"}
    assert not (folder / "tables").exists()


def test_the_margin_is_heard(bench, folder):
    assert "(margin 90 points of UAR)" in bench(folder, "--format", "csv", "--margin", "0.9")[1]
    assert "(margin 2 points of UAR)" in bench(folder, "--format", "csv")[1]


def test_the_interval_that_ignores_speakers_is_written_on_demand(bench, folder):
    held = []
    for flags in ((), ("--unclustered",)):
        assert bench(folder, "--format", "csv", *flags)[0] == 0
        (file,) = (folder / "tables").glob("*-losses.csv")
        held.append(pd.read_csv(file)["low_unclustered"].notna().any())
    assert held == [False, True]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--format", "csv,htlm"), "unknown format 'htlm'; did you mean 'html'?"),
        (("--margin", "much"), "--margin must be a number, not 'much'"),
        (("--margin", "2"), "--margin must lie between 0 and 1"),
        (("--margin", "0"), "--margin must lie between 0 and 1"),
        (("--margin", "nan"), "--margin must lie between 0 and 1"),
        (("--listen", "1.5"), "--listen must be a"),
        (("--listen", "-1"), "--listen must be a number of utterances"),
        (("--formt", "csv"), "--formt"),
    ],
)
def test_flags_that_cannot_be(bench, folder, flags, said):
    before = factories.listing(folder)
    assert said in refused(bench(folder, *flags))
    assert factories.listing(folder) == before


def test_folders_that_are_none(bench, folder, tmp_path):
    assert "nowhere is no results folder" in refused(bench("nowhere"))
    assert "no results folder" in refused(bench(folder / "scores.csv"))
    assert "DIR" in refused(bench())
    (folder / "predictions.parquet").write_bytes(b"nonsense")
    assert "cannot be read as predictions" in refused(bench(folder))


def test_a_variable_stands_in_for_a_flag_that_is_not_given(bench, folder, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_FORMAT", "md")
    monkeypatch.setenv("ASER_BENCH_MARGIN", "0.5")
    code, out, _ = bench(folder)
    assert code == 0
    assert "(margin 50 points of UAR)" in out
    assert {path.suffix for path in (folder / "tables").iterdir()} == {".md"}
    assert "(margin 5 points of UAR)" in bench(folder, "--margin", "0.05", "--format", "csv")[1]
    assert {path.suffix for path in (folder / "tables").iterdir()} == {".csv"}
    monkeypatch.setenv("ASER_BENCH_FORMAT", "nonsense")
    assert "unknown format 'nonsense'" in refused(bench(folder))
