"""What the coding does to the sound: bandwidth and artefacts, drift of features, the audit."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .cells import count, decimal, rate, said, word
from .errors import by_condition, with_interval
from .frames import Row, groups, records
from .grid import Column, Footnotes, Grid, Line, Panel, Part, grid
from .page import Page

MOST_DRIFT = 10
"""Features of one condition that the page names."""


def bandwidth(page: Page) -> list[Part]:
    """Return the losses split into what bandwidth explains and what the coding adds."""
    parts = []
    for names, rows in groups(page.findings.bandwidth):
        table = _bandwidth(page, names, rows)
        parts.append(Part(page.section(*names), (Panel("bandwidth", "", table),)))
    return parts


def _bandwidth(page: Page, names: Any, rows: pd.DataFrame) -> Grid:
    footnotes = Footnotes()
    columns = (
        Column("Condition"),
        Column("Model"),
        Column("Training"),
        Column("Low-pass filter"),
        Column("UAR against the original", True),
        Column("of it: bandwidth", True),
        Column("of it: artefacts", True),
    )
    lines = [
        Line(
            (
                page.treatments.cell(said(row["corpus"]), said(row["condition"]), footnotes),
                word(row["model"]),
                word(row["training"]),
                word(row["lowpass"]),
                *(
                    with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
                    for name in ("loss", "bandwidth", "artefacts")
                ),
            ),
            said(row["training"]),
        )
        for row in page.treatments.ordered(rows)
    ]
    below = (f"Percentage points of UAR, with {page.confidence} intervals; negative is a loss.",)
    caption = f"Bandwidth and artefacts: {page.section(*names)}"
    return grid(caption, columns, lines, footnotes, below)


def drift(page: Page) -> list[Part]:
    """Return the features that move most at each condition: a panel for each."""
    parts = []
    for names, rows in groups(page.findings.drift, ("corpus", "features")):
        panels = [
            Panel(name, name, _drift(page, names, name, own))
            for name, own in by_condition(page, rows)
        ]
        parts.append(Part(page.section(*names), tuple(panels), panels[0].name))
    return parts


def _drift(page: Page, names: tuple[str, ...], condition: str, rows: pd.DataFrame) -> Grid:
    columns = (
        Column("Feature"),
        Column("Shift of the mean, sd", True),
        Column("Spread of the shifts, sd", True),
        Column("sd / sd of the original", True),
    )
    size = pd.to_numeric(rows["shift"]).abs()
    largest = rows.loc[size.sort_values(ascending=False, kind="stable").index[:MOST_DRIFT]]
    lines = [
        Line(
            (
                word(row["feature"]),
                decimal(row["shift"]),
                decimal(row["spread"]),
                decimal(row["sd_ratio"]),
            )
        )
        for row in records(largest)
    ]
    of = f"{len(lines)} of {len(rows)} features, the largest shifts first"
    marks = page.treatments.get(names[0], condition).notes
    return grid(f"Drift at {condition}: {page.section(*names)}; {of}", columns, lines, below=marks)


def audit(page: Page) -> list[Part]:
    """Return what each condition really is: one table a corpus."""
    found = page.treatments.records
    parts = []
    for corpus in dict.fromkeys(said(row["corpus"]) for row in found):
        own = [row for row in found if said(row["corpus"]) == corpus]
        own.sort(key=lambda row: page.treatments.rank(corpus, said(row["condition"])))
        table = _audit(f"What each condition is: {page.corpus(corpus)}", own)
        parts.append(Part(page.corpus(corpus), (Panel("audit", "", table),)))
    return parts


def _audit(caption: str, found: list[Row]) -> Grid:
    columns = (
        Column("Condition"),
        Column("Codec"),
        Column("Asked for, kbit/s", True, optional=True),
        Column("Effective, kbit/s", True, optional=True),
        Column("Codec rate, Hz", True),
        Column("Bandwidth, Hz", True),
        Column("Gain, dB", True),
        Column("Lag, samples", True),
        Column("Encoder", optional=True),
        Column("Same stream as", optional=True),
        Column("Remark", optional=True, prose=True),
    )
    lines = [
        Line(
            (
                word(row["condition"]),
                word(row["codec"]),
                rate(row["requested_kbps"]),
                rate(row["effective_kbps"]),
                count(row["codec_rate_hz"]),
                count(row["bandwidth_hz"]),
                decimal(row["gain_db"]),
                decimal(row["lag_samples"], 0),
                word(row["encoder"]),
                word(row["same_as"]),
                word(row["mark"]),
            )
        )
        for row in found
    ]
    below = (
        "The effective bitrate is read back from the coded stream; bandwidth, gain and lag "
        "are measured on what comes out of the decoder.",
    )
    return grid(caption, columns, lines, below=below)
