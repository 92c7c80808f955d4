"""A table as plain text of limited width."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from .base import Entry, Table
from .text import kbps, pack, words

_GAP = "  "
_MOST_LABEL = 24


def render(table: Table, width: int = 80) -> str:
    """Return a table as text; no line is wider than ``width`` characters (at least 40).

    Models that do not fit beside each other follow in further blocks. Title and caption
    stand above and below, footnotes between.
    """
    width = max(40, width)
    side = _side(table)
    taken = sum(max(map(columns, part)) for part in zip(*side, strict=True)) + len(_GAP)
    cells = [_cells(table, index) for index in range(len(table.columns))]
    widths = [max(map(columns, (table.columns[i].label, *cell))) for i, cell in enumerate(cells)]
    groups = [column.group for column in table.columns]
    packed = pack([each + len(_GAP) for each in widths], groups, width - taken)
    blocks = [_block(table, side, cells, widths, chosen, width) for chosen in packed]
    parts = ["\n".join(_wrap(table.title, width)), "\n\n".join(blocks), _notes(table, width)]
    return "\n\n".join(part for part in parts if part) + "\n"


def paragraph(text: str, width: int = 80) -> str:
    """Return a text in lines of at most ``width`` characters."""
    return "\n".join(_wrap(text, max(40, width))) + "\n"


def columns(text: str) -> int:
    """Return how many columns a text takes on a terminal.

    Examples
    --------
    >>> columns("é"), columns("中")
    (1, 2)
    """
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _side(table: Table) -> list[tuple[str, str]]:
    side = [(table.side, "kbit/s")]
    for row in table.rows:
        marks = table.marks_of(row.notes)
        side.append((_shorten(row.label, _MOST_LABEL) + marks, kbps(row.kbps)))
    return side


def _cells(table: Table, index: int) -> list[str]:
    """Return a column as text, the means below each other and the marks behind."""
    parts = [_cell(table, row[index]) for row in table.entries]
    numbers = [mean for mean, _, _ in parts if _is_number(mean)]
    digits = max(map(columns, numbers), default=0)
    bodies = [
        (_right(mean, digits) if _is_number(mean) else mean) + (f" ± {spread}" if spread else "")
        for mean, spread, _ in parts
    ]
    # Means stand below each other even where one has no spread; a word stands at the right.
    longest = max(map(columns, bodies), default=0)
    hang = max((columns(marks) for _, _, marks in parts), default=0)
    return [
        (_left if _is_number(mean) else _right)(body, longest) + _left(marks, hang)
        for body, (mean, _, marks) in zip(bodies, parts, strict=True)
    ]


def _is_number(word: str) -> bool:
    return word[-1:].isdigit()


def _cell(table: Table, entry: Entry | None) -> tuple[str, str, str]:
    mean, spread = words(entry)
    marks = table.marks_of([entry.note]) if entry is not None else ""
    return mean, spread if table.with_sd else "", marks


def _block(
    table: Table,
    side: Sequence[tuple[str, str]],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    chosen: Sequence[int],
    width: int,
) -> str:
    label, rate = (max(map(columns, part)) for part in zip(*side, strict=True))
    blank = " " * (label + len(_GAP) + rate)
    room = width - columns(blank) - len(_GAP)
    groups = [table.columns[index].group for index in chosen]
    heads, body = _over(groups, [widths[index] for index in chosen], room)
    lines = [f"{blank}{_GAP}{heads}"] if heads.strip() else []
    for row, (name, bitrate) in enumerate(side):
        texts = [table.columns[i].label if row == 0 else cells[i][row - 1] for i in chosen]
        aligned = [_right(text, each) for text, each in zip(texts, body, strict=True)]
        lines.append(_GAP.join((_left(name, label), _right(bitrate, rate), *aligned)))
        if row == 0:
            lines.append("-" * max(map(columns, lines)))
    return "\n".join(line.rstrip() for line in lines)


def _over(groups: Sequence[str], widths: Sequence[int], room: int) -> tuple[str, list[int]]:
    """Centre each group over its columns; the last column grows where a name is longer."""
    body, parts, start = list(widths), [], 0
    spare = room - sum(widths) - len(_GAP) * (len(widths) - 1)
    while start < len(groups):
        end = start
        while end < len(groups) and groups[end] == groups[start]:
            end += 1
        span = sum(body[start:end]) + len(_GAP) * (end - start - 1)
        grow = min(max(0, columns(groups[start]) - span), max(0, spare))
        spare -= grow
        body[start] += grow
        parts.append(_centre(_shorten(groups[start], span + grow), span + grow))
        start = end
    return _GAP.join(parts), body


def _notes(table: Table, width: int) -> str:
    lines = []
    for text, mark in table.marks.items():
        lines += _wrap(f"{mark} {text}", width, " " * (columns(mark) + 1))
    for text in (*table.footnotes, table.caption):
        lines += _wrap(text, width)
    return "\n".join(lines)


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Break a text into lines; textwrap does not know that some letters are two columns wide."""
    lines, line = [], ""
    for word in text.split():
        if line and columns(line) + 1 + columns(word) > width:
            lines.append(line)
            line = indent + word
        else:
            line = f"{line} {word}" if line else word
        while columns(line) > width:
            cut = next(i for i in range(len(line), 0, -1) if columns(line[:i]) <= width)
            lines.append(line[:cut])
            line = indent + line[cut:]
    return [*lines, line] if line else lines


def _shorten(text: str, width: int) -> str:
    """Leave the middle out of a name: its two ends tell it from others."""
    if columns(text) <= width:
        return text
    tail = (width - 1) // 2
    while text and columns(text) > width - 1:
        middle = max(1, len(text) - tail)
        text = text[: middle - 1] + text[middle:]
    cut = max(0, len(text) - tail)
    return f"{text[:cut]}…{text[cut:]}"


def _left(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _right(text: str, width: int) -> str:
    return " " * (width - columns(text)) + text


def _centre(text: str, width: int) -> str:
    before = (width - columns(text)) // 2
    return " " * before + text + " " * (width - columns(text) - before)
