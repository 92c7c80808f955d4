"""What transcribers heard: word errors by condition, and the utterances that are heard worst."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .cells import count, finite, rate, said, word
from .errors import by_condition
from .frames import Row, groups, records
from .grid import NOTHING, Cell, Column, Footnotes, Grid, Line, Panel, Part, grid
from .page import Page


def rates(page: Page) -> list[Part]:
    """Return the word errors of all transcribers by condition: one table a corpus."""
    parts = []
    for (corpus,), rows in groups(page.findings.wer, ("corpus",)):
        table = _rates(page, corpus, rows)
        parts.append(Part(page.corpus(corpus), (Panel("wer", "", table),)))
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
        Column("Nothing heard, % of utterances", True),
        Column("Utterances", True),
    )
    names = list(dict.fromkeys(rows["transcripts"]))
    ordered = sorted(
        records(rows),
        key=lambda row: (
            names.index(row["transcripts"]),
            page.treatments.rank(corpus, said(row["condition"])),
        ),
    )
    lines = [_line(page, corpus, row, footnotes) for row in ordered]
    below = (
        "In per cent of the words that were said; the intervals are clustered by speaker. "
        "Utterances without a text are not counted.",
    )
    return grid(f"Word errors: {page.corpus(corpus)}", columns, lines, footnotes, below)


def _line(page: Page, corpus: str, row: Row, footnotes: Footnotes) -> Line:
    words = finite(row["words"])
    parts = (finite(row[name]) for name in ("substitutions", "deletions", "insertions"))
    return Line(
        (
            page.treatments.cell(corpus, said(row["condition"]), footnotes),
            word(row["transcripts"]),
            _bitrate(page, corpus, said(row["condition"])),
            count(words),
            *(_percent(part / words if part is not None and words else None) for part in parts),
            _percent(row["wer"]),
            _interval(row, footnotes),
            _percent(row["empty"]),
            count(row["utterances"]),
        )
    )


def _bitrate(page: Page, corpus: str, condition: str) -> Cell:
    return rate(page.treatments.get(corpus, condition).effective_kbps)


def _percent(share: Any) -> Cell:
    """Return a share in per cent with one decimal."""
    found = finite(share)
    return Cell(NOTHING) if found is None else Cell(f"{100 * found:.1f}", found)


def _interval(row: Row, footnotes: Footnotes) -> Cell:
    """Return an interval of a rate, which has no sign, or that there is none and why."""
    low, high = finite(row["low"]), finite(row["high"])
    why = footnotes.letter(f"{said(row['why'])}." if said(row["why"]) else "")
    if low is None or high is None:
        return Cell("none", notes=why)
    return Cell(f"[{100 * low:.1f}, {100 * high:.1f}]", low, notes=why)


def examples(page: Page) -> list[Part]:
    """Return the utterances that are heard worse by most: a panel for each condition."""
    parts = []
    for (corpus,), rows in groups(page.findings.transcript_errors, ("corpus",)):
        panels = [
            Panel(name, name, _examples(page, corpus, name, own))
            for name, own in by_condition(page, rows)
        ]
        parts.append(Part(page.corpus(corpus), tuple(panels), panels[0].name))
    return parts


def _examples(page: Page, corpus: str, condition: str, rows: pd.DataFrame) -> Grid:
    columns = (
        Column("Utterance", prose=True),
        Column("Transcriber"),
        Column("Said", prose=True),
        Column("Heard in the original", prose=True),
        Column("Heard when coded", prose=True),
        Column("Errors in the original", True),
        Column("Errors when coded", True),
        Column("Words", True),
    )
    lines = [
        Line(
            (
                word(row["utterance"]),
                word(row["transcripts"]),
                word(row["reference"]),
                word(row["hypothesis_original"]),
                word(row["hypothesis"]),
                count(row["errors_original"]),
                count(row["errors"]),
                count(row["words"]),
            )
        )
        for row in records(rows)
    ]
    return grid(f"Heard worst at {condition}: {page.corpus(corpus)}", columns, lines)
