"""The timing script runs; the measured times are not checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import aser_bench

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "speed" / "grid.py"
PACKAGE = Path(aser_bench.__file__).parent
ROWS = (
    "GridSearchCV, as written",
    "GridSearchCV, no candidate twice",
    "the same, float32",
    "aser-bench",
)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pd.DataFrame]:
    """Return the output of the script and the table that it writes."""
    folder = tmp_path_factory.mktemp("speed")
    run = subprocess.run(
        [sys.executable, SCRIPT, "--corpus", "demo", "--folds", "1", "--csv", folder / "times.csv"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, pd.read_csv(folder / "times.csv")


def test_every_row_is_measured(output: tuple[str, pd.DataFrame]) -> None:
    text, table = output
    assert list(table.columns) == ["row", "repeat", "fold", "CPU", "wall", "corpus", "model"]
    assert (table[["CPU", "wall"]] > 0).all(axis=None)
    for _, part in table.groupby("model"):
        assert tuple(part["row"]) == ROWS  # rows alternate
    assert set(table["model"]) == {"svm", "mlp"}
    assert all(text.count(f"\n{name} ") >= 2 for name in ROWS)


def test_prints_shares_and_goals(output: tuple[str, pd.DataFrame]) -> None:
    lines = output[0].splitlines()
    assert sum(line.startswith("work not done") for line in lines) == 2
    assert "goal: none is set for svm on demo" in lines
    assert "goal: none is set for mlp on demo" in lines


@pytest.mark.parametrize(("model", "scores"), [("svm", 91), ("mlp", 4)])
def test_scores_and_choice_are_equal_on_float32(
    output: tuple[str, pd.DataFrame], model: str, scores: int
) -> None:
    (part,) = (text for text in output[0].split("\n\n") if text.startswith(f"{model} on demo"))
    assert f"the same, float32: {scores} of {scores} scores equal to ours, the same choice" in part
