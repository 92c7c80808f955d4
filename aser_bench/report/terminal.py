"""A table as plain text of limited width."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from .base import Cell, Table
from .text import pack

_GAP = "  "
_MOST_LABEL = 24


def render(table: Table, width: int = 80, verdicts: Sequence[str] = ()) -> str:
    """Return a table as text; no line is wider than ``width`` characters (at least 40).

    Models that do not fit beside each other follow in further blocks. Title and caption
    stand above and below, verdicts and footnotes between.
    """
    width = max(40, width)
    side = _side(table)
    taken = sum(_widest(side)) + len(_GAP) * len(table.sides[1:])
    cells = [_cells(table, index) for index in range(len(table.columns))]
    widths = [
        max(map(display_width, (_head(table, index), *cell))) for index, cell in enumerate(cells)
    ]
    groups = [column.group for column in table.columns]
    packed = pack([each + len(_GAP) for each in widths], groups, width - taken)
    blocks = [_block(table, side, cells, widths, chosen, width) for chosen in packed]
    said = [line for one in verdicts for line in _wrap(f"- {one}", width, "  ")]
    parts = [
        "\n".join(_wrap(table.title, width)),
        "\n\n".join(blocks),
        "\n".join(said),
        _notes(table, width),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def paragraph(text: str, width: int = 80) -> str:
    """Return a text in lines of at most ``width`` characters."""
    return "\n".join(_wrap(text, max(40, width))) + "\n"


def display_width(text: str) -> int:
    """Return how many columns a text takes on a terminal.

    Examples
    --------
    >>> display_width("é"), display_width("中")
    (1, 2)
    """
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _side(table: Table) -> list[tuple[str, ...]]:
    """Return what names the rows, the titles first; rows below a heading are indented."""
    side = [table.sides]
    for row in table.rows:
        indent = "  " if row.heading else ""
        label = indent + _shorten(row.side[0], _MOST_LABEL) + table.marks_of(row.notes)
        side.append((label, *row.side[1:]))
    return side


def _widest(side: Sequence[tuple[str, ...]]) -> list[int]:
    return [max(map(display_width, part)) for part in zip(*side, strict=True)]


def _head(table: Table, index: int) -> str:
    column = table.columns[index]
    return column.label + table.marks_of(column.notes)


def _cells(table: Table, index: int) -> list[str]:
    """Return a column as text, the numbers below each other and the marks behind."""
    cells = [row.cells[index] for row in table.rows]
    marks = [table.marks_of(cell.notes, cell.daggered) for cell in cells]
    digits = max((display_width(cell.text) for cell in cells if _is_number(cell)), default=0)
    bodies = [
        (_right(cell.text, digits) if _is_number(cell) else cell.text)
        + (f" ± {cell.spread}" if cell.spread else "")
        for cell in cells
    ]
    # Means stand below each other even where one has no spread; a word stands at the right.
    longest = max(map(display_width, bodies), default=0)
    hang = max(map(display_width, marks), default=0)
    left = table.columns[index].words
    return [
        (_left if left or _is_number(cell) else _right)(body, longest) + _left(mark, hang)
        for body, cell, mark in zip(bodies, cells, marks, strict=True)
    ]


def _is_number(cell: Cell) -> bool:
    return cell.text[-1:].isdigit()


def _block(
    table: Table,
    side: Sequence[tuple[str, ...]],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    chosen: Sequence[int],
    width: int,
) -> str:
    first, *others = _widest(side)
    blank = " " * (first + sum(len(_GAP) + each for each in others))
    groups = [table.columns[index].group for index in chosen]
    room = width - display_width(blank) - len(_GAP)
    heads, body = _over(groups, [widths[index] for index in chosen], room)
    lefts = [table.columns[index].words for index in chosen]

    def line(row: int, texts: Sequence[str]) -> str:
        label, *numbers = side[row]
        parts = [_left(label, first)]
        parts += [_right(text, each) for text, each in zip(numbers, others, strict=True)]
        parts += [
            (_left if left else _right)(text, each)
            for text, each, left in zip(texts, body, lefts, strict=True)
        ]
        return _GAP.join(parts)

    lines = [f"{blank}{_GAP}{heads}"] if heads.strip() else []
    lines.append(line(0, [_head(table, index) for index in chosen]))
    lines.append("-" * max(map(display_width, lines)))
    heading = ""
    for number, row in enumerate(table.rows):
        if row.heading and row.heading != heading:
            lines.append(_shorten(row.heading, width))
        heading = row.heading
        lines.append(line(number + 1, [cells[index][number] for index in chosen]))
    return "\n".join(each.rstrip() for each in lines)


def _over(groups: Sequence[str], widths: Sequence[int], room: int) -> tuple[str, list[int]]:
    """Centre each group over its columns; the last column grows where a name is longer."""
    body, parts, start = list(widths), [], 0
    spare = room - sum(widths) - len(_GAP) * (len(widths) - 1)
    while start < len(groups):
        end = start
        while end < len(groups) and groups[end] == groups[start]:
            end += 1
        span = sum(body[start:end]) + len(_GAP) * (end - start - 1)
        grow = min(max(0, display_width(groups[start]) - span), max(0, spare))
        spare -= grow
        body[start] += grow
        parts.append(_centre(_shorten(groups[start], span + grow), span + grow))
        start = end
    return _GAP.join(parts), body


def _notes(table: Table, width: int) -> str:
    lines = []
    for text, mark in table.marks.items():
        lines += _wrap(f"{mark} {text}", width, " " * (display_width(mark) + 1))
    for text in (*table.footnotes, table.caption):
        lines += _wrap(text, width)
    return "\n".join(lines)


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Break a text into lines; textwrap does not know that some letters are two columns wide."""
    lines, line = [], ""
    for word in text.split():
        if line and display_width(line) + 1 + display_width(word) > width:
            lines.append(line)
            line = indent + word
        else:
            line = f"{line} {word}" if line else word
        while display_width(line) > width:
            cut = next(i for i in range(len(line), 0, -1) if display_width(line[:i]) <= width)
            lines.append(line[:cut])
            line = indent + line[cut:]
    return [*lines, line] if line else lines


def _shorten(text: str, width: int) -> str:
    """Leave the middle out of a name: its two ends tell it from others."""
    if display_width(text) <= width:
        return text
    tail = (width - 1) // 2
    while text and display_width(text) > width - 1:
        middle = max(1, len(text) - tail)
        text = text[: middle - 1] + text[middle:]
    cut = max(0, len(text) - tail)
    return f"{text[:cut]}…{text[cut:]}"


def _left(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - display_width(text)) + text


def _centre(text: str, width: int) -> str:
    before = (width - display_width(text)) // 2
    return " " * before + text + " " * (width - display_width(text) - before)
