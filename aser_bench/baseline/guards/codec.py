"""The codec guard: bitrate, delay, bandwidth, level and sampling rate of each condition."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..differences import find_differences
from ..options import CheckOptions
from ..reader import CheckInput
from ..sentences import join_sentences
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

_Row = Mapping[str, Any]
"""A row of conditions.csv."""


def _absolute_shift(value: float, baseline: float) -> float:
    return abs(value - baseline)


@dataclass(frozen=True)
class Measure:
    """A measured column of conditions.csv.

    Attributes
    ----------
    column, title, unit : str
    flag : str
        The flag of its tolerance; empty if any shift is worse.
    shift : callable
        The shift of a value from the baseline.
    shift_unit : str
        The unit of the shift; `unit` by default.
    scale : float
        100 for a shift in percent.
    digits : int
        Significant digits of the shift.
    """

    column: str
    title: str
    unit: str
    flag: str
    shift: Callable[[float, float], float] = _absolute_shift
    shift_unit: str = ""
    scale: float = 1.0
    digits: int = 6

    def format(self, number: float) -> str:
        """Return a value with its unit; empty if it could not be measured."""
        if math.isnan(number):
            return ""
        return with_unit(f"{number:.6g}", self.unit) if math.isfinite(number) else str(number)

    def decide(self, value: float, baseline: float, tolerance: float) -> tuple[str, str]:
        """Return the verdict on a value, and the reason."""
        if value == baseline:
            return SAME, "unchanged"
        if not self.flag or math.isinf(value) or math.isinf(baseline):
            now, then = (self.format(number) or "not measured" for number in (value, baseline))
            return WORSE, f"was {then}, is {now}"
        if math.isnan(value):
            return WORSE, "can no longer be measured"
        if math.isnan(baseline):
            return SAME, "could not be measured before"
        shift = self.shift(value, baseline)
        if math.isinf(shift):
            return WORSE, "moved from 0"
        unit = self.shift_unit or self.unit
        text = format_shift(shift, tolerance, unit, self.scale, self.digits)
        return WORSE if exceeds(shift, tolerance) else SAME, f"moved by {text}"

    def format_change(self, value: float, baseline: float) -> str:
        """Return both values, with the unit once."""
        now = self.format(value) or "not measured"
        if not math.isfinite(baseline):
            return f"{self.format(baseline) or 'not measured'} -> {now}"
        return f"{baseline:.6g} -> {now}"


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
    """Compare the measures of each condition, without further names of the same stream.

    The guard is off if all its tolerances are.
    """
    if all(options.tolerance(measure.flag) is None for measure in MEASURES if measure.flag):
        return
    if new.conditions is None or baseline.conditions is None:
        yield from missing_file_rows(GUARD, "conditions.csv", new.conditions, baseline.conditions)
        return
    now, then = _rows(new.conditions), _rows(baseline.conditions)
    corpora = {corpus for corpus, _ in now}
    yield from missing_corpora(GUARD, corpora, [corpus for corpus, _ in then], options.part)
    differences = find_differences(new, baseline)
    for (corpus, condition), before in then.items():
        row = now.get((corpus, condition))
        if row is not None:
            encoder = differences.encoder(corpus, condition)
            yield from _compare(row, before, "" if "encoder" in options.allow else encoder, options)
        elif corpus in corpora and not before["same_as"] and not options.part:
            reason = f"condition {condition} is not in the new results"
            yield missing_row(GUARD, f"{corpus} {condition}", reason)


def _rows(conditions: pd.DataFrame) -> dict[tuple[str, str], _Row]:
    rows: list[dict[str, Any]] = conditions.to_dict("records")  # type: ignore[assignment]
    return {(row["corpus"], row["condition"]): row for row in rows}


def _compare(row: _Row, before: _Row, encoder: str, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare one condition; ``encoder`` describes a difference of its encoder."""
    name = f"{row['corpus']} {row['condition']}"
    now, then = _stream(row), _stream(before)
    if now != then:
        note = encoder and f"the encoder differs ({encoder})"
        reason = join_sentences([f"was {then}, is {now}", note])
        yield GuardCheck(GUARD, f"{name}: stream", CHANGED if encoder else WORSE, reason, then, now)
        return
    if row["same_as"]:
        return
    pairs = {
        measure: (float(row[measure.column]), float(before[measure.column]))
        for measure in MEASURES
        if not measure.flag or options.tolerance(measure.flag) is not None
    }
    # A measure that neither side could take has nothing to compare.
    pairs = {measure: pair for measure, pair in pairs.items() if not all(map(math.isnan, pair))}
    if encoder:
        changes = ", ".join(f"{m.title} {m.format_change(*pair)}" for m, pair in pairs.items())
        reason = f"the encoder differs ({encoder}); {changes}"
        yield GuardCheck(GUARD, f"{name}: encoder", CHANGED, reason)
        return
    for measure, (value, baseline) in pairs.items():
        tolerance = options.tolerance(measure.flag) if measure.flag else None
        verdict, reason = measure.decide(value, baseline, tolerance or 0.0)
        yield GuardCheck(
            GUARD,
            f"{name}: {measure.title}",
            verdict,
            reason,
            measure.format(baseline),
            measure.format(value),
            measure.flag,
        )


def _stream(row: _Row) -> str:
    return f"the same stream as {row['same_as']}" if row["same_as"] else "a separate stream"
