"""The cost guard: the CPU time of a task, stage by stage; off unless it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..base import SAME, UNDECIDED, WORSE, GuardCheck, Options
from ..changes import told
from ..evidence import Evidence
from .rows import beyond, without

GUARD, FLAG = "cost", "max-cpu-ratio"


def check(new: Evidence, baseline: Evidence, options: Options) -> Iterator[GuardCheck]:
    """Compare the CPU seconds of a task of each stage that computes."""
    tolerance = options.tolerance(FLAG)
    if tolerance is None:
        return
    if new.manifest is None or baseline.manifest is None:
        yield from without(
            GUARD, "manifest.json", new.manifest is not None, baseline.manifest is not None
        )
        return
    now, then = _seconds(new), _seconds(baseline)
    if not now and not then:
        reason = "neither side computed anything: all came from the store"
        yield GuardCheck(GUARD, "all stages", UNDECIDED, reason, flag=FLAG)
    elsewhere = _elsewhere(new, baseline)
    for stage in dict.fromkeys([*then, *now]):
        yield _compare(stage, now.get(stage), then.get(stage), tolerance, elsewhere)


def _seconds(side: Evidence) -> dict[str, float]:
    """Return the CPU seconds of a task of each stage that computed something."""
    stages = told(side, "stages")
    found = {}
    for stage, costs in (stages if isinstance(stages, Mapping) else {}).items():
        tasks, cpu_s = costs.get("tasks", 0), costs.get("cpu_s")
        if tasks > 0 and cpu_s is not None:
            found[stage] = cpu_s / tasks
    return found


def _elsewhere(new: Evidence, baseline: Evidence) -> str:
    now, then = (told(side, "machine", "processor") for side in (new, baseline))
    return f"; on another processor: {now}, was {then}" if now and then and now != then else ""


def _compare(
    stage: str, now: float | None, then: float | None, tolerance: float, elsewhere: str
) -> GuardCheck:
    if now is None or then is None:
        side = "the new results" if now is None else "the baseline"
        verdict, reason = UNDECIDED, f"{side} computed nothing of it: all came from the store"
    elif not then:
        verdict, reason = UNDECIDED, "the baseline took no time that can be measured"
    else:
        verdict = WORSE if beyond(now / then, tolerance) else SAME
        reason = f"{now / then:.2f} times the baseline's{elsewhere}"
    return GuardCheck(GUARD, f"{stage}: CPU time", verdict, reason, _said(then), _said(now), FLAG)


def _said(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3g} s a task"
