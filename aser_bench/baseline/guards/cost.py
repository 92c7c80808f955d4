"""The cost guard: the CPU time per task of each stage; off by default."""

from __future__ import annotations

from collections.abc import Iterator

from ..options import CheckOptions
from ..reader import MANIFEST_FILE, CheckInput
from ..verdicts import INCONCLUSIVE, SAME, WORSE, GuardCheck
from .rows import exceeds, format_shift, missing_file_rows, unreported_row

GUARD, FLAG = "cost", "max-cpu-ratio"


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare the CPU seconds per task of each stage that computed tasks."""
    tolerance = options.tolerance(FLAG)
    if tolerance is None:
        return
    if new.manifest is None or baseline.manifest is None:
        yield from missing_file_rows(GUARD, MANIFEST_FILE, new.manifest, baseline.manifest)
        return
    if new.manifest.stages is None or baseline.manifest.stages is None:
        now_reported = new.manifest.stages is not None
        then_reported = baseline.manifest.stages is not None
        subject, fact = "all stages", "the cost of the stages"
        yield unreported_row(GUARD, subject, fact, now_reported, then_reported, FLAG)
        return
    now, then = _seconds_per_task(new), _seconds_per_task(baseline)
    if not now and not then:
        reason = "neither side computed anything: all results came from the cache"
        yield GuardCheck(GUARD, "all stages", INCONCLUSIVE, reason, flag=FLAG)
    note = _processor_note(new, baseline)
    for stage in dict.fromkeys([*then, *now]):
        unreadable = [stage in side and side[stage] is None for side in (now, then)]
        if any(unreadable):
            subject, fact = f"{stage}: CPU time", "the tasks and their CPU time"
            yield unreported_row(GUARD, subject, fact, not unreadable[0], not unreadable[1], FLAG)
        else:
            yield _compare(stage, now.get(stage), then.get(stage), tolerance, note)


def _seconds_per_task(side: CheckInput) -> dict[str, float | None]:
    """Return the CPU seconds per task of each stage that computed; None if unreadable."""
    seconds: dict[str, float | None] = {}
    for stage, cost in ((side.manifest.stages if side.manifest else None) or {}).items():
        if cost is None:
            seconds[stage] = None
        elif cost.cpu_s is not None and cost.tasks:
            seconds[stage] = cost.cpu_s / cost.tasks
    return seconds


def _processor_note(new: CheckInput, baseline: CheckInput) -> str:
    now, then = (side.manifest and side.manifest.machine.processor for side in (new, baseline))
    return f"; on another processor: {now}, was {then}" if now and then and now != then else ""


def _compare(
    stage: str, now: float | None, then: float | None, tolerance: float, note: str
) -> GuardCheck:
    if now is None or then is None:
        side = "the new results" if now is None else "the baseline"
        verdict, reason = INCONCLUSIVE, f"{side} computed no task: all results came from the cache"
    elif not then:
        verdict, reason = INCONCLUSIVE, "the baseline's CPU time is too short to measure"
    else:
        ratio = now / then
        verdict = WORSE if exceeds(ratio, tolerance) else SAME
        text = format_shift(ratio, tolerance, "times") if verdict == WORSE else f"{ratio:.2f} times"
        reason = f"{text} the baseline's{note}"
    values = _format_seconds(then), _format_seconds(now)
    return GuardCheck(GUARD, f"{stage}: CPU time", verdict, reason, *values, FLAG)


def _format_seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3g} s per task"
