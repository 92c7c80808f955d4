"""Numbers of utterances of each class in the parts of each fold."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd

from aser_bench.core.findings import FOLDS
from aser_bench.evaluation import fold_classes
from aser_bench.evaluation.folds import Split
from aser_bench.evaluation.outcomes import Source


def test_counts_each_class_in_each_part_and_zero_if_it_is_absent():
    utterances = pd.DataFrame({"corpus": "voices", "emotion": ["sad", "sad", "happy", "angry"]})
    split = Split(3, np.array([0, 2]), np.array([1]), np.array([3]))
    rows = fold_classes.of_splits("speaker", utterances, [split])
    assert tuple(rows.columns) == FOLDS
    assert rows.to_numpy().tolist() == [
        ["voices", "speaker", 3, "angry", 0, 0, 1],
        ["voices", "speaker", 3, "happy", 1, 0, 0],
        ["voices", "speaker", 3, "sad", 1, 1, 0],
    ]


def test_predictions_have_the_test_parts_alone(tmp_path):
    frame = factories.predictions(takes=3, runs=2)
    lacking = frame[(frame["fold"] != 1) | (frame["truth"] != "happy")]
    source = Source(
        factories.write(lacking, tmp_path / "p.parquet"), corpora={"voices": "voices (two)"}
    )
    rows = fold_classes.of_predictions([source])
    assert set(rows["corpus"]) == {"voices (two)"}
    assert rows[["n_train", "n_dev"]].isna().all(axis=None)
    counts = rows.set_index(["fold", "emotion"])["n_test"]
    assert len(counts) == 2 * 4
    assert counts[1, "happy"] == 0
    assert set(counts.drop((1, "happy"))) == {2 * 3}


def test_only_protocols_that_the_table_lacks_are_completed(tmp_path):
    frame = pd.concat([factories.predictions(), factories.predictions(protocol="paper")])
    sources = [Source(factories.write(frame, tmp_path / "p.parquet"))]
    given = pd.DataFrame([("voices", "speaker", 0, "sad", 1, 2, 3)], columns=list(FOLDS))
    protocols = [("voices", "speaker"), ("voices", "paper")]
    assert fold_classes.completed(given, protocols[:1], []) is given
    both = fold_classes.completed(given, protocols, sources)
    assert both.iloc[0].tolist() == given.iloc[0].tolist()
    assert set(both.iloc[1:]["protocol"]) == {"paper"}
    none = fold_classes.completed(given.head(0), protocols, sources)
    assert set(none["protocol"]) == {"speaker", "paper"}
