"""The list of tables of a report, in reading order.

`csv`, `json`, `latex`, `markdown` and `terminal` render them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from ..core.context import Context
from ..core.findings import Findings
from . import (
    captions,
    corpus_tables,
    loss_tables,
    metric_tables,
    missing_classes,
    noise_tables,
    safe_tables,
    wer_tables,
)
from .base import Cell, Table
from .sections import Section, sections
from .summary import summarise


def build(
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    context: Context,
    findings: Findings | None = None,
) -> list[Table]:
    """Return all tables of the scores and findings, in reading order.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns `aser_bench.core.metrics.score_columns`.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    context : Context
        The description of the run.
    findings : Findings, optional
        The results computed from the predictions; without them there are no statistical tests and
        no tables of them.

    Returns
    -------
    list of Table
        For each corpus x features x protocol: one table for each metric, the losses, the recall
        of each emotion, safe bitrates, calibration, changes beside the measurement noise, and a
        matrix of training x test conditions
        for each model with two or more training conditions and other test conditions. Then for
        each corpus: word errors of the transcribers, bandwidth, feature drift and leaks. Tables
        without data are omitted. All stems are different.
    """
    findings = Findings() if findings is None else findings
    parts = list(sections(summarise(scores), conditions, findings.cells))
    built: list[Table] = []
    for section in parts:
        built += _of_section(section, parts, context, findings)
    for corpus in dict.fromkeys(section.corpus for section in parts):
        of_corpus = [section for section in parts if section.corpus == corpus]
        built += map(_without_gaps, wer_tables.build(corpus, of_corpus, context, findings))
        built += map(_without_gaps, corpus_tables.build(of_corpus, context, findings))
    return _distinct(built)


def _of_section(
    section: Section, parts: Sequence[Section], context: Context, findings: Findings
) -> Iterator[Table]:
    notes = _notes(section, parts, context, findings)
    for table in _tables_of_section(section, context, findings):
        yield _with_notes(table, notes)


def _notes(
    section: Section, parts: Sequence[Section], context: Context, findings: Findings
) -> tuple[str, ...]:
    """Return the sentences that apply to all tables of a section.

    They name the models that are trained on other parts than others, also those of other feature
    sets, and the classes that a part of a fold lacks.
    """
    corpus, _, protocol = section.name
    compared = [part for part in parts if (part.corpus, part.protocol) == (corpus, protocol)]
    return (
        *captions.training_parts(compared, context),
        *missing_classes.sentences(findings.folds, corpus, protocol),
    )


def _with_notes(table: Table, notes: Sequence[str]) -> Table:
    return replace(table, footnotes=(*table.footnotes, *notes))


def section_notes(
    scores: pd.DataFrame, conditions: pd.DataFrame, context: Context, findings: Findings
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the notes below all tables of each corpus, feature set and protocol."""
    parts = list(sections(summarise(scores), conditions, findings.cells))
    return {part.name: _notes(part, parts, context, findings) for part in parts}


def _tables_of_section(section: Section, context: Context, findings: Findings) -> Iterator[Table]:
    for metric in section.metrics:
        yield metric_tables.by_metric(section, context, findings, metric)
    yield from map(_without_gaps, loss_tables.build(section, context, findings))
    yield from map(_without_gaps, safe_tables.build(section, context, findings))
    yield from noise_tables.build(section, context, findings)
    yield from metric_tables.matrices(section, context, findings)


def overview(
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    context: Context,
    findings: Findings | None = None,
) -> list[tuple[Table, list[str]]]:
    """Return one table of UAR for each corpus x features x protocol, with verdicts.

    Rows are conditions; columns are models and trainings, which `legend` explains. The verdicts
    are the sentences about safe bitrates.
    """
    findings = Findings() if findings is None else findings
    parts = list(sections(summarise(scores), conditions, findings.cells))
    return [
        (
            _with_notes(
                metric_tables.overview(part, context, findings),
                _notes(part, parts, context, findings),
            ),
            # The table of safe bitrates has the rest of the sentence: the numbers needed.
            [
                *(text.partition("; ")[0] + "." for text in safe_tables.verdicts(part, findings)),
                *noise_tables.verdicts(noise_tables.of_section(part, findings), context),
            ],
        )
        for part in parts
    ]


def legend(overview: Sequence[Table], findings: Findings) -> str:
    """Return the sentences that apply to all tables of an overview.

    Parameters
    ----------
    overview : sequence of Table
        The tables of `overview`.
    findings : Findings
    """
    shown = [column.label for table in overview for column in table.columns]
    has_spread = any(cell.spread for table in overview for row in table.rows for cell in row.cells)
    values = captions.values(bool(len(findings.cells)), findings, has_spread)
    return ". ".join((captions.trainings(shown), values, captions.BITRATE, "")).strip()


def _without_gaps(table: Table) -> Table:
    """Return a table without the columns of which all cells are empty."""
    kept = [
        index
        for index in range(len(table.columns))
        if any(row.cells[index] != Cell() for row in table.rows)
    ]
    rows = (replace(row, cells=tuple(row.cells[index] for index in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[index] for index in kept), rows=tuple(rows))


def _distinct(tables: Sequence[Table]) -> list[Table]:
    """Number equal stems, also those that differ only in case."""
    seen: dict[str, int] = {}
    built = []
    for table in tables:
        count = seen[table.stem.lower()] = seen.get(table.stem.lower(), 0) + 1
        built.append(table if count == 1 else replace(table, stem=f"{table.stem}-{count}"))
    return built
