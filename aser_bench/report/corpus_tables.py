"""Tables of a corpus: bandwidth and artefacts, feature drift, and leaks."""

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
from .text import as_text

_MOST = 10  # features listed for a condition

_PARTS = {"loss": "Total", "bandwidth": "Bandwidth", "artefacts": "Artefacts"}
_LEAKS = ("corpus", "protocol", "kind", "shared", "utterances", "n_test", "known")


def build(sections: Sequence[Section], context: Context, findings: Findings) -> Iterator[Table]:
    """Yield the tables of a corpus; all sections belong to it."""
    yield from _bandwidth(sections, context, findings)
    for features in dict.fromkeys(section.features for section in sections):
        yield from _drift(sections[0], features, context, findings.drift)
    yield from _leaks(sections[0].corpus, context, findings.leaks)
    yield from _leak_worth(sections[0].corpus, context, findings)


def _bandwidth(
    sections: Sequence[Section], context: Context, findings: Findings
) -> Iterator[Table]:
    entries = [
        (f"{section.features}, {section.protocol}: {model}, {training}", condition, row)
        for section in sections
        for model, training, group_rows in groups(section, findings.bandwidth)
        for condition, row in by_condition(section, group_rows)
    ]
    if not entries:
        return
    corpus = sections[0].corpus
    filters = dict.fromkeys(f"{as_text(row.lowpass)} for {t.name}" for _, t, row in entries)
    extra = (
        "Change of UAR from the original in percentage points (negative: a loss): in total, due to "
        "the bandwidth (measured with a low-pass filter of the same bandwidth), and due to other "
        "coding artefacts",
        captions.trainings(str(row.training) for _, _, row in entries),
        captions.intervals(findings),
    )
    yield Table(
        stem=text.stem(corpus, "bandwidth"),
        title=f"{context.title(corpus)}: effects of bandwidth and artefacts",
        caption=captions.brief(corpus, context, extra),
        sides=("Condition",),
        columns=tuple(
            Column(_PARTS[part], name) for part in _PARTS for name in ("points", "interval")
        ),
        rows=tuple(
            Row(
                (condition.name,),
                tuple(cell for part in _PARTS for cell in _change(row, part)),
                heading,
                condition.notes,
            )
            for heading, condition, row in entries
        ),
        records=tuple(record(corpus, context, row, BANDWIDTH, t) for _, t, row in entries),
        footnotes=(
            f"Low-pass filters: {', '.join(filters)}.",
            *captions.training_parts(sections, context),
            *captions.footnotes(corpus, context),
        ),
    )


def _change(row: Any, part: str) -> tuple[Cell, Cell]:
    ends = (number(getattr(row, f"{part}_{end}")) for end in ("low", "high"))
    return Cell(text.points(number(getattr(row, part)))), Cell(text.interval(*ends))


def _drift(
    section: Section, features: str, context: Context, drift: pd.DataFrame
) -> Iterator[Table]:
    """Yield the features of a feature set with the largest shifts at each condition."""
    corpus = section.corpus
    group_rows = drift[(drift["corpus"] == corpus) & (drift["features"] == features)]
    entries = []
    for condition in section.ordered(map(str, group_rows["condition"])):
        rows = group_rows[group_rows["condition"] == condition.name]
        order = rows["shift"].astype(float).abs().sort_values(ascending=False, kind="stable")
        most = rows.loc[order.index[:_MOST]]
        entries += [(condition, row) for row in most.itertuples(index=False)]
    if not entries:
        return
    extra = (
        f"The {_MOST} features with the largest shifts at each condition, in standard deviations "
        "over the original utterances. Shift: change of the mean; RMS shift: root mean square of "
        "the shifts of single utterances; SD: standard deviation at the condition",
    )
    yield Table(
        stem=text.stem(corpus, features, "drift"),
        title=f"{context.title(corpus)}, {features}: feature drift",
        caption=captions.brief(corpus, context, extra),
        sides=("Feature",),
        columns=tuple(Column("", label) for label in ("Shift", "RMS shift", "SD")),
        rows=tuple(
            Row(
                (as_text(row.feature),),
                tuple(
                    Cell(text.fixed(number(value), 2))
                    for value in (row.shift, row.spread, row.sd_ratio)
                ),
                condition.name,
            )
            for condition, row in entries
        ),
        records=tuple(record(corpus, context, row, DRIFT, t) for t, row in entries),
        footnotes=captions.footnotes(corpus, context),
    )


def _leaks(corpus: str, context: Context, leaks: pd.DataFrame) -> Iterator[Table]:
    """Yield the speakers, recordings and sentences that training and test have in common."""
    entries = []
    for (protocol, kind), rows in leaks[leaks["corpus"] == corpus].groupby(
        ["protocol", "kind"], sort=False
    ):
        is_known = all(value == True for value in rows["known"])  # noqa: E712 (NaN is not true)
        shared = float(rows["shared"].astype(float).mean()) if is_known else None
        affected = int(rows["utterances"].sum()) if is_known else None
        values = (corpus, protocol, kind, shared, affected, int(rows["n_test"].sum()), is_known)
        entries.append(dict(zip(_LEAKS, values, strict=True)))
    if not entries:
        return
    extra = (
        "Number of speakers, recordings and sentences that are both in training and in test, mean "
        "over folds, and the number of test utterances of all folds that this affects; a dash: "
        "the corpus does not provide this information",
    )
    yield Table(
        stem=text.stem(corpus, "leaks"),
        title=f"{context.title(corpus)}: leaks from training into test",
        caption=captions.brief(corpus, context, extra),
        sides=("Kind",),
        columns=(
            Column("", "Shared per fold"),
            Column("Test utterances", "affected"),
            Column("Test utterances", "all"),
        ),
        rows=tuple(
            Row(
                (str(entry["kind"]),),
                tuple(
                    Cell(text.MISSING if entry[name] is None else f"{entry[name]:g}")
                    for name in ("shared", "utterances", "n_test")
                ),
                f"protocol {entry['protocol']}",
            )
            for entry in entries
        ),
        records=tuple(
            {name: plain(value) for name, value in entry.items()}
            | {"note": captions.note(corpus, context, ())}
            for entry in entries
        ),
        footnotes=captions.footnotes(corpus, context),
    )


def _leak_worth(corpus: str, context: Context, findings: Findings) -> Iterator[Table]:
    worth = findings.leakage_effect
    entries = list(worth[worth["corpus"] == corpus].itertuples(index=False))
    if not entries:
        return
    extra = (
        "UAR of the original with a random protocol and with a speaker-disjoint one, on the "
        "utterances tested by both, and the difference in percentage points: the effect of "
        "speakers that training and test share",
        captions.intervals(findings),
    )
    yield Table(
        stem=text.stem(corpus, "leak_worth"),
        title=f"{context.title(corpus)}: effect of leaks on the UAR",
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
                (as_text(row.model),),
                (
                    Cell(text.fraction(number(row.uar_random))),
                    Cell(text.fraction(number(row.uar_disjoint))),
                    Cell(text.points(number(row.difference))),
                    Cell(text.interval(number(row.low), number(row.high))),
                ),
                f"{row.features}: {row.random} and {row.disjoint}",
            )
            for row in entries
        ),
        records=tuple(record(corpus, context, row, LEAKAGE_EFFECT) for row in entries),
        footnotes=captions.footnotes(corpus, context),
    )
