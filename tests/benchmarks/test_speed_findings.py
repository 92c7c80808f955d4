"""The timing script runs; what it measures is not judged here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import aser_bench

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "speed" / "findings.py"
PACKAGE = Path(aser_bench.__file__).parent


def test_both_rows_are_measured(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, SCRIPT, "--rows", "9000", "--repeats", "1", "--csv", tmp_path / "t.csv"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert run.returncode == 0, run.stderr
    assert "116640 rows" in run.stdout  # one run of 1440 utterances in 81 cells is the least
    table = pd.read_csv(tmp_path / "t.csv")
    assert len(table) == 2
    assert (table[["CPU s", "wall s", "MB"]] > 0).all(axis=None)
    assert "pandas and scikit-learn, four metrics / aser-bench, all findings: CPU" in run.stdout
