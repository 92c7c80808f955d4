"""The cells of a check below each other: as many columns as the width holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...report.terminal import display_width, paragraph
from ...report.text import MISSING, fraction
from ..base import CellCheck, CheckResult
from . import labels
from .color import OF_VERDICT, Paint
from .sanitize import plain

INDENT = " " * 4
_GAP = "  "

_NUMBERS: dict[str, Callable[[CellCheck], str]] = {
    "baseline": lambda one: fraction(one.baseline),
    "new": lambda one: fraction(one.value),
    "difference": labels.difference,
}


@dataclass(frozen=True)
class _Column:
    """A head and a word for each row, all padded to one width."""

    head: str
    words: tuple[str, ...]

    @classmethod
    def of(cls, head: str, found: Sequence[str], *, right: bool = False) -> _Column:
        most = max(map(display_width, (head, *found)))
        pads = [" " * (most - display_width(word)) for word in (head, *found)]
        pairs = zip(pads, (head, *found), strict=True)
        first, *rest = [pad + word if right else word + pad for pad, word in pairs]
        return cls(first, tuple(rest))


def rows(checked: CheckResult, cells: Sequence[CellCheck], width: int, paint: Paint) -> list[str]:
    """Return the lines of a table of some cells, each with its reason and command below.

    Names that do not fit beside the numbers stand below them, none is cut; a command is never
    broken, however long it is.
    """
    found = labels.cell_names(checked, cells)
    names = [
        _Column.of(head, [row[place] for row in found.words])
        for place, head in enumerate(found.titles)
    ]
    numbers = [_number(head, cells, word) for head, word in _NUMBERS.items()]
    ends = [_Column.of("verdict", [one.verdict for one in cells])]
    shown = [column for column in numbers if any(word.strip() != MISSING for word in column.words)]
    inline = next(
        kept for kept in (names, names[-1:], []) if _width([*ends, *kept, *shown]) <= width
    )
    below = names[: len(names) - len(inline)]
    chosen = [*ends, *inline, *shown]
    lines = [_GAP.join(column.head for column in chosen).rstrip()]
    lines += wrapped(", ".join(column.head.strip() for column in below), width)
    lines.append("-" * max(map(display_width, lines)))
    for row, one in enumerate(cells):
        line = _GAP.join(column.words[row] for column in chosen).rstrip()
        lines.append(colored(line, one.verdict, OF_VERDICT[one.verdict], paint))
        lines += wrapped(", ".join(column.words[row].strip() for column in below), width)
        lines += wrapped(labels.reason(one), width)
        if checked.fails(one) and one.command:
            lines.append(INDENT + plain(one.command))
    return lines


def wrapped(text: str, width: int, first: str = INDENT) -> list[str]:
    """Return a text in indented lines; ``first`` is what the first one starts with."""
    if not text:
        return []
    broken = paragraph(text, width - display_width(first)).splitlines()
    blank = " " * display_width(first)
    return [f"{blank if place else first}{line}" for place, line in enumerate(broken)]


def colored(line: str, word: str, color: str, paint: Paint) -> str:
    """Return a line whose first word has a colour."""
    return paint(word, color) + line[len(word) :]


def _number(head: str, cells: Sequence[CellCheck], word: Callable[[CellCheck], str]) -> _Column:
    found = [word(one) for one in cells]
    # Differences stand below each other, and so do their intervals behind them.
    parts = [each.partition(" ") for each in found]
    most = max((len(front) for front, _, _ in parts), default=0)
    aligned = [f"{front:>{most}}{gap}{back}" for front, gap, back in parts]
    longest = max(map(len, aligned), default=0)
    return _Column.of(head, [each.ljust(longest) for each in aligned], right=True)


def _width(chosen: Sequence[_Column]) -> int:
    return sum(display_width(column.head) for column in chosen) + len(_GAP) * (len(chosen) - 1)
