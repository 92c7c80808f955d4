"""Rows of findings in a reader's order, and as records of plain values for machines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import TRAININGS
from . import captions
from .base import Plain
from .sections import Key, Section, Treatment


def groups(section: Section, frame: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield model, way of training and the section's rows of both, in the scores' order."""
    frame = section.only(frame)
    for model in section.models:
        own = frame[frame["model"].astype(str) == model]
        for training in TRAININGS:
            rows = own[own["training"].astype(str) == training]
            if len(rows):
                yield model, training, rows


def by_condition(section: Section, rows: pd.DataFrame) -> list[tuple[Treatment, Any]]:
    """Return the rows, one a condition, in a reader's order, each with its condition."""
    found = {str(row.condition): row for row in rows.itertuples(index=False)}
    return [(one, found[one.name]) for one in section.ordered(found)]


def keys(section: Section, frame: pd.DataFrame) -> list[Key]:
    """Return the cells whose predictions some findings stand on, those of the original, too."""
    found = dict.fromkeys(
        key
        for model, training, _ in groups(section, frame)
        for key in section.keys(model, training)
    )
    return list(found)


def record(
    corpus: str,
    context: Context,
    row: Any,
    columns: Sequence[str],
    treatment: Treatment | None = None,
) -> dict[str, Plain]:
    """Return a row of findings with the bitrate and the notes of its condition behind.

    Parameters
    ----------
    corpus : str
        Whose row it is.
    context : Context
        What the run tells of itself.
    row : named tuple
        Of one of the tables of findings.
    columns : sequence of str
        The columns of that table.
    treatment : Treatment, optional
        The condition that the row is of.
    """
    found = {name: plain(getattr(row, name)) for name in columns}
    if treatment is not None:
        found["effective_kbps"] = treatment.effective_kbps
    found["note"] = captions.note(corpus, context, treatment.notes if treatment else ())
    return found


def plain(value: Any) -> Plain:
    """Return a value of a data frame as one of Python's own; what is missing is None."""
    if value is None or value is pd.NA:
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, bool | int | float) else str(value)


def number(value: Any) -> float:
    """Return a number of a data frame; NaN where it is missing."""
    found = plain(value)
    return math.nan if found is None or isinstance(found, str) else float(found)


def sentence(text: str) -> str:
    """Return a text that begins with a capital and ends with a full stop; empty stays empty."""
    text = text.strip().rstrip(".")
    return f"{text[0].upper()}{text[1:]}." if text else ""
