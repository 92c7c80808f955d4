"""Tables of word errors by condition, and of the transcripts with most additional errors."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..text import as_text
from .cells import count, finite, rate, text_cell
from .errors import by_condition
from .frames import Row, groups, row_dicts
from .grid import EMPTY, Cell, Column, Footnotes, Grid, GridRow, Panel, Subsection, grid
from .page import Page


def rates(page: Page) -> list[Subsection]:
    """Return the word errors of all transcribers by condition: one table for each corpus."""
    parts = []
    for (corpus,), rows in groups(page.findings.wer, ("corpus",)):
        table = _rates(page, corpus, rows)
        parts.append(Subsection(page.corpus(corpus), (Panel("wer", "", table),)))
    return parts


def _rates(page: Page, corpus: str, rows: pd.DataFrame) -> Grid:
    footnotes = Footnotes()
    columns = (
        Column("Condition"),
        Column("Transcriber"),
        Column("kbit/s", True),
        Column("Words", True),
        Column("Substituted, %", True),
        Column("Deleted, %", True),
        Column("Inserted, %", True),
        Column("Word error rate, %", True),
        Column(f"{page.confidence} interval", True),
        Column("Empty transcripts, %", True),
        Column("Utterances", True),
    )
    names = list(dict.fromkeys(rows["transcripts"]))
    ordered = sorted(
        row_dicts(rows),
        key=lambda row: (
            names.index(row["transcripts"]),
            page.condition_table.rank(corpus, as_text(row["condition"])),
        ),
    )
    lines = [_line(page, corpus, row, footnotes) for row in ordered]
    below = (
        "Rates are in percent of the words in the reference; intervals are clustered by speaker. "
        "Utterances without a reference text are not counted.",
    )
    return grid(f"Word errors: {page.corpus(corpus)}", columns, lines, footnotes, below)


def _line(page: Page, corpus: str, row: Row, footnotes: Footnotes) -> GridRow:
    n_words = finite(row["words"])
    parts = (finite(row[name]) for name in ("substitutions", "deletions", "insertions"))
    return GridRow(
        (
            page.condition_table.cell(corpus, as_text(row["condition"]), footnotes),
            text_cell(row["transcripts"]),
            _bitrate(page, corpus, as_text(row["condition"])),
            count(n_words),
            *(_percent(part / n_words if part is not None and n_words else None) for part in parts),
            _percent(row["wer"]),
            _interval(row, footnotes),
            _percent(row["empty"]),
            count(row["utterances"]),
        )
    )


def _bitrate(page: Page, corpus: str, condition: str) -> Cell:
    return rate(page.condition_table.get(corpus, condition).effective_kbps)


def _percent(share: Any) -> Cell:
    """Return a share in percent with one decimal."""
    number = finite(share)
    return Cell(EMPTY) if number is None else Cell(f"{100 * number:.1f}", number)


def _interval(row: Row, footnotes: Footnotes) -> Cell:
    """Return the interval of a rate, or ``none`` with the footnote letter of the reason."""
    low, high = finite(row["low"]), finite(row["high"])
    why = footnotes.letter(f"{as_text(row['why'])}." if as_text(row["why"]) else "")
    if low is None or high is None:
        return Cell("none", notes=why)
    return Cell(f"[{100 * low:.1f}, {100 * high:.1f}]", low, notes=why)


def examples(page: Page) -> list[Subsection]:
    """Return the transcripts with most additional errors: one panel for each condition."""
    parts = []
    for (corpus,), rows in groups(page.findings.transcript_errors, ("corpus",)):
        panels = [
            Panel(name, name, _examples(page, corpus, name, group_rows))
            for name, group_rows in by_condition(page, rows)
        ]
        parts.append(Subsection(page.corpus(corpus), tuple(panels), panels[0].name))
    return parts


def _examples(page: Page, corpus: str, condition: str, rows: pd.DataFrame) -> Grid:
    columns = (
        Column("Utterance", prose=True),
        Column("Transcriber"),
        Column("Reference", prose=True),
        Column("Transcript of the original", prose=True),
        Column("Transcript when coded", prose=True),
        Column("Errors, original", True),
        Column("Errors, coded", True),
        Column("Words", True),
    )
    lines = [
        GridRow(
            (
                text_cell(row["utterance"]),
                text_cell(row["transcripts"]),
                text_cell(row["reference"]),
                text_cell(row["hypothesis_original"]),
                text_cell(row["hypothesis"]),
                count(row["errors_original"]),
                count(row["errors"]),
                count(row["words"]),
            )
        )
        for row in row_dicts(rows)
    ]
    return grid(f"Most additional errors at {condition}: {page.corpus(corpus)}", columns, lines)
