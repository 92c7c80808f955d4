"""Differences between two sides are described with both values."""

from __future__ import annotations

import time

import check_input_factory as factory
import factories
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.baseline.differences import (
    cell_differences,
    environment_notes,
    find_differences,
    seed_note,
)
from aser_bench.baseline.options import DIFFERENCES
from aser_bench.baseline.reader import FailureCount

BASELINE = factory.side("baseline")


def differs(new, baseline=BASELINE, **key):
    return cell_differences(new, baseline, factory.key(**key))


def test_equal_sides_have_no_differences():
    for train in ("original", "mp3-8k", "multi"):
        assert differs(factory.side(), train_condition=train) == {}
    assert environment_notes(factory.side(), BASELINE) == []
    assert seed_note(factory.side(), BASELINE) == ""


def test_a_side_without_a_manifest_has_no_differences():
    assert differs(factory.side("results.csv", manifest=None, conditions=None)) == {}


def test_other_texts_are_a_difference_for_models_that_read_them():
    text = "texts of voices differ (sha256 abababab, was 99999999)"
    then = factory.side("old", factory.manifest(corpora__voices__texts_sha256="99" * 32))
    edited = factory.side(facts=factory.manifest(corpora__voices__texts_sha256="ab" * 32))
    assert cell_differences(edited, then, factory.key(model="mdre")) == {"corpus": text}
    for model in ("svm", "are", "tre-pocketsphinx", "nobody_has:This"):
        assert cell_differences(edited, then, factory.key(model=model)) == {}
    assert cell_differences(factory.side(), then, factory.key(model="tre")) == {}


@pytest.mark.parametrize(
    ("changes", "category", "words"),
    [
        (
            {"corpora__voices__sha256": "99ab" * 16},
            "corpus",
            "recordings or labels of voices differ (sha256 99ab99ab, was 1ed1a5fb)",
        ),
        ({"study__effort": "paper"}, "settings", "effort paper, was quick"),
        ({"study__limit": 20}, "settings", "limit 20, was not set"),
        (
            {"study__max_epochs": 1, "study__match_level": True},
            "settings",
            "match level True, was False; max epochs 1, was not set",
        ),
        # Studies of earlier versions have neither of these settings.
        ({"study__refit_dev": True}, "settings", "refit dev True, was False"),
        ({"study__early_stopping": "none"}, "settings", "early stopping none, was not set"),
        ({"components__features__functionals": 4}, "components", "functionals version 4, was 3"),
        ({"components__models__svm": 3}, "components", "svm version 3, was 2"),
        ({"packages__numpy": "2.2.0"}, "packages", "numpy 2.2.0, was 2.1.0"),
        ({"packages__numpy": None}, "packages", "numpy not used, was 2.1.0"),
        (
            {"packages": {"numpy": None, "scikit-learn": "1.8.0"}},
            "packages",
            "numpy not used, was 2.1.0",
        ),
        ({"ffmpeg": "7.1"}, "encoder", "ffmpeg 7.1, was 7.0.2-static"),
        ({"packages__torch": "2.0"}, "packages", "torch 2.0, was not used"),
        ({"aser_bench": "0.2.0"}, "packages", "aser-bench 0.2.0, was 0.1.0"),
    ],
)
def test_facts_of_a_manifest_are_differences(changes, category, words):
    assert differs(factory.side(facts=factory.manifest(**changes))) == {category: words}
    assert category in DIFFERENCES


@pytest.mark.parametrize(
    "changes",
    [
        {"study__runs": 10},
        {"study__name": "another"},
        {"components__models__mlp": 9},
        {"components__models__lstm": 1},
        {"machine__processor": "another"},
    ],
)
def test_facts_that_do_not_affect_a_cell_are_not_differences(changes):
    assert differs(factory.side(facts=factory.manifest(**changes))) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"components": None},
        {"packages": None},
        {"aser_bench": None},
        {"ffmpeg": None},
        {"study__effort": None},
        {"corpora__voices__sha256": None},
        {"components__models__svm": None},
        {"study__seed": None},
    ],
)
def test_unknown_facts_are_not_differences(changes):
    older = factory.side("older", factory.manifest(**changes))
    assert differs(older) == {}
    assert differs(factory.side(), older) == {}


def other_encoder(**names):
    fields = {name: {"encoder": encoder} for name, encoder in names.items()}
    return factory.side(conditions=factories.conditions(**fields))


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ("original", "mp3-8k", "mp3-8k: LAME 3.101, was LAME 3.100"),
        ("mp3-8k", "original", "mp3-8k: LAME 3.101, was LAME 3.100"),
        ("multi", "original", "mp3-8k: LAME 3.101, was LAME 3.100"),
        ("original", "mp3-64k", None),
        ("original", "original", None),
    ],
)
def test_encoders_of_the_conditions_of_a_cell_are_compared(train, test, words):
    cell = differs(other_encoder(mp3_8k="LAME 3.101"), train_condition=train, test_condition=test)
    assert cell == ({"encoder": words} if words else {})


@pytest.mark.parametrize(
    ("train", "test", "encoded"),
    [
        ("original", "original", False),
        ("original", "lowpass-4k", False),
        ("original", "mp3-8k", True),
        ("mp3-8k", "original", True),
        ("multi", "original", True),
    ],
)
def test_another_ffmpeg_is_a_difference_of_encoded_conditions(train, test, encoded):
    table = factories.conditions(lowpass_4k={"codec": "lowpass"})
    new = factory.side(facts=factory.manifest(ffmpeg="7.1"), conditions=table)
    cell = differs(
        new, factory.side("old", conditions=table), train_condition=train, test_condition=test
    )
    assert cell == ({"encoder": "ffmpeg 7.1, was 7.0.2-static"} if encoded else {})


def test_another_ffmpeg_is_reported_after_another_encoder():
    new = factory.side(
        facts=factory.manifest(ffmpeg="7.1"),
        conditions=factories.conditions(mp3_8k={"encoder": "LAME 3.101"}),
    )
    words = "LAME 3.101, was LAME 3.100; ffmpeg 7.1, was 7.0.2-static"
    assert differs(new)["encoder"] == f"mp3-8k: {words}"
    known = find_differences(new, BASELINE)
    assert known.encoder("voices", "mp3-8k") == words
    assert known.encoder("voices", "mp3-64k") == "ffmpeg 7.1, was 7.0.2-static"
    assert known.encoder("voices", "original") == ""


def test_another_engine_and_python_are_noted_only():
    new = factory.side(facts=factory.manifest(engines={}, machine__python="3.12.1"))
    assert differs(new) == {}
    assert environment_notes(new, BASELINE) == [
        "mp3 was encoded by lameenc 1.9.0, now by ffmpeg: the same samples within 1e-05",
        "Python 3.12.1, was 3.11.7",
    ]
    assert environment_notes(BASELINE, new)[0].startswith(
        "mp3 was encoded by ffmpeg, now by lameenc 1.9.0"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"engines": {}, "encoders__mp3": "LAME 3.101"},
        {"engines": None},
        {"engines": {}, "encoders": {}},
        {"machine": None},
    ],
)
def test_an_engine_is_not_noted_if_encoders_differ_or_are_unknown(changes):
    assert environment_notes(factory.side(facts=factory.manifest(**changes)), BASELINE) == []


def test_conditions_with_the_same_encoder_are_named_together():
    new = other_encoder(mp3_8k="LAME 3.101", mp3_64k="LAME 3.101")
    assert differs(new, train_condition="multi")["encoder"] == (
        "mp3-8k, mp3-64k: LAME 3.101, was LAME 3.100"
    )


def test_encoders_of_the_corpus_of_a_cell_are_compared():
    both = pd.concat([factories.conditions(), factories.conditions("others")], ignore_index=True)
    other = both.mask(both["corpus"].eq("others") & both["encoder"].ne(""), "LAME 3.101")
    new = factory.side(conditions=both.assign(encoder=other["encoder"]))
    old = factory.side("old", conditions=both)
    assert differs(new, old) == {}
    assert differs(new, old, corpus="others")["encoder"] == "mp3-8k: LAME 3.101, was LAME 3.100"


def test_an_unknown_encoder_is_not_a_difference():
    assert differs(other_encoder(mp3_8k="")) == {}
    assert differs(factory.side(conditions=None)) == {}


def test_other_pooled_conditions_affect_pooled_training_only():
    new = factory.side(conditions=factories.conditions(gsm={"codec": "gsm"}))
    assert differs(new) == {}
    assert differs(new, train_condition="multi") == {
        "settings": "multi pools original, mp3-8k, mp3-64k, gsm; was original, mp3-8k, mp3-64k"
    }
    alias = factories.conditions(mp3_96k={"codec": "mp3", "same_as": "mp3-64k"})
    assert differs(factory.side(conditions=alias), train_condition="multi") == {}


# Splits


def split(*parts, **more):
    return factory.side(folds=factory.folds(*parts), **more)


def test_labels_of_folds_do_not_matter():
    assert differs(split("4567", "0123")) == {}


def test_utterances_tested_with_others_are_another_split():
    new = split("4123", "0567")
    assert differs(new) == {
        "splits": "8 of 8 utterances of voices are tested in other folds (protocol speaker)"
    }
    assert differs(new, protocol="paper") == {}


def test_only_common_utterances_are_compared():
    assert differs(split("0123", "456")) == {}
    assert differs(split("0123", "456"), split("123", "4567")) == {}


def test_another_seed_is_a_note_and_not_a_difference():
    drawn = split("4123", "0567", facts=factory.manifest(study__seed=1))
    assert differs(drawn) == {}
    assert seed_note(drawn, BASELINE).startswith(
        "seed 1, was 0: folds and random initial values differ"
    )
    # An unknown seed is not another seed.
    silent = split("4123", "0567", facts=factory.manifest(study__seed=None))
    assert "splits" in differs(silent)
    assert seed_note(silent, BASELINE) == ""


def test_another_number_of_folds_is_a_difference_under_any_seed():
    more = split("0123", "45", "67", facts=factory.manifest(study__seed=1))
    assert differs(more) == {"splits": "voices speaker: 3 folds, was 2 folds"}


def scores(n_folds):
    rows = [(*factory.KEY, fold, 0, 0.5) for fold in range(n_folds)]
    columns = ["corpus", "features", "model", "protocol", "train_condition", "test_condition"]
    return pd.DataFrame(rows, columns=[*columns, "fold", "run", "uar"])


def test_scores_give_the_number_of_folds():
    two, three = (factory.side(folds=None, scores=scores(n)) for n in (2, 3))
    assert differs(two) == {}
    assert differs(three) == {"splits": "voices speaker: 3 folds, was 2 folds"}
    assert differs(two, three) == {"splits": "voices speaker: 2 folds, was 3 folds"}


def test_a_fold_with_failures_only_is_not_another_split():
    failed = {factory.KEY: FailureCount(1, 2, "it crashed")}
    assert differs(split("0123", failed=failed)) == {}
    assert "splits" in differs(split("0123"))
    assert "splits" in differs(split("0123"), split("0123", "4567", failed=failed))
    assert "splits" in differs(split("0423", failed=failed))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=8, max_size=8), st.permutations(range(3)))
def test_renumbered_folds_are_the_same_split(labels, names):
    def side(code):
        frame = factory.folds("01234567")
        return factory.side(folds=frame.assign(fold=[code[label] for label in labels]))

    assert differs(side(names), side(range(3))) == {}


@settings(max_examples=25, deadline=None)
@given(*[st.lists(st.integers(0, 2), min_size=8, max_size=8)] * 2)
def test_splits_are_equal_if_the_same_pairs_are_together(one, two):
    def side(labels):
        return factory.side(folds=factory.folds("01234567").assign(fold=labels))

    pairs = [
        {(a, b) for a in range(8) for b in range(8) if labels[a] == labels[b]}
        for labels in (one, two)
    ]
    assert ("splits" in differs(side(one), side(two))) == (pairs[0] != pairs[1])


def test_differences_are_cached_for_the_same_sides_only():
    names = [f"u{number}" for number in range(5000)]
    table = pd.DataFrame({"corpus": "voices", "protocol": "speaker", "utterance": names})
    new = factory.side(folds=table.assign(fold=[n % 10 for n in range(5000)]))
    old = factory.side("old", folds=table.assign(fold=[(n + 1) % 10 for n in range(5000)]))
    differs(new, old)
    start = time.process_time()
    for number in range(600):
        assert differs(new, old, model=f"m{number}") == {}
    assert time.process_time() - start < 0.5
    assert differs(other_encoder(mp3_8k="LAME 3.101"))
    assert differs(factory.side()) == {}
