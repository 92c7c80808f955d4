"""What two sides of a check cannot tell of each other."""

from __future__ import annotations

import check_input_factory as given
import factories
import pytest

from aser_bench.baseline.unknowns import unknown_facts

BASELINE = given.side("baseline")


def test_two_sides_that_tell_all_have_nothing_untold():
    assert unknown_facts(given.side(), BASELINE) == []


def test_a_side_without_a_manifest_says_what_cannot_be_told():
    bare = given.side("results.csv", manifest=None, conditions=None)
    words = "whether corpora, encoders, settings and versions are"
    for sides in ((bare, BASELINE), (BASELINE, bare)):
        assert unknown_facts(*sides) == [
            f"results.csv has no manifest beside it: {words} those of the other side is not known"
        ]
    other = given.side("old.csv", manifest=None, conditions=None)
    assert unknown_facts(bare, other) == [
        f"neither results.csv nor old.csv has a manifest beside it: {words} the same is not known"
    ]


@pytest.mark.parametrize(
    ("changes", "what"),
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
def test_what_one_manifest_does_not_tell_is_one_sentence(changes, what):
    older = given.side("older", given.manifest(**changes))
    assert unknown_facts(given.side(), older) == [
        f"the manifest of older does not tell {what}; whether these are as in the new results is "
        "not known"
    ]
    assert unknown_facts(older, BASELINE) == [
        f"the manifest of older does not tell {what}; whether these are as in the baseline is "
        "not known"
    ]


def test_a_value_that_is_null_on_purpose_is_told():
    facts = given.manifest()
    facts["corpora"]["voices"]["sha256"] = None
    (said,) = unknown_facts(given.side(facts=facts), BASELINE)
    assert "the sha256 of voices" in said
    facts = given.manifest(study__frame_pool="mean")
    assert unknown_facts(given.side(facts=facts), BASELINE) == []


def test_what_neither_manifest_tells_is_one_sentence_for_both():
    new = given.side("new", given.manifest(packages=None, components=None))
    old = given.side("old", given.manifest(packages=None, study__seed=None))
    both, ours, theirs = unknown_facts(new, old)
    assert both == (
        "neither manifest tells the versions of packages; whether these are the same is not known"
    )
    assert ours.startswith("the manifest of new does not tell the versions of feature sets and")
    assert theirs.startswith("the manifest of old does not tell the seed; whether")


def test_a_corpus_of_one_side_and_ffmpeg_where_nothing_is_encoded_need_not_be_told():
    facts = given.manifest()
    facts["corpora"]["others"] = {}
    assert unknown_facts(given.side(facts=facts), BASELINE) == []
    table = factories.conditions()
    plain = table[table["condition"] == "original"]
    new = given.side(facts=given.manifest(ffmpeg=None), conditions=plain)
    assert unknown_facts(new, given.side("old", conditions=plain)) == []


def test_an_encoder_that_only_one_side_names_is_told():
    blank = {"encoder": ""}
    older = given.side("older", conditions=factories.conditions(mp3_8k=blank, mp3_64k=blank))
    for sides, other in (((given.side(), older), "new"), ((older, BASELINE), "baseline")):
        assert unknown_facts(*sides) == [
            "conditions.csv of older does not name the encoder of mp3-8k and mp3-64k; whether it "
            f"is that of {other} is not known"
        ]
    assert unknown_facts(older, older) == []
    # A condition that is not there at all is another matter.
    table = factories.conditions()
    assert (
        unknown_facts(given.side(conditions=table[table["condition"] != "mp3-8k"]), BASELINE) == []
    )


def test_tables_that_are_not_there_are_told_once():
    lacks = given.side("older", conditions=None)
    assert unknown_facts(given.side(), lacks) == [
        "older has no conditions.csv beside it: whether encoders are those of the other side is "
        "not known"
    ]
    (both,) = unknown_facts(given.side(conditions=None), lacks)
    assert both.startswith("neither new nor older has a conditions.csv beside it")
    scores_only = given.side("older", folds=None)
    assert unknown_facts(given.side(), scores_only) == [
        "older tells scores only: of the folds, no more than their number"
    ]
    assert unknown_facts(given.side(folds=None), scores_only) == [
        "new and older tell scores only: of the folds, no more than their number"
    ]
