"""The cost guard: the CPU time of a task, stage by stage; off unless it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ..manifest_facts import mapping, number, word
from ..options import CheckOptions
from ..reader import CheckInput
from ..verdicts import INCONCLUSIVE, SAME, WORSE, GuardCheck
from .rows import exceeds, format_shift, missing_file_rows, unreported_row

GUARD, FLAG = "cost", "max-cpu-ratio"


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare the CPU seconds of a task of each stage that computes."""
    tolerance = options.tolerance(FLAG)
    if tolerance is None:
        return
    if new.manifest is None or baseline.manifest is None:
        yield from missing_file_rows(
            GUARD, "manifest.json", new.manifest is not None, baseline.manifest is not None
        )
        return
    told = [mapping(side, "stages") is not None for side in (new, baseline)]
    if not all(told):
        yield unreported_row(GUARD, "all stages", "what the stages cost", told[0], told[1], FLAG)
        return
    now, then = _seconds(new), _seconds(baseline)
    if not now and not then:
        reason = "neither side computed anything: all came from the cache"
        yield GuardCheck(GUARD, "all stages", INCONCLUSIVE, reason, flag=FLAG)
    elsewhere = _elsewhere(new, baseline)
    for stage in dict.fromkeys([*then, *now]):
        odd = [stage in side and side[stage] is None for side in (now, then)]
        if any(odd):
            what = f"{stage}: CPU time"
            yield unreported_row(
                GUARD, what, "the tasks and their CPU time", not odd[0], not odd[1], FLAG
            )
        else:
            yield _compare(stage, now.get(stage), then.get(stage), tolerance, elsewhere)


def _seconds(side: CheckInput) -> dict[str, float | None]:
    """Return the CPU seconds of a task of each stage that computed; None where they are none."""
    found: dict[str, float | None] = {}
    for stage in mapping(side, "stages") or {}:
        known = mapping(side, "stages", stage)
        if known is None:
            found[stage] = None
        elif known.get("cpu_s") is not None and known.get("tasks", 0) != 0:
            found[stage] = _a_task(number(known["cpu_s"]), number(known.get("tasks")))
    return found


def _a_task(cpu_s: float | None, tasks: float | None) -> float | None:
    if cpu_s is None or tasks is None or cpu_s < 0 or tasks < 1:
        return None
    return cpu_s / tasks


def _elsewhere(new: CheckInput, baseline: CheckInput) -> str:
    now, then = (word(side, "machine", "processor") for side in (new, baseline))
    return f"; on another processor: {now}, was {then}" if now and then and now != then else ""


def _compare(
    stage: str, now: float | None, then: float | None, tolerance: float, elsewhere: str
) -> GuardCheck:
    if now is None or then is None:
        side = "the new results" if now is None else "the baseline"
        verdict, reason = INCONCLUSIVE, f"{side} computed nothing of it: all came from the cache"
    elif not then:
        verdict, reason = INCONCLUSIVE, "the baseline took no time that can be measured"
    else:
        ratio = now / then
        verdict = WORSE if exceeds(ratio, tolerance) else SAME
        words = f"{ratio:.2f} times"
        if verdict == WORSE:
            words = format_shift(ratio, tolerance, "times")
        reason = f"{words} the baseline's{elsewhere}"
    return GuardCheck(GUARD, f"{stage}: CPU time", verdict, reason, _said(then), _said(now), FLAG)


def _said(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3g} s a task"
