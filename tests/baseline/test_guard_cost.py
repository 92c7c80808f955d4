"""The cost guard compares the CPU time per task."""

from __future__ import annotations

import check_input_factory as factory
import pytest

from aser_bench.baseline.guards import cost
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import INCONCLUSIVE, SAME, WORSE

FROM_CACHE = {"wall_s": 0.1}


def side(path="new", **changes):
    return factory.side(path, factory.manifest(**changes))


def rows(new, baseline=None, ratio=1.5):
    options = CheckOptions(tolerances={"max-cpu-ratio": ratio})
    return {row.what: row for row in cost.check(new, baseline or side("baseline"), options)}


def test_the_guard_is_off_by_default():
    assert list(cost.check(side(), side("baseline"), CheckOptions())) == []


@pytest.mark.parametrize(
    ("tasks", "cpu_s", "verdict", "ratio"),
    [
        (4, 8.0, SAME, "1.00 times"),
        (8, 16.0, SAME, "1.00 times"),
        (4, 12.0, SAME, "1.50 times"),
        (4, 12.001, WORSE, "1.5001 times, more than 1.5 times"),
        (2, 8.0, WORSE, "2 times, more than 1.5 times"),
        (4, 2.0, SAME, "0.25 times"),
    ],
)
def test_a_ratio_above_the_tolerance_is_worse(tasks, cpu_s, verdict, ratio):
    stage = {"wall_s": 1.0, "tasks": tasks, "cpu_s": cpu_s}
    result = rows(side(stages__code=stage))
    row = result["code: CPU time"]
    assert (row.verdict, row.reason) == (verdict, f"{ratio} the baseline's")
    assert (row.baseline, row.flag) == ("2 s per task", "max-cpu-ratio")
    assert row.value == f"{cpu_s / tasks:.3g} s per task"
    assert result["train: CPU time"].verdict == SAME
    assert set(result) == {"code: CPU time", "train: CPU time"}


def test_a_stage_from_the_cache_on_one_side_is_inconclusive():
    cached = side(stages__code=FROM_CACHE)
    row = rows(cached)["code: CPU time"]
    assert (row.verdict, row.value) == (INCONCLUSIVE, "")
    assert row.reason == "the new results computed no task: all results came from the cache"
    back = rows(side(), cached)["code: CPU time"]
    assert (back.verdict, back.baseline) == (INCONCLUSIVE, "")
    assert back.reason.startswith("the baseline computed no task")


def test_two_sides_from_the_cache_are_one_inconclusive_row():
    cached = side(stages={"read": FROM_CACHE, "code": FROM_CACHE, "train": FROM_CACHE})
    (row,) = rows(cached, cached).values()
    assert (row.verdict, row.what) == (INCONCLUSIVE, "all stages")


def test_a_time_of_zero_is_inconclusive():
    nothing = side("baseline", stages__code={"wall_s": 0.0, "tasks": 4, "cpu_s": 0.0})
    assert rows(side(), nothing)["code: CPU time"].verdict == INCONCLUSIVE


def test_another_processor_is_named():
    row = rows(side(machine__processor="a slow one"))["code: CPU time"]
    assert row.reason.endswith("on another processor: a slow one, was a fast one")


@pytest.mark.parametrize(
    "stage",
    [
        None,
        [],
        "slow",
        {"tasks": 4, "cpu_s": "8"},
        {"tasks": "4", "cpu_s": 8.0},
        {"tasks": 4, "cpu_s": float("nan")},
        {"tasks": -1, "cpu_s": 8.0},
        {"tasks": 4, "cpu_s": -1},
        {"tasks": True, "cpu_s": 8.0},
        {"tasks": 4, "cpu_s": 10**400},
    ],
)
def test_unreadable_costs_are_inconclusive(stage):
    facts = factory.manifest()
    facts["stages"]["code"] = stage
    odd = factory.side("odd", facts)
    row = rows(odd)["code: CPU time"]
    assert (row.verdict, row.reason) == (
        INCONCLUSIVE,
        "the new results do not report the tasks and their CPU time",
    )
    assert rows(side(), odd)["code: CPU time"].reason.startswith("the baseline does not report")
    assert rows(odd)["train: CPU time"].verdict == SAME


@pytest.mark.parametrize("changes", [{"stages": None}, {"stages": [1]}])
def test_a_manifest_without_stages_is_one_inconclusive_row(changes):
    (row,) = rows(side(**changes)).values()
    assert (row.verdict, row.reason) == (
        INCONCLUSIVE,
        "the new results do not report the cost of the stages",
    )
