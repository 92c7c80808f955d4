"""The tables of a corpus as a whole: bandwidth, drift of the features, and what leaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import BANDWIDTH, DRIFT, LEAKAGE_EFFECT, Findings
from . import captions, text
from .base import Cell, Column, Row, Table
from .records import by_condition, groups, number, plain, record
from .sections import Section
from .text import said

_MOST = 10  # features of a condition

_LEAKS = ("corpus", "protocol", "kind", "shared", "utterances", "n_test", "known")


def build(sections: Sequence[Section], context: Context, findings: Findings) -> Iterator[Table]:
    """Yield the tables of a corpus, which all its sections are of."""
    yield from _bandwidth(sections, context, findings)
    for features in dict.fromkeys(section.features for section in sections):
        yield from _drift(sections[0], features, context, findings.drift)
    yield from _leaks(sections[0].corpus, context, findings.leaks)
    yield from _leak_worth(sections[0].corpus, context, findings)


def _bandwidth(
    sections: Sequence[Section], context: Context, findings: Findings
) -> Iterator[Table]:
    found = [
        (f"{section.features}, {section.protocol}: {model}, {training}", treatment, row)
        for section in sections
        for model, training, own in groups(section, findings.bandwidth)
        for treatment, row in by_condition(section, own)
    ]
    if not found:
        return
    corpus = sections[0].corpus
    parts = ("loss", "bandwidth", "artefacts")
    filters = dict.fromkeys(f"{said(row.lowpass)} for {t.name}" for _, t, row in found)
    extra = (
        "UAR against the original in percentage points, a loss is negative: all of it, what a "
        "low-pass filter of the same bandwidth does too, and what the coding does beyond",
        captions.trainings(str(row.training) for _, _, row in found),
        captions.intervals(findings),
    )
    yield Table(
        stem=text.stem(corpus, "bandwidth"),
        title=f"{context.title(corpus)}: bandwidth and artefacts",
        caption=captions.brief(corpus, context, extra),
        sides=("Condition",),
        columns=tuple(
            Column(part.capitalize(), name) for part in parts for name in ("points", "interval")
        ),
        rows=tuple(
            Row(
                (treatment.name,),
                tuple(cell for part in parts for cell in _change(row, part)),
                heading,
                treatment.notes,
            )
            for heading, treatment, row in found
        ),
        records=tuple(record(corpus, context, row, BANDWIDTH, t) for _, t, row in found),
        footnotes=(f"Filters: {', '.join(filters)}.", *captions.footnotes(corpus, context)),
    )


def _change(row: Any, part: str) -> tuple[Cell, Cell]:
    ends = (number(getattr(row, f"{part}_{end}")) for end in ("low", "high"))
    return Cell(text.points(number(getattr(row, part)))), Cell(text.interval(*ends))


def _drift(
    section: Section, features: str, context: Context, drift: pd.DataFrame
) -> Iterator[Table]:
    """Yield the features of a feature set that each condition moves most."""
    corpus = section.corpus
    own = drift[(drift["corpus"] == corpus) & (drift["features"] == features)]
    found = []
    for treatment in section.ordered(map(str, own["condition"])):
        rows = own[own["condition"] == treatment.name]
        order = rows["shift"].astype(float).abs().sort_values(ascending=False, kind="stable")
        most = rows.loc[order.index[:_MOST]]
        found += [(treatment, row) for row in most.itertuples(index=False)]
    if not found:
        return
    extra = (
        f"The {_MOST} features that each condition moves most. All numbers in standard deviations "
        "over the original's utterances. Shift: of the mean; spread: root mean square of the "
        "shifts of single utterances; deviation: the standard deviation at the condition",
    )
    yield Table(
        stem=text.stem(corpus, features, "drift"),
        title=f"{context.title(corpus)}, {features}: drift of the features",
        caption=captions.brief(corpus, context, extra),
        sides=("Feature",),
        columns=tuple(Column("", label) for label in ("Shift", "Spread", "Deviation")),
        rows=tuple(
            Row(
                (said(row.feature),),
                tuple(
                    Cell(text.fixed(number(value), 2))
                    for value in (row.shift, row.spread, row.sd_ratio)
                ),
                treatment.name,
            )
            for treatment, row in found
        ),
        records=tuple(record(corpus, context, row, DRIFT, t) for t, row in found),
        footnotes=captions.footnotes(corpus, context),
    )


def _leaks(corpus: str, context: Context, leaks: pd.DataFrame) -> Iterator[Table]:
    """Yield what stands on both sides of a split: a fold in the mean, utterances in all."""
    found = []
    for (protocol, kind), rows in leaks[leaks["corpus"] == corpus].groupby(
        ["protocol", "kind"], sort=False
    ):
        known = all(value == True for value in rows["known"])  # noqa: E712 (NaN is not true)
        shared = float(rows["shared"].astype(float).mean()) if known else None
        touched = int(rows["utterances"].sum()) if known else None
        values = (corpus, protocol, kind, shared, touched, int(rows["n_test"].sum()), known)
        found.append(dict(zip(_LEAKS, values, strict=True)))
    if not found:
        return
    extra = (
        "How many speakers, recordings and sentences stand both in training and in test, mean "
        "over folds, and how many test utterances of all folds that touches; a dash: the corpus "
        "does not tell",
    )
    yield Table(
        stem=text.stem(corpus, "leaks"),
        title=f"{context.title(corpus)}: leaks from training into test",
        caption=captions.brief(corpus, context, extra),
        sides=("Kind",),
        columns=(
            Column("", "Shared in a fold"),
            Column("Test utterances", "touched"),
            Column("Test utterances", "all"),
        ),
        rows=tuple(
            Row(
                (str(one["kind"]),),
                tuple(
                    Cell(text.MISSING if one[name] is None else f"{one[name]:g}")
                    for name in ("shared", "utterances", "n_test")
                ),
                f"protocol {one['protocol']}",
            )
            for one in found
        ),
        records=tuple(
            {name: plain(value) for name, value in one.items()}
            | {"note": captions.note(corpus, context, ())}
            for one in found
        ),
        footnotes=captions.footnotes(corpus, context),
    )


def _leak_worth(corpus: str, context: Context, findings: Findings) -> Iterator[Table]:
    worth = findings.leakage_effect
    found = list(worth[worth["corpus"] == corpus].itertuples(index=False))
    if not found:
        return
    extra = (
        "UAR of the original under a random protocol and under one that keeps speakers apart, "
        "on the utterances that both tested, and the difference in percentage points: what "
        "shared speakers are worth",
        captions.intervals(findings),
    )
    yield Table(
        stem=text.stem(corpus, "leak_worth"),
        title=f"{context.title(corpus)}: what leaks are worth",
        caption=captions.brief(corpus, context, extra),
        sides=("Model",),
        columns=(
            Column("UAR", "random"),
            Column("UAR", "disjoint"),
            Column("Difference", "points"),
            Column("Difference", "interval"),
        ),
        rows=tuple(
            Row(
                (said(row.model),),
                (
                    Cell(text.fraction(number(row.uar_random))),
                    Cell(text.fraction(number(row.uar_disjoint))),
                    Cell(text.points(number(row.difference))),
                    Cell(text.interval(number(row.low), number(row.high))),
                ),
                f"{row.features}: {row.random} against {row.disjoint}",
            )
            for row in found
        ),
        records=tuple(record(corpus, context, row, LEAKAGE_EFFECT) for row in found),
        footnotes=captions.footnotes(corpus, context),
    )
