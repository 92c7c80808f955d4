"""Tables as Markdown: a pipe table for GitHub, with notes and caption below."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .base import BEST_NOTE, Cell, Row, Table


def render(table: Table) -> str:
    """Return a table as Markdown.

    A heading is a line of the table above the rows that share it.
    """
    titles = [escape(title) for title in table.sides]
    titles += [
        escape(f"{column.group} {column.label}".strip()) + escape(table.marks_of(column.notes))
        for column in table.columns
    ]
    is_text = [
        True,
        *(False for _ in table.sides[1:]),
        *(column.is_text for column in table.columns),
    ]
    lines = [_line(titles), _line([":---" if text else "---:" for text in is_text])]
    heading = ""
    for row in table.rows:
        if row.heading and row.heading != heading:
            lines.append(_line([f"**{escape(row.heading)}**", *[""] * (len(titles) - 1)]))
        heading = row.heading
        lines.append(_line(_cells(table, row)))
    notes = [f"{escape(mark)} {escape(text)}" for text, mark in table.marks.items()]
    notes += [escape(note) for note in table.footnotes]
    best = f" {BEST_NOTE}" if table.has_best else ""
    parts = [f"### {escape(table.title)}", "\n".join(lines), *notes, escape(table.caption) + best]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    r"""Return a text escaped for Markdown, also inside a table.

    Examples
    --------
    >>> print(escape("a|b_c *d* <e>"))
    a\|b\_c \*d\* \<e\>
    """
    return re.sub(r"([\\`*_{}\[\]<>|~&#$@])", r"\\\1", " ".join(text.split()))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(table: Table, row: Row) -> list[str]:
    side = [escape(label) for label in row.side]
    side[0] += escape(table.marks_of(row.notes))
    return [*side, *(_cell(table, cell) for cell in row.cells)]


def _cell(table: Table, cell: Cell) -> str:
    text = f"**{escape(cell.text)}**" if cell.best else escape(cell.text)
    spread = f" {escape(cell.spread)}" if cell.spread else ""
    return text + spread + escape(table.marks_of(cell.notes, cell.has_dagger))
