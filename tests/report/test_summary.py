"""Means and spreads, and the handling of failed results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aser_bench.report import summarise

MEANS = [f"{name}_mean_folds" for name in ("wap", "accuracy", "uar", "macro_f1")]


@pytest.fixture
def small(build):
    """Return two folds with three runs of one model at one condition, with simple values."""
    scores, _, _ = build(models=("mlp",), bitrates=(), promoted=(), lowpass=(), folds=2, runs=3)
    scores["uar"] = [0.1, 0.2, 0.3, 0.5, 0.6, 0.7]
    return scores


def test_means_and_both_spreads(small):
    (cell,) = summarise(small).itertuples()
    assert cell.uar_mean_folds == pytest.approx(0.4)
    assert cell.uar_sd_folds == pytest.approx(np.std([0.2, 0.6], ddof=1))
    assert cell.uar_sd_runs == pytest.approx(0.1)
    assert (cell.n_folds, cell.n_runs, cell.n_failed, cell.n_results) == (2, 3, 0, 6)
    assert cell.n_test == 192
    assert (cell.train_size, cell.dev_size, cell.test_size) == (288, 96, 96)


def test_folds_have_equal_weight_if_runs_are_missing(small, made_up):
    some = made_up.fail(small, (small["fold"] == 0) & (small["run"] > 0), "out of memory")
    (cell,) = summarise(some).itertuples()
    assert cell.uar_mean_folds == pytest.approx((0.1 + 0.6) / 2)
    assert cell.uar_sd_runs == pytest.approx(0.1)  # of the one fold that has several runs
    assert (cell.n_failed, cell.n_results, cell.reasons) == (2, 6, "out of memory")


def test_one_run_or_one_fold_has_no_spread(small):
    (one_run,) = summarise(small[small["run"] == 0]).itertuples()
    assert np.isnan(one_run.uar_sd_runs)
    assert not np.isnan(one_run.uar_sd_folds)
    (one_fold,) = summarise(small[small["fold"] == 0]).itertuples()
    assert np.isnan(one_fold.uar_sd_folds)
    assert one_fold.uar_sd_runs == pytest.approx(0.1)


def test_failed_cell_has_no_numbers(small, made_up):
    none = made_up.fail(small, small["fold"] >= 0, "no such file")
    summary = summarise(none)
    assert summary[MEANS].isna().all(axis=None)
    assert summary.filter(like="_sd_").isna().all(axis=None)
    assert summary["n_folds"].tolist() == [0]
    assert summary["n_failed"].tolist() == [6]


def test_failed_row_with_a_value_is_ignored(small):
    small.loc[0, ["status", "uar"]] = ["failed", 0.0]
    (cell,) = summarise(small).itertuples()
    assert cell.uar_mean_folds == pytest.approx((0.25 + 0.6) / 2)


def test_nan_with_status_ok_makes_the_mean_nan(small):
    small.loc[0, "uar"] = np.nan
    (cell,) = summarise(small).itertuples()
    assert np.isnan(cell.uar_mean_folds)
    assert np.isnan(cell.uar_sd_folds)
    assert np.isnan(cell.uar_sd_runs)
    assert cell.wap_mean_folds > 0


def test_order_of_rows_only_changes_order_of_cells(full):
    scores, _, _ = full
    shuffled = scores.sample(frac=1, random_state=1)
    keys = ["corpus", "features", "model", "protocol", "train_condition", "test_condition"]
    a, b = (summarise(rows).set_index(keys).sort_index() for rows in (scores, shuffled))
    pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert list(summarise(scores)["model"].unique()) == ["svm", "mlp"]


def test_rejects_duplicate_result(small):
    with pytest.raises(ValueError, match="duplicate result in the scores: demo, functionals, mlp"):
        summarise(pd.concat([small, small.head(1)]))


def test_rejects_missing_column(small):
    with pytest.raises(ValueError, match="lacks the columns n_test"):
        summarise(small.drop(columns="n_test"))


def test_no_scores_give_no_cells(small):
    assert summarise(small.head(0)).empty


def test_folds_of_all_repeats_are_counted(small):
    assert summarise(small)["n_repeats"].tolist() == [1]
    (cell,) = summarise(small.assign(repeat=small["fold"])).itertuples()
    assert (cell.n_folds, cell.n_repeats) == (2, 2)
