"""``aser-bench baseline`` as a user meets it."""

from __future__ import annotations

import factories
import pytest

from aser_bench.cli import main


@pytest.fixture
def bench(tmp_path, capsys, monkeypatch):
    """Run the command in this process; return exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        try:
            code = main([str(argument) for argument in ("baseline", *arguments)])
        except SystemExit as exit_:
            code = exit_.code
        expected = capsys.readouterr()
        return code, expected.out, expected.err

    return call


@pytest.fixture
def new(tmp_path):
    return factories.folder(tmp_path / "new", factories.predictions(), label="made")


def test_the_first_update_lists_the_files(bench, new, tmp_path):
    code, out, err = bench("update", "new", "kept")
    assert (code, err) == (0, "")
    assert out.startswith("kept: 5 cells in ")
    assert "wrote cells.csv, predictions.parquet, conditions.csv," in out
    assert (tmp_path / "kept" / "manifest.json").is_file()
    assert bench("update", "new", "kept")[1].endswith("nothing changed.\n")


def test_worse_results_are_accepted_and_reported(bench, new, tmp_path):
    bench("update", "new", "kept")
    factories.folder(
        tmp_path / "worse", factories.predictions(dict.fromkeys(factories.SKILL, 0.05))
    )
    code, out, _ = bench("update", "worse", "kept")
    assert code == 0
    first, *rest = out.splitlines()
    assert first == "Against the old baseline: FAILED: 5 worse"
    assert sum(line.startswith("  worse: voices / ") for line in rest) == 5
    assert all(len(line) <= 80 for line in rest)
    assert "passed: 5 same" in bench("update", "worse", "kept")[1]


def test_show_prints_a_baseline(bench, new):
    bench("update", "new", "kept")
    code, out, err = bench("show", "kept")
    assert (code, err) == (0, "")
    assert out.startswith("label:    made (effort quick, seed 0)\n")
    assert out.count("mp3-64k") >= 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("update", "new/scores.csv", "kept"), "name the results folder"),
        (("update", "nowhere", "kept"), "does not exist"),
        (("show", "nowhere"), "has no manifest.json"),
        (("update", "new"), "BASELINE"),
        ((), "ACTION"),
    ],
)
def test_usage_errors_are_one_line(bench, new, arguments, expected):
    code, out, err = bench(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("aser-bench")
    assert err.count("\n") == 1
    assert expected in err
