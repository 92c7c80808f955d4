"""Tables as JSON: the numbers of the CSV file, with title, caption and notes."""

from __future__ import annotations

import json
import math
from typing import Any

from .base import Plain, Table

SCHEMA = 2
"""The version of the format; increased if a name changes its meaning or is removed."""


def render(table: Table) -> str:
    """Return a table as one JSON object with one line for each row.

    ``schema`` is `SCHEMA`; ``name`` the file name without extension; ``title``,
    ``caption`` and ``notes`` (a list) explain the table; ``columns`` are the names of the values
    of a row in order; ``rows`` is a list of objects with these names. Names and numbers are the
    same as in the CSV file; undefined values are null.
    """
    has_dagger = f"† {table.dagger}" if table.dagger in table.marks else ""
    marked = [note for note in table.marks if note != table.dagger]
    rows = [{name: _plain(value) for name, value in record.items()} for record in table.records]
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "name": table.stem,
        "title": table.title,
        "caption": table.caption,
        "notes": [note for note in (has_dagger, *marked, *table.footnotes) if note],
        "columns": list(table.records[0]),
    }
    lines = [f" {_line(name)}: {_line(value)}," for name, value in content.items()]
    body = ",\n".join(f"  {_line(row)}" for row in rows)
    return "\n".join(["{", *lines, ' "rows": [', body, " ]", "}", ""])


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain(value: Plain) -> Plain:
    if not isinstance(value, float):
        return value
    return round(value, 6) + 0.0 if math.isfinite(value) else None
