"""The main tables: from which bitrate on it is safe, and every condition against the original."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from ...core.findings import GROUP, TRAININGS
from ...core.metrics import LEADING, Metric, all_metrics
from .cells import (
    count,
    decimal,
    finite,
    fraction,
    interval,
    percent,
    points,
    probability,
    rate,
    said,
    word,
    yes,
)
from .frames import Row, groups, records
from .grid import Cell, Column, Footnotes, Grid, Line, Panel, Part, grid
from .page import Page

TONES = {
    "non-inferior": "good",
    "inferior": "bad",
    "inconclusive": "open",
    "yes": "good",
    "none": "bad",
}


def safe(page: Page) -> list[Part]:
    """Return the safe bitrates: one table for each corpus, feature set and protocol."""
    parts = []
    for names, rows in groups(page.findings.robustness):
        table = _safe(page, "Safe bitrates: " + page.section(*names), rows)
        words = tuple(
            (f"{row['codec']}, {row['model']}, {row['training']}", said(row["sentence"]))
            for row in records(rows)
            if said(row["sentence"])
        )
        parts.append(Part(page.section(*names), (Panel("safe", "", table),), words=words))
    return parts


def _safe(page: Page, caption: str, rows: pd.DataFrame) -> Grid:
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
        Line(
            (
                word(row["codec"]),
                word(row["model"]),
                word(row["training"]),
                _safe_bitrate(page, row, footnotes),
                _needed(row),
                fraction(row["area"]),
                decimal(row["codec_error"]),
                decimal(row["relative_codec_error"]),
                word(row["reference"]),
            ),
            said(row["training"]),
        )
        for row in records(rows)
    ]
    return grid(caption, columns, lines, footnotes)


def _safe_bitrate(page: Page, row: Row, footnotes: Footnotes) -> Cell:
    verdict, kbps = said(row["safe"]), rate(row["safe_kbps"])
    if verdict == "yes" and kbps.value is not None:
        marks = page.treatments.marks(said(row["corpus"]), said(row["codec"]), kbps.value)
        letters = footnotes.letters(marks)
        return Cell(f"{kbps.text} kbit/s", kbps.value, notes=letters, tone="good")
    return word(verdict, TONES.get(verdict, ""))


def _needed(row: Row) -> Cell:
    utterances, speakers = count(row["needed_utterances"]), count(row["needed_speakers"])
    small = f"of {speakers.text} speakers" if speakers.value is not None else ""
    return replace(utterances, small=small if utterances.value is not None else "")


def losses(page: Page) -> list[Part]:
    """Return every condition against the original: a panel for each metric."""
    parts = []
    for names, rows in groups(page.findings.losses):
        metrics = sorted(all_metrics().values(), key=lambda metric: metric.name != LEADING)
        panels = [
            Panel(metric.name, metric.title, _losses(page, names, rows, metric))
            for metric in metrics
            if (rows["metric"] == metric.name).any()
        ]
        parts.append(Part(page.section(*names), tuple(panels), LEADING))
    return parts


def _losses(page: Page, names: Any, rows: pd.DataFrame, metric: Metric) -> Grid:
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
    lines = [_line(page, row, footnotes) for row in page.treatments.ordered(rows)]
    caption = f"{metric.title} against the original: {page.section(*names)}"
    return grid(caption, columns, lines, footnotes, (_family(rows),))


def _line(page: Page, row: Row, footnotes: Footnotes) -> Line:
    corpus, condition = said(row["corpus"]), said(row["condition"])
    treatment = page.treatments.get(corpus, condition)
    decision = said(row["decision"])
    cells = (
        page.treatments.cell(corpus, condition, footnotes),
        word(row["model"]),
        word(row["training"]),
        rate(treatment.effective_kbps),
        count(treatment.bandwidth_hz),
        fraction(row["original"]),
        fraction(row["value"]),
        points(row["difference"], "†" if yes(row["significant"]) else ""),
        spread(row["low"], row["high"], said(row["why"]), footnotes),
        probability(row["p_holm"]),
        decimal(row["effect"]),
        percent(row["retained"]),
        word(decision, TONES.get(decision, "")),
    )
    return Line(cells, said(row["training"]))


def spread(low: Any, high: Any, why: str, footnotes: Footnotes) -> Cell:
    """Return an interval, or that there is none with the letter of the reason."""
    text = interval(low, high)
    if text:
        return Cell(text, finite(low))
    return Cell("none", notes=footnotes.letter(f"No interval: {why}." if why else ""))


def _family(rows: pd.DataFrame) -> str:
    """Say over how many comparisons Holm's correction went."""
    known = rows[rows["p_holm"].map(finite).notna()]
    sizes = known.groupby("training", sort=False, observed=True).size()
    counts = [f"{sizes[name]} ({name})" for name in TRAININGS if name in sizes]
    if not counts:
        return ""
    return (
        "† significant loss: p below .05 after Holm's correction over the comparisons of all "
        f"models and conditions with the same training: {', '.join(counts)}."
    )


def trainings(page: Page) -> dict[str, str]:
    """Return the kinds of training in the tables, with what they mean."""
    found = set(page.findings.losses["training"])
    return {name: words for name, words in TRAININGS.items() if name in found}


def models(page: Page) -> list[str]:
    """Return the models in the order of the findings."""
    return list(dict.fromkeys(page.findings.cells[GROUP[2]]))
