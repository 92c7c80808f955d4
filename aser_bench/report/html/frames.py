"""Helpers for tables of findings: rows as mappings, and groups of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ..text import as_text

SECTION = ("corpus", "features", "protocol")

Row = dict[str, Any]


def row_dicts(frame: pd.DataFrame) -> list[Row]:
    """Return the rows as mappings."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def groups(
    frame: pd.DataFrame, columns: tuple[str, ...] = SECTION
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield the values of the columns and the rows that have them, in order of appearance.

    Missing values form a group with an empty name.
    """
    keys = [frame[column].map(as_text) for column in columns]
    # pandas cannot group an empty column of numbers by text.
    if len(frame):
        for names, rows in frame.groupby(keys, sort=False):
            yield tuple(map(str, names)), rows
