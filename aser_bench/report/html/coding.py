"""Tables of bandwidth and artefacts, feature drift, and the properties of the conditions."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..text import as_text
from .cells import count, decimal, rate, text_cell
from .errors import by_condition, with_interval
from .frames import Row, groups, row_dicts
from .grid import Column, Footnotes, Grid, GridRow, Panel, Subsection, grid
from .page import Page

MOST_DRIFT = 10
"""Maximum number of features listed for a condition."""


def bandwidth(page: Page) -> list[Subsection]:
    """Return the changes of UAR, split into the effects of bandwidth and of coding artefacts."""
    parts = []
    for names, rows in groups(page.findings.bandwidth):
        table = _bandwidth(page, names, rows)
        parts.append(Subsection(page.section(*names), (Panel("bandwidth", "", table),)))
    return parts


def _bandwidth(page: Page, names: Any, rows: pd.DataFrame) -> Grid:
    footnotes = Footnotes()
    columns = (
        Column("Condition"),
        Column("Model"),
        Column("Training"),
        Column("Low-pass filter"),
        Column("Change of UAR", True),
        Column("Due to bandwidth", True),
        Column("Due to artefacts", True),
    )
    lines = [
        GridRow(
            (
                page.condition_table.cell(
                    as_text(row["corpus"]), as_text(row["condition"]), footnotes
                ),
                text_cell(row["model"]),
                text_cell(row["training"]),
                text_cell(row["lowpass"]),
                *(
                    with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
                    for name in ("loss", "bandwidth", "artefacts")
                ),
            ),
            as_text(row["training"]),
        )
        for row in page.condition_table.ordered(rows)
    ]
    below = (
        f"Percentage points of UAR, with {page.confidence} intervals; a negative change is a loss.",
    )
    caption = f"Bandwidth and artefacts: {page.section(*names)}"
    return grid(caption, columns, lines, footnotes, below)


def drift(page: Page) -> list[Subsection]:
    """Return the features with the largest shifts: one panel for each condition."""
    parts = []
    for names, rows in groups(page.findings.drift, ("corpus", "features")):
        panels = [
            Panel(name, name, _drift(page, names, name, group_rows))
            for name, group_rows in by_condition(page, rows)
        ]
        parts.append(Subsection(page.section(*names), tuple(panels), panels[0].name))
    return parts


def _drift(page: Page, names: tuple[str, ...], condition: str, rows: pd.DataFrame) -> Grid:
    columns = (
        Column("Feature"),
        Column("Shift of the mean, SD", True),
        Column("RMS shift of utterances, SD", True),
        Column("SD relative to the original", True),
    )
    size = pd.to_numeric(rows["shift"]).abs()
    largest = rows.loc[size.sort_values(ascending=False, kind="stable").index[:MOST_DRIFT]]
    lines = [
        GridRow(
            (
                text_cell(row["feature"]),
                decimal(row["shift"]),
                decimal(row["spread"]),
                decimal(row["sd_ratio"]),
            )
        )
        for row in row_dicts(largest)
    ]
    of = f"{len(lines)} of {len(rows)} features, largest shifts first"
    marks = page.condition_table.get(names[0], condition).notes
    return grid(
        f"Feature drift at {condition}: {page.section(*names)}; {of}", columns, lines, below=marks
    )


def audit(page: Page) -> list[Subsection]:
    """Return the measured properties of the conditions: one table for each corpus."""
    rows = page.condition_table.rows
    parts = []
    for corpus in dict.fromkeys(as_text(row["corpus"]) for row in rows):
        group_rows = [row for row in rows if as_text(row["corpus"]) == corpus]
        group_rows.sort(
            key=lambda row: page.condition_table.rank(corpus, as_text(row["condition"]))
        )
        table = _audit(f"Measured properties of the conditions: {page.corpus(corpus)}", group_rows)
        parts.append(Subsection(page.corpus(corpus), (Panel("audit", "", table),)))
    return parts


def _audit(caption: str, rows: list[Row]) -> Grid:
    columns = (
        Column("Condition"),
        Column("Codec"),
        Column("Requested, kbit/s", True, optional=True),
        Column("Effective, kbit/s", True, optional=True),
        Column("Codec rate, Hz", True),
        Column("Bandwidth, Hz", True),
        Column("Gain, dB", True),
        Column("Lag, samples", True),
        Column("Encoder", optional=True),
        Column("Identical stream", optional=True),
        Column("Note", optional=True, prose=True),
    )
    lines = [
        GridRow(
            (
                text_cell(row["condition"]),
                text_cell(row["codec"]),
                rate(row["requested_kbps"]),
                rate(row["effective_kbps"]),
                count(row["codec_rate_hz"]),
                count(row["bandwidth_hz"]),
                decimal(row["gain_db"]),
                decimal(row["lag_samples"], 0),
                text_cell(row["encoder"]),
                text_cell(row["same_as"]),
                text_cell(row["mark"]),
            )
        )
        for row in rows
    ]
    below = (
        "The effective bitrate is read back from the coded stream; bandwidth, gain and lag "
        "are measured on the decoded signal.",
    )
    return grid(caption, columns, lines, below=below)
