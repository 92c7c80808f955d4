"""The table of cells in the terminal, with as many columns as fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...core.console import displayable
from ...report.terminal import display_width, paragraph
from ...report.text import MISSING, fraction
from ..verdicts import CellCheck, CheckResult, verdict_label
from . import labels
from .color import VERDICT_COLORS, Paint
from .sanitize import plain

INDENT = " " * 4
_GAP = "  "

_NUMBERS: dict[str, Callable[[CellCheck], str]] = {
    "baseline": lambda cell: fraction(cell.baseline),
    "new": lambda cell: fraction(cell.value),
    "difference": labels.difference,
}


@dataclass(frozen=True)
class _Column:
    """A heading and a text for each row, padded to the same width."""

    heading: str
    texts: tuple[str, ...]

    @classmethod
    def padded(cls, heading: str, texts: Sequence[str], *, right: bool = False) -> _Column:
        texts = list(map(displayable, texts))
        width = max(map(display_width, (heading, *texts)))
        pads = [" " * (width - display_width(text)) for text in (heading, *texts)]
        pairs = zip(pads, (heading, *texts), strict=True)
        first, *rest = [pad + text if right else text + pad for pad, text in pairs]
        return cls(first, tuple(rest))


def rows(result: CheckResult, cells: Sequence[CellCheck], width: int, paint: Paint) -> list[str]:
    """Return the lines of a table of cells, each followed by its reason and its command.

    Names that do not fit next to the numbers are printed below them and are never cut. Commands
    are never broken.
    """
    names = labels.cell_names(result, cells)
    name_columns = [
        _Column.padded(heading, [row[index] for row in names.rows])
        for index, heading in enumerate(names.headings)
    ]
    numbers = [_number_column(heading, cells, text) for heading, text in _NUMBERS.items()]
    numbers = [column for column in numbers if any(t.strip() != MISSING for t in column.texts)]
    verdicts = _Column.padded("verdict", [verdict_label(cell.verdict) for cell in cells])
    inline = next(
        columns
        for columns in (name_columns, name_columns[-1:], [])
        if not columns or _width([verdicts, *columns, *numbers]) <= width
    )
    below = name_columns[: len(name_columns) - len(inline)]
    columns = [verdicts, *inline, *numbers]
    lines = [_GAP.join(column.heading for column in columns).rstrip()]
    lines += wrapped(", ".join(column.heading.strip() for column in below), width)
    lines.append("-" * max(map(display_width, lines)))
    for index, cell in enumerate(cells):
        line = _GAP.join(column.texts[index] for column in columns).rstrip()
        color = VERDICT_COLORS[cell.verdict]
        lines.append(color_first(line, verdict_label(cell.verdict), color, paint))
        lines += wrapped(", ".join(column.texts[index].strip() for column in below), width)
        lines += wrapped(labels.reason(cell), width)
        if result.fails(cell) and cell.command:
            lines.append(INDENT + plain(cell.command))
    return lines


def wrapped(text: str, width: int, first: str = INDENT) -> list[str]:
    """Return a text in indented lines; the first line starts with ``first``."""
    if not text:
        return []
    lines = paragraph(text, width - display_width(first)).splitlines()
    blank = " " * display_width(first)
    return [f"{blank if index else first}{line}" for index, line in enumerate(lines)]


def color_first(line: str, word: str, color: str, paint: Paint) -> str:
    """Return a line of which the first word has a color."""
    return paint(word, color) + line[len(word) :]


def _number_column(
    heading: str, cells: Sequence[CellCheck], text: Callable[[CellCheck], str]
) -> _Column:
    # Differences are aligned with each other, and so are the intervals after them.
    parts = [text(cell).partition(" ") for cell in cells]
    width = max((len(front) for front, _, _ in parts), default=0)
    aligned = [f"{front:>{width}}{gap}{back}" for front, gap, back in parts]
    longest = max(map(len, aligned), default=0)
    return _Column.padded(heading, [line.ljust(longest) for line in aligned], right=True)


def _width(columns: Sequence[_Column]) -> int:
    return sum(display_width(column.heading) for column in columns) + len(_GAP) * (len(columns) - 1)
