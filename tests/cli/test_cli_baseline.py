"""Tests of ``aser-bench baseline``."""

from __future__ import annotations

from functools import partial

import factories
import pytest
from cli_assertions import error_line


@pytest.fixture
def baseline(cli):
    """Return a function that runs ``aser-bench baseline``."""
    return partial(cli, "baseline")


@pytest.fixture
def new(tmp_path):
    """A results folder, ``new``."""
    return factories.folder(tmp_path / "new", factories.predictions(), label="made")


def test_first_update_lists_the_files(baseline, new, tmp_path):
    code, out, err = baseline("update", "new", "saved")
    assert (code, err) == (0, "")
    assert out.startswith("saved: 5 cells in ")
    assert "wrote cells.csv, predictions.parquet, conditions.csv," in out
    assert (tmp_path / "saved" / "manifest.json").is_file()
    assert baseline("update", "new", "saved")[1].endswith("nothing changed.\n")


def test_worse_results_are_accepted_and_reported(baseline, new, tmp_path):
    baseline("update", "new", "saved")
    factories.folder(
        tmp_path / "worse", factories.predictions(dict.fromkeys(factories.SKILL, 0.05))
    )
    code, out, _ = baseline("update", "worse", "saved")
    assert code == 0
    first, *rest = out.splitlines()
    assert first == "Against the old baseline: FAILED: 5 worse"
    assert sum(line.startswith("  worse: voices / ") for line in rest) == 5
    assert all(len(line) <= 80 for line in rest)
    assert "passed: 5 same" in baseline("update", "worse", "saved")[1]


def test_show_prints_a_baseline(baseline, new):
    baseline("update", "new", "saved")
    code, out, err = baseline("show", "saved")
    assert (code, err) == (0, "")
    assert out.startswith("label:    made (effort quick, seed 0)\n")
    assert out.count("mp3-64k") >= 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("update", "new/scores.csv", "saved"), "name the results folder"),
        (("update", "nowhere", "saved"), "does not exist"),
        (("show", "nowhere"), "has no manifest.json"),
        (("update", "new"), "BASELINE"),
        ((), "ACTION"),
    ],
)
def test_usage_errors_are_one_line(baseline, new, arguments, expected):
    assert expected in error_line(baseline(*arguments))
