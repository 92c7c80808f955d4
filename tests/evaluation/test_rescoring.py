"""Scores of a file of predictions, and contradictions between them and a table of scores."""

from __future__ import annotations

import factories
import pandas as pd
import pytest

from aser_bench.core.errors import UsageError
from aser_bench.core.metrics import all_metrics
from aser_bench.core.tables import RESULT
from aser_bench.evaluation import rescoring

FIRST = "voices, functionals, svm, speaker, mp3-64k, mp3-64k, fold 0, run 0"


@pytest.fixture(scope="module")
def frame():
    return factories.predictions()


@pytest.fixture(scope="module")
def scores(frame):
    # As written to scores.csv.
    return factories.scores(frame).round(dict.fromkeys(all_metrics(), 6))


@pytest.fixture(scope="module")
def predictions(frame, tmp_path_factory):
    return factories.write(frame, tmp_path_factory.mktemp("run") / "predictions.parquet")


@pytest.mark.parametrize("dictionaries", [True, False])
def test_scores_are_those_of_the_run(frame, scores, tmp_path, dictionaries):
    path = factories.write(frame, tmp_path / "predictions.parquet", dictionaries=dictionaries)
    columns = [*RESULT, "n_test", *all_metrics()]
    found = rescoring.scores_from_predictions(path, all_metrics())
    pd.testing.assert_frame_equal(
        *(table[columns].sort_values(list(RESULT), ignore_index=True) for table in (found, scores)),
        check_dtype=False,
        atol=6e-7,
    )


def test_scores_of_the_same_run_do_not_contradict(scores, predictions):
    assert rescoring.contradiction(scores, predictions, all_metrics()) == ""
    rescoring.check_scores(scores, predictions, all_metrics())


@pytest.mark.parametrize("metric", list(all_metrics()))
def test_changed_score_is_named(scores, predictions, metric):
    changed = scores.sort_values(list(RESULT), ignore_index=True)
    changed.loc[[0, 4], metric] += 2e-6
    message = rescoring.contradiction(changed, predictions, all_metrics())
    assert message.startswith(f"2 of {len(scores)} results differ; the first is {FIRST}: {metric} ")
    with pytest.raises(UsageError, match=r"scores\.csv contradicts predictions\.parquet: 2 of"):
        rescoring.check_scores(changed, predictions, all_metrics())


def test_missing_rows_of_either_side_are_named(scores, predictions):
    ordered = scores.sort_values(list(RESULT), ignore_index=True)
    message = rescoring.contradiction(ordered.iloc[1:], predictions, all_metrics())
    assert message.endswith(
        f"1 of {len(scores)} results differ; the first is {FIRST}: scores.csv lacks it"
    )
    more = pd.concat([ordered, ordered.iloc[:1].assign(run=9)])
    message = rescoring.contradiction(more, predictions, all_metrics())
    assert message.endswith("run 9: it has no predictions")
    twice = pd.concat([ordered, ordered.iloc[:1]])
    message = rescoring.contradiction(twice, predictions, all_metrics())
    assert message.endswith(f"{FIRST}: scores.csv has it twice")
    failed = ordered.assign(status=["failed", *ordered["status"][1:]])
    message = rescoring.contradiction(failed, predictions, all_metrics())
    assert message.endswith("it failed in scores.csv, but has predictions")
    shorter = ordered.assign(n_test=[99, *ordered["n_test"][1:]])
    message = rescoring.contradiction(shorter, predictions, all_metrics())
    assert "n_test is 99, but 16 by the predictions" in message


def test_failed_result_without_predictions_is_no_contradiction(frame, scores, tmp_path):
    gone = (frame["fold"] == 1) & (frame["test_condition"] == "mp3-8k")
    path = factories.write(frame[~gone], tmp_path / "predictions.parquet")
    failed = (scores["fold"] == 1) & (scores["test_condition"] == "mp3-8k")
    table = scores.assign(status=["failed" if row else "ok" for row in failed])
    table.loc[failed, list(all_metrics())] = float("nan")
    assert rescoring.contradiction(table, path, all_metrics()) == ""


def test_a_folder_without_predictions_is_not_checked(scores, tmp_path):
    rescoring.check_scores(scores, tmp_path / "predictions.parquet", all_metrics())


@pytest.mark.parametrize("rows", [0, 1])
def test_all_results_can_have_failed(frame, scores, tmp_path, rows):
    path = factories.write(frame.iloc[:0], tmp_path / "predictions.parquet")
    failed = scores.iloc[:rows].assign(status="failed")
    assert rescoring.contradiction(failed, path, all_metrics()) == ""
    assert "it has no predictions" in rescoring.contradiction(scores, path, all_metrics())
