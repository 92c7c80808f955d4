"""Tables of safe bitrates, and of the calibration of the probabilities."""

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
from .text import as_text

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
    """Return a sentence about the safe bitrate of each model, training and codec."""
    return [
        f"{model}, {training}, {labels.heading(str(row.codec))} – {as_text(row.sentence)}"
        for model, training, rows in groups(section, findings.robustness)
        for row in rows.itertuples(index=False)
        if as_text(row.sentence)
    ]


def _safe(section: Section, context: Context, findings: Findings) -> Table:
    entries = sorted(
        (
            (labels.heading(str(row.codec)), f"{model}, {training}", row)
            for model, training, rows in groups(section, findings.robustness)
            for row in rows.itertuples(index=False)
        ),
        key=lambda entry: str(entry[2].codec),
    )
    extra = (
        captions.trainings(str(row.training) for _, _, row in entries),
        captions.margin(findings),
        "Area: area under the UAR over the logarithm of the bitrate, divided by its range; Needed: "
        "approximate number for a conclusion",
        "Errors: recognition errors over all bitrates, and those added by coding, relative to the "
        "reference"
        if any(as_text(row.reference) for _, _, row in entries)
        else "",
    )
    return Table(
        stem=text.stem(*section.name, "safe"),
        title=captions.title(section, context, "safe bitrates"),
        caption=captions.caption(section, context, keys(section, findings.robustness), extra),
        sides=("Model",),
        columns=(
            Column("", "Safe bitrate", is_text=True),
            Column("", "Bitrates"),
            Column("", "Area"),
            Column("Errors", "all"),
            Column("Errors", "added"),
            Column("Errors", "reference", is_text=True),
            Column("Needed", "utterances"),
            Column("Needed", "speakers"),
        ),
        rows=tuple(Row((label,), _safe_cells(row), codec) for codec, label, row in entries),
        records=tuple(
            record(section.corpus, context, row, ROBUSTNESS)
            | {"safe": labels.safe_bitrate(row.safe, row.safe_kbps)}
            for _, _, row in entries
        ),
        footnotes=(*verdicts(section, findings), *captions.footnotes(section.corpus, context)),
    )


def _safe_cells(row: Any) -> tuple[Cell, ...]:
    return (
        Cell(labels.safe_bitrate(row.safe, row.safe_kbps) or text.MISSING),
        Cell(text.fixed(number(row.n_bitrates), 0)),
        Cell(text.fraction(number(row.area))),
        Cell(text.fixed(number(row.codec_error), 2)),
        Cell(text.fixed(number(row.relative_codec_error), 2)),
        Cell(as_text(row.reference) or text.MISSING),
        Cell(text.fixed(number(row.needed_utterances), 0)),
        Cell(text.fixed(number(row.needed_speakers), 0)),
    )


def _calibration(section: Section, context: Context, cells: pd.DataFrame) -> Iterator[Table]:
    cells = section.only(cells)
    rows_by_key = {
        (str(row.model), str(row.train_condition), str(row.test_condition)): row
        for row in cells[cells["ece"].notna()].itertuples(index=False)
    }
    pairs = [
        (model, training)
        for model in section.models
        for training in section.trainings([model])
        if any(key in rows_by_key for key in section.keys(model, training))
    ]
    shown = [key for pair in pairs for key in section.keys(*pair) if key in rows_by_key]
    if not shown:
        return
    conditions = section.ordered(test for _, _, test in shown)
    titles, named = labels.sides("Condition", conditions)
    columns = [(pair, name) for pair in pairs for name in ("ece", "brier")]
    rows = tuple(
        Row(
            side,
            tuple(
                _calibrated(
                    rows_by_key.get((model, train_condition(training, t.name), t.name)), name
                )
                for (model, training), name in columns
            ),
            heading,
            t.notes,
        )
        for t, (heading, side) in zip(conditions, named, strict=True)
    )
    extra = (
        captions.trainings(training for _, training in pairs),
        captions.POOLED,
        "0 is perfect. ECE: expected calibration error; Brier: mean squared error of probabilities",
    )
    by_name = {condition.name: condition for condition in conditions}
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
            record(section.corpus, context, rows_by_key[key], _CALIBRATION, by_name[key[2]])
            for key in dict.fromkeys(shown)
        ),
        footnotes=captions.footnotes(section.corpus, context),
    )


def _calibrated(row: Any, name: str) -> Cell:
    return Cell() if row is None else Cell(text.fraction(number(getattr(row, name))))
