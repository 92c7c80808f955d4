"""Tables and paragraphs as plain text of limited width, and coloured printing, with rich."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.box import Box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, JustifyMethod
from rich.highlighter import RegexHighlighter
from rich.table import Table as RichTable
from rich.text import Text
from rich.theme import Theme

from ..core.console import displayable
from .base import Cell, Row, Table
from .text import pack

_GAP = 2
_MOST_LABEL = 24
_LEAST_WIDTH = 40
_UNLIMITED = 10_000
_RULE_BELOW_HEAD = Box(
    "    \n"  # top
    "    \n"  # head
    " -- \n"  # below the head
    "    \n"  # rows
    "    \n"  # between rows
    "    \n"  # above the foot
    "    \n"  # foot
    "    \n",  # bottom
    ascii=True,
)
_THEME = Theme(
    {
        "report.safe": "green",
        "report.lost": "red",
        "report.open": "yellow",
        "report.mark": "bold red",
    }
)


class _Highlighter(RegexHighlighter):
    base_style = "report."
    highlights = [  # noqa: RUF012 (declared by rich as a list of the class)
        r"(?P<safe>safe\s+down\s+to\s+[\d.]+\s+kbit/s)",
        r"(?P<lost>no\s+safe\s+bitrate)",
        r"(?P<open>inconclusive|at\s+chance)",
        r"(?P<mark>†)",
    ]


def print_text(text: str, file: TextIO | None = None) -> None:
    """Print a text, with the verdicts in colour if the output is a terminal.

    Lines are printed as they are. There are no colours if the output is a file or a pipe, or if
    the environment variable ``NO_COLOR`` is set.

    Parameters
    ----------
    text : str
        Any text, such as that of `render`.
    file : text file, optional
        Standard output by default.
    """
    console = Console(file=file, theme=_THEME, highlighter=_Highlighter(), soft_wrap=True)
    if console.is_terminal:
        console.print(text, markup=False, emoji=False)
    else:
        print(text, file=file)


def render(table: Table, width: int = 80, verdicts: Sequence[str] = ()) -> str:
    """Return a table as plain text.

    Parameters
    ----------
    table : Table
    width : int
        The maximum number of characters in a line; values below 40 count as 40. Columns that
        do not fit into one block follow in further blocks.
    verdicts : sequence of str
        Sentences that are listed below the table.
    """
    width = max(_LEAST_WIDTH, width)
    side, label_width = _side(table, width // 2 - 8)
    columns = [_column(table, index) for index in range(len(table.columns))]
    taken = label_width + sum(_GAP + _widest(column) for column in side[1:])
    groups = [column.group for column in table.columns]
    packed = pack([_GAP + _widest(lines) for lines in columns], groups, width - taken)
    blocks = [_block(table, side, label_width, columns, indices) for indices in packed]
    parts = [
        paragraph(table.title, width).rstrip(),
        "\n\n".join(blocks),
        "\n".join(_hanging("- ", verdict, width) for verdict in verdicts),
        _notes(table, width),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def grid(
    heads: Sequence[str],
    columns: Sequence[Sequence[str]],
    is_text: Sequence[bool],
    first_width: int | None = None,
) -> str:
    """Return columns below their titles and a rule; no cell is cut.

    Parameters
    ----------
    heads : sequence of str
        The title of each column; may have several lines.
    columns : sequence of sequence of str
        The cells of each column.
    is_text : sequence of bool
        Whether a column is aligned to the left; numbers are aligned to the right.
    first_width : int, optional
        The width of the first column; longer cells are wrapped.
    """
    table = RichTable(box=_RULE_BELOW_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    heads = list(map(displayable, heads))
    for index, (head, text) in enumerate(zip(heads, is_text, strict=True)):
        width = None if index else first_width
        justify: JustifyMethod = "left" if text else "right"
        table.add_column(
            Text(head), justify=justify, vertical="bottom", width=width, no_wrap=width is None
        )
    for row in zip(*columns, strict=True):
        table.add_row(*map(Text, map(displayable, row)))
    return _printed(table, _UNLIMITED)


def paragraph(text: str, width: int = 80) -> str:
    """Return a text in lines of at most ``width`` characters; values below 40 count as 40."""
    return _wrapped(text, max(_LEAST_WIDTH, width)) + "\n"


def display_width(text: str) -> int:
    """Return the number of columns that a text takes on a terminal.

    Examples
    --------
    >>> display_width("é"), display_width("中")
    (1, 2)
    """
    return cell_len(text)


def _printed(what: RichTable | Text, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(what)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _wrapped(text: str, width: int) -> str:
    return _printed(Text(" ".join(displayable(text).split())), width)


def _hanging(start: str, text: str, width: int) -> str:
    """Return a paragraph; its further lines are indented by the width of ``start``."""
    start = displayable(start)
    blank = " " * display_width(start)
    lines = _wrapped(text, width - len(blank)).splitlines() or [""]
    return "\n".join((start if not index else blank) + line for index, line in enumerate(lines))


def _widest(column: Sequence[str]) -> int:
    return max(map(display_width, column))


def _side(table: Table, most: int) -> tuple[list[list[str]], int]:
    """Return the columns that name the rows, titles first, and the width of the first one.

    A heading has a line above its rows, in which the cells are empty; the rows are indented.
    Headings do not make the column wider than ``most``.
    """
    lines: list[Sequence[str]] = [table.sides]
    headings = [""]
    for row, starts in _with_heading_starts(table.rows):
        if starts:
            lines.append((row.heading, *[""] * len(row.side[1:])))
            headings.append(row.heading)
        label = _shorten(row.side[0], _MOST_LABEL) + table.marks_of(row.notes)
        lines.append((f"  {label}" if row.heading else label, *row.side[1:]))
    lines = [tuple(map(displayable, line)) for line in lines]
    headings = list(map(displayable, headings))
    labels = [label for label, *_ in lines if label not in headings[1:]]
    width = max(_widest(labels), min(most, _widest(headings)))
    return [list(column) for column in zip(*lines, strict=True)], width


def _with_heading_starts(rows: Sequence[Row]) -> Iterator[tuple[Row, bool]]:
    """Yield the rows, each with whether its heading is another than that of the row before."""
    heading = ""
    for row in rows:
        yield row, bool(row.heading) and row.heading != heading
        heading = row.heading


def _column(table: Table, index: int) -> list[str]:
    """Return group, title and cells of a column, with decimal points and marks aligned.

    Only the first column of a group has its name.
    """
    column = table.columns[index]
    cells = [row.cells[index] for row in table.rows]
    marks = [displayable(table.marks_of(cell.notes, cell.has_dagger)) for cell in cells]
    digits = max((display_width(cell.text) for cell in cells if _is_number(cell)), default=0)
    texts = [
        (_right(cell.text, digits) if _is_number(cell) else cell.text)
        + (f" {displayable(cell.spread)}" if cell.spread else "")
        for cell in cells
    ]
    # A number without a spread starts where the others start; a word ends where they end.
    longest = max(map(display_width, texts), default=0)
    hang = max(map(display_width, marks), default=0)
    padded = [
        (_left if column.is_text or _is_number(cell) else _right)(text, longest) + _left(mark, hang)
        for text, cell, mark in zip(texts, cells, marks, strict=True)
    ]
    first = index == 0 or table.columns[index - 1].group != column.group
    lines = [_shorten(column.group, _MOST_LABEL) if first else ""]
    lines.append(" ".join(column.label.split()) + table.marks_of(column.notes))
    lines = list(map(displayable, lines))
    for text, (_, starts) in zip(padded, _with_heading_starts(table.rows), strict=True):
        lines += ["", text] if starts else [text]
    return lines


def _is_number(cell: Cell) -> bool:
    return cell.text[-1:].isdigit()


def _block(
    table: Table,
    side: Sequence[Sequence[str]],
    label_width: int,
    columns: Sequence[Sequence[str]],
    indices: Sequence[int],
) -> str:
    """Return some columns of a table, with the names of the rows."""
    grouped = any(table.columns[index].group for index in indices)
    heads = [column[0] for column in side]
    for index in indices:
        group, label, *_ = columns[index]
        if index == indices[0] and not group:
            # The other columns of the group are in the block before.
            group = _shorten(table.columns[index].group, _widest(columns[index]))
        heads.append(f"{group}\n{label}" if grouped else label)
    cells = [*(column[1:] for column in side), *(columns[index][2:] for index in indices)]
    is_text = [True, *[False] * len(side[1:]), *(table.columns[i].is_text for i in indices)]
    return grid(heads, cells, is_text, label_width)


def _notes(table: Table, width: int) -> str:
    notes = [_hanging(f"{mark} ", text, width) for text, mark in table.marks.items()]
    notes += [_wrapped(text, width) for text in (*table.footnotes, table.caption) if text]
    return "\n".join(notes)


def _shorten(text: str, width: int) -> str:
    """Leave out the middle of a name that is too long; its two ends distinguish it."""
    if display_width(text) <= width:
        return text
    tail = (width - 1) // 2
    end = ""
    for char in reversed(text):
        if display_width(char + end) > tail:
            break
        end = char + end
    return set_cell_size(text, width - 1 - display_width(end)).rstrip() + "…" + end


def _left(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - display_width(text)) + text
