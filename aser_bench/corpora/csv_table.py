"""The table of the corpus ``csv``: its header, rows and columns."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError, suggest
from . import table_rows, tree
from .segment_columns import SegmentColumns, find_columns

REQUIRED = ("file", "emotion", "speaker")
OPTIONAL = ("sex", "text", "session", "split", "utterance")
_FILE_COLUMNS = (
    "path",
    "filepath",
    "file_path",
    "filename",
    "audio",
    "audio_path",
    "wav",
    "recording",
)
"""Usual names of the column ``file``, which a table must not silently lose."""

_MOST_IGNORED = 20


@dataclass(frozen=True)
class LabelTable:
    """A table as it was read: row numbers as in a spreadsheet, and cells by column."""

    path: Path
    header: list[str]
    rows: list[tuple[int, dict[str, str]]]
    times: SegmentColumns

    @property
    def is_texts(self) -> bool:
        """Whether the table has texts without recordings."""
        return all(not row.get("file") and "text" in row for _, row in self.rows)


def table_path(source: Path | None) -> Path:
    """Return the absolute path of a table.

    Raises
    ------
    UsageError
        If it is not given, is a folder, or does not exist.
    """
    if source is None:
        raise UsageError("corpus 'csv' needs a table: write csv=FILE")
    path = tree.source_path(source, "csv")
    if path.is_dir():
        raise UsageError(f"corpus 'csv': {str(source)!r} is a folder; give the file of the table")
    if not path.is_file():
        raise UsageError(f"corpus 'csv': there is no file {str(source)!r}")
    return path


def read_table(path: Path) -> LabelTable:
    """Read a table.

    Raises
    ------
    UsageError
        If a column is missing or rows would be lost or shifted.
    """
    name = f"corpus 'csv': {path.name!r}"
    text = table_rows.read_text(path, name)
    separator = table_rows.separator_of(text)
    lines = table_rows.parse(text, separator, name)
    if not lines:
        raise UsageError(f"{name} is empty; its first line must be {','.join(REQUIRED)}")
    header = [cell.strip().lower() for cell in lines[0][1]]
    while header and not header[-1]:  # spreadsheets write empty columns, too
        header.pop()
    _check_header(header, name)
    if len(lines) == 1:
        raise UsageError(f"{name} has a header line and no rows")
    place = header.index("emotion")
    is_label = _label_test(cells[place] for _, cells in lines[1:] if len(cells) > place)
    table_rows.check_no_swallowed_rows(lines, len(header), place, is_label, name)
    _check_widths(lines, len(header), name)
    rows = [
        (number, dict(zip(header, (cell.strip() for cell in cells), strict=False)))
        for number, cells in lines[1:]
    ]
    return LabelTable(path, header, rows, find_columns(header, name))


def _label_test(labels: Iterable[str]) -> Callable[[str], bool]:
    """Return a function that tests whether a text is a label of the table or an emotion."""
    used = {label.strip() for label in labels} - {""}
    return lambda text: text in used or tables.is_emotion(text)


def _check_header(header: list[str], table: str) -> None:
    for column in REQUIRED:
        # A corpus of texts needs no column file, unless a column with a similar name is probably a
        # misspelling of it.
        texts = column == "file" and "text" in header
        if column not in header and not (texts and not _similar_columns(column, header)):
            others = [name for name in header if name and name not in REQUIRED + OPTIONAL]
            similar = _similar_columns(column, header)
            hint = suggest(column, others) if others else ""
            hint = f"; did you mean {similar[0]!r}?" if similar else hint
            if any(map(tables.is_emotion, header)):
                hint = f": its first line is a recording; write {','.join(REQUIRED)} above it"
            raise UsageError(
                f"{table} has no column {column!r}{hint}; "
                f"required: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}, start, end"
            )
    repeated = {name for name in header if name in REQUIRED + OPTIONAL and header.count(name) > 1}
    if repeated:
        raise UsageError(f"{table} has several columns {sorted(repeated)[0]!r}")


def _similar_columns(column: str, header: list[str]) -> list[str]:
    others = [name for name in header if name not in OPTIONAL]
    paths = [name for name in others if column == "file" and name.rstrip("s") in _FILE_COLUMNS]
    return paths or difflib.get_close_matches(column, others)


def _check_widths(lines: table_rows.Rows, columns: int, table: str) -> None:
    """Refuse rows with more or fewer cells than the header: their cells may be in wrong columns."""
    longer = [n for n, cells in lines if any(cell.strip() for cell in cells[columns:])]
    if longer:
        raise UsageError(
            f"{table}: row {longer[0]} has more cells than the header{_and_more(longer)}; put "
            "texts with the separator in quotes"
        )
    shorter = [(number, len(cells)) for number, cells in lines if len(cells) < columns]
    if shorter:
        number, cells = shorter[0]
        raise UsageError(
            f"{table}: row {number} has {cells} cells and the header has {columns}"
            f"{_and_more(shorter)}; write all separators, also those before empty cells"
        )


def _and_more(rows: list[int] | list[tuple[int, int]]) -> str:
    return f" (and {len(rows) - 1} more rows)" if len(rows) > 1 else ""


def ignored_columns(table: LabelTable) -> list[str]:
    """Return a note that lists the columns that are not used; none if all are."""
    used = {*REQUIRED, *OPTIONAL} - {"utterance"}
    if table.is_texts:
        used |= {"utterance"}
    else:
        used |= {"utterance", *table.times.names} if table.times.names else set()
    ignored = list(dict.fromkeys(name for name in table.header if name not in used))
    free = [name for name in OPTIONAL if name not in table.header]
    shown = []
    for name in ignored[:_MOST_IGNORED]:
        similar = difflib.get_close_matches(name, free, n=1, cutoff=0.7)
        hint = f" (did you mean {similar[0]!r}?)" if similar else ""
        shown.append((repr(name) if name else "a column without a name") + hint)
    if len(ignored) > _MOST_IGNORED:
        shown.append(f"{len(ignored) - _MOST_IGNORED} more")
    return [f"columns of the table that are not used: {', '.join(shown)}"] if shown else []
