"""Tables of recalls by emotion and of the worst utterances, and audio examples."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ...core.tables import ORIGINAL
from .. import captions
from ..text import as_text
from .cells import count, finite, fraction, interval, is_true, points, text_cell
from .frames import Row, groups, row_dicts
from .grid import EMPTY, Cell, Column, Footnotes, Grid, GridRow, Panel, Subsection, grid
from .losses import corrected
from .page import Page

MOST_WORST = 100
"""Maximum number of utterances listed for a section; the predictions have all of them."""


def recalls(page: Page) -> list[Subsection]:
    """Return recalls by emotion: one panel for each condition; the largest loss is open."""
    parts = []
    for names, rows in groups(page.findings.recalls):
        panels = [
            Panel(name, name, _recalls(page, names, name, group_rows))
            for name, group_rows in by_condition(page, rows)
        ]
        parts.append(Subsection(page.section(*names), tuple(panels), _lowest(rows, panels)))
    return parts


def by_condition(page: Page, rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows of each condition, in display order."""
    entries = {
        (page.condition_table.rank(corpus, name), name): group_rows
        for (corpus, name), group_rows in groups(rows, ("corpus", "condition"))
    }
    return [(key[1], entries[key]) for key in sorted(entries)]


def _lowest(rows: pd.DataFrame, panels: Sequence[Panel]) -> str:
    """Return the condition with the largest mean loss, or the last one if none is defined."""
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
        Column("p (Holm)", True),
        Column("Precision", True),
        Column("Most frequent confusion"),
    )
    lines = [
        GridRow(
            (
                text_cell(row["emotion"]),
                text_cell(row["model"]),
                text_cell(row["training"]),
                count(row["n_utterances"]),
                fraction(row["original"]),
                fraction(row["value"]),
                _change(row, condition == ORIGINAL),
                corrected(row, footnotes),
                fraction(row["precision"]),
                _taken(row),
            ),
            as_text(row["training"]),
        )
        for row in page.condition_table.ordered(rows)
    ]
    marks = page.condition_table.get(names[0], condition).notes
    caption = f"Recall by emotion at {condition}: {page.section(*names)}"
    below = (*marks, f"{page.confidence} intervals of the difference are in brackets.")
    if rows["significant"].map(is_true).any():
        what = "emotions, models and conditions with this protocol"
        below = (*below, f"† {captions.dagger(rows.itertuples(), what)}")
    return grid(caption, columns, lines, footnotes, below)


def _change(row: Row, itself: bool) -> Cell:
    cell = with_interval(row["difference"], row["low"], row["high"], itself)
    return replace(cell, mark="†") if is_true(row["significant"]) else cell


def with_interval(value: Any, low: Any, high: Any, itself: bool = False) -> Cell:
    """Return a difference with its interval in small text, or ``no interval``."""
    cell = points(value)
    if itself or cell.value is None:
        return Cell(EMPTY)
    return Cell(cell.text, cell.value, small=interval(low, high) or "no interval")


def _taken(row: Row) -> Cell:
    emotion, share = as_text(row["confused_with"]), finite(row["confused_share"])
    if not emotion or share is None:
        return text_cell(emotion)
    return Cell(emotion, small=f"{100 * share:.0f} %")


def worst(page: Page) -> list[Subsection]:
    """Return the utterances recognised in the original but not when coded, by confidence."""
    # The findings are ranked over all sections; the page keeps the order of its sections.
    order = [names for names, _ in groups(page.findings.cells)]
    entries = sorted(groups(page.findings.worst), key=lambda pair: [*order, pair[0]].index(pair[0]))
    parts = []
    for names, rows in entries:
        table = _worst(page, names, rows)
        parts.append(Subsection(page.section(*names), (Panel("worst", "", table),)))
    return parts


def _worst(page: Page, names: Any, rows: pd.DataFrame) -> Grid:
    footnotes = Footnotes()
    columns = (
        Column("Utterance", prose=True),
        Column("Speaker", optional=True),
        Column("Condition"),
        Column("Model"),
        Column("Training"),
        Column("True emotion"),
        Column("Recognised when coded as"),
        Column("Confidence", True),
    )
    ranked = rows.sort_values("confidence", ascending=False, kind="stable").head(MOST_WORST)
    lines = [
        GridRow(
            (
                text_cell(row["utterance"]),
                text_cell(row["speaker"]),
                page.condition_table.cell(
                    as_text(row["corpus"]), as_text(row["condition"]), footnotes
                ),
                text_cell(row["model"]),
                text_cell(row["training"]),
                text_cell(row["truth"]),
                text_cell(row["predicted"]),
                fraction(row["confidence"]),
            ),
            as_text(row["training"]),
        )
        for row in row_dicts(ranked)
    ]
    of = f"first {len(lines)} of {len(rows)}" if len(rows) > len(lines) else ""
    caption = f"Correct in the original, wrong when coded: {page.section(*names)}"
    return grid(", ".join(filter(None, (caption, of))), columns, lines, footnotes)


@dataclass(frozen=True)
class CodedAudio:
    """A coded utterance as a data URL, and the emotions that the models recognise."""

    condition: str
    audio: str
    predictions: str


@dataclass(frozen=True)
class AudioExample:
    """An utterance with audio of the original and of some conditions, as data URLs."""

    corpus: str
    utterance: str
    truth: str
    audio: str
    coded: tuple[CodedAudio, ...]


def audio_examples(page: Page) -> list[AudioExample]:
    """Return the utterances with audio; each audio file is included once."""
    entries = []
    for (corpus, utterance), group_rows in groups(page.findings.worst, ("corpus", "utterance")):
        original = page.audio.get((corpus, ORIGINAL, utterance))
        emotion = [
            CodedAudio(name, _flac(page.audio[corpus, name, utterance]), _who(coded))
            for name, coded in by_condition(page, group_rows)
            if (corpus, name, utterance) in page.audio
        ]
        if original is not None and emotion:
            truth = as_text(group_rows["truth"].iloc[0])
            entries.append(
                AudioExample(page.corpus(corpus), utterance, truth, _flac(original), tuple(emotion))
            )
    return entries


def _flac(data: bytes) -> str:
    return "data:audio/flac;base64," + base64.b64encode(data).decode("ascii")


def _who(rows: pd.DataFrame) -> str:
    entries: dict[str, list[str]] = {}
    for row in row_dicts(rows):
        entries.setdefault(as_text(row["predicted"]), []).append(
            f"{row['model']} {row['training']}"
        )
    return "; ".join(f"{emotion} ({', '.join(models)})" for emotion, models in entries.items())
