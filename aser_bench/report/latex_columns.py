"""Columns of a table as LaTeX: decimals, decimals with an interval or a spread, or text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .base import Cell, Table
from .escape import escape
from .text import MISSING

_SIGNS = {"†": r"\dagger", "‡": r"\ddagger", "§": r"\S", "¶": r"\P", "‖": r"\parallel"}
_NUMBER = re.compile(r"-?\d*\.?\d+")


@dataclass(frozen=True)
class LatexColumn:
    """A column of a ``tabular``.

    Attributes
    ----------
    spec : str
        Its part of the column specification.
    span : int
        The number of LaTeX columns in ``spec``.
    align : str
        The alignment of its title.
    cells : tuple of str
        One for each row of the table.
    """

    spec: str
    span: int
    align: str
    cells: tuple[str, ...]


def column_of(table: Table, index: int) -> LatexColumn:
    """Return a column: decimals if its cells are numbers or plain text, otherwise text."""
    column = table.columns[index]
    cells = [row.cells[index] for row in table.rows]
    marks = [superscript(table.marks_of(cell.notes, cell.has_dagger), hang=True) for cell in cells]
    pairs = list(zip(cells, marks, strict=True))
    numbers = [cell.text for cell in cells if _NUMBER.fullmatch(cell.text)]
    others = [cell.text for cell in cells if not _NUMBER.fullmatch(cell.text)]
    if column.is_text or not numbers or any(map(_NUMBER.search, others)):
        align = "l" if column.is_text else "r"
        texts = tuple(_bold(cell, with_numbers(cell.text)) + mark for cell, mark in pairs)
        return LatexColumn(align, 1, align, texts)
    spec = f"S[table-format={_format(numbers)}]"
    if not any(cell.spread for cell in cells):
        return LatexColumn(spec, 1, "c", tuple(_decimal(cell, mark) for cell, mark in pairs))
    texts = tuple(_with_spread(cell, mark) for cell, mark in pairs)
    space = r"\," if any(cell.spread.startswith("±") for cell in cells) else "~"
    return LatexColumn(f"{spec}@{{{space}}}l", 2, "c", texts)


def superscript(marks: str, hang: bool = False) -> str:
    """Return footnote marks; hanging ones have no width, so that numbers stay aligned."""
    if not marks:
        return ""
    sign = f"$^{{{''.join(_SIGNS.get(char, char) for char in marks)}}}$"
    return rf"\rlap{{{sign}}}" if hang else sign


def title(column: LatexColumn, label: str, marks: str) -> str:
    """Return the title above a column."""
    text = r"\\".join(map(escape, label.split("\n"))) + superscript(marks, hang=True)
    if "\n" in label:
        text = rf"\shortstack{{{text}}}"
    return rf"\multicolumn{{{column.span}}}{{{column.align}}}{{{text}}}"


def with_numbers(text: str) -> str:
    """Return a text with its numbers printed by siunitx: ``[-6.1, -0.7]``, ``± .049``."""
    if text == MISSING:
        return "--"
    parts = re.split(r"((?<![\w.])-?\d*\.?\d+(?![\w.]))", text)
    return "".join(
        rf"\num{{{part}}}" if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def _format(numbers: Sequence[str]) -> str:
    """Return siunitx's table format: the sign, and the digits before and after the point."""
    parts = [number.removeprefix("-").partition(".") for number in numbers]
    before = max(1, *(len(whole) for whole, _, _ in parts))
    after = max(len(decimals) for _, _, decimals in parts)
    sign = "-" if any(number.startswith("-") for number in numbers) else ""
    return f"{sign}{before}.{after}" if after else f"{sign}{before}"


def _bold(cell: Cell, text: str) -> str:
    return rf"\textbf{{{text}}}" if cell.best else text


def _decimal(cell: Cell, mark: str) -> str:
    if not _NUMBER.fullmatch(cell.text):
        return f"{{{with_numbers(cell.text)}{mark}}}"
    number = rf"\bfseries {cell.text}" if cell.best else cell.text
    return f"{number} {{{mark}}}" if mark else number


def _with_spread(cell: Cell, mark: str) -> str:
    if not _NUMBER.fullmatch(cell.text):
        return f"{_decimal(cell, mark)} &"
    spread = with_numbers(cell.spread).replace(r"$\pm$ ", r"$\pm$\,") if cell.spread else ""
    return f"{_decimal(cell, '')} & {spread}{mark}"
