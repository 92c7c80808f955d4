"""The timing script of the study runs; the measured times are not checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from sklearn.model_selection import ParameterGrid

import aser_bench

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "speed" / "study.py"
PACKAGE = Path(aser_bench.__file__).parent
STAGES = ("coding", "features", "svm", "mlp", "lstm")
WHY = {
    "a condition with the same stream as another",
    "an SVC trained again for each run",
    "a grid searched again for each run",
    "candidates that give the same model as another",
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pd.DataFrame]:
    """Return the output and the table of the script, with a PATH without ffmpeg."""
    folder = tmp_path_factory.mktemp("speed")
    size = ["--limit", "28", "--folds", "1", "--runs", "2", "--epochs", "1"]
    run = subprocess.run(
        [sys.executable, SCRIPT, "--corpus", "demo", *size, "--csv", folder / "pieces.csv"],
        env={**os.environ, "PATH": str(folder), "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, pd.read_csv(folder / "pieces.csv")


def test_every_stage_is_measured_on_both_sides(output: tuple[str, pd.DataFrame]) -> None:
    lines = [line.split() for line in output[0].splitlines()]
    for stage in STAGES:
        rows = [line[1:] for line in lines if line[:1] == [stage] and len(line) == 9]
        assert len(rows) == 2, stage  # CPU and wall
        assert all(float(number) >= 0 for row in rows for number in row)
    assert "peak memory, MB:" in output[0]


def test_redundant_work_is_reported(output: tuple[str, pd.DataFrame]) -> None:
    text, table = output
    assert set(table["why"].dropna()) == WHY
    assert all(why in text for why in WHY)
    assert table["share"].between(0, 1).all()
    twins = (table[["condition", "test"]] == "mp3-256k").any(axis=1)
    assert (table["share"][twins] == 1).all()
    assert (table["share"][(table["stage"] == "lstm") & ~twins] == 0).all()
    repeated = (table["stage"] == "svm") & (table["run"] > 0)
    assert (table["share"][repeated] == 1).all()


def test_both_sides_are_compared(output: tuple[str, pd.DataFrame]) -> None:
    text = output[0]
    assert "of 20160 within rtol = atol = 1e-4" in text  # 28 utterances, 4 conditions, 180 values
    for model in ("svm", "mlp"):
        assert f"\n{model}: " in text
    assert "equal predictions in 12 of 12 trainings" in text  # each run of the LSTM is one training


def test_redundant_candidates_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPT.parent)
    from slice_of_study import GRIDS, needed

    svm = list(ParameterGrid(GRIDS["svm"]))
    assert (len(svm), needed(svm).sum()) == (48, 40)
    mlp = list(ParameterGrid(GRIDS["mlp"]))
    assert (len(mlp), needed(mlp).sum()) == (8, 2)
    distinct = [candidate for candidate, keep in zip(mlp, needed(mlp), strict=True) if keep]
    assert {candidate["mlp__max_iter"] for candidate in distinct} == {50}
