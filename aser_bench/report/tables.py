"""Which tables a run gives, in the order of a reader.

Nothing here knows how a table is printed; `csv`, `json`, `latex`, `markdown` and `terminal` do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from ..core.context import Context
from ..core.findings import Findings
from . import captions, corpus_tables, loss_tables, metric_tables, safe_tables, wer_tables
from .base import Cell, Table
from .sections import Section, sections
from .summary import summarise


def build(
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    context: Context,
    findings: Findings | None = None,
) -> list[Table]:
    """Return every table that the scores and findings give, in the order of a reader.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns `aser_bench.core.metrics.score_columns`.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    context : Context
        What the run tells of itself.
    findings : Findings, optional
        What was found in the predictions; without it there are no tests and no tables of them.

    Returns
    -------
    list of Table
        For each corpus x features x protocol one a metric, the losses, the recall of each
        emotion, safe bitrates, calibration, and a matrix of training x test conditions for each
        model that was trained at two or more (and not always tested where it was trained);
        then for each corpus what transcribers heard, and what the codecs and the protocol do to
        it. What there is no data
        for is left out. No two stems are equal.
    """
    findings = Findings() if findings is None else findings
    parts = list(sections(summarise(scores), conditions))
    found: list[Table] = []
    for section in parts:
        found += _of_section(section, context, findings)
    for corpus in dict.fromkeys(section.corpus for section in parts):
        own = [section for section in parts if section.corpus == corpus]
        found += map(_without_gaps, wer_tables.build(corpus, own, context, findings))
        found += map(_without_gaps, corpus_tables.build(own, context, findings))
    return _distinct(found)


def _of_section(section: Section, context: Context, findings: Findings) -> Iterator[Table]:
    for metric in section.metrics:
        yield metric_tables.by_metric(section, context, findings, metric)
    yield from map(_without_gaps, loss_tables.build(section, context, findings))
    yield from map(_without_gaps, safe_tables.build(section, context, findings))
    yield from metric_tables.matrices(section, context)


def overview(
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    context: Context,
    findings: Findings | None = None,
) -> list[tuple[Table, list[str]]]:
    """Return one table of UAR for each corpus x features x protocol: condition x model.

    The ways of training stand side by side below each model; `legend` explains them. With each
    table come the sentences that say from which bitrate on the speech is safe.
    """
    findings = Findings() if findings is None else findings
    return [
        (
            metric_tables.overview(part, context, findings),
            # The rest of a sentence is what would decide; the table of safe bitrates has it.
            [one.partition("; ")[0] + "." for one in safe_tables.verdicts(part, findings)],
        )
        for part in sections(summarise(scores), conditions)
    ]


def legend(found: Sequence[Table]) -> str:
    """Return the sentences that explain what all tables of an overview have in common."""
    shown = [column.label for table in found for column in table.columns]
    return ". ".join((captions.trainings(shown), captions.SPREAD, captions.BITRATE, "")).strip()


def _without_gaps(table: Table) -> Table:
    """Leave out the columns that say nothing in any row and carry no note, for people."""
    kept = [
        index
        for index in range(len(table.columns))
        if any(row.cells[index] != Cell() for row in table.rows)
    ]
    rows = (replace(row, cells=tuple(row.cells[index] for index in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[index] for index in kept), rows=tuple(rows))


def _distinct(tables: Sequence[Table]) -> list[Table]:
    """Number the stems that are equal, for file systems that know no case, too."""
    seen: dict[str, int] = {}
    found = []
    for table in tables:
        count = seen[table.stem.lower()] = seen.get(table.stem.lower(), 0) + 1
        found.append(table if count == 1 else replace(table, stem=f"{table.stem}-{count}"))
    return found
