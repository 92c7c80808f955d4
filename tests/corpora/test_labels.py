"""Label sets: mapping of emotions to classes, and notes about it."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.core.tables import EMOTIONS
from aser_bench.corpora.labels import LABEL_SETS, apply_label_set


def table(*emotions):
    names = [f"u{number}" for number in range(len(emotions))]
    return pd.DataFrame({"utterance": names, "emotion": list(emotions), "split": "train"})


@pytest.mark.parametrize("name", LABEL_SETS)
def test_attributes_of_label_sets(name):
    label_set = LABEL_SETS[name]
    assert label_set.name == name
    assert label_set.title
    assert set(label_set.mapping) <= set(EMOTIONS)
    assert set(label_set.mapping.values()) <= set(label_set.mapping)


def test_all_changes_nothing():
    frame = table(*EMOTIONS)
    relabelled, notes = apply_label_set(frame, "all")
    pd.testing.assert_frame_equal(relabelled, frame)
    assert notes == []
    assert len(apply_label_set(table("sad"), "all")[0]) == 1


@given(st.lists(st.sampled_from(EMOTIONS), min_size=1, max_size=40))
def test_four_classes_merge_excited_and_drop_the_rest(emotions):
    frame = table(*emotions)
    in_set = [e for e in emotions if e in {"angry", "happy", "excited", "neutral", "sad"}]
    merged = ["happy" if e == "excited" else e for e in in_set]
    if len(in_set) < len(emotions) and len(set(merged)) < 2:
        with pytest.raises(UsageError, match="too few emotions: label set '4'"):
            apply_label_set(frame, "4")
        return
    relabelled, notes = apply_label_set(frame, "4")
    assert relabelled["emotion"].tolist() == merged
    assert relabelled.index.tolist() == list(range(len(in_set)))
    assert list(relabelled.columns) == list(frame.columns)
    assert list(frame["emotion"]) == emotions
    assert len(notes) == ("excited" in emotions) + (len(in_set) < len(emotions))


def test_notes_have_counts():
    relabelled, notes = apply_label_set(table("sad", "excited", "bored", "fearful", "bored"), "4")
    assert relabelled["utterance"].tolist() == ["u0", "u1"]
    assert notes == [
        "label set 4: 1 excited count as happy",
        "label set 4: 3 utterances left out (bored 2, fearful 1)",
    ]


@pytest.mark.parametrize(
    ("emotions", "remaining"), [(("sad", "bored"), "sad"), (("bored",), "none")]
)
def test_rejects_set_that_leaves_fewer_than_two_classes(emotions, remaining):
    with pytest.raises(UsageError, match=rf"than two emotions \({remaining}\); use --labels all"):
        apply_label_set(table(*emotions), "4")


def test_rejects_unknown_label_set():
    with pytest.raises(UsageError, match="unknown label set '5'; choose from 4, all"):
        apply_label_set(table("sad"), "5")
