"""The codec guard: what of each condition was measured - bitrate, delay, bandwidth and level."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..differences import find_differences
from ..manifest_facts import listed
from ..options import CheckOptions
from ..reader import CheckInput
from ..verdicts import CHANGED, SAME, WORSE, GuardCheck
from .rows import (
    exceeds,
    format_shift,
    missing_corpora,
    missing_file_rows,
    missing_row,
    relative_shift,
    with_unit,
)

GUARD = "codec"


def _apart(one: float, two: float) -> float:
    return abs(one - two)


@dataclass(frozen=True)
class Measure:
    """One column of conditions.csv, its name in words, its unit, and how its shift is told.

    A measure without a ``flag`` may not move at all.
    """

    column: str
    title: str
    unit: str
    flag: str
    shift: Callable[[float, float], float] = _apart
    shift_unit: str = ""
    scale: float = 1.0
    digits: int = 6

    def value(self, number: float) -> str:
        """Return a value with its unit; empty where nothing could be measured."""
        if math.isnan(number):
            return ""
        return with_unit(f"{number:.6g}", self.unit) if math.isfinite(number) else str(number)

    def said(self, number: float) -> str:
        """Return a value as it stands in a sentence."""
        return self.value(number) or "not measured"

    def judged(self, value: float, baseline: float, tolerance: float) -> tuple[str, str]:
        """Return the verdict on a value, and why."""
        if value == baseline:
            return SAME, "as it was"
        if not self.flag or math.isinf(value) or math.isinf(baseline):
            return WORSE, f"was {self.said(baseline)}, is {self.said(value)}"
        if math.isnan(value):
            return WORSE, "can no longer be measured"
        if math.isnan(baseline):
            # Nothing that anybody relied on is lost.
            return SAME, "could not be measured before"
        shift = self.shift(value, baseline)
        if math.isinf(shift):
            return WORSE, "moved from 0"
        unit = self.shift_unit or self.unit
        words = format_shift(shift, tolerance, unit, self.scale, self.digits)
        return WORSE if exceeds(shift, tolerance) else SAME, f"moved by {words}"


MEASURES = (
    Measure(
        "effective_kbps",
        "effective bitrate",
        "kbit/s",
        "max-bitrate-shift",
        relative_shift,
        "%",
        100,
        3,
    ),
    Measure("lag_samples", "delay", "samples", "max-lag-shift"),
    Measure("bandwidth_hz", "bandwidth", "Hz", "max-bandwidth-shift", relative_shift, "%", 100, 3),
    Measure("gain_db", "level", "dB", "max-gain-shift", digits=3),
    Measure("codec_rate_hz", "sampling rate", "Hz", ""),
)


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare the measures of each condition; other names of the same stream are left out.

    All tolerances off turn the whole guard off.
    """
    if all(options.tolerance(one.flag) is None for one in MEASURES if one.flag):
        return
    if new.conditions is None or baseline.conditions is None:
        yield from missing_file_rows(
            GUARD, "conditions.csv", new.conditions is not None, baseline.conditions is not None
        )
        return
    now, then = _rows(new.conditions), _rows(baseline.conditions)
    corpora = {corpus for corpus, _ in now}
    yield from missing_corpora(GUARD, corpora, [corpus for corpus, _ in then], options.part)
    for (corpus, condition), before in then.items():
        row = now.get((corpus, condition))
        if row is not None:
            known = "" if "encoder" in options.allow else _encoder(new, baseline, row)
            yield from _condition(row, before, known, options)
        elif corpus in corpora and not before["same_as"] and not options.part:
            yield missing_row(
                GUARD, f"{corpus} {condition}", f"the new results hold no {condition}"
            )


def _rows(conditions: pd.DataFrame) -> dict[tuple[str, str], dict]:
    return {(row["corpus"], row["condition"]): row for row in conditions.to_dict("records")}


def _encoder(new: CheckInput, baseline: CheckInput, row: Mapping[str, Any]) -> str:
    return find_differences(new, baseline).encoder(row["corpus"], row["condition"])


def _condition(
    row: Mapping[str, Any], before: Mapping[str, Any], encoder: str, options: CheckOptions
) -> Iterator[GuardCheck]:
    """Compare one condition; ``encoder`` names another one that may have moved anything."""
    name = f"{row['corpus']} {row['condition']}"
    now, then = _stream(row), _stream(before)
    if now != then:
        reason = listed([f"was {then}, is {now}", encoder and f"another encoder ({encoder})"])
        yield GuardCheck(GUARD, f"{name}: stream", CHANGED if encoder else WORSE, reason, then, now)
        return
    if row["same_as"]:
        return
    tolerances = {one: options.tolerance(one.flag) if one.flag else 0.0 for one in MEASURES}
    both = {
        one: (float(row[one.column]), float(before[one.column]))
        for one in MEASURES
        if tolerances[one] is not None
    }
    # Where neither side could measure it, there is nothing to compare.
    both = {one: pair for one, pair in both.items() if not all(map(math.isnan, pair))}
    if encoder:
        moved = ", ".join(f"{one.title} {_moved(one, *pair)}" for one, pair in both.items())
        reason = f"another encoder ({encoder}); {moved}"
        yield GuardCheck(GUARD, f"{name}: encoder", CHANGED, reason)
        return
    for one, (value, baseline) in both.items():
        verdict, reason = one.judged(value, baseline, tolerances[one] or 0.0)
        yield GuardCheck(
            GUARD,
            f"{name}: {one.title}",
            verdict,
            reason,
            one.value(baseline),
            one.value(value),
            one.flag,
        )


def _stream(row: Mapping[str, Any]) -> str:
    return f"the same as {row['same_as']}" if row["same_as"] else "a stream of its own"


def _moved(one: Measure, value: float, baseline: float) -> str:
    """Return both values, with the unit once."""
    if not math.isfinite(baseline):
        return f"{one.said(baseline)} -> {one.said(value)}"
    return f"{baseline:.6g} -> {one.said(value)}"
