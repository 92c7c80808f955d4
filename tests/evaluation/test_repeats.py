"""Studies of which the folds are drawn several times: reading, pairs, intervals and findings."""

from __future__ import annotations

import factories
import numpy as np
import pytest
from scipy import stats

from aser_bench.core.errors import UsageError
from aser_bench.evaluation import confusion, intervals
from aser_bench.evaluation.analysis import analyse
from aser_bench.evaluation.outcomes import Source
from aser_bench.evaluation.pairs import pair, repeats_of

ORIGINAL = ("voices", "functionals", "svm", "speaker", "original", "original")
CODED = (*ORIGINAL[:-1], "mp3-8k")


def test_runs_are_read_by_repeat(tmp_path):
    frame = factories.repeated(3, runs=2)
    cell = factories.outcomes(frame.sample(frac=1, random_state=1), tmp_path).cells[CODED]
    assert (cell.repeats, cell.folds, cell.runs) == (3, 2, 2)
    assert cell.predicted.shape == (6, 32)
    assert repeats_of(cell) == intervals.Repeats(3, 1.0)
    for repeat in range(3):
        alone = factories.predictions(seed=repeat, runs=2)
        expected = factories.outcomes(alone, tmp_path).cells[CODED]
        assert (expected.repeats, repeats_of(expected).number) == (1, 1)
        np.testing.assert_array_equal(
            cell.predicted[2 * repeat : 2 * repeat + 2], expected.predicted
        )


def test_a_prediction_twice_in_one_repeat_is_rejected(tmp_path):
    frame = factories.repeated(2)
    with pytest.raises(UsageError, match="contains a prediction twice"):
        factories.outcomes(frame.assign(repeat=0), tmp_path)


def test_each_repeat_counts_the_utterances_that_it_tested(tmp_path):
    """Under protocol paper, each repeat tests other three quarters of the utterances."""
    frame = factories.repeated(3, runs=2)
    untested = (frame["repeat"] + frame["speaker"].factorize()[0]) % 4 == 0
    failed = (frame["repeat"] == 1) & (frame["run"] == 1) & (frame["fold"] == 2)
    outcomes = factories.outcomes(frame[~untested & ~failed], tmp_path)
    compared = pair(outcomes, CODED, ORIGINAL, "clean")
    assert len(compared.rows) == 32
    counted = ~untested & ~((frame["repeat"] == 1) & (frame["fold"] == 2))
    for name, side in (("mp3-8k", compared.coded), ("original", compared.original)):
        rows = frame[counted & (frame["train_condition"] == "original")]
        rows = rows[rows["test_condition"] == name]
        right = (rows["truth"] == rows["predicted"]).groupby([rows["repeat"], rows["run"]]).sum()
        sizes = rows.groupby(["repeat", "run"]).size()
        matrices = side.confusions.sum(axis=1)
        assert matrices.sum(axis=(1, 2)).tolist() == sizes.tolist()
        assert np.trace(matrices, axis1=1, axis2=2).tolist() == right.tolist()
        majority = rows.assign(right=rows["truth"] == rows["predicted"])
        majority = majority.groupby("utterance")["right"].mean() > 0.5
        assert side.right.tolist() == majority.tolist()


def test_a_run_that_failed_in_a_whole_repeat_leaves_the_repeat_out(tmp_path):
    frame = factories.repeated(3, runs=2)
    failed = (frame["repeat"] == 1) & (frame["run"] == 0) & (frame["test_condition"] == "mp3-8k")
    cell = factories.outcomes(frame[~failed], tmp_path).cells[CODED]
    assert cell.predicted.shape == (6, 32)
    assert cell.complete.all(axis=1).tolist() == [True, False, True]


def test_interval_includes_the_variance_over_repeats(tmp_path):
    outcomes = factories.outcomes(factories.repeated(5, runs=2), tmp_path)
    compared = pair(outcomes, CODED, ORIGINAL)
    coded, original = compared.coded.confusions, compared.original.confusions
    result = intervals.interval(coded, confusion.uar, original, repeats=compared.repeats)
    averaged = intervals.interval(coded, confusion.uar, original)
    values = confusion.uar(coded.sum(axis=1)) - confusion.uar(original.sum(axis=1))
    values = values.reshape(5, 2).mean(axis=1)
    training = values.var(ddof=1) * (1 / 5 + 1 / (2 - 1))
    speakers = averaged.error**2
    freedom = (speakers + training) ** 2 / (speakers**2 / 3 + training**2 / 4)
    assert result.estimate == pytest.approx(values.mean())
    assert result.error**2 == pytest.approx(speakers + training)
    assert result.training_error**2 == pytest.approx(training)
    assert result.degrees_of_freedom == pytest.approx(freedom)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(speakers + training)
    assert (result.low, result.high) == pytest.approx((values.mean() - half, values.mean() + half))
    assert result.effect == pytest.approx(averaged.effect)


def test_equal_repeats_add_nothing(tmp_path):
    frame = factories.predictions()
    compared = pair(factories.outcomes(frame, tmp_path), CODED, ORIGINAL)
    stacked = (
        np.tile(side.confusions, (3, 1, 1, 1)) for side in (compared.coded, compared.original)
    )
    once = intervals.interval(
        compared.coded.confusions, confusion.uar, compared.original.confusions
    )
    coded, original = stacked
    thrice = intervals.interval(
        coded, confusion.uar, original, repeats=intervals.Repeats.of_folds(3, 5)
    )
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_findings_count_runs_of_one_repeat_and_use_its_interval(tmp_path):
    path = factories.write(factories.repeated(4, runs=2), tmp_path / "p.parquet")
    findings = analyse([Source(path)], factories.conditions())
    assert findings.repeats == 4
    assert set(findings.cells["n_runs"]) == {2}
    assert set(findings.cells["n_utterances"]) == {32}
    row = findings.losses.set_index(["metric", "training", "condition"]).loc[
        "uar", "clean", "mp3-8k"
    ]
    compared = pair(factories.outcomes(factories.repeated(4, runs=2), tmp_path), CODED, ORIGINAL)
    expected = intervals.interval(
        compared.coded.confusions,
        confusion.uar,
        compared.original.confusions,
        repeats=intervals.Repeats.of_folds(4, 2),
    )
    assert (row["difference"], row["low"], row["high"]) == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )


def test_intervals_of_recalls_include_the_variance_over_repeats(tmp_path):
    frame = factories.repeated(4, runs=2)
    path = factories.write(frame, tmp_path / "p.parquet")
    findings = analyse([Source(path)], factories.conditions())
    rows = findings.recalls.set_index(["training", "condition", "emotion"])
    row = rows.loc["clean", "mp3-8k", "sad"]
    side = pair(factories.outcomes(frame, tmp_path), CODED, ORIGINAL)
    recalls = [
        each.confusions.sum(axis=1)[:, 3, 3] / each.confusions.sum(axis=(1, 3))[:, 3]
        for each in (side.coded, side.original)
    ]
    values = (recalls[0] - recalls[1]).reshape(4, 2).mean(axis=1)
    assert row["difference"] == pytest.approx(values.mean())
    training_error = np.sqrt(values.var(ddof=1) * (1 / 4 + 1))
    assert training_error > 0
    assert row["high"] - row["difference"] > 1.96 * training_error
    assert row["low"] >= -1
