"""Tables of safe bitrates, and of all conditions compared with the original."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from ...core.findings import GROUP, TRAININGS
from ...core.metrics import LEADING, Metric, all_metrics
from .. import captions, noise_tables
from ..labels import safe_bitrate
from ..text import as_text
from .cells import (
    count,
    decimal,
    finite,
    fraction,
    interval,
    is_true,
    percent,
    points,
    probability,
    rate,
    text_cell,
)
from .frames import Row, groups, row_dicts
from .grid import Cell, Column, Footnotes, Grid, GridRow, Panel, Subsection, grid
from .page import Page

TONES = {
    "non-inferior": "good",
    "inferior": "bad",
    "inconclusive": "open",
    "yes": "good",
    "none": "bad",
    "at chance": "open",
}


def safe(page: Page) -> list[Subsection]:
    """Return the safe bitrates: one table for each corpus, feature set and protocol."""
    parts = []
    for names, rows in groups(page.findings.robustness):
        table = _safe(page, names, rows)
        sentences = tuple(
            (f"{row['codec']}, {row['model']}, {row['training']}", as_text(row["sentence"]))
            for row in row_dicts(rows)
            if as_text(row["sentence"])
        )
        parts.append(
            Subsection(page.section(*names), (Panel("safe", "", table),), sentences=sentences)
        )
    return parts


def _safe(page: Page, names: tuple[str, ...], rows: pd.DataFrame) -> Grid:
    footnotes = Footnotes()
    columns = (
        Column("Codec"),
        Column("Model"),
        Column("Training"),
        Column("Safe bitrate"),
        Column("Utterances needed", True, optional=True),
        Column("Area", True),
        Column("Codec error", True, optional=True),
        Column("Relative codec error", True, optional=True),
        Column("Reference", optional=True),
    )
    lines = [
        GridRow(
            (
                text_cell(row["codec"]),
                text_cell(row["model"]),
                text_cell(row["training"]),
                _safe_bitrate(page, row, footnotes),
                _needed(row),
                fraction(row["area"]),
                decimal(row["codec_error"]),
                decimal(row["relative_codec_error"]),
                text_cell(row["reference"]),
            ),
            as_text(row["training"]),
        )
        for row in row_dicts(rows)
    ]
    caption = "Safe bitrates: " + page.section(*names)
    return grid(caption, columns, lines, footnotes, page.notes.get(names, ()))


def _safe_bitrate(page: Page, row: Row, footnotes: Footnotes) -> Cell:
    answer, kbps = as_text(row["safe"]), rate(row["safe_kbps"])
    verdict = safe_bitrate(answer, row["safe_kbps"])
    if answer == "yes" and kbps.value is not None:
        marks = page.condition_table.marks(
            as_text(row["corpus"]), as_text(row["codec"]), kbps.value
        )
        letters = footnotes.letters(marks)
        return Cell(verdict, kbps.value, notes=letters, tone="good")
    return text_cell(verdict, TONES.get(answer, ""))


def _needed(row: Row) -> Cell:
    utterances, speakers = count(row["needed_utterances"]), count(row["needed_speakers"])
    small = f"of {speakers.text} speakers" if speakers.value is not None else ""
    return replace(utterances, small=small if utterances.value is not None else "")


def losses(page: Page) -> list[Subsection]:
    """Return all conditions compared with the original: one panel for each metric."""
    parts = []
    for names, rows in groups(page.findings.losses):
        metrics = sorted(all_metrics().values(), key=lambda metric: metric.name != LEADING)
        panels = [
            Panel(metric.name, metric.title, _losses(page, names, rows, metric))
            for metric in metrics
            if (rows["metric"] == metric.name).any()
        ]
        parts.append(Subsection(page.section(*names), tuple(panels), LEADING))
    return parts


def _losses(page: Page, names: tuple[str, ...], rows: pd.DataFrame, metric: Metric) -> Grid:
    rows = rows[rows["metric"] == metric.name]
    footnotes = Footnotes()
    columns = (
        Column("Condition"),
        Column("Model"),
        Column("Training"),
        Column("kbit/s", True),
        Column("Bandwidth, Hz", True),
        Column("Original", True),
        Column(metric.title, True),
        Column("Difference, points", True),
        Column(f"{page.confidence} interval", True),
        Column("p (Holm)", True),
        Column("Effect", True, optional=True),
        Column("Retained", True, optional=True),
        Column("Decision", optional=True),
    )
    lines = [_line(page, row, footnotes) for row in page.condition_table.ordered(rows)]
    caption = f"{metric.title} compared with the original: {page.section(*names)}"
    return grid(caption, columns, lines, footnotes, (_family(rows), *page.notes.get(names, ())))


def _line(page: Page, row: Row, footnotes: Footnotes) -> GridRow:
    corpus, condition = as_text(row["corpus"]), as_text(row["condition"])
    facts = page.condition_table.get(corpus, condition)
    decision = as_text(row["decision"])
    cells = (
        page.condition_table.cell(corpus, condition, footnotes),
        text_cell(row["model"]),
        text_cell(row["training"]),
        rate(facts.effective_kbps),
        count(facts.bandwidth_hz),
        fraction(row["original"]),
        fraction(row["value"]),
        _difference(page, row, footnotes),
        spread(row["low"], row["high"], as_text(row["why"]), footnotes),
        corrected(row, footnotes),
        decimal(row["effect"]),
        percent(row["retained"]),
        text_cell(decision, TONES.get(decision, "")),
    )
    return GridRow(cells, as_text(row["training"]))


def _difference(page: Page, row: Row, footnotes: Footnotes) -> Cell:
    """Return a difference, with the footnote letter of the remark on measurement noise."""
    remark = noise_tables.remark(page.findings, row) if row["metric"] == LEADING else ""
    cell = points(row["difference"], "†" if is_true(row["significant"]) else "")
    return replace(cell, notes=footnotes.letter(f"N{remark[1:]}." if remark else ""))


def spread(low: Any, high: Any, why: str, footnotes: Footnotes) -> Cell:
    """Return an interval, or ``none`` with the footnote letter of the reason."""
    text = interval(low, high)
    if text:
        return Cell(text, finite(low))
    return Cell("none", notes=footnotes.letter(f"No interval: {why}." if why else ""))


def _family(rows: pd.DataFrame) -> str:
    """Return the meaning of a dagger with the numbers of comparisons."""
    tested = rows[rows["p_holm"].map(finite).notna()]
    return f"† {captions.dagger(tested.itertuples())}" if len(tested) else ""


def corrected(row: Row, footnotes: Footnotes) -> Cell:
    """Return a corrected p value, with the footnote letter of the reason if nothing was tested."""
    cell, reason = probability(row["p_holm"]), as_text(row["not_tested"])
    if as_text(row.get("why")):
        return cell  # a missing interval has the same reason
    return replace(cell, notes=footnotes.letter(f"Not tested: {reason}." if reason else ""))


def trainings(page: Page) -> dict[str, str]:
    """Return the trainings in the tables, with their explanations."""
    present = set(page.findings.losses["training"])
    return {name: text for name, text in TRAININGS.items() if name in present}


def models(page: Page) -> list[str]:
    """Return the models in the order of the findings."""
    return list(dict.fromkeys(page.findings.cells[GROUP[2]]))
