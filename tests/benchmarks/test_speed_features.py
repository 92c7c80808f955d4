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

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "speed" / "features.py"
PACKAGE = Path(aser_bench.__file__).parent
ROWS = ("librosa, three plain calls", "aser-bench -j 1", "aser-bench -j 2", "floor: FFT alone")


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pd.DataFrame]:
    """Return the output of the script and the table that it writes."""
    folder = tmp_path_factory.mktemp("speed")
    size = ["--utterances", "2", "--repeats", "2", "--batch", "1"]
    corpus = PACKAGE / "corpora" / "data" / "demo"
    run = subprocess.run(
        [sys.executable, SCRIPT, "--corpus", corpus, *size, "--csv", folder / "timings.csv"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, pd.read_csv(folder / "timings.csv")


def test_every_row_is_measured_in_every_repeat(output: tuple[str, pd.DataFrame]) -> None:
    text, table = output
    assert list(table.columns) == ["row", "repeat", "CPU", "wall"]
    assert (table[["CPU", "wall"]] > 0).all(axis=None)
    assert set(ROWS) <= set(table["row"])
    assert table.groupby("row").size().eq(2).all()
    assert table["repeat"].is_monotonic_increasing  # rows alternate
    assert all(name in text for name in ROWS)


def test_prints_goals(output: tuple[str, pd.DataFrame]) -> None:
    goals = [line for line in output[0].splitlines() if line.startswith("goal: ")]
    assert len(goals) == 3
    assert all(goal.endswith(("met", "not met")) for goal in goals)


def test_values_equal_librosa(output: tuple[str, pd.DataFrame]) -> None:
    assert "aser-bench and librosa: equal (at most " in output[0]
