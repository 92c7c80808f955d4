"""What is mistaken for what: recalls by emotion, the worst utterances, and their sounds."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...core.tables import ORIGINAL
from .cells import count, finite, fraction, interval, points, said, word
from .frames import Row, groups, records
from .grid import NOTHING, Cell, Column, Footnotes, Grid, Line, Panel, Part, grid
from .page import Page

MOST_HEARD = 100
"""Utterances of one section that the page names; the predictions hold the rest."""


def recalls(page: Page) -> list[Part]:
    """Return recall by emotion: a panel for each condition, that of the largest loss open."""
    parts = []
    for names, rows in groups(page.findings.recalls):
        panels = [
            Panel(name, name, _recalls(page, names, name, own))
            for name, own in by_condition(page, rows)
        ]
        parts.append(Part(page.section(*names), tuple(panels), _lowest(rows, panels)))
    return parts


def by_condition(page: Page, rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows of each condition, in a reader's order."""
    found = {
        (page.treatments.rank(corpus, name), name): own
        for (corpus, name), own in groups(rows, ("corpus", "condition"))
    }
    return [(key[1], found[key]) for key in sorted(found)]


def _lowest(rows: pd.DataFrame, panels: Sequence[Panel]) -> str:
    """Return the condition of the largest mean loss, the last one where nobody can tell."""
    coded = rows[rows["condition"] != ORIGINAL]
    means = pd.to_numeric(coded["difference"]).groupby(coded["condition"]).mean().dropna()
    return str(means.idxmin()) if len(means) else panels[-1].name


def _recalls(page: Page, names: Any, condition: str, rows: pd.DataFrame) -> Grid:
    footnotes = Footnotes()
    columns = (
        Column("Emotion"),
        Column("Model"),
        Column("Training"),
        Column("Utterances", True),
        Column("Original", True),
        Column("Recall", True),
        Column("Difference, points", True),
        Column("Precision", True),
        Column("Most often taken for"),
    )
    lines = [
        Line(
            (
                word(row["emotion"]),
                word(row["model"]),
                word(row["training"]),
                count(row["n_utterances"]),
                fraction(row["original"]),
                fraction(row["value"]),
                with_interval(row["difference"], row["low"], row["high"], condition == ORIGINAL),
                fraction(row["precision"]),
                _taken(row),
            ),
            said(row["training"]),
        )
        for row in page.treatments.ordered(rows)
    ]
    marks = page.treatments.get(names[0], condition).notes
    caption = f"Recall by emotion at {condition}: {page.section(*names)}"
    below = (*marks, f"In brackets: {page.confidence} intervals of the difference.")
    return grid(caption, columns, lines, footnotes, below)


def with_interval(value: Any, low: Any, high: Any, itself: bool = False) -> Cell:
    """Return a difference with its interval in small letters, or that there is none."""
    cell = points(value)
    if itself or cell.value is None:
        return Cell(NOTHING)
    return Cell(cell.text, cell.value, small=interval(low, high) or "no interval")


def _taken(row: Row) -> Cell:
    emotion, share = said(row["confused_with"]), finite(row["confused_share"])
    if not emotion or share is None:
        return word(emotion)
    return Cell(emotion, small=f"{100 * share:.0f} %")


def worst(page: Page) -> list[Part]:
    """Return the utterances that went from right to wrong, those of the largest confidence."""
    # They come ranked over all sections, which stand in the same order everywhere.
    order = [names for names, _ in groups(page.findings.cells)]
    found = sorted(groups(page.findings.worst), key=lambda pair: [*order, pair[0]].index(pair[0]))
    parts = []
    for names, rows in found:
        table = _worst(page, names, rows)
        parts.append(Part(page.section(*names), (Panel("worst", "", table),)))
    return parts


def _worst(page: Page, names: Any, rows: pd.DataFrame) -> Grid:
    footnotes = Footnotes()
    columns = (
        Column("Utterance", prose=True),
        Column("Speaker", optional=True),
        Column("Condition"),
        Column("Model"),
        Column("Training"),
        Column("Truth, heard in the original"),
        Column("Heard at the condition"),
        Column("Confidence", True),
    )
    ranked = rows.sort_values("confidence", ascending=False, kind="stable").head(MOST_HEARD)
    lines = [
        Line(
            (
                word(row["utterance"]),
                word(row["speaker"]),
                page.treatments.cell(said(row["corpus"]), said(row["condition"]), footnotes),
                word(row["model"]),
                word(row["training"]),
                word(row["truth"]),
                word(row["predicted"]),
                fraction(row["confidence"]),
            ),
            said(row["training"]),
        )
        for row in records(ranked)
    ]
    of = f"the first {len(lines)} of {len(rows)}" if len(rows) > len(lines) else ""
    caption = f"Right in the original, wrong when coded: {page.section(*names)}"
    return grid(", ".join(filter(None, (caption, of))), columns, lines, footnotes)


@dataclass(frozen=True)
class Heard:
    """A coded utterance to listen to, and who took it for what."""

    condition: str
    sound: str
    words: str


@dataclass(frozen=True)
class Listening:
    """An utterance that can be heard in the original and at some conditions."""

    corpus: str
    utterance: str
    truth: str
    sound: str
    heard: tuple[Heard, ...]


def listening(page: Page) -> list[Listening]:
    """Return what can be heard; each sound comes once, however many models mistook it."""
    found = []
    for (corpus, utterance), own in groups(page.findings.worst, ("corpus", "utterance")):
        original = page.sounds.get((corpus, ORIGINAL, utterance))
        heard = [
            Heard(name, _flac(page.sounds[corpus, name, utterance]), _who(coded))
            for name, coded in by_condition(page, own)
            if (corpus, name, utterance) in page.sounds
        ]
        if original is not None and heard:
            truth = said(own["truth"].iloc[0])
            found.append(
                Listening(page.corpus(corpus), utterance, truth, _flac(original), tuple(heard))
            )
    return found


def _flac(data: bytes) -> str:
    return "data:audio/flac;base64," + base64.b64encode(data).decode("ascii")


def _who(rows: pd.DataFrame) -> str:
    found: dict[str, list[str]] = {}
    for row in records(rows):
        found.setdefault(said(row["predicted"]), []).append(f"{row['model']} {row['training']}")
    return "; ".join(f"{heard} ({', '.join(models)})" for heard, models in found.items())
