"""Rows of findings in display order, and as records of plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import TRAININGS
from . import captions
from .base import Plain
from .sections import Condition, Key, Section


def groups(section: Section, frame: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield model, training and their rows in the section, in the order of the scores."""
    frame = section.only(frame)
    for model in section.models:
        of_model = frame[frame["model"].astype(str) == model]
        for training in TRAININGS:
            rows = of_model[of_model["training"].astype(str) == training]
            if len(rows):
                yield model, training, rows


def by_condition(section: Section, rows: pd.DataFrame) -> list[tuple[Condition, Any]]:
    """Return the rows, one for each condition, in display order with their conditions."""
    by_name = {str(row.condition): row for row in rows.itertuples(index=False)}
    return [(condition, by_name[condition.name]) for condition in section.ordered(by_name)]


def keys(section: Section, frame: pd.DataFrame) -> list[Key]:
    """Return the cells that findings are computed from, including those of the original."""
    cells = dict.fromkeys(
        key
        for model, training, _ in groups(section, frame)
        for key in section.keys(model, training)
    )
    return list(cells)


def record(
    corpus: str,
    context: Context,
    row: Any,
    columns: Sequence[str],
    condition: Condition | None = None,
) -> dict[str, Plain]:
    """Return a row of findings, followed by the bitrate and the notes of its condition.

    Parameters
    ----------
    corpus : str
        The corpus of the row.
    context : Context
        The description of the run.
    row : named tuple
        A row of a table of findings.
    columns : sequence of str
        The columns of that table.
    condition : Condition, optional
        The condition of the row.
    """
    values = {name: plain(getattr(row, name)) for name in columns}
    if condition is not None:
        values["effective_kbps"] = condition.effective_kbps
    values["note"] = captions.note(corpus, context, condition.notes if condition else ())
    return values


def plain(value: Any) -> Plain:
    """Return a value of a data frame as a Python value; a missing value is None."""
    if value is None or value is pd.NA:
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, bool | int | float) else str(value)


def number(value: Any) -> float:
    """Return a number of a data frame; a missing value is NaN."""
    result = plain(value)
    return math.nan if result is None or isinstance(result, str) else float(result)


def sentence(text: str) -> str:
    """Return a text with an initial capital and a full stop; an empty text stays empty."""
    text = text.strip().rstrip(".")
    return f"{text[0].upper()}{text[1:]}." if text else ""
