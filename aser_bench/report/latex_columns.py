"""How a column of a table is set in LaTeX: as decimals, as decimals with a spread, or as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .base import Cell, Table
from .escape import escape
from .text import MISSING

_SIGNS = {"†": r"\dagger", "‡": r"\ddagger", "§": r"\S", "¶": r"\P", "‖": r"\parallel"}
_NUMBER = re.compile(r"-?\d*\.?\d+")
_WIDTHS = {**dict.fromkeys(".,:;'|![]() ilj", 0.58), "-": 1.5, "m": 1.6, "w": 1.4, "%": 1.6}
_BOLD = 0.6  # and how much wider a bold number is than another
_SPREAD = 6.6  # digits that a plus-minus sign and a spread take


@dataclass(frozen=True)
class Setting:
    """A column's part of the preamble, the columns it takes there, and its cells."""

    spec: str
    span: int
    align: str
    width: float  # in digits
    cells: tuple[str, ...]


def of(table: Table, index: int) -> Setting:
    """Set a column: as decimals where what is not a word is a number, else as text."""
    column = table.columns[index]
    cells = [row.cells[index] for row in table.rows]
    marks = [signs(table.marks_of(cell.notes, cell.daggered), hang=True) for cell in cells]
    pairs = list(zip(cells, marks, strict=True))
    numbers = [cell.text for cell in cells if _NUMBER.fullmatch(cell.text)]
    others = [cell.text for cell in cells if not _NUMBER.fullmatch(cell.text)]
    wide = max(map(width, (column.label, *(cell.text for cell in cells))))
    wide += _BOLD if any(cell.best for cell in cells) else 0.0
    if column.words or not numbers or any(map(_NUMBER.search, others)):
        align = "l" if column.words else "r"
        texts = tuple(_bold(cell, words(cell.text)) + mark for cell, mark in pairs)
        return Setting(align, 1, align, wide, texts)
    spec = f"S[table-format={_format(numbers)}]"
    if not any(cell.spread for cell in cells):
        return Setting(spec, 1, "c", wide, tuple(_decimal(cell, mark) for cell, mark in pairs))
    texts = tuple(_with_spread(cell, mark) for cell, mark in pairs)
    return Setting(spec + r"@{\,}l", 2, "c", wide + _SPREAD, texts)


def signs(marks: str, hang: bool = False) -> str:
    """Return footnote marks; hanging ones take no room, so that numbers stay aligned."""
    if not marks:
        return ""
    sign = f"$^{{{''.join(_SIGNS.get(char, char) for char in marks)}}}$"
    return rf"\rlap{{{sign}}}" if hang else sign


def across(span: int, align: str, text: str) -> str:
    """Return a head that stands over a column which may take two in the preamble."""
    return rf"\multicolumn{{{span}}}{{{align}}}{{{text}}}"


def width(text: str) -> float:
    """Return about how many digits a text is wide, the zero before a point included."""
    zeros = len(re.findall(r"(?<!\d)\.\d", text))
    return zeros + sum(_WIDTHS.get(char, 1.3 if char.isupper() else 1.0) for char in text)


def _format(numbers: Sequence[str]) -> str:
    """Return the table format of siunitx: sign, and digits before and after the point."""
    parts = [number.removeprefix("-").partition(".") for number in numbers]
    before = max(1, *(len(whole) for whole, _, _ in parts))
    after = max(len(rest) for _, _, rest in parts)
    sign = "-" if any(number.startswith("-") for number in numbers) else ""
    return f"{sign}{before}.{after}" if after else f"{sign}{before}"


def words(text: str) -> str:
    """Return a text whose numbers are siunitx's: ``[-6.1, -0.7]``, ``<.001``."""
    if text == MISSING:
        return "--"
    parts = re.split(r"((?<![\w.])-?\d*\.?\d+(?![\w.]))", text)
    return "".join(
        rf"\num{{{part}}}" if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def _bold(cell: Cell, text: str) -> str:
    return rf"\textbf{{{text}}}" if cell.best else text


def _decimal(cell: Cell, mark: str) -> str:
    if not _NUMBER.fullmatch(cell.text):
        return f"{{{words(cell.text)}{mark}}}"
    number = rf"\bfseries {cell.text}" if cell.best else cell.text
    return f"{number} {{{mark}}}" if mark else number


def _with_spread(cell: Cell, mark: str) -> str:
    if not _NUMBER.fullmatch(cell.text):
        return f"{_decimal(cell, mark)} &"
    spread = rf"$\pm$\,\num{{{cell.spread}}}" if cell.spread else ""
    return f"{_decimal(cell, '')} & {spread}{mark}"
