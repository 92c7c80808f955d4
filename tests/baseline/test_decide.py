"""Verdicts on many compared cells."""

from __future__ import annotations

import pytest

from aser_bench.baseline.compare import SPEAKERS, Comparison
from aser_bench.baseline.decide import assign_verdicts, pending_cell
from aser_bench.baseline.options import CheckOptions
from aser_bench.evaluation import intervals


def cells(loss: float, error: float, number: int):
    """Return the verdicts on cells of 10 speakers that all have the same loss and error."""
    half = intervals.student_half_width(error, 9)
    interval = intervals.Interval(-loss, -loss - half, -loss + half, error, 10, "", 9.0)
    comparison = Comparison(0.6, 0.6 - loss, interval, SPEAKERS, identical=False)
    keys = [("voices", "f", "svm", "speaker", "original", f"c{index}") for index in range(number)]
    pending = [pending_cell(key, comparison) for key in keys]
    return list(assign_verdicts(pending, CheckOptions()))


def test_loss_that_only_the_correction_hides_is_not_called_insignificant():
    (one,) = cells(0.08, 0.02, 1)
    assert one.verdict == "worse"
    first, *_ = cells(0.08, 0.02, 40)
    assert first.verdict == "undecided"
    assert first.p_holm == pytest.approx(40 * first.p)
    assert first.reason == (
        "-8.0 points (-12.5 to -3.5), a loss of more than 2 points by the interval of this cell, "
        "but corrected p .12 over 40 cells"
    )


@pytest.mark.parametrize("number", [8, 28, 64, 200])
def test_large_loss_of_ten_speakers_is_found_among_any_number_of_cells(number):
    """The smallest p of a permutation test of 10 speakers is .002."""
    assert {cell.verdict for cell in cells(0.319, 0.02, number)} == {"worse"}
