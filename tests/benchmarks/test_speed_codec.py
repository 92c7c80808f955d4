"""The timing script of the codec runs; the measured times are not checked."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

import aser_bench

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "speed" / "codec.py"
PACKAGE = Path(aser_bench.__file__).parent
ALWAYS = ("script, bundled ffmpeg", "aser-bench -j 1", "aser-bench -j 2")
BY_LAMEENC = (
    "lameenc one by one, soundfile",
    "lower bound: one long file",
    "lower bound, with resampling",
)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pd.DataFrame]:
    """Return the output and the table of the script, with a PATH without ffmpeg."""
    folder = tmp_path_factory.mktemp("speed")
    size = ["--utterances", "2", "--repeats", "1", "--batch", "1"]
    corpus = PACKAGE / "corpora" / "data" / "demo"
    run = subprocess.run(
        [sys.executable, SCRIPT, "--corpus", corpus, *size, "--csv", folder / "timings.csv"],
        env={**os.environ, "PATH": str(folder), "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, pd.read_csv(folder / "timings.csv")


def test_available_alternatives_are_measured(output: tuple[str, pd.DataFrame]) -> None:
    text, table = output
    rows = table.set_index("row")
    assert list(rows.columns) == ["repeat", "CPU", "wall"]
    assert (rows[["CPU", "wall"]] > 0).all(axis=None)
    expected = ALWAYS + (BY_LAMEENC if find_spec("lameenc") else ())
    assert set(expected) <= set(rows.index)
    assert all(name in text for name in expected)


def test_missing_alternatives_are_named(output: tuple[str, pd.DataFrame]) -> None:
    text, table = output
    assert "script, ffmpeg on PATH: not measured: no ffmpeg on PATH" in text
    if not find_spec("lameenc"):
        for name in BY_LAMEENC:
            assert f"{name}: not measured: no package lameenc" in text
    measured = set(table["row"])
    if not any(name.startswith("audiomentations") for name in measured):
        assert "audiomentations: not measured: no package " in text


def test_every_goal_is_reported(output: tuple[str, pd.DataFrame]) -> None:
    goals = [line for line in output[0].splitlines() if line.startswith("goal: ")]
    assert len(goals) == 6
    assert all(goal.endswith(("met", "not met", "not measured")) for goal in goals)


def test_delays_and_differences_are_reported(output: tuple[str, pd.DataFrame]) -> None:
    text = output[0]
    assert "lag of script, samples: " + ", ".join("0" * 8) in text
    assert text.count(": equal (largest difference ") == 8
