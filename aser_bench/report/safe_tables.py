"""The tables of what may be relied on: safe bitrates, and probabilities that are what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import ROBUSTNESS, Findings
from . import captions, labels, text
from .base import Cell, Column, Row, Table
from .records import groups, keys, number, record
from .sections import Section, train_condition
from .text import said

_CALIBRATION = (
    "corpus",
    "features",
    "model",
    "protocol",
    "train_condition",
    "test_condition",
    "n_utterances",
    "n_speakers",
    "ece",
    "brier",
)


def build(section: Section, context: Context, findings: Findings) -> Iterator[Table]:
    """Yield the safe bitrates and the calibration of a section."""
    if len(section.only(findings.robustness)):
        yield _safe(section, context, findings)
    yield from _calibration(section, context, findings.cells)


def verdicts(section: Section, findings: Findings) -> list[str]:
    """Return for each model, way of training and codec what was found of its safe bitrate."""
    return [
        f"{model}, {training}, {labels.heading(str(row.codec))}: {said(row.sentence)}"
        for model, training, rows in groups(section, findings.robustness)
        for row in rows.itertuples(index=False)
        if said(row.sentence)
    ]


def _safe(section: Section, context: Context, findings: Findings) -> Table:
    found = sorted(
        (
            (labels.heading(str(row.codec)), f"{model}, {training}", row)
            for model, training, rows in groups(section, findings.robustness)
            for row in rows.itertuples(index=False)
        ),
        key=lambda one: str(one[2].codec),
    )
    extra = (
        captions.trainings(str(row.training) for _, _, row in found),
        captions.margin(findings),
        "Area: UAR over the logarithm of the bitrate, divided by its range; Needed: how many "
        "would decide",
        "Errors: those over all bitrates as a multiple of the reference's, and the same of what "
        "coding adds to them"
        if any(said(row.reference) for _, _, row in found)
        else "",
    )
    return Table(
        stem=text.stem(*section.name, "safe"),
        title=captions.title(section, context, "safe bitrates"),
        caption=captions.caption(section, context, keys(section, findings.robustness), extra),
        sides=("Model",),
        columns=(
            Column("", "Safe down to", is_text=True),
            Column("", "Bitrates"),
            Column("", "Area"),
            Column("Errors", "all"),
            Column("Errors", "added"),
            Column("Errors", "reference", is_text=True),
            Column("Needed", "utterances"),
            Column("Needed", "speakers"),
        ),
        rows=tuple(Row((label,), _safe_cells(row), codec) for codec, label, row in found),
        records=tuple(record(section.corpus, context, row, ROBUSTNESS) for _, _, row in found),
        footnotes=(*verdicts(section, findings), *captions.footnotes(section.corpus, context)),
    )


def _safe_cells(row: Any) -> tuple[Cell, ...]:
    safe = said(row.safe)
    return (
        Cell(f"{text.kbps(number(row.safe_kbps))} kbit/s" if safe == "yes" else safe or "-"),
        Cell(text.fixed(number(row.n_bitrates), 0)),
        Cell(text.fraction(number(row.area))),
        Cell(text.fixed(number(row.codec_error), 2)),
        Cell(text.fixed(number(row.relative_codec_error), 2)),
        Cell(said(row.reference) or text.MISSING),
        Cell(text.fixed(number(row.needed_utterances), 0)),
        Cell(text.fixed(number(row.needed_speakers), 0)),
    )


def _calibration(section: Section, context: Context, cells: pd.DataFrame) -> Iterator[Table]:
    cells = section.only(cells)
    known = {
        (str(row.model), str(row.train_condition), str(row.test_condition)): row
        for row in cells[cells["ece"].notna()].itertuples(index=False)
    }
    pairs = [
        (model, training)
        for model in section.models
        for training in section.trainings([model])
        if any(key in known for key in section.keys(model, training))
    ]
    shown = [key for pair in pairs for key in section.keys(*pair) if key in known]
    if not shown:
        return
    treatments = section.ordered(test for _, _, test in shown)
    titles, named = labels.sides("Condition", treatments)
    columns = [(pair, name) for pair in pairs for name in ("ece", "brier")]
    rows = tuple(
        Row(
            side,
            tuple(
                _calibrated(known.get((model, train_condition(training, t.name), t.name)), name)
                for (model, training), name in columns
            ),
            heading,
            t.notes,
        )
        for t, (heading, side) in zip(treatments, named, strict=True)
    )
    extra = (
        captions.trainings(training for _, training in pairs),
        captions.POOLED,
        "0 is perfect. ECE: expected calibration error; Brier: squared error of the probabilities",
    )
    by_name = {treatment.name: treatment for treatment in treatments}
    yield Table(
        stem=text.stem(*section.name, "calibration"),
        title=captions.title(section, context, "calibration of the probabilities"),
        caption=captions.caption(section, context, shown, extra),
        sides=titles,
        columns=tuple(
            Column(f"{model}, {training}", {"ece": "ECE", "brier": "Brier"}[name])
            for (model, training), name in columns
        ),
        rows=rows,
        records=tuple(
            record(section.corpus, context, known[key], _CALIBRATION, by_name[key[2]])
            for key in dict.fromkeys(shown)
        ),
        footnotes=captions.footnotes(section.corpus, context),
    )


def _calibrated(row: Any, name: str) -> Cell:
    return Cell() if row is None else Cell(text.fraction(number(getattr(row, name))))
