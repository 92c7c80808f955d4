"""Pairs of cells, their originals and their utterances."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd
import pytest

from aser_bench.evaluation.losses import losses
from aser_bench.evaluation.pairs import original_key, pair, side

SKILL = {
    **factories.SKILL,
    ("mp3-8k", "original"): 0.5,
    ("mp3-8k", "mp3-64k"): 0.5,
    ("multi", "original"): 0.8,
    ("multi", "mp3-8k"): 0.7,
}


def names(pairs):
    return {pair.keys[4:] for pair in pairs}


def test_pairs_of_matched_clean_and_pooled_training(tmp_path):
    assert names(factories.paired(factories.predictions(SKILL), tmp_path)) == {
        ("matched", "original", "original"),
        ("clean", "original", "original"),
        ("multi", "multi", "original"),
        ("matched", "mp3-8k", "mp3-8k"),
        ("matched", "mp3-64k", "mp3-64k"),
        ("clean", "original", "mp3-8k"),
        ("clean", "original", "mp3-64k"),
        ("multi", "multi", "mp3-8k"),
    }


def test_each_pair_has_the_original_of_its_training(tmp_path):
    outcomes = factories.outcomes(factories.predictions(SKILL), tmp_path)
    from aser_bench.evaluation.pairs import pairs

    for one in pairs(outcomes):
        train = "multi" if one.keys[4] == "multi" else "original"
        twin = outcomes.cells[(*one.keys[:4], train, "original")]
        own = outcomes.cells[(*one.keys[:4], *one.keys[5:])]
        np.testing.assert_array_equal(one.original.predicted, twin.predicted)
        np.testing.assert_array_equal(one.coded.predicted, own.predicted)
        assert len(one.rows) == 32
        assert one.speakers == 4


@pytest.mark.parametrize("gone", [("original", "original"), ("multi", "original")])
def test_without_its_original_there_is_no_pair(tmp_path, gone):
    skill = {key: right for key, right in SKILL.items() if key != gone}
    trainings = {pair.keys[4] for pair in factories.paired(factories.predictions(skill), tmp_path)}
    assert trainings == ({"multi"} if gone[0] == "original" else {"matched", "clean"})


def test_a_pair_has_the_utterances_that_all_runs_tested(tmp_path):
    frame = factories.predictions(SKILL, runs=3)
    trained, tested = frame["train_condition"], frame["test_condition"]
    coded = (trained == "original") & (tested == "mp3-8k") & (frame["run"] == 1)
    coded &= frame["speaker"] == "a"
    base = (trained == "original") & (tested == "original") & (frame["run"] == 2)
    base &= frame["speaker"] == "b"
    pairs = {p.keys[4:]: p for p in factories.paired(frame[~coded & ~base], tmp_path)}
    one = pairs["clean", "original", "mp3-8k"]
    assert {name[3] for name in one.corpus.utterances[one.rows]} == {"c", "d"}
    assert one.speakers == 2
    assert one.coded.confusions.shape == (3, 2, 4, 4)
    assert one.coded.confusions.sum() == 3 * 16
    assert len(pairs["clean", "original", "mp3-64k"].rows) == 24
    assert len(pairs["multi", "multi", "mp3-8k"].rows) == 32


def test_no_pair_without_common_utterances(tmp_path):
    frame = factories.predictions(SKILL)
    coded = frame["test_condition"] == "mp3-8k"
    frame = frame[(coded & (frame["fold"] == 0)) | (~coded & (frame["fold"] == 1))]
    assert not [keys for keys in names(factories.paired(frame, tmp_path)) if keys[-1] == "mp3-8k"]


def test_without_speakers_each_utterance_is_a_cluster(tmp_path):
    frame = factories.predictions(speakers=("a", None))
    for one in factories.paired(frame, tmp_path):
        assert one.speakers == 0
        assert one.coded.confusions.shape[1] == len(one.rows) == 16


def test_a_side_counts_every_prediction_once(tmp_path):
    frame = factories.predictions(runs=3)
    outcomes = factories.outcomes(frame, tmp_path)
    corpus, cell = outcomes.corpora["voices"], next(iter(outcomes.cells.values()))
    rows = np.flatnonzero(corpus.speaker != 1)
    one = side(cell, corpus, rows)
    assert one.speaker.max() == 2  # numbered without a gap
    assert one.confusions.sum() == one.unclustered.sum() == one.votes.sum() == 3 * 24
    np.testing.assert_array_equal(one.confusions.sum(1), one.unclustered.sum(1))
    for place in range(len(rows)):
        right = (one.predicted[:, place] == one.truth[place]).sum()
        assert one.right[place] == (right >= 2)
        assert one.votes[place, one.truth[place]] == right


def test_half_of_the_runs_are_not_a_majority(tmp_path):
    frame = factories.predictions({("original", "original"): 1.0}, runs=2)
    frame.loc[frame["run"] == 1, "predicted"] = "nonsense"
    outcomes = factories.outcomes(frame, tmp_path)
    corpus, cell = outcomes.corpora["voices"], next(iter(outcomes.cells.values()))
    assert not side(cell, corpus, np.arange(32)).right.any()


def test_the_original_of_a_key():
    key = ("c", "f", "m", "p", "mp3-8k", "mp3-64k")
    assert original_key(key) == ("c", "f", "m", "p", "original", "original")


def test_any_two_cells_can_be_paired(tmp_path):
    """Two models at the original: no loss of a codec, and compared all the same."""
    one, two = (
        factories.predictions(factories.SKILL, model=name, seed=i) for i, name in enumerate("ab")
    )
    outcomes = factories.outcomes(pd.concat([one, two], ignore_index=True), tmp_path)
    keys = [key for key in outcomes.cells if key[4:] == ("original", "original")]
    assert [key[2] for key in keys] == ["a", "b"]
    there, back = (pair(outcomes, *both) for both in (keys, keys[::-1]))
    table = losses([there], 0.02).set_index("metric")
    other = losses([back], 0.02).set_index("metric")
    assert table["difference"].to_numpy() == pytest.approx(-other["difference"].to_numpy())
    assert table["p"].to_numpy() == pytest.approx(other["p"].to_numpy())
    assert (table["model"] == "a").all()
    assert losses([pair(outcomes, keys[0], keys[0])], 0.02).empty


def test_no_pair_with_a_missing_cell_or_another_corpus(tmp_path):
    outcomes = factories.outcomes(factories.predictions(factories.SKILL), tmp_path)
    key = next(iter(outcomes.cells))
    assert pair(outcomes, key, (*key[:5], "elsewhere")) is None
    with pytest.raises(ValueError, match="two corpora"):
        pair(outcomes, key, ("elsewhere", *key[1:]))
