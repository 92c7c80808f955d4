"""Leakage counted by hand, and its effect on UAR."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd
import pytest

from aser_bench.core import findings as contract
from aser_bench.evaluation import leakage
from aser_bench.evaluation.folds import Split
from aser_bench.evaluation.protocols import PROTOCOLS as BUILT_IN

TABLE = pd.DataFrame(
    {
        "corpus": "voices",
        "utterance": list("abcdef"),
        "speaker": ["ann", "ann", "bob", "bob", "cy", ""],
        "group": ["g1", "g1", "g2", "g3", "g4", "g5"],
        "text": ["hello", "bye", "hello", "", "", "bye"],
    }
)
PROTOCOLS = {protocol.name: protocol for protocol in BUILT_IN}


def split(train, dev, test, fold=0):
    return Split(fold, *(np.array(rows, dtype=int) for rows in (train, dev, test)))


def counted(table, *splits):
    rows = leakage.leaks("paper", table, splits)
    assert tuple(rows.columns) == contract.LEAKS
    return {
        (row.fold, row.kind): (row.shared, row.utterances, row.n_test, row.known)
        for row in rows.itertuples()
    }


def test_counts_by_hand():
    found = counted(TABLE, split([0, 2], [4], [1, 3, 5], fold=7))
    assert found == {
        (7, "speaker"): (2, 2, 3, False),  # ann and bob; nobody knows who spoke the last
        (7, "recording"): (1, 1, 3, True),
        (7, "sentence"): (0, 0, 3, False),
    }


def test_dev_counts_as_training():
    found = counted(TABLE, split([2], [0], [1]))
    assert found[0, "speaker"][:2] == found[0, "recording"][:2] == (1, 1)


def test_unknown_speakers_and_sentences_share_nothing():
    nameless = TABLE.assign(speaker="", text="")
    found = counted(nameless, split([0, 2, 4], [], [1, 3, 5]))
    assert found[0, "speaker"] == found[0, "sentence"] == (0, 0, 3, False)


def test_each_fold_has_its_rows():
    told = TABLE.assign(speaker=["ann", "ann", "bob", "bob", "cy", "cy"])
    found = counted(told, split([2, 3, 4, 5], [], [0, 1]), split([0, 1, 4, 5], [], [2, 3], 1))
    assert found[0, "speaker"] == (0, 0, 2, True)
    assert found[1, "speaker"] == (0, 0, 2, True)
    assert found[0, "sentence"] == (2, 2, 2, False)


def test_without_folds_there_are_no_rows():
    assert counted(TABLE) == {}


# --- what it is worth -------------------------------------------------------------------------

BOTH = [("original", "original"), ("original", "mp3-8k")]


def under(protocol, right, **options):
    return factories.predictions(dict.fromkeys(BOTH, right), protocol=protocol, **options)


def recall_mean(frame):
    values = []
    for _, run in frame.groupby("run"):
        right = run["truth"] == run["predicted"]
        values.append(right.groupby(run["truth"]).mean().mean())
    return np.mean(values)


def test_effect_is_the_difference_on_common_utterances(tmp_path):
    random, disjoint = under("paper", 0.9, runs=3), under("speaker", 0.5, seed=1)
    random = random[~((random["speaker"] == "a") & (random["truth"] == "sad"))]
    disjoint = disjoint[~((disjoint["run"] == 1) & (disjoint["utterance"].str.endswith("y_1")))]
    outcomes = factories.outcomes(pd.concat([random, disjoint]), tmp_path)
    table = leakage.effect(outcomes)
    assert tuple(table.columns) == contract.LEAKAGE_EFFECT
    (row,) = table.to_dict("records")
    assert (row["random"], row["disjoint"], row["model"]) == ("paper", "speaker", "svm")
    both = set(random["utterance"]) & set(disjoint.loc[disjoint["run"] == 1, "utterance"])
    assert row["n_utterances"] == len(both) == 32 - 2 - 8
    parts = [
        frame[frame["utterance"].isin(both) & (frame["test_condition"] == "original")]
        for frame in (random, disjoint)
    ]
    assert row["uar_random"] == pytest.approx(recall_mean(parts[0]))
    assert row["uar_disjoint"] == pytest.approx(recall_mean(parts[1]))
    assert row["difference"] == pytest.approx(row["uar_random"] - row["uar_disjoint"])
    assert row["low"] < row["difference"] < row["high"]
    assert row["n_speakers"] == 4


def test_every_random_protocol_against_every_disjoint_one(tmp_path):
    frames = [under(name, 0.7, runs=1) for name in (*PROTOCOLS, "another")]
    table = leakage.effect(factories.outcomes(pd.concat(frames), tmp_path))
    assert set(zip(table["random"], table["disjoint"], strict=True)) == {
        (random.name, disjoint.name)
        for random in PROTOCOLS.values()
        for disjoint in PROTOCOLS.values()
        if disjoint.speaker_disjoint and not random.speaker_disjoint
    }
    assert len(table) >= 2


@pytest.mark.parametrize("protocols", [("speaker",), ("paper",), ("speaker", "loso")])
def test_no_effect_with_one_type_of_protocol(tmp_path, protocols):
    frame = pd.concat([under(name, 0.7) for name in protocols])
    assert leakage.effect(factories.outcomes(frame, tmp_path)).empty


def test_models_are_not_mixed(tmp_path):
    frame = pd.concat([under("paper", 0.9, model="svm"), under("speaker", 0.5, model="mlp")])
    assert leakage.effect(factories.outcomes(frame, tmp_path)).empty


def test_no_effect_without_common_utterances(tmp_path):
    random, disjoint = under("paper", 0.9), under("speaker", 0.5)
    frame = pd.concat([random[random["fold"] == 0], disjoint[disjoint["fold"] == 1]])
    assert leakage.effect(factories.outcomes(frame, tmp_path)).empty


def test_without_speakers_there_are_none_to_count(tmp_path):
    options = {"speakers": ("a", "b", None)}
    frame = pd.concat([under("paper", 0.9, **options), under("speaker", 0.5, **options)])
    (row,) = leakage.effect(factories.outcomes(frame, tmp_path)).to_dict("records")
    assert row["n_speakers"] == 0
    assert row["low"] < row["high"]
