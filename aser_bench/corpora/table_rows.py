"""Rows of a table in a text file; defects that would lose or shift rows are errors."""

from __future__ import annotations

import codecs
import csv  # the standard library's module: imports are absolute
import io
import re
from collections.abc import Callable
from pathlib import Path

from ..core.errors import UsageError

SEPARATORS = ",;\t"

Rows = list[tuple[int, list[str]]]
"""Row number as in a spreadsheet, and cells."""

_BYTE_ORDER_MARKS = (  # that of UTF-32 starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_SAVE_AS = "save it as 'CSV UTF-8'"
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def read_text(path: Path, table: str) -> str:
    """Return the text of a table in UTF-8, or in UTF-16 or UTF-32 with a byte order mark.

    Parameters
    ----------
    path : Path
    table : str
        The table in error messages, such as ``corpus 'csv': 'labels.csv'``.

    Raises
    ------
    UsageError
        If the file cannot be read, has another encoding, or has a NUL character.
    """
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{table} cannot be read: {error.strerror}") from error
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if contents.startswith(mark)), "")
    try:
        text = contents.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding in ("", "utf-8-sig"):
            line = len(_LINE_BREAK.findall(contents[: error.start].decode("latin-1"))) + 1
            raise UsageError(
                f"{table} is not UTF-8 (line {line}, byte {error.start}); {_SAVE_AS}"
            ) from error
        raise UsageError(f"{table} is damaged {encoding.upper()}; {_SAVE_AS}") from error
    if "\0" in text:
        line = len(_LINE_BREAK.findall(text[: text.index("\0")])) + 1
        reason = "the file is damaged or in UTF-16 without a byte order mark"
        raise UsageError(f"{table} has a NUL character in line {line}: {reason}; {_SAVE_AS}")
    return text


def separator_of(text: str) -> str:
    """Return the most frequent of `SEPARATORS` in the first line that is not empty."""
    first = _LINE_BREAK.split(text.lstrip("\r\n"), maxsplit=1)[0]
    return max(SEPARATORS, key=first.count)


def parse(text: str, separator: str, table: str) -> Rows:
    """Return the rows that are not empty; see `read_text` for ``table``.

    Raises
    ------
    UsageError
        If a quote is not closed, so that rows would be lost.
    """
    # newline="": line breaks in quoted cells are part of the text.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: Rows = []
    number = 0
    while True:
        number, line = number + 1, reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            lines = f"lines {line} to {reader.line_num}"
            if reader.line_num <= line:
                lines = f"line {line}"
            if "limit" in str(error):
                raise UsageError(
                    f"{table} is not a table: row {number} has a cell of more than "
                    f"{csv.field_size_limit()} characters ({lines}); close its quote"
                ) from error
            raise UsageError(
                f"{table} has a quote in row {number} that is not closed or not doubled ({lines}: "
                f'{error}); put the cell in quotes and write "" for a quote in it'
            ) from error
        if any(cell.strip() for cell in cells):
            rows.append((number, cells))


def check_no_swallowed_rows(
    rows: Rows, columns: int, label_column: int, is_label: Callable[[str], bool], table: str
) -> None:
    """Refuse a quoted cell with line breaks that contains rows of the table.

    Two cells with a single quote each enclose the rows between them in one long cell, and the
    table is still valid.

    Parameters
    ----------
    rows : Rows
        Including the header.
    columns : int
        Number of columns.
    label_column : int
        Place of the column of emotions.
    is_label : callable
        Whether a text is a label of the table.
    table : str
        See `read_text`.

    Raises
    ------
    UsageError
        If a line within a cell has as many cells as the table and a label at its place.
    """
    separator_pattern = re.compile("[" + re.escape(SEPARATORS) + "]")
    for number, cells in rows:
        for place, cell in enumerate(cells):
            if "\n" not in cell and "\r" not in cell:
                continue
            _, *lines = _LINE_BREAK.split(cell)
            for index, line in enumerate(lines):
                inner = separator_pattern.split(line)
                if index == len(lines) - 1:  # the rest of the last swallowed row
                    inner += cells[place + 1 :]
                if len(inner) >= columns and is_label(inner[label_column].strip(' "')):
                    raise UsageError(
                        f"{table} has a quote in row {number} that encloses further rows, for "
                        f"example {line.strip()[:60]!r}; remove the quote, or close it in the row"
                    )
