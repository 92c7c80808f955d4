"""The codec guard: what of each condition was measured - bitrate, delay and bandwidth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from ..base import CHANGED, SAME, WORSE, GuardCheck, Options
from ..changes import changes
from ..evidence import Evidence
from .rows import beyond, gone, lost_corpora, moved_verdict, relative, without

GUARD = "codec"


@dataclass(frozen=True)
class Measure:
    """One column of conditions.csv, its name in words, its unit, and how its shift is told."""

    column: str
    title: str
    unit: str
    flag: str
    shift: Callable[[float, float], float]
    said: Callable[[float], str]

    def value(self, number: float) -> str:
        """Return a value with its unit; empty where nothing could be measured."""
        return "" if math.isnan(number) else f"{number:.6g} {self.unit}"


def _share(shift: float) -> str:
    return f"by {100 * shift:.3g} %" if math.isfinite(shift) else "from 0"


MEASURES = (
    Measure("effective_kbps", "effective bitrate", "kbit/s", "max-bitrate-shift", relative, _share),
    Measure("lag_samples", "delay", "samples", "max-lag-shift", lambda one, two: abs(one - two),
            lambda shift: f"by {shift:g} sample{'' if shift == 1 else 's'}"),
    Measure("bandwidth_hz", "bandwidth", "Hz", "max-bandwidth-shift", relative, _share),
)  # fmt: skip


def check(new: Evidence, baseline: Evidence, options: Options) -> Iterator[GuardCheck]:
    """Compare the measures of each condition; other names of the same stream are left out."""
    measures = [one for one in MEASURES if options.tolerance(one.flag) is not None]
    if not measures:
        return
    if new.conditions is None or baseline.conditions is None:
        yield from without(
            GUARD, "conditions.csv", new.conditions is not None, baseline.conditions is not None
        )
        return
    now, then = _rows(new.conditions), _rows(baseline.conditions)
    corpora = {corpus for corpus, _ in now}
    yield from lost_corpora(GUARD, corpora, [corpus for corpus, _ in then], options.part)
    for (corpus, condition), row in then.items():
        if row["same_as"] or corpus not in corpora:
            continue
        if (corpus, condition) not in now:
            if not options.part:
                yield gone(GUARD, f"{corpus} {condition}", f"the new results hold no {condition}")
            continue
        other = "" if "encoder" in options.allow else _encoder(new, baseline, corpus, condition)
        for one in measures:
            found = _compare(one, now[corpus, condition], row, options, other)
            if found is not None:
                yield found


def _rows(conditions: pd.DataFrame) -> dict[tuple[str, str], dict]:
    return {(row["corpus"], row["condition"]): row for row in conditions.to_dict("records")}


def _encoder(new: Evidence, baseline: Evidence, corpus: str, condition: str) -> str:
    return changes(new, baseline).encoders(corpus, {condition})


def _compare(
    one: Measure, row: dict, before: dict, options: Options, other: str
) -> GuardCheck | None:
    """Return the row of a measure; None where neither side could measure it.

    ``other`` names another encoder.
    """
    value, baseline = float(row[one.column]), float(before[one.column])
    tolerance = options.tolerance(one.flag)
    assert tolerance is not None
    if math.isnan(baseline) and math.isnan(value):
        return None
    if math.isnan(value):
        verdict, reason = WORSE, "can no longer be measured"
    elif math.isnan(baseline):
        # Nothing that anybody relied on is lost.
        verdict, reason = SAME, "could not be measured before"
    else:
        shift = one.shift(value, baseline)
        verdict = moved_verdict(beyond(shift, tolerance), other)
        reason = f"moved {one.said(shift)}" if shift else "as it was"
    if other:
        verdict, reason = CHANGED, f"{reason}; another encoder: {other}"
    return GuardCheck(
        GUARD, f"{row['corpus']} {row['condition']}: {one.title}", verdict, reason,
        one.value(baseline), one.value(value), one.flag,
    )  # fmt: skip
