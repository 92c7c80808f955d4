"""Comparisons of a cell by predictions and by scores."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score

from aser_bench.baseline import compare
from aser_bench.baseline.compare import PairedPredictions
from aser_bench.baseline.compare_scores import cell_scores, compare_scores

SKILL = {("original", "original"): 0.7}
SPEAKERS = tuple("abcdefghij")


def one_cell(tmp_path, **changes):
    given = {"speakers": SPEAKERS, "takes": 4, **changes}
    frame = factories.predictions(SKILL, **given)
    return frame, factories.outcomes(frame, tmp_path)


def key(outcomes):
    (only,) = outcomes.cells
    return only


def test_equal_predictions_are_identical(tmp_path):
    _, outcomes = one_cell(tmp_path)
    comparison = PairedPredictions(outcomes, outcomes).compare(key(outcomes), "uar", 0.05)
    assert comparison.identical
    assert comparison.interval.estimate == 0
    assert comparison.baseline == comparison.value


def test_the_difference_is_that_of_the_metric(tmp_path):
    new, one = one_cell(tmp_path, seed=1, runs=1)
    old, two = one_cell(tmp_path, seed=2, runs=1)
    comparison = PairedPredictions(one, two).compare(key(one), "uar", 0.05)
    expected = [recall_score(f["truth"], f["predicted"], average="macro") for f in (new, old)]
    assert comparison.value == pytest.approx(expected[0])
    assert comparison.baseline == pytest.approx(expected[1])
    assert comparison.interval.estimate == pytest.approx(expected[0] - expected[1])
    assert (comparison.test, comparison.interval.clusters) == ("speakers", 10)
    assert comparison.interval.low < comparison.interval.estimate < comparison.interval.high


def test_alpha_changes_the_interval(tmp_path):
    _, one = one_cell(tmp_path, seed=1)
    _, two = one_cell(tmp_path, seed=2)
    widths = [
        np.ptp([comparison.interval.low, comparison.interval.high])
        for comparison in (
            PairedPredictions(one, two).compare(key(one), "uar", a) for a in (0.01, 0.05, 0.2)
        )
    ]
    assert widths[0] > widths[1] > widths[2]


def test_p_agrees_with_the_interval_that_touches_zero(tmp_path):
    _, one = one_cell(tmp_path, seed=1)
    _, two = one_cell(tmp_path, seed=2)
    p = PairedPredictions(one, two).compare(key(one), "uar", 0.05).interval.p
    comparison = PairedPredictions(one, two).compare(key(one), "uar", p).interval
    assert min(abs(comparison.low), abs(comparison.high)) == pytest.approx(0, abs=1e-9)


def test_order_and_emotions_of_the_sides_do_not_matter(tmp_path):
    frame, one = one_cell(tmp_path, seed=1, runs=1)
    # The baseline has other utterances, too, with another emotion that sorts first.
    more = factories.predictions(SKILL, speakers=("x", "y"), emotions=("alarmed", "sad"), runs=1)
    other = pd.concat([frame.sample(frac=1, random_state=0), more], ignore_index=True)
    two = factories.outcomes(other, tmp_path)
    comparison = PairedPredictions(one, two).compare(key(one), "uar", 0.05)
    assert comparison.identical
    back = PairedPredictions(two, one).compare(key(one), "uar", 0.05)
    assert back.identical
    assert back.value == pytest.approx(comparison.value)


def test_a_relabelled_utterance_is_not_compared(tmp_path):
    frame, one = one_cell(tmp_path, seed=1, runs=1)
    other = frame.copy()
    wrong = other["utterance"] == other["utterance"][0]
    other.loc[wrong, "truth"] = "sad"
    other.loc[wrong, "predicted"] = "sad"
    comparison = PairedPredictions(one, factories.outcomes(other, tmp_path)).compare(
        key(one), "uar", 0.05
    )
    assert comparison.identical
    assert (comparison.relabelled, comparison.missing) == (1, 0)


def test_sides_without_common_utterances_are_not_compared(tmp_path):
    _, one = one_cell(tmp_path)
    renamed = factories.predictions(SKILL, speakers=("x", "y", "z")).assign(
        utterance=lambda frame: "other" + frame["utterance"]
    )
    assert (
        PairedPredictions(one, factories.outcomes(renamed, tmp_path)).compare(key(one), "uar", 0.05)
        is None
    )


def test_the_number_of_runs_may_differ(tmp_path):
    _, one = one_cell(tmp_path, runs=1)
    _, two = one_cell(tmp_path, runs=3)
    comparison = PairedPredictions(one, two).compare(key(one), "uar", 0.05)
    assert not comparison.identical
    assert np.isfinite(comparison.interval.low)


@pytest.mark.parametrize("speakers", [("a", "b"), (None, None)])
def test_with_few_speakers_utterances_are_clusters(tmp_path, speakers):
    _, one = one_cell(tmp_path, seed=1, speakers=speakers, takes=10)
    _, two = one_cell(tmp_path, seed=2, speakers=speakers, takes=10)
    comparison = PairedPredictions(one, two).compare(key(one), "uar", 0.05)
    assert (comparison.test, comparison.interval.clusters) == ("utterances", 80)
    assert np.isfinite(comparison.interval.p)


def test_other_folds_widen_the_interval_by_nadeau_and_bengio(tmp_path):
    _, one = one_cell(tmp_path, seed=1)
    _, two = one_cell(tmp_path, seed=2)
    same, drawn = (PairedPredictions(one, two).compare(key(one), "uar", 0.05, k) for k in (0, 5))
    assert drawn.interval.error == pytest.approx(same.interval.error * np.sqrt(1 + 5 / 4))
    assert drawn.interval.high - drawn.interval.low == pytest.approx(
        1.5 * (same.interval.high - same.interval.low)
    )
    assert drawn.interval.p > same.interval.p
    assert drawn.interval.estimate == same.interval.estimate


def frame_of(folds, runs=1, values=None):
    rows = [(fold, run) for fold in range(folds) for run in range(runs)]
    table = pd.DataFrame(rows, columns=["fold", "run"])
    return table.assign(uar=values if values is not None else 0.5)


def test_scores_are_paired_by_fold_with_a_corrected_variance():
    old = frame_of(5, values=[0.5, 0.6, 0.4, 0.5, 0.55])
    gains = np.array([-0.05, -0.04, -0.06, -0.05, -0.03])
    new = old.assign(uar=old["uar"] + gains)
    comparison = compare_scores(new, old, "uar", 0.05, True)
    assert (comparison.test, comparison.interval.clusters) == ("folds", 5)
    assert comparison.interval.estimate == pytest.approx(gains.mean())
    assert comparison.interval.error == pytest.approx(gains.std(ddof=1) * np.sqrt(1 / 5 + 1 / 4))
    assert comparison.interval.p < 0.01
    apart = compare_scores(new, old, "uar", 0.05, False)
    assert apart.interval.p > 0.1  # unpaired folds of unequal difficulty are noise


def test_runs_are_averaged_within_folds():
    old = frame_of(4, 3, np.linspace(0.4, 0.6, 12))
    shifts = np.repeat([0.01, -0.02, 0.0, 0.03], 3)
    new = old.assign(uar=old["uar"] + np.tile([0.1, -0.1, 0.0], 4) + shifts)
    comparison = compare_scores(new, old, "uar", 0.05, True)
    assert comparison.interval.estimate == pytest.approx(shifts.mean())
    assert (comparison.test, comparison.interval.clusters) == ("folds", 4)


def test_one_fold_is_compared_by_runs():
    old = frame_of(1, 6, [0.50, 0.51, 0.49, 0.50, 0.52, 0.48])
    new = frame_of(1, 5, [0.40, 0.41, 0.39, 0.40, 0.40])
    comparison = compare_scores(new, old, "uar", 0.05, True)
    assert (comparison.test, comparison.interval.clusters) == ("runs", 5)
    assert comparison.interval.p < 1e-5
    from scipy import stats

    assert comparison.interval.p == pytest.approx(
        stats.ttest_ind(new["uar"], old["uar"], equal_var=False).pvalue
    )


def test_a_single_number_has_no_test():
    comparison = compare_scores(
        frame_of(1, values=[0.4]), frame_of(1, values=[0.5]), "uar", 0.05, True
    )
    assert comparison.test == "margin"
    assert comparison.interval.estimate == pytest.approx(-0.1)
    assert np.isnan(comparison.interval.p)
    assert not comparison.identical
    two = compare_scores(frame_of(2), frame_of(2), "uar", 0.05, True)
    assert two.test == "margin"  # two folds: one degree of freedom
    assert two.identical


@pytest.mark.parametrize(("folds", "runs"), [(5, 1), (5, 3), (2, 3)])
def test_scores_with_equal_changes_are_one_number(folds, runs):
    old = frame_of(folds, runs, np.linspace(0.6, 0.9, folds * runs))
    comparison = compare_scores(old.assign(uar=old["uar"] - 0.3), old, "uar", 0.05, True)
    assert comparison.test == "margin"
    assert comparison.interval.estimate == pytest.approx(-0.3)


def test_two_equal_folds_are_compared_by_runs():
    old = frame_of(2, 5, np.linspace(0.4, 0.6, 10))
    noise = np.random.default_rng(0).normal(-0.03, 0.01, 10)
    new = old.assign(uar=old["uar"] + noise)
    comparison = compare_scores(new, old, "uar", 0.05, True)
    assert (comparison.test, comparison.interval.clusters) == ("runs", 5)
    assert comparison.interval.p < 0.01
    assert compare_scores(new, old, "uar", 0.05, False).test == "margin"


def test_scores_are_identical_apart_from_rounding():
    old = frame_of(4, 3, np.linspace(0.4, 0.6, 12))
    rounded = old.assign(uar=old["uar"].round(6)).sample(frac=1, random_state=0)
    assert compare_scores(rounded, old, "uar", 0.05, True).identical
    assert not compare_scores(rounded[1:], old, "uar", 0.05, True).identical
    assert not compare_scores(old.assign(uar=old["uar"] + 1e-5), old, "uar", 0.05, True).identical


def test_untested_utterances_are_counted(tmp_path):
    frame, old = one_cell(tmp_path, runs=2)
    few = factories.outcomes(frame[frame["fold"] == 0], tmp_path)
    comparison = PairedPredictions(few, old).compare(key(old), "uar", 0.05)
    assert (comparison.missing, comparison.total) == (80, 160)
    # One run lacks some of them, so that they have no mean over runs.
    gone = (frame["run"] == 1) & (frame["speaker"] == "a")
    comparison = PairedPredictions(factories.outcomes(frame[~gone], tmp_path), old).compare(
        key(old), "uar", 0.05
    )
    assert (comparison.missing, comparison.total, comparison.runs) == (16, 160, (2, 2))
    more = PairedPredictions(old, few).compare(key(old), "uar", 0.05)
    assert (more.missing, more.total) == (0, 80)
    scores = [frame_of(k, values=np.linspace(0.4, 0.6, k)) for k in (3, 5)]
    comparison = compare_scores(*scores, "uar", 0.05, True)
    assert (comparison.missing, comparison.total) == (2, 5)


def test_scores_from_predictions_equal_those_of_the_run(tmp_path):
    frame, outcomes = one_cell(tmp_path)
    folds = frame[["corpus", "protocol", "utterance", "fold"]].drop_duplicates()
    comparison = cell_scores(outcomes, folds, key(outcomes), "uar")
    expected = factories.scores(frame)[["fold", "run", "uar"]]
    both = comparison.merge(expected, on=["fold", "run"], suffixes=("", "_run"))
    assert len(both) == len(expected) == len(comparison)
    np.testing.assert_allclose(both["uar"], both["uar_run"])


def test_the_names_of_tests_are_stable():
    names = compare.SPEAKERS, compare.UTTERANCES, compare.FOLDS, compare.RUNS, compare.MARGIN
    assert names == ("speakers", "utterances", "folds", "runs", "margin")
