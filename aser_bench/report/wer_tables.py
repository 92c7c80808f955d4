"""The table of word errors of a corpus, and the verdict about them."""

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
from .sections import Condition, Section, conditions_by_name
from .text import as_text

_ERRORS = ("substitutions", "deletions", "insertions")


def build(
    corpus: str, sections: Sequence[Section], context: Context, findings: Findings
) -> Iterator[Table]:
    """Yield the word errors of each transcriber by condition; nothing without transcripts."""
    of_corpus = findings.wer[findings.wer["corpus"].astype(str) == corpus]
    entries = [
        (transcriber, condition, row)
        for transcriber, rows in _by_transcriber(of_corpus)
        for condition, row in _ordered(sections, rows)
    ]
    if not entries:
        return
    counted = sorted({int(number(row.utterances)) for _, _, row in entries})
    sizes = " to ".join(map(str, dict.fromkeys((counted[0], counted[-1]))))
    extra = (
        f"{sizes} utterances with a reference text. Substituted, deleted and inserted words, and "
        "their sum, the word error rate (WER), in percent of the words in the reference",
        captions.speaker_intervals(findings),
        "Empty: utterances with an empty transcript, in percent",
    )
    yield Table(
        stem=text.stem(corpus, "wer"),
        title=f"{context.title(corpus)}: word errors of the transcripts",
        caption=captions.brief(corpus, context, extra),
        sides=("Condition",),
        columns=(
            Column("", "Words"),
            Column("Errors, %", "subst."),
            Column("Errors, %", "del."),
            Column("Errors, %", "ins."),
            Column("WER, %", "all"),
            Column("WER, %", "interval"),
            Column("", "Empty"),
        ),
        rows=tuple(Row((t.name,), _cells(row), name, t.notes) for name, t, row in entries),
        records=tuple(record(corpus, context, row, WER, t) for _, t, row in entries),
        footnotes=captions.footnotes(corpus, context),
    )


def _cells(row: Any) -> tuple[Cell, ...]:
    n_words, why = number(row.words), sentence(as_text(row.why))
    rates = [number(getattr(row, name)) / n_words if n_words else math.nan for name in _ERRORS]
    return (
        Cell(text.fixed(n_words, 0)),
        *(Cell(text.points(rate)) for rate in rates),
        Cell(text.points(number(row.wer))),
        Cell(text.interval(number(row.low), number(row.high)), notes=(why,) if why else ()),
        Cell(text.points(number(row.empty))),
    )


def _by_transcriber(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for name in dict.fromkeys(rows["transcripts"].astype(str)):
        yield name, rows[rows["transcripts"].astype(str) == name]


def _ordered(sections: Sequence[Section], rows: pd.DataFrame) -> list[tuple[Condition, Any]]:
    """Return rows with their conditions in display order; conditions without a model last."""
    by_name = {str(row.condition): row for row in rows.itertuples(index=False)}
    in_sections = {name: each for section in sections for name, each in section.conditions.items()}
    ordered = sorted(
        (in_sections.get(name, Condition(name, "")) for name in by_name),
        key=lambda condition: condition.order,
    )
    return [(condition, by_name[condition.name]) for condition in ordered]


def verdicts(findings: Findings, conditions: pd.DataFrame, context: Context) -> Iterator[str]:
    """Yield a sentence about the change of word errors for each corpus and transcriber."""
    for corpus, of_corpus in findings.wer.groupby("corpus", sort=False):
        coded = conditions_by_name(conditions[conditions["corpus"] == corpus])
        for transcriber, rows in _by_transcriber(of_corpus):
            rates = {str(row.condition): number(row.wer) for row in rows.itertuples()}
            before = rates.pop(ORIGINAL, math.nan)
            # Controls have no bitrate and are not codecs.
            rates = {
                name: rate
                for name, rate in rates.items()
                if math.isfinite(rate) and name in coded and coded[name].effective_kbps > 0
            }
            if rates and math.isfinite(before):
                worst = max(rates, key=rates.__getitem__)
                yield (
                    f"{context.short_title(str(corpus))}: word errors of {transcriber} "
                    f"{_change(before, rates[worst], worst)}."
                )


def _change(before: float, after: float, worst: str) -> str:
    """Describe the worst coded condition compared with the original."""
    first, last = _percent(before), _percent(after)
    if first == last:
        return f"are {first} on the original and at the worst coded condition, {worst}"
    if after < before:
        return f"fall from {first} on the original to {last} at the worst coded condition, {worst}"
    return f"rise from {first} on the original to {last} at {worst}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f}\u00a0%"
