"""Recalls of emotions against scikit-learn, with intervals for proportions and tests."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from test_losses import SPEAKERS, both_models, cell, mean_over_runs, original_of

from aser_bench.core import findings as contract
from aser_bench.evaluation import recalls, significance

TEN = tuple("abcdefghij")


@pytest.fixture(scope="module")
def frame():
    return both_models(speakers=SPEAKERS)


@pytest.fixture(scope="module")
def pairs(frame, tmp_path_factory):
    return factories.paired(frame, tmp_path_factory.mktemp("recalls"))


def test_recalls_and_precisions_of_each_emotion(frame, pairs):
    table = recalls.recalls(pairs)
    assert tuple(table.columns) == contract.RECALLS
    assert len(table) == 2 * 8 * 4
    for row in table.sample(24, random_state=0).itertuples():
        part = cell(frame, row.model, row.train_condition, row.condition)

        def recall(truth, said, emotion=row.emotion):
            return sk.accuracy_score(truth[truth == emotion], said[truth == emotion])

        assert row.value == pytest.approx(mean_over_runs(part, recall))
        assert row.original == pytest.approx(mean_over_runs(original_of(frame, row), recall))
        assert row.difference == pytest.approx(row.value - row.original)
        assert row.n_utterances == 10
        called = part[part["predicted"] == row.emotion]
        assert row.precision == pytest.approx((called["truth"] == row.emotion).mean())
        wrong = part[(part["truth"] == row.emotion) & (part["predicted"] != row.emotion)]
        if wrong.empty:
            assert (row.confused_with, row.confused_share) == ("", 0)
            continue
        most = wrong["predicted"].value_counts()
        assert row.confused_share == pytest.approx(
            most.max() / (part["truth"] == row.emotion).sum()
        )
        assert most[row.confused_with] == most.max()
        assert np.isnan(row.low) == (row.condition == "original")


def test_recall_rows_of_a_perfect_and_a_never_predicted_emotion(tmp_path):
    frame = factories.predictions({("original", "original"): 1.0, ("original", "mp3-8k"): 1.0})
    coded = frame["test_condition"] == "mp3-8k"
    frame.loc[coded & (frame["truth"] == "sad"), "predicted"] = "angry"
    table = recalls.recalls(factories.paired(frame, tmp_path)).set_index(["condition", "emotion"])
    perfect, unheard = table.loc["mp3-8k", "happy"], table.loc["mp3-8k", "sad"]
    assert (perfect["confused_with"], perfect["confused_share"], perfect["precision"]) == ("", 0, 1)
    assert np.isnan(unheard["precision"])
    assert (unheard["confused_with"], unheard["confused_share"], unheard["value"]) == (
        "angry",
        1,
        0,
    )
    assert table.loc["mp3-8k", "angry"]["precision"] == 0.5


def test_no_interval_leaves_the_possible_range(tmp_path):
    frame = factories.predictions(
        {("original", "original"): 1.0, ("original", "mp3-8k"): 0.1}, speakers=TEN, takes=4
    )
    lost = (frame["test_condition"] == "mp3-8k") & (frame["truth"] == "sad")
    frame.loc[lost, "predicted"] = "angry"
    table = recalls.recalls(factories.paired(frame, tmp_path))
    table = table[table["condition"] == "mp3-8k"].set_index("emotion")
    assert table[["low", "high"]].abs().max(axis=None) <= 1
    assert (table["low"] <= table["difference"]).all()
    assert (table["high"] >= table["difference"]).all()
    assert tuple(table.loc["sad", ["difference", "low"]]) == (-1, -1)
    assert table.loc["sad", "high"] < -0.8


def test_holm_corrects_over_emotions_models_and_conditions(pairs):
    table = recalls.recalls(pairs)
    for _, rows in table.groupby([*significance.FAMILY]):
        np.testing.assert_allclose(rows["p_holm"], significance.holm(rows["p"].astype(float)))
        assert set(rows["comparisons"]) == {rows["p"].notna().sum()}


def test_only_a_large_loss_is_significant(tmp_path):
    frame = factories.predictions({("original", "original"): 0.9}, speakers=TEN, takes=6, runs=1)
    coded = frame.assign(test_condition="mp3-8k")
    sad = np.flatnonzero(coded["truth"] == "sad")
    coded.iloc[sad[::2], coded.columns.get_loc("predicted")] = "angry"
    table = recalls.recalls(factories.paired(pd.concat([frame, coded]), tmp_path))
    row = table[(table["condition"] == "mp3-8k") & (table["emotion"] == "sad")].iloc[0]
    assert row["significant"]
    assert row["comparisons"] == 1
    others = table[(table["condition"] == "mp3-8k") & (table["emotion"] != "sad")]
    assert not others["significant"].any()
    assert others["p_holm"].isna().all()
    assert set(others["not_tested"]) == {"the same utterances are correct"}


def test_original_is_not_compared_with_itself(pairs):
    table = recalls.recalls(pairs)
    rows = table[table["condition"] == "original"]
    assert rows[["low", "high", "p", "p_holm"]].isna().all(axis=None)
    assert not rows["significant"].any()
    assert set(rows["not_tested"]) == {""}


def test_two_speakers_have_no_test(tmp_path):
    table = recalls.recalls(factories.paired(both_models(speakers=("a", "b")), tmp_path))
    rows = table[table["condition"] != "original"]
    assert rows[["low", "high", "p"]].isna().all(axis=None)
    assert set(rows["not_tested"]) - {recalls.UNCHANGED} == {
        "2 speakers with this emotion instead of at least 3"
    }


def test_controls_are_a_family_of_their_own(pairs):
    controls = [("voices", "mp3-64k")]
    table, alone = recalls.recalls(pairs, controls), recalls.recalls(pairs)
    assert set(table.loc[table["condition"] == "mp3-64k", "family"]) == {"controls"}
    assert set(table.loc[table["condition"] == "mp3-8k", "family"]) == {"codecs"}
    tested = table["comparisons"] > 0
    assert (2 * table.loc[tested, "comparisons"] <= alone.loc[tested, "comparisons"] + 8).all()
