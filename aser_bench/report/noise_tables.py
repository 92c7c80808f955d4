"""Measurement noise: a table and sentences that set every effect beside the control ``dither``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import NOISE, TRAININGS, Findings
from . import captions, text
from .base import Cell, Column, Row, Table
from .records import by_condition, groups, keys, number, record
from .sections import Section

_SECTION = ["corpus", "features", "protocol"]


def build(section: Section, context: Context, findings: Findings) -> Iterator[Table]:
    """Yield the table of a section; none without the control."""
    entries = [
        (_heading(model, training, rows), condition, row)
        for model, training, rows in groups(section, findings.noise)
        for condition, row in by_condition(section, rows)
        if row.condition != row.noise_condition
    ]
    if not entries:
        return
    extra = (
        captions.trainings(str(row.training) for _, _, row in entries),
        captions.POOLED,
        "Change of UAR from the original in percentage points, and share of predictions that "
        "differ from those at the original; in the headings, the same for inaudible noise, which "
        "is the measurement noise",
        "Within noise: not larger than the limit of the noise's interval that is farther from 0",
        captions.intervals(findings),
    )
    yield Table(
        stem=text.stem(*section.name, "noise"),
        title=captions.title(section, context, "changes beside the measurement noise"),
        caption=captions.caption(section, context, keys(section, findings.noise), extra),
        sides=("Condition",),
        columns=(
            Column("Change", "points"),
            Column("Change", "interval"),
            Column("Predictions", "changed, %"),
            Column("", "Within noise", is_text=True),
        ),
        rows=tuple(
            Row((condition.name,), _cells(row), heading, condition.notes)
            for heading, condition, row in entries
        ),
        records=tuple(record(section.corpus, context, row, NOISE, t) for _, t, row in entries),
        footnotes=captions.footnotes(section.corpus, context),
    )


def _heading(model: str, training: str, rows: pd.DataFrame) -> str:
    return f"{model}, {training}: {_noise(rows.iloc[0].to_dict())}"


def _noise(row: Mapping[Any, Any]) -> str:
    """Describe the change at the control."""
    value, low, high = (100 * number(row[name]) for name in ("noise", "noise_low", "noise_high"))
    interval = "no interval" if math.isnan(low) else f"{low:+.1f} to {high:+.1f}"
    limit = abs(value) if math.isnan(low) else max(abs(low), abs(high))
    changed = f"{100 * number(row['noise_changed']):.1f} % of predictions changed"
    return f"{row['noise_condition']} {value:+.1f} ({interval}; limit {limit:.1f}), {changed}"


def _cells(row: Any) -> tuple[Cell, ...]:
    return (
        Cell(text.points(number(row.difference))),
        Cell(text.interval(number(row.low), number(row.high))),
        Cell(text.fixed(100 * number(row.changed), 1)),
        Cell("yes" if row.within_noise else "no"),
    )


def verdicts(findings: Findings, context: Context) -> Iterator[str]:
    """Yield a sentence for each section and training with the control."""
    groups_of = findings.noise.groupby([*_SECTION, "training"], sort=False)
    for (corpus, features, protocol, training), rows in groups_of:
        title = f"{context.short_title(str(corpus))}, {features}, protocol {protocol}"
        of_models = rows.drop_duplicates("model").to_dict("records")
        noise = "; ".join(f"{row['model']}: {_noise(row)}" for row in of_models)
        effects = rows[rows["condition"] != rows["noise_condition"]]
        small = effects[effects["within_noise"].astype(bool)]
        if effects.empty:
            continue
        if len(small) == len(effects):
            compared = "No gain or loss is larger than the limit."
        elif small.empty:
            compared = "Every gain or loss is larger than the limit."
        else:
            compared = f"No larger than the limit, and not called effects: {_listed(small)}."
        yield (
            f"{title}, {TRAININGS[str(training)].partition(',')[0]}: measurement noise (the "
            f"change of UAR, in points, caused by inaudible noise): {noise}. {compared}"
        )


def of_section(section: Section, findings: Findings) -> Findings:
    """Return findings with the measurement noise of one section alone."""
    return replace(findings, noise=section.only(findings.noise))


def _listed(rows: pd.DataFrame) -> str:
    """Return the conditions by model."""
    parts = [
        f"{model} at {', '.join(conditions.astype(str))}"
        for model, conditions in rows.groupby("model", sort=False)["condition"]
    ]
    return "; ".join(parts)


def remark(findings: Findings, row: Mapping[Any, Any]) -> str:
    """Return that a change is no larger than the noise; empty if it is larger, or unknown.

    Parameters
    ----------
    findings : Findings
    row : mapping
        The columns of ``findings.COMPARED``.
    """
    table = findings.noise
    if table.empty:
        return ""
    same = table["within_noise"].astype(bool)
    for name in NOISE[: NOISE.index("noise_condition")]:
        same &= table[name].astype(str) == str(row[name])
    same &= table["condition"] != table["noise_condition"]
    if not same.any():
        return ""
    return f"no larger than the change that {table.loc[same, 'noise_condition'].iloc[0]} may cause"


def of_codec(findings: Findings, conditions: pd.DataFrame, row: Mapping[Any, Any]) -> str:
    """Return the conditions of a codec that are no larger than the noise; empty if there are none.

    Parameters
    ----------
    findings : Findings
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    row : mapping
        A section, training and codec.
    """
    codec = conditions[conditions["codec"] == row["codec"]][["corpus", "condition"]]
    rows = findings.noise.merge(codec.drop_duplicates())
    rows = rows[rows["within_noise"].astype(bool)]
    for name in (*_SECTION, "training"):
        rows = rows[rows[name].astype(str) == str(row[name])]
    if rows.empty:
        return ""
    noise = rows["noise_condition"].iloc[0]
    return f" No larger than the change that {noise} may cause: {_listed(rows)}."
