"""Training tasks: cached predictions, notes on constant features, and failures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aser_bench.models import tuning
from aser_bench.models.base import Settings, TrainingSize
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.training_task import TrainingTask, run_training_task
from aser_bench.results import scores

EMOTIONS = ("angry", "happy", "sad")
CONDITIONS = ("original", "mp3-8k")
COLUMNS = 180


def features(condition: str, n: int, frames: bool) -> dict[str, np.ndarray]:
    """Made-up shards: the emotion is in the first column, and 8 kbit/s flattens the last two."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=(n, COLUMNS)).astype(np.float32)
    values[:, 0] += 3 * (np.arange(n) % 3)
    if condition != "original":
        values[:, -2] *= 1e-4
        values[:, -1] = 0
    if not frames:
        return {"values": values, "offsets": np.arange(n + 1)}
    lengths = rng.integers(3, 9, n)
    wide = np.repeat(values[:, :40], lengths, axis=0)
    return {"values": wide, "offsets": np.cumsum([0, *lengths])}


def task(root, model: str = "svm", n: int = 60, **changes) -> TrainingTask:
    cache = Cache(root)
    frames = model == "lstm"
    shards = {}
    for condition in CONDITIONS:
        kind = "frames" if frames else "vector"
        shards[condition] = {kind: tuple(f"{condition}-{model}-{part}" for part in "ab")}
        whole = features(condition, n, frames)
        half = whole["offsets"][n // 2]
        parts = [
            {"values": whole["values"][:half], "offsets": whole["offsets"][: n // 2 + 1]},
            {"values": whole["values"][half:], "offsets": whole["offsets"][n // 2 :] - half},
        ]
        for name, arrays in zip(shards[condition][kind], parts, strict=True):
            cache.save("features", name, arrays, {})
    rows = np.arange(n)
    cell = {
        "corpus": "made-up",
        "features": "frames" if frames else "functionals",
        "model": model,
        "protocol": "speaker",
        "train_condition": "mp3-8k",
        "fold": 0,
    }
    labels = np.array([EMOTIONS[i % 3] for i in range(n)])
    one = TrainingTask(
        cache,
        "key",
        cell,
        model,
        shards,
        "original",
        ("mp3-8k",),
        CONDITIONS,
        (0, 1),
        rows[:40],
        rows[40:46],
        rows[46:],
        labels,
        EMOTIONS,
        [],
        (0,),
        (1,),
        Settings(max_epochs=3),
        TrainingSize(40, COLUMNS, 5.0, 3),
        1.0,
    )
    return replace(one, **changes)


@pytest.mark.parametrize("model", ["svm", "mlp", "lstm"])
def test_predictions_of_every_test_condition_are_cached(tmp_path, model):
    one = task(tmp_path, model, runs=(4, 5), seeds=(1, 2))
    assert run_training_task(one).reason == ""
    entry = scores.load(one)
    assert entry.arrays["predicted"].shape == (2, 2, 14)
    assert entry.arrays["probabilities"].shape == (2, 2, 14, 3)
    frame = scores.scores([one], {})
    assert frame["run"].tolist() == [4, 5, 4, 5]
    assert frame["n_dev"].tolist() == [6] * 4


def test_scores_contain_epochs_and_stop_reason(tmp_path):
    one = task(tmp_path, "lstm")
    run_training_task(one)
    frame = scores.scores([one], {})
    assert frame["epochs"].tolist() == [3, 3]
    assert frame["stop"].tolist() == ["max_epochs"] * 2
    assert frame["best_epoch"].between(1, 3).all()


def test_scores_of_a_model_without_epochs_have_empty_columns(tmp_path):
    one = task(tmp_path)
    run_training_task(one)
    path = tmp_path / "scores.csv"
    scores.write_scores(scores.scores([one], {}), path)
    head, first, *_ = (line.split(",") for line in path.read_text().splitlines())
    assert [first[head.index(name)] for name in ("epochs", "best_epoch", "stop")] == ["", "", ""]


def test_nearly_constant_features_are_named(tmp_path):
    one = task(tmp_path)
    run_training_task(one)
    assert scores.load(one).meta["flat"] == ["mel_126", "mel_127"]
    (note,) = scores.constant_feature_notes([one], {})
    assert note.startswith(
        "functionals, trained on mp3-8k: the standard deviation of mel_126, mel_127 is less"
    )


def test_features_that_vary_as_in_the_original_are_not_named(tmp_path):
    one = task(tmp_path, train_on=("original",))
    run_training_task(one)
    assert scores.constant_feature_notes([one], {}) == []


def test_list_of_constant_features_is_abbreviated(tmp_path):
    one = task(tmp_path)
    names = [f"mel_{i:03d}" for i in range(9)]
    one.cache.save("predictions", "key", {}, {"flat": names})
    (note,) = scores.constant_feature_notes([one], {})
    assert "mel_005 and 3 others is less than 1 %" in note


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            FloatingPointError("the loss was no number after epoch 3"),
            "FloatingPointError: the loss",
        ),
        (MemoryError("3 GiB"), "out of memory: 3 GiB"),
        (type("ResourceExhaustedError", (Exception,), {})("OOM"), "out of memory: OOM"),
    ],
)
def test_failed_training_is_a_row_with_a_reason(tmp_path, monkeypatch, error, reason):
    def fail(*arguments):
        raise error

    one = task(tmp_path, "lstm")
    monkeypatch.setattr(tuning, "fit", fail)
    result = run_training_task(one)
    assert result.reason.startswith(reason)
    frame = scores.scores([one], {one.key: result.reason})
    assert frame["status"].tolist() == ["failed"] * 2
    assert frame["uar"].isna().all()
    assert frame["reason"].str.startswith(reason).all()


def test_class_missing_in_training_is_never_predicted(tmp_path):
    whole = task(tmp_path, "lstm")
    known = whole.train[whole.labels[whole.train] != "sad"]
    one = replace(whole, train=known)
    assert run_training_task(one).reason == ""
    chances = scores.load(one).arrays["probabilities"]
    assert not chances[..., EMOTIONS.index("sad")].any()
    np.testing.assert_allclose(chances.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("model", ["svm", "lstm"])
def test_features_with_nan_fail_and_name_the_condition(tmp_path, model):
    one = task(tmp_path, model)
    ((kind, (first, second)),) = one.shards["mp3-8k"].items()
    arrays = one.cache.load("features", first).arrays
    arrays["values"][3, 3] = np.nan
    one.cache.save("features", "broken", arrays, {})
    shards = {**one.shards, "mp3-8k": {kind: ("broken", second)}}
    assert "condition mp3-8k contain NaN" in run_training_task(replace(one, shards=shards)).reason
