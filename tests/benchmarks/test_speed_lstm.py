"""The timing script runs; the measured times are not checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import aser_bench

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "speed" / "lstm.py"
PACKAGE = Path(aser_bench.__file__).parent
KERAS = ["Keras, its own threads", "Keras, one thread"]
OURS = ["aser-bench, one process", "aser-bench, two workers"]
OURS += [f"aser-bench, one process, --frame-pool {n}" for n in (2, 4, 8)]
PRODUCTS = ["products, TensorFlow", "products, NumPy", "products, NumPy, frames together"]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pd.DataFrame]:
    """Return the output of the script and the table that it writes."""
    folder = tmp_path_factory.mktemp("speed")
    size = ["--utterances", "16", "--epochs", "2", "--repeats", "1"]
    run = subprocess.run(
        [sys.executable, SCRIPT, "--corpus", "demo", *size, "--csv", folder / "timings.csv"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, pd.read_csv(folder / "timings.csv")


def test_every_row_is_measured(output: tuple[str, pd.DataFrame]) -> None:
    text, table = output
    assert sorted(table["row"]) == sorted(KERAS + OURS + PRODUCTS)
    assert (table[["CPU", "wall"]] > 0).all(axis=None)
    assert all(name in text for name in table["row"])


def test_only_keras_has_later_epochs(output: tuple[str, pd.DataFrame]) -> None:
    table = output[1].set_index("row")
    assert table["later CPU"].dropna().index.tolist() == KERAS
    assert (table["later wall"] <= table["wall"])[KERAS].all()


def test_prints_goals(output: tuple[str, pd.DataFrame]) -> None:
    goals = [line for line in output[0].splitlines() if line.startswith("goal: ")]
    assert len(goals) == 3
    assert all(goal.endswith(("met", "not met")) for goal in goals)


def test_prints_data_and_first_training(output: tuple[str, pd.DataFrame]) -> None:
    lines = output[0].splitlines()
    assert lines[0].startswith("16 utterances of ")
    assert lines[1].startswith("import, first and second training: CPU ")


def test_products_of_all_padded_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPT.parent)
    import products

    pieces = [(5, 4), (3, 2)]
    layers = list(products._layers(pieces, columns=7, units=3))
    assert [joined.shape for joined, _, _, _ in layers] == [
        (5, 4, 10),
        (5, 4, 6),
        (3, 2, 10),
        (3, 2, 6),
    ]
    assert [(gates.shape[2], *weights.shape, first) for _, gates, weights, first in layers] == [
        (12, 10, 12, 7),
        (12, 6, 12, 0),
    ] * 2
    for joined, gates, weights, first in layers:
        forward, back, outer = (
            product.numpy()
            for product in _last_of_tensorflow(products, joined, gates, weights, first)
        )
        np.testing.assert_allclose(forward, joined[-1] @ weights, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(back, gates[-1] @ weights[first:].T, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(outer, joined[-1].T @ gates[-1], rtol=1e-5, atol=1e-5)


def _last_of_tensorflow(products, joined, gates, weights, first):
    tf = products.tensorflow()
    return products._loop(*map(tf.constant, (joined, gates, weights, weights[first:])))[1:]
