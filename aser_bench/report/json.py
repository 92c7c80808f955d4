"""A table as a JSON file for machines: the numbers of the CSV file, and what explains them."""

from __future__ import annotations

import json
import math
from typing import Any

from .base import Plain, Table

SCHEMA = 1
"""Raised when a name below changes its meaning or goes."""


def render(table: Table) -> str:
    """Return a table as one JSON object, each row in a line of its own.

    ``schema`` is `SCHEMA`; ``name`` the file's name without ending; ``title``, ``caption`` and
    ``notes`` (a list) are what people read around the table; ``columns`` names the values of a
    row in order; ``rows`` is a list of objects with just these names. Names and numbers are
    those of the CSV file; what is not defined is null.
    """
    daggered = f"A dagger: {table.dagger}" if table.dagger in table.marks else ""
    marked = [note for note in table.marks if note != table.dagger]
    rows = [{name: _plain(value) for name, value in record.items()} for record in table.records]
    whole: dict[str, Any] = {
        "schema": SCHEMA,
        "name": table.stem,
        "title": table.title,
        "caption": table.caption,
        "notes": [note for note in (daggered, *marked, *table.footnotes) if note],
        "columns": list(table.records[0]),
    }
    lines = [f" {_line(name)}: {_line(value)}," for name, value in whole.items()]
    body = ",\n".join(f"  {_line(row)}" for row in rows)
    return "\n".join(["{", *lines, ' "rows": [', body, " ]", "}", ""])


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain(value: Plain) -> Plain:
    if not isinstance(value, float):
        return value
    return round(value, 6) + 0.0 if math.isfinite(value) else None
