"""Label sets: what counts as what, what is left out, and what is told of it."""

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
def test_a_set_says_what_it_is(name):
    one = LABEL_SETS[name]
    assert one.name == name
    assert one.title
    assert set(one.mapping) <= set(EMOTIONS)
    assert set(one.mapping.values()) <= set(one.mapping)


def test_all_is_everything():
    frame = table(*EMOTIONS)
    found, notes = apply_label_set(frame, "all")
    pd.testing.assert_frame_equal(found, frame)
    assert notes == []
    assert len(apply_label_set(table("sad"), "all")[0]) == 1


@given(st.lists(st.sampled_from(EMOTIONS), min_size=1, max_size=40))
def test_four_classes(emotions):
    frame = table(*emotions)
    kept = [e for e in emotions if e in {"angry", "happy", "excited", "neutral", "sad"}]
    merged = ["happy" if e == "excited" else e for e in kept]
    if len(kept) < len(emotions) and len(set(merged)) < 2:
        with pytest.raises(UsageError, match="nothing to recognise: label set '4'"):
            apply_label_set(frame, "4")
        return
    found, notes = apply_label_set(frame, "4")
    assert found["emotion"].tolist() == merged
    assert found.index.tolist() == list(range(len(kept)))
    assert list(found.columns) == list(frame.columns)
    assert list(frame["emotion"]) == emotions
    assert len(notes) == ("excited" in emotions) + (len(kept) < len(emotions))


def test_what_is_told():
    found, notes = apply_label_set(table("sad", "excited", "bored", "fearful", "bored"), "4")
    assert found["utterance"].tolist() == ["u0", "u1"]
    assert notes == [
        "label set 4: 1 excited count as happy",
        "label set 4: 3 utterances left out (bored 2, fearful 1)",
    ]


@pytest.mark.parametrize(("emotions", "left"), [(("sad", "bored"), "sad"), (("bored",), "none")])
def test_a_set_that_leaves_nothing_to_tell_apart(emotions, left):
    with pytest.raises(UsageError, match=rf"at most \({left}\); take --labels all"):
        apply_label_set(table(*emotions), "4")


def test_an_unknown_set_is_told():
    with pytest.raises(UsageError, match="unknown label set '5'; choose from 4, all"):
        apply_label_set(table("sad"), "5")
