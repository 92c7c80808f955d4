"""The timing script of the dual encoders runs; the measured times are not checked."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import aser_bench

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "speed" / "dual.py"
PACKAGE = Path(aser_bench.__file__).parent
TIMED = ["Keras, padded", "aser-bench, padded", "aser-bench", "Keras, padded, XLA"]
LOSSES = ["Keras, padded", "aser-bench, random batches", "aser-bench"]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that imports a module of the script."""
    monkeypatch.syspath_prepend(SCRIPT.parent)
    return importlib.import_module


def test_utterances_have_the_lengths_of_iemocap(script: Any) -> None:
    utterances, labels = script("dual_data").data(600, 10)
    frames = np.array([len(utterance.frames) for utterance in utterances])
    words = np.array([len(utterance.text.split()) for utterance in utterances])
    # A gamma distribution with mean 444 and deviation 306, limited to 50 and 750; a tenth of it.
    assert 38 < frames.mean() < 43
    assert frames.min() == 5
    assert frames.max() == 75
    assert 14 < words.mean() < 16
    assert np.corrcoef(frames, words)[0, 1] > 0.7
    assert np.bincount(labels).min() > 100


def test_only_frames_and_words_are_padded_after_the_end(script: Any) -> None:
    dual_data = script("dual_data")
    utterances, _ = dual_data.data(6, 10)
    inputs = "frames", "vector", "text"
    plain = dual_data.preprocessor_for(inputs, utterances)(utterances)
    rows = np.array([4, 1])
    arrays = plain.padded(rows)
    wide = [dual_data.widened(array, 80, 128) for array in arrays]
    expected = [(80, 2, 39), (2,), (2, 35), (128, 2), (2,), (1, 1)]
    assert [array.shape for array in wide] == expected
    for array, padded in zip(arrays, wide, strict=True):
        assert array.dtype == padded.dtype
        np.testing.assert_array_equal(padded[: len(array)], array)
        assert not padded[len(array) :].any()


@pytest.mark.parametrize("name", ["PaddedPreprocessor", "RandomPreprocessor"])
def test_preprocessors_of_random_batches(script: Any, name: str) -> None:
    dual_data = script("dual_data")
    utterances, _ = dual_data.data(6, 10)
    inputs = "frames", "vector"
    plain = dual_data.preprocessor_for(inputs, utterances)
    rows = getattr(dual_data, name)(*vars(plain).values())(utterances)
    assert len(set(rows.lengths)) == 1  # so `batches.epoch_batches` does not sort
    longest = max(plain(utterances).lengths)
    assert len(rows.padded(np.arange(6))[0]) == (750 if name == "PaddedPreprocessor" else longest)


def test_shapes_of_an_epoch(script: Any) -> None:
    dual_data = script("dual_data")
    utterances, _ = dual_data.data(41)
    frames = np.sort([len(utterance.frames) for utterance in utterances[:40]])
    means, pieces, shapes = dual_data.shapes(("frames", "vector"), 40, 10)
    # All 40 utterances are sorted together and divided into four batches of one part each.
    assert means == {"frames": np.mean([frames[last] for last in (9, 19, 29, 39)])}
    assert (pieces, shapes) == (4, 4)
    words = dual_data.shapes(("frames", "vector", "text"), 40, 10)[0]["words"]
    assert words > np.mean([len(utterance.text.split()) for utterance in utterances[:40]])


@pytest.mark.slow
@pytest.mark.parametrize("model", ["are", "tre", "mdre", "mdrea"])
def test_keras_network_has_the_same_weights(script: Any, model: str) -> None:
    dual, dual_keras = script("dual"), script("dual_keras")
    training, _, words = dual.sides(model, 8, 2, 10)
    network = dual_keras.network(model, words, dual_keras.SIZES)
    logits = network(training.inputs)
    assert logits.shape == (8, 4)
    padded = [
        np.pad(array, [(0, 0), (0, 3), (0, 0)][: array.ndim]) if array.shape[1] != 35 else array
        for array in training.inputs
    ]
    # Padding has no effect: masks are passed to the GRU and the attention.
    np.testing.assert_allclose(network(padded), logits, atol=1e-5)
    ours = _ours(model, words)
    # The GRU of Keras has a second bias.
    more = sum(3 * 200 for layer in network.layers if layer.name.startswith("gru"))
    assert network.count_params() - more == ours


def _ours(model: str, words: int) -> int:
    """Return the number of weights of the network of aser-bench."""
    from aser_bench.models.dual.blocks import DualNetwork, NetworkShape

    component = importlib.import_module(f"aser_bench.models.{model}").COMPONENT
    shape = NetworkShape(39, 35, words, 300, 4, 200, 0.7, 0.3, False)
    return sum(
        int(np.prod(weight.shape)) for weight in DualNetwork(component, shape, 0).trainable_weights
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pd.DataFrame]:
    """Return the output of the script and the table that it writes."""
    folder = tmp_path_factory.mktemp("speed")
    size = ["--models", "tre", "--utterances", "32", "--repeats", "1", "--seeds", "2"]
    size += ["--loss-epochs", "1"]
    run = subprocess.run(
        [sys.executable, SCRIPT, *size, "--csv", folder / "timings.csv"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, pd.read_csv(folder / "timings.csv")


@pytest.mark.slow
def test_every_row_is_measured(output: tuple[str, pd.DataFrame]) -> None:
    text, table = output
    timed, losses = table[table["CPU"].notna()], table[table["dev loss"].notna()]
    assert timed["row"].tolist() == TIMED
    assert (timed[["CPU", "wall"]] > 0).all(axis=None)
    assert losses["row"].tolist() == 2 * LOSSES
    assert (losses["dev loss"] > 0).all()
    assert all(name in text for name in table["row"])


@pytest.mark.slow
def test_prints_goals_and_xla(output: tuple[str, pd.DataFrame]) -> None:
    lines = output[0].splitlines()
    assert lines[0].startswith("32 utterances of ")
    assert lines[1].startswith("tre: aser-bench pads to ")
    assert lines[2].startswith("a step of aser-bench with XLA: ")
    goals = [line for line in lines if line.startswith("goal: tre: ")]
    assert len(goals) == 3
    assert goals[0].endswith(("met", "not met"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--models", "are,lstm"], "there is no lstm"), (["--epochs", "1"], "2 or more")],
)
def test_invalid_options_are_reported_in_one_line(arguments: list[str], message: str) -> None:
    run = subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 2
    assert message in run.stderr.splitlines()[-1]
