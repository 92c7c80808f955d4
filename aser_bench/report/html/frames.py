"""Tables of findings taken apart: rows as mappings, groups by text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from .cells import said

SECTION = ("corpus", "features", "protocol")

Row = dict[str, Any]


def records(frame: pd.DataFrame) -> list[Row]:
    """Return the rows as mappings."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def groups(
    frame: pd.DataFrame, columns: tuple[str, ...] = SECTION
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield what rows have in common and the rows, in the order in which they first stand.

    Empty values are a group of their own with an empty name.
    """
    keys = [frame[column].map(said) for column in columns]
    # An empty column of numbers has no texts to be grouped by.
    if len(frame):
        for names, rows in frame.groupby(keys, sort=False):
            yield tuple(map(str, names)), rows
