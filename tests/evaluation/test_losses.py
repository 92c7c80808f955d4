"""Losses against scikit-learn on the same predictions."""

from __future__ import annotations

import warnings

import factories
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from aser_bench.core import findings as contract
from aser_bench.evaluation import losses, recalls, significance

KEY = ["model", "training", "condition"]
SKILL = {**factories.SKILL, ("multi", "original"): 0.8, ("multi", "mp3-8k"): 0.7}
SPEAKERS = tuple("abcde")


def both_models(**options):
    return pd.concat(
        [
            factories.predictions(SKILL, model="svm", runs=1, **options),
            factories.predictions(SKILL, model="mlp", runs=3, seed=1, **options),
        ]
    )


@pytest.fixture(scope="module")
def frame():
    return both_models(speakers=SPEAKERS)


@pytest.fixture(scope="module")
def pairs(frame, tmp_path_factory):
    return factories.paired(frame, tmp_path_factory.mktemp("losses"))


def cell(frame, model, train, test):
    return frame[
        (frame["model"] == model)
        & (frame["train_condition"] == train)
        & (frame["test_condition"] == test)
    ]


def original_of(frame, row):
    return cell(frame, row.model, "multi" if row.training == "multi" else "original", "original")


def mean_over_runs(part, function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.mean([function(own["truth"], own["predicted"]) for _, own in part.groupby("run")])


METRICS = {
    "wap": lambda t, p: sk.precision_score(t, p, average="weighted", zero_division=0),
    "accuracy": sk.accuracy_score,
    "uar": sk.balanced_accuracy_score,
    "macro_f1": lambda t, p: sk.f1_score(t, p, average="macro", zero_division=0),
}


def test_values_and_differences_agree_with_scikit_learn(frame, pairs):
    table = losses.losses(pairs, 0.02)
    assert tuple(table.columns) == contract.LOSSES
    assert len(table) == 2 * 5 * 4
    for row in table.itertuples():
        function = METRICS[row.metric]
        value = mean_over_runs(cell(frame, row.model, row.train_condition, row.condition), function)
        base = mean_over_runs(original_of(frame, row), function)
        assert row.value == pytest.approx(value), row
        assert row.original == pytest.approx(base)
        assert row.difference == pytest.approx(value - base)
        assert row.low < row.difference < row.high
        assert (row.n_utterances, row.n_speakers, row.why) == (40, 5, "")
        if row.metric == "uar":
            assert row.retained == pytest.approx((value - 0.25) / (base - 0.25))
        else:
            assert np.isnan(row.retained)
    assert not (table["condition"] == "original").any()


def test_intervals_are_the_jackknife_over_speakers(frame, pairs):
    table = losses.losses(pairs, 0.02)
    row = table[(table["metric"] == "accuracy") & (table["model"] == "mlp")].iloc[0]
    coded = cell(frame, "mlp", row["train_condition"], row["condition"])
    base = original_of(frame, row)
    left = np.array(
        [
            mean_over_runs(coded[coded["speaker"] != s], sk.accuracy_score)
            - mean_over_runs(base[base["speaker"] != s], sk.accuracy_score)
            for s in SPEAKERS
        ]
    )
    error = np.sqrt(4 / 5 * ((left - left.mean()) ** 2).sum())
    assert row["high"] - row["difference"] == pytest.approx(2.7764 * error, rel=1e-4)
    assert row["effect"] == pytest.approx(row["difference"] / (error * np.sqrt(5)))


@pytest.mark.parametrize("metric", ["wap", "uar"])
def test_holm_corrects_over_models_and_conditions_of_one_training(pairs, metric):
    table = losses.losses(pairs, 0.02)
    own = table[table["metric"] == metric]
    sizes = {}
    for training, rows in own.groupby("training"):
        np.testing.assert_allclose(rows["p_holm"], significance.holm(rows["p"].astype(float)))
        sizes[training] = len(rows)
    assert sizes == {"matched": 4, "clean": 4, "multi": 2}


def test_another_corpus_is_another_family(frame, tmp_path):
    frame = frame[frame["model"] == "svm"]
    alone = losses.losses(factories.paired(frame, tmp_path), 0.02)
    other = frame.assign(corpus="others", predicted="sad")
    table = losses.losses(factories.paired(pd.concat([frame, other]), tmp_path), 0.02)
    own = table[table["corpus"] == "voices"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone)


def test_controls_are_a_family_of_their_own(pairs):
    table = losses.losses(pairs, 0.02, controls=[("voices", "mp3-64k")])
    control = table["condition"] == "mp3-64k"
    assert set(table.loc[control, "family"]) == {"controls"}
    assert set(table.loc[~control, "family"]) == {"codecs"}
    codecs = losses.losses([pair for pair in pairs if pair.condition != "mp3-64k"], 0.02)
    pd.testing.assert_frame_equal(table[~control].reset_index(drop=True), codecs)


def test_ten_speakers_can_be_significant_after_many_comparisons(tmp_path):
    """The permutation test of 10 speakers cannot have a p below .002: 28 times that is 5 %."""
    conditions = [f"mp3-{number}k" for number in range(1, 40)]
    skill = {("original", name): 0.5 for name in conditions}
    skill = {("original", "original"): 0.9, **skill}
    frame = factories.predictions(skill, takes=3, speakers=tuple("abcdefghij"), runs=1)
    table = losses.losses(factories.paired(frame, tmp_path), 0.02)
    table = table[table["metric"] == "uar"]
    assert set(table["comparisons"]) == {39}
    assert table["p_permutation"].min() * 39 > losses.ALPHA
    assert table["significant"].all()


def test_a_model_that_predicts_one_class_for_all_speakers_has_a_significant_loss(tmp_path):
    """All speakers lose the same, so that the jackknife has no error."""
    frame = factories.predictions({("original", "original"): 1.0}, speakers=tuple("abcdefghij"))
    coded = [frame.assign(test_condition=f"mp3-{k}k", predicted="sad") for k in range(8, 40)]
    table = losses.losses(factories.paired(pd.concat([frame, *coded]), tmp_path), 0.02)
    table = table[table["metric"] == "uar"]
    assert (table["difference"] == -0.75).all()
    assert table["significant"].all()
    assert (table["high"] < -0.5).all()


def test_no_interval_leaves_the_range_of_the_metric(tmp_path):
    frame = factories.predictions({("original", "original"): 1.0, ("original", "mp3-8k"): 0.0})
    kept = (frame["test_condition"] == "mp3-8k") & (frame["speaker"] == "a")
    frame.loc[kept & (frame["run"] == 0), "predicted"] = frame["truth"]
    table = losses.losses(factories.paired(frame, tmp_path), 0.02, unclustered=True)
    limits = ["low", "high", "low_unclustered", "high_unclustered"]
    assert table[limits].abs().max(axis=None) <= 1


def test_only_a_loss_is_significant(tmp_path):
    ways = [("original", "original"), ("original", "mp3-8k"), ("original", "mp3-64k")]
    frame = factories.predictions(
        dict(zip(ways, (0.5, 0.0, 1.0), strict=True)), takes=4, speakers=tuple("abcdefghij"), runs=1
    )
    table = losses.losses(factories.paired(frame, tmp_path), 0.02)
    worse, better = (table[table["condition"] == name] for name in ("mp3-8k", "mp3-64k"))
    assert (table["p_holm"] < 0.05).all()
    assert worse["significant"].all()
    assert not better["significant"].any()
    assert (worse["decision"] == "inferior").all()
    assert (better["decision"] == "non-inferior").all()
    assert set(table["p_mcnemar"] < 0.001) == {True}


def test_a_condition_that_changes_nothing(tmp_path):
    frame = factories.predictions({("original", "original"): 0.7})
    frame = pd.concat([frame, frame.assign(test_condition="mp3-8k")])
    table = losses.losses(factories.paired(frame, tmp_path), 0.02)
    assert (table["difference"] == 0).all()
    assert table[["p", "p_holm"]].isna().all(axis=None)
    assert set(table["not_tested"]) == {"no prediction differs"}
    assert set(table["comparisons"]) == {0}
    assert (table["p_permutation"] == 1).all()
    assert (table["p_mcnemar"] == 1).all()
    assert not table["significant"].any()
    # 32 utterances without a change say that fewer than one in nine change, and no more.
    assert (table["decision"] == "inconclusive").all()
    np.testing.assert_allclose(table["high"], 1 - 0.025 ** (1 / 32))


def test_equal_losses_of_all_speakers_have_an_interval(tmp_path):
    frame = factories.predictions(
        {("original", "original"): 1.0, ("original", "mp3-8k"): 1.0}, takes=4
    )
    coded = (frame["test_condition"] == "mp3-8k") & frame["utterance"].str.endswith("sad_0")
    frame.loc[coded, "predicted"] = "angry"  # one recording of each speaker
    table = losses.losses(factories.paired(frame, tmp_path), 0.02)
    assert (table["difference"] < 0).all()
    assert (table["high"] - table["low"] > 0.01).all()


def test_the_margin_decides(pairs):
    wide = losses.losses(pairs, 0.9)
    assert (wide["decision"] == "non-inferior").all()
    narrow = losses.losses(pairs, 1e-9)
    expected = np.select(
        [narrow["low"] > -1e-9, narrow["high"] < -1e-9],
        ["non-inferior", "inferior"],
        "inconclusive",
    )
    assert narrow["decision"].tolist() == expected.tolist()
    assert {"inferior", "inconclusive"} <= set(narrow["decision"])
    same = ["difference", "low", "high", "p", "p_holm", "significant"]
    pd.testing.assert_frame_equal(wide[same], narrow[same])


def test_two_speakers_have_no_interval_and_a_reason(tmp_path):
    table = losses.losses(factories.paired(both_models(speakers=("a", "b")), tmp_path), 0.02)
    assert table[["low", "high", "effect"]].isna().all(axis=None)
    assert set(table["why"]) == {"no interval: 2 speakers instead of at least 3"}
    assert set(table["decision"]) == {"inconclusive"}
    assert table["difference"].notna().all()
    assert table[["p", "p_holm"]].isna().all(axis=None)
    assert set(table["not_tested"]) == {"2 speakers instead of at least 3"}
    assert (table["p_permutation"] >= 0.5).all()  # two speakers can be flipped in four ways
    assert set(table["p_permutation_smallest"]) == {0.5}


def test_one_speaker_has_no_test_and_no_interval(tmp_path):
    table = losses.losses(factories.paired(both_models(speakers=("a",)), tmp_path), 0.02)
    assert table[["low", "p", "p_holm"]].isna().all(axis=None)
    assert not table["significant"].any()
    assert table["why"].str.contains("1 speaker instead of at least 3").all()


def test_unknown_speakers_have_an_interval_with_a_note(tmp_path):
    table = losses.losses(
        factories.paired(factories.predictions(speakers=("a", None)), tmp_path), 0.02
    )
    assert table[["low", "high"]].notna().all(axis=None)
    assert set(table["why"]) == {losses.UNKNOWN}
    assert set(table["n_speakers"]) == {0}


def test_unclustered_interval_is_optional(pairs):
    without, with_it = losses.losses(pairs, 0.02), losses.losses(pairs, 0.02, unclustered=True)
    names = ["low_unclustered", "high_unclustered"]
    assert without[names].isna().all(axis=None)
    assert (with_it[names[0]] < with_it["difference"]).all()
    assert (with_it[names[1]] > with_it["difference"]).all()
    assert (with_it["low_unclustered"] != with_it["low"]).any()
    pd.testing.assert_frame_equal(without.drop(columns=names), with_it.drop(columns=names))


# --- emotions, confusions and speakers --------------------------------------------------------


def test_an_emotion_without_utterances_has_no_row(tmp_path):
    frame = factories.predictions({("original", "original"): 0.8, ("original", "mp3-8k"): 0.5})
    frame = frame[frame["truth"] != "sad"]  # still predicted
    pairs = factories.paired(frame, tmp_path)
    assert pairs[0].corpus.emotions == factories.EMOTIONS
    assert set(recalls.recalls(pairs)["emotion"]) == {"angry", "happy", "neutral"}
    assert set(losses.confusions(pairs)["truth"]) == {"angry", "happy", "neutral"}
    uar = losses.losses(pairs, 0.02).query("metric == 'uar'").iloc[0]
    assert uar["retained"] == pytest.approx((uar["value"] - 1 / 3) / (uar["original"] - 1 / 3))


def test_confusions_are_shares_of_the_true_emotion(frame, pairs):
    table = losses.confusions(pairs)
    assert tuple(table.columns) == contract.CONFUSIONS
    sums = table.groupby([*contract.COMPARED, "truth"])["share"].sum()
    np.testing.assert_allclose(sums, 1)
    for row in table.sample(40, random_state=0).itertuples():
        part = cell(frame, row.model, row.train_condition, row.condition)
        own = part[part["truth"] == row.truth]
        assert row.share == pytest.approx((own["predicted"] == row.predicted).mean())
    assert "original" in set(table["condition"])


def test_uar_of_each_speaker(frame, pairs):
    table = losses.speakers(pairs)
    assert tuple(table.columns) == contract.SPEAKERS
    assert len(table) == 2 * 5 * 5
    for row in table.sample(15, random_state=0).itertuples():
        part = cell(frame, row.model, row.train_condition, row.condition)
        part, base = (x[x["speaker"] == row.speaker] for x in (part, original_of(frame, row)))
        assert row.value == pytest.approx(mean_over_runs(part, sk.balanced_accuracy_score))
        assert row.original == pytest.approx(mean_over_runs(base, sk.balanced_accuracy_score))
        assert row.n_utterances == 8


def test_unknown_speakers_have_no_rows(tmp_path):
    pairs = factories.paired(factories.predictions(speakers=("a", None)), tmp_path)
    assert losses.speakers(pairs).empty
    assert tuple(losses.speakers(pairs).columns) == contract.SPEAKERS


def test_speakers_of_a_failed_fold_are_left_out_under_their_own_names(tmp_path):
    frame = factories.predictions()
    frame = frame[~((frame["speaker"] == "b") & (frame["test_condition"] == "mp3-8k"))]
    table = losses.speakers(factories.paired(frame, tmp_path))
    own = table[(table["condition"] == "mp3-8k") & (table["training"] == "clean")]
    assert own["speaker"].tolist() == ["a", "c", "d"]
    part = cell(frame, "svm", "original", "mp3-8k")
    for row in own.itertuples():
        expected = mean_over_runs(part[part["speaker"] == row.speaker], sk.balanced_accuracy_score)
        assert row.value == pytest.approx(expected)


# --- the worst --------------------------------------------------------------------------------


def expected_worst(frame):
    rows = {}
    for keys, part in frame[frame["test_condition"] != "original"].groupby(
        ["model", "train_condition", "test_condition"]
    ):
        base = cell(frame, keys[0], "multi" if keys[1] == "multi" else "original", "original")
        for name, own in part.groupby("utterance"):
            truth = own["truth"].iloc[0]
            was = base.loc[base["utterance"] == name, "predicted"] == truth
            votes = own["predicted"].value_counts()
            if 2 * was.sum() <= len(was) or truth in votes.index[votes == votes.max()]:
                continue
            heard = sorted(votes.index[votes == votes.max()])[0]
            said = own[own["predicted"] == heard]
            sure = said[f"p_{heard}"].mean()
            if sure > rows.get(name, (0,))[0]:
                rows[name] = (sure, keys, truth, heard)
    return sorted(((v[0], k, *v[1:]) for k, v in rows.items()), reverse=True)


@pytest.mark.parametrize("trained", ["original", "multi"])
def test_worst_utterances_are_sorted_by_confidence(frame, tmp_path, trained):
    # Only one way of training, so that a condition stands there once.
    frame = frame[(frame["train_condition"] == trained) & (frame["run"] != 1)]
    frame = frame[(frame["model"] == "svm") | (frame["run"] == 2)]
    table = losses.worst(factories.paired(frame, tmp_path))
    table = table[table["training"] != "matched"]
    expected = expected_worst(frame)
    assert len(expected) > 5
    assert tuple(table.columns) == contract.WORST
    assert len(table) == min(20, len(expected))
    for row, (sure, name, keys, truth, heard) in zip(table.itertuples(), expected, strict=False):
        assert row.utterance == name
        assert (row.model, row.train_condition, row.condition) == keys
        assert (row.truth, row.predicted_original, row.predicted) == (truth, truth, heard)
        assert row.confidence == pytest.approx(sure, rel=1e-5)
        assert row.speaker == name.split("_")[1]


def test_at_most_twenty_of_a_section_and_each_utterance_once(tmp_path):
    ways = {("original", "original"): 1.0, ("original", "mp3-8k"): 0.0, ("mp3-8k", "mp3-8k"): 0.0}
    frame = pd.concat(
        [
            factories.predictions(ways, takes=3, corpus=corpus, features=features, seed=seed)
            for seed, (corpus, features) in enumerate([("x", "f"), ("x", "g"), ("y", "f")])
        ]
    )
    table = losses.worst(factories.paired(frame, tmp_path))
    section = ["corpus", "features", "protocol"]
    assert table.groupby(section).size().tolist() == [20, 20, 20]
    assert not table.duplicated([*section, "utterance"]).any()
    assert set(table["training"]) == {"clean", "matched"}
    assert (table["confidence"].diff().dropna() <= 0).all()


def test_utterances_wrong_at_the_original_are_not_among_the_worst(tmp_path):
    frame = factories.predictions({("original", "original"): 0.0, ("original", "mp3-8k"): 0.0})
    assert losses.worst(factories.paired(frame, tmp_path)).empty


@pytest.mark.parametrize("named", [("angry", "sad"), ("sad", "angry")])
def test_a_tie_of_runs_is_not_wrong(tmp_path, named):
    right, wrong = named
    frame = factories.predictions({("original", "original"): 1.0, ("original", "mp3-8k"): 1.0})
    frame = frame[frame["truth"] == right].copy()
    coded = (frame["test_condition"] == "mp3-8k") & (frame["run"] == 1)
    frame.loc[coded, "predicted"] = wrong
    assert losses.worst(factories.paired(frame, tmp_path)).empty


def test_without_probabilities_the_worst_have_no_confidence(tmp_path):
    frame = factories.predictions({("original", "original"): 1.0, ("original", "mp3-8k"): 0.0})
    table = losses.worst(factories.paired(frame[list(factories.tables.PREDICTIONS)], tmp_path))
    assert len(table) == 20
    assert table["confidence"].isna().all()


@pytest.mark.parametrize(
    ("function", "columns"),
    [
        (lambda pairs: losses.losses(pairs, 0.02), contract.LOSSES),
        (recalls.recalls, contract.RECALLS),
        (losses.confusions, contract.CONFUSIONS),
        (losses.speakers, contract.SPEAKERS),
        (losses.worst, contract.WORST),
    ],
    ids=["losses", "recalls", "confusions", "speakers", "worst"],
)
def test_no_pairs_give_an_empty_table(function, columns):
    table = function([])
    assert table.empty
    assert tuple(table.columns) == columns
