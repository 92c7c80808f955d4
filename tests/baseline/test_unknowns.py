"""Facts that a side of a check does not report are listed."""

from __future__ import annotations

import check_input_factory as factory
import factories
import pytest

from aser_bench.baseline.unknowns import unknown_facts

BASELINE = factory.side("baseline")


def test_complete_sides_have_no_unknown_facts():
    assert unknown_facts(factory.side(), BASELINE) == []


def test_a_missing_manifest_is_reported():
    bare = factory.side("results.csv", manifest=None, conditions=None)
    unknown = "it is unknown whether corpora, encoders, settings and versions are the same"
    for sides in ((bare, BASELINE), (BASELINE, bare)):
        assert unknown_facts(*sides) == [f"results.csv has no manifest.json beside it: {unknown}"]
    other = factory.side("old.csv", manifest=None, conditions=None)
    assert unknown_facts(bare, other) == [
        f"neither results.csv nor old.csv has a manifest.json beside it: {unknown}"
    ]


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"components": None}, "the versions of feature sets and the versions of models"),
        ({"components": [1]}, "the versions of feature sets and the versions of models"),
        ({"components__models": "svm"}, "the versions of models"),
        ({"components__models__svm": [2]}, "the version of svm"),
        ({"packages": None}, "the versions of packages"),
        ({"packages": ["numpy"]}, "the versions of packages"),
        ({"aser_bench": None}, "the version of aser-bench"),
        ({"ffmpeg": 7}, "the version of ffmpeg"),
        ({"study__seed": None}, "the seed"),
        ({"study__seed": "0"}, "the seed"),
        ({"study__frame_pool": None}, "the setting frame pool"),
        ({"corpora__voices__sha256": None}, "the sha256 of voices"),
        ({"corpora__voices__sha256": 1}, "the sha256 of voices"),
        (
            {"components": None, "packages": None, "study__seed": None},
            "the seed, the versions of packages, the versions of feature sets and the versions of "
            "models",
        ),
    ],
)
def test_facts_missing_from_one_manifest_are_one_sentence(changes, facts):
    older = factory.side("older", factory.manifest(**changes))
    for sides, other in (
        ((factory.side(), older), "the new results"),
        ((older, BASELINE), "the baseline"),
    ):
        assert unknown_facts(*sides) == [
            f"the manifest of older does not have {facts}; it is unknown whether these are the "
            f"same as in {other}"
        ]


def test_null_is_unknown_for_a_hash_but_a_value_of_a_setting():
    content = factory.manifest()
    content["corpora"]["voices"]["sha256"] = None
    (sentence,) = unknown_facts(factory.side(facts=content), BASELINE)
    assert "the sha256 of voices" in sentence
    content = factory.manifest(study__frame_pool="mean")
    assert unknown_facts(factory.side(facts=content), BASELINE) == []


def test_facts_missing_from_both_manifests_are_one_sentence():
    new = factory.side("new", factory.manifest(packages=None, components=None))
    old = factory.side("old", factory.manifest(packages=None, study__seed=None))
    both, ours, theirs = unknown_facts(new, old)
    assert both == (
        "neither manifest has the versions of packages; it is unknown whether these are the same"
    )
    assert ours.startswith("the manifest of new does not have the versions of feature sets and")
    assert theirs.startswith("the manifest of old does not have the seed; it is unknown")


def test_facts_that_do_not_matter_are_not_reported():
    content = factory.manifest()
    content["corpora"]["others"] = {}  # a corpus of one side
    assert unknown_facts(factory.side(facts=content), BASELINE) == []
    table = factories.conditions()
    original = table[table["condition"] == "original"]  # ffmpeg encodes nothing
    new = factory.side(facts=factory.manifest(ffmpeg=None), conditions=original)
    assert unknown_facts(new, factory.side("old", conditions=original)) == []


def test_an_encoder_that_one_side_does_not_name_is_reported():
    blank = {"encoder": ""}
    older = factory.side("older", conditions=factories.conditions(mp3_8k=blank, mp3_64k=blank))
    for sides, other in (((factory.side(), older), "new"), ((older, BASELINE), "baseline")):
        assert unknown_facts(*sides) == [
            "conditions.csv of older does not name the encoder of mp3-8k and mp3-64k; it is "
            f"unknown whether it is the same as in {other}"
        ]
    assert unknown_facts(older, older) == []
    table = factories.conditions()
    without = factory.side(conditions=table[table["condition"] != "mp3-8k"])
    assert unknown_facts(without, BASELINE) == []


def test_missing_tables_are_reported_once():
    without = factory.side("older", conditions=None)
    assert unknown_facts(factory.side(), without) == [
        "older has no conditions.csv beside it: it is unknown whether encoders are the same"
    ]
    (both,) = unknown_facts(factory.side(conditions=None), without)
    assert both.startswith("neither new nor older has a conditions.csv beside it")
    scores_only = factory.side("older", folds=None)
    assert unknown_facts(factory.side(), scores_only) == [
        "older has scores only: the number of folds is compared, not their utterances"
    ]
    assert unknown_facts(factory.side(folds=None), scores_only) == [
        "new and older have scores only: the number of folds is compared, not their utterances"
    ]
