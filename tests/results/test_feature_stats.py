"""Statistics of features and splits: means, drift and leaks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from aser_bench import features
from aser_bench.core.findings import DRIFT, FEATURES, FOLDS, LEAKS
from aser_bench.results import feature_stats

UTTERANCES = pd.DataFrame(
    {
        "corpus": "voices",
        "utterance": list("abcd"),
        "speaker": ["x", "x", "y", "y"],
        "group": ["1", "2", "3", "4"],
        "text": ["", "", "", ""],
        "emotion": ["sad", "happy", "sad", "sad"],
    }
)


class Cache:
    """A cache of frames: key -> one array of frames for each utterance."""

    def __init__(self, **entries):
        self.entries = entries

    def load(self, kind, key):
        assert kind == "features"
        if key not in self.entries:
            return None
        frames = [np.asarray(one, dtype=np.float32) for one in self.entries[key]]
        offsets = np.cumsum([0, *map(len, frames)])
        return SimpleNamespace(arrays={"values": np.concatenate(frames), "offsets": offsets})


def batch(cache, *conditions):
    keys = {(name, "pitch"): name.replace("-", "_") for name in conditions}
    return SimpleNamespace(cache=cache, keys=keys, features=("pitch",))


def worklist(*batches, trainings=(), name="voices"):
    names = tuple(dict.fromkeys(name for one in batches for name, _ in one.keys))
    return SimpleNamespace(
        name=name,
        batches=list(batches),
        trainings=list(trainings),
        experiment=SimpleNamespace(
            feature_sets={"pitch": ("pitch",)}, conditions=SimpleNamespace(names=names)
        ),
        ingested=SimpleNamespace(utterances=UTTERANCES),
    )


@pytest.fixture(autouse=True)
def pitch(monkeypatch):
    monkeypatch.setattr(features, "get", lambda name: SimpleNamespace(columns=("mean", "slope")))


def test_frames_are_averaged_per_utterance_over_all_batches():
    one = Cache(original=[[[0, 5], [2, 5]], [[3, 5]]], mp3_8k=[[[4, 5]], [[5, 5], [5, 5]]])
    two = Cache(original=[[[2, 5]]], mp3_8k=[[[4, 5]]])
    table = feature_stats.drift(
        [worklist(batch(one, "original", "mp3-8k"), batch(two, "original", "mp3-8k"))]
    )
    assert tuple(table.columns) == DRIFT
    # Means 1, 3, 2 (standard deviation 1) become 4, 5, 4: shifts of 3, 2 and 2.
    row, flat = table.to_dict("records")
    assert (row["corpus"], row["features"], row["condition"], row["feature"]) == (
        "voices",
        "pitch",
        "mp3-8k",
        "mean",
    )
    assert row["shift"] == pytest.approx(7 / 3, abs=1e-6)
    assert row["spread"] == pytest.approx(np.sqrt(17 / 3), abs=1e-6)
    assert row["sd_ratio"] == pytest.approx(np.std([4, 5, 4], ddof=1), abs=1e-6)
    assert flat["feature"] == "slope"
    assert np.isnan([flat["shift"], flat["spread"], flat["sd_ratio"]]).all()


def test_drift_has_rows_for_each_condition_and_corpus():
    cache = Cache(**{name: [[[0, 1]], [[1, 0]]] for name in ("original", "mp3_8k", "gsm")})
    batches = batch(cache, "original", "mp3-8k", "gsm")
    table = feature_stats.drift(
        [worklist(batches), worklist(name="nothing"), worklist(batches, name="more")]
    )
    assert table[["corpus", "condition"]].drop_duplicates().to_numpy().tolist() == [
        ["voices", "mp3-8k"],
        ["voices", "gsm"],
        ["more", "mp3-8k"],
        ["more", "gsm"],
    ]
    assert (table["shift"] == 0).all()


def test_missing_features_are_an_error():
    with pytest.raises(RuntimeError, match="were removed"):
        feature_stats.drift([worklist(batch(Cache(original=[[[0, 1]]]), "original", "mp3-8k"))])


def test_feature_statistics_are_those_of_the_original():
    # Means in time 1, 3 and 2; the second feature is a constant but for rounding.
    one = Cache(original=[[[0, 0.1], [2, 0.1]], [[3, 0.1]]], mp3_8k=[[[9, 9]], [[9, 9]]])
    two = Cache(original=[[[2, 0.1]]], mp3_8k=[[[9, 9]]])
    batches = batch(one, "original", "mp3-8k"), batch(two, "original", "mp3-8k")
    table = feature_stats.features([worklist(*batches), worklist(name="nothing")])
    assert tuple(table.columns) == FEATURES
    moving, still = table.to_dict("records")
    assert moving == {
        "corpus": "voices",
        "features": "pitch",
        "feature": "mean",
        "mean": pytest.approx(2),
        "sd": pytest.approx(1),
    }
    assert (still["feature"], still["sd"]) == ("slope", 0)
    assert still["mean"] == pytest.approx(0.1)


def test_deviation_of_one_utterance_is_zero():
    table = feature_stats.features([worklist(batch(Cache(original=[[[4, 5]]]), "original"))])
    assert table["mean"].tolist() == [4, 5]
    assert table["sd"].tolist() == [0, 0]


def test_features_of_the_original_are_loaded_once():
    loads = []

    class Counted(Cache):
        def load(self, kind, key):
            loads.append(key)
            return super().load(kind, key)

    cache = Counted(original=[[[0, 1]], [[1, 0]]], mp3_8k=[[[0, 1]], [[1, 1]]])
    worklists = [worklist(batch(cache, "original", "mp3-8k"))]
    known = feature_stats.originals(worklists)
    pd.testing.assert_frame_equal(
        feature_stats.features(worklists, known), feature_stats.features(worklists)
    )
    pd.testing.assert_frame_equal(
        feature_stats.drift(worklists, known), feature_stats.drift(worklists)
    )
    loads.clear()
    known = feature_stats.originals(worklists)
    feature_stats.features(worklists, known)
    feature_stats.drift(worklists, known)
    assert sorted(loads) == ["mp3_8k", "original"]


def training(protocol, fold, train, test, model="svm", dev=()):
    rows = [np.array(part, dtype=int) for part in (train, dev, test)]
    return SimpleNamespace(
        cell={"protocol": protocol, "fold": fold, "model": model},
        train=rows[0],
        dev=rows[1],
        test=rows[2],
    )


def test_leaks_have_one_row_per_protocol_and_fold():
    tasks = [
        training(protocol, fold, train, test, model)
        for model in ("svm", "mlp")
        for protocol, fold, train, test in (
            ("speaker", 0, [0, 1], [2, 3]),
            ("speaker", 1, [2, 3], [0, 1]),
            ("paper", 0, [0, 2], [1, 3]),
        )
    ]
    table = feature_stats.leaks([worklist(trainings=tasks)])
    assert tuple(table.columns) == LEAKS
    speakers = table[table["kind"] == "speaker"]
    assert speakers[["protocol", "fold", "shared", "utterances"]].to_numpy().tolist() == [
        ["speaker", 0, 0, 0],
        ["speaker", 1, 0, 0],
        ["paper", 0, 2, 2],
    ]
    assert len(table) == 9


def test_folds_have_the_dev_part_if_a_model_uses_it():
    tasks = [
        training("speaker", 0, [0, 1], [2, 3]),
        training("speaker", 0, [0], [2, 3], "lstm", dev=[1]),
        training("paper", 0, [0, 1], [2, 3]),
    ]
    table = feature_stats.folds([worklist(trainings=tasks)])
    assert tuple(table.columns) == FOLDS
    assert table.iloc[:, 1:].to_numpy().tolist() == [
        ["speaker", 0, "happy", 0, 1, 0],
        ["speaker", 0, "sad", 1, 0, 2],
        ["paper", 0, "happy", 1, 0, 0],
        ["paper", 0, "sad", 1, 0, 2],
    ]


@pytest.mark.parametrize(
    ("function", "columns"),
    [
        (feature_stats.drift, DRIFT),
        (feature_stats.features, FEATURES),
        (feature_stats.leaks, LEAKS),
        (feature_stats.folds, FOLDS),
    ],
)
def test_tables_without_corpora_are_empty(function, columns):
    for worklists in ([], [worklist()]):
        table = function(worklists)
        assert table.empty
        assert tuple(table.columns) == columns
