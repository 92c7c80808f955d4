"""The table of what transcribers heard of a corpus, and what there is to say of it in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import WER, Findings
from ..core.tables import ORIGINAL
from . import captions, text
from .base import Cell, Column, Row, Table
from .records import number, record, sentence
from .sections import Section, Treatment, treatments
from .text import said

_ERRORS = ("substitutions", "deletions", "insertions")


def build(
    corpus: str, sections: Sequence[Section], context: Context, findings: Findings
) -> Iterator[Table]:
    """Yield the word errors of each transcriber by condition, where somebody listened."""
    own = findings.wer[findings.wer["corpus"].astype(str) == corpus]
    found = [
        (transcriber, treatment, row)
        for transcriber, rows in _by_transcriber(own)
        for treatment, row in _ordered(sections, rows)
    ]
    if not found:
        return
    counted = sorted({int(number(row.utterances)) for _, _, row in found})
    sizes = " to ".join(map(str, dict.fromkeys((counted[0], counted[-1]))))
    extra = (
        f"Over {sizes} utterances with a text. In per cent of the reference's words: words that "
        "were heard as others, left out and put in, and their sum, the word error rate (WER)",
        captions.intervals(findings),
        "Silent: utterances in which nothing was heard, in per cent",
    )
    yield Table(
        stem=text.stem(corpus, "wer"),
        title=f"{context.title(corpus)}: what was heard",
        caption=captions.brief(corpus, context, extra),
        sides=("Condition",),
        columns=(
            Column("", "Words"),
            Column("Errors, %", "subst."),
            Column("Errors, %", "del."),
            Column("Errors, %", "ins."),
            Column("WER, %", "all"),
            Column("WER, %", "interval"),
            Column("", "Silent"),
        ),
        rows=tuple(Row((t.name,), _cells(row), name, t.notes) for name, t, row in found),
        records=tuple(record(corpus, context, row, WER, t) for _, t, row in found),
        footnotes=captions.footnotes(corpus, context),
    )


def _cells(row: Any) -> tuple[Cell, ...]:
    words, why = number(row.words), sentence(said(row.why))
    rates = [number(getattr(row, name)) / words if words else math.nan for name in _ERRORS]
    return (
        Cell(text.fixed(words, 0)),
        *(Cell(text.points(rate)) for rate in rates),
        Cell(text.points(number(row.wer))),
        Cell(text.interval(number(row.low), number(row.high)), notes=(why,) if why else ()),
        Cell(text.points(number(row.empty))),
    )


def _by_transcriber(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for name in dict.fromkeys(rows["transcripts"].astype(str)):
        yield name, rows[rows["transcripts"].astype(str) == name]


def _ordered(sections: Sequence[Section], rows: pd.DataFrame) -> list[tuple[Treatment, Any]]:
    """Return rows with their conditions in a reader's order, those that no model has last."""
    found = {str(row.condition): row for row in rows.itertuples(index=False)}
    known = {name: one for section in sections for name, one in section.treatments.items()}
    ordered = sorted(
        (known.get(name, Treatment(name, "")) for name in found), key=lambda one: one.order
    )
    return [(one, found[one.name]) for one in ordered]


def verdicts(findings: Findings, conditions: pd.DataFrame, context: Context) -> Iterator[str]:
    """Yield for each corpus and transcriber how the word errors rise with coding."""
    for corpus, own in findings.wer.groupby("corpus", sort=False):
        coded = treatments(conditions[conditions["corpus"] == corpus])
        for transcriber, rows in _by_transcriber(own):
            rates = {str(row.condition): number(row.wer) for row in rows.itertuples()}
            before = rates.pop(ORIGINAL, math.nan)
            # Controls, which have no bitrate, are no codecs.
            rates = {
                name: rate
                for name, rate in rates.items()
                if math.isfinite(rate) and name in coded and coded[name].effective_kbps > 0
            }
            if rates and math.isfinite(before):
                worst = max(rates, key=rates.__getitem__)
                yield (
                    f"{context.short_title(str(corpus))}: word errors of {transcriber} "
                    f"{_change(before, rates[worst])} at {worst}."
                )


def _change(before: float, after: float) -> str:
    """Say how the worst of the coded conditions stands to the original."""
    first, last = _percent(before), _percent(after)
    if first == last:
        return f"are {first} on the original and no more where they are most,"
    if after < before:
        return f"fall from {first} on the original to {last} where they are most,"
    return f"rise from {first} on the original to {last}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f}\u00a0%"
