"""Checks of studies of which the folds are drawn several times."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd
import pytest

from aser_bench.baseline.check import check
from aser_bench.baseline.compact import compact
from aser_bench.baseline.verdicts import SAME, WORSE
from aser_bench.core.errors import UsageError
from aser_bench.core.metrics import all_metrics
from aser_bench.core.tables import REPEAT
from aser_bench.evaluation.outcomes import Source, read
from aser_bench.evaluation.rescoring import scores_from_predictions

SPEAKERS = tuple("abcdefgh")


def write(tmp_path, name: str, number: int = 3, skill: float = 0.8):
    options = {"speakers": SPEAKERS, "takes": 6, "runs": 2}
    frame = factories.repeated(number, skill={("original", "original"): skill}, **options)
    return factories.write(frame, tmp_path / f"{name}.parquet")


def scores(tmp_path, predictions):
    table = scores_from_predictions(predictions, all_metrics())
    folds = pd.read_parquet(predictions)[["fold", REPEAT]].drop_duplicates()
    path = predictions.with_suffix(".csv")
    table.merge(folds).to_csv(path, index=False)
    return path


def test_equal_predictions_are_the_same(tmp_path):
    result = check(write(tmp_path, "new"), write(tmp_path, "old"))
    (cell,) = result.cells
    assert cell.verdict == SAME
    assert cell.reason == "no prediction differs"


@pytest.mark.parametrize("by_scores", [False, True])
def test_a_large_loss_is_detected(tmp_path, by_scores):
    new, old = write(tmp_path, "new", skill=0.3), write(tmp_path, "old")
    if by_scores:
        new, old = scores(tmp_path, new), scores(tmp_path, old)
    (cell,) = check(new, old).cells
    assert cell.verdict == WORSE
    assert cell.difference == pytest.approx(-0.5 * 1.05, abs=0.15)


@pytest.mark.parametrize("by_scores", [False, True])
def test_different_numbers_of_repeats_are_refused_in_one_line(tmp_path, by_scores):
    new, old = write(tmp_path, "new", 2), write(tmp_path, "old", 3)
    if by_scores:
        new, old = scores(tmp_path, new), scores(tmp_path, old)
    with pytest.raises(UsageError) as error:
        check(new, old)
    message = str(error.value)
    assert "\n" not in message
    assert "2 repeats of the folds" in message
    assert "3 repeats of the folds" in message


def test_scores_of_one_side_are_compared_with_predictions_of_the_other(tmp_path):
    new, old = write(tmp_path, "new"), scores(tmp_path, write(tmp_path, "old"))
    (cell,) = check(new, old).cells
    assert cell.verdict == SAME
    assert cell.reason == "no score differs"


def test_compact_predictions_keep_the_repeats(tmp_path):
    path = write(tmp_path, "predictions")
    small = tmp_path / "small.parquet"
    small.write_bytes(compact(path))
    cells, expected = (read([Source(one)]).cells for one in (small, path))
    for key, cell in expected.items():
        assert (cells[key].repeats, cells[key].folds) == (cell.repeats, cell.folds) == (3, 2)
        np.testing.assert_array_equal(cells[key].predicted, cell.predicted)
