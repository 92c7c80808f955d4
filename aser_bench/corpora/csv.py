"""Recordings or texts with their labels in a table, for corpora without a loader."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError, suggest
from . import files, table_rows, tree
from .audio import WHOLE, Segment
from .base import Corpus, Listing, Refusals
from .segment_columns import MISSING, SegmentColumns, find_columns

REQUIRED = ("file", "emotion", "speaker")
OPTIONAL = ("sex", "text", "session", "split", "utterance")
_SEX = {
    "f": "female",
    "female": "female",
    "w": "female",
    "woman": "female",
    "m": "male",
    "male": "male",
    "man": "male",
    "": "",
}
_SPLITS = {
    "train": "train",
    "training": "train",
    "dev": "dev",
    "development": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
    "": "",
}
# None and NA may be labels, for example of an utterance without emotion.
_NO_EMOTION = ("", "nan", "nat", "<na>")
_MOST_IGNORED = 20

_Rows = list[tuple[int, dict[str, str]]]


class Csv(Corpus):
    """A table with a header line, separated by commas, semicolons or tabs.

    The columns ``file``, ``emotion`` and ``speaker`` are required; ``sex``, ``text``, ``session``
    and ``split`` are optional. Paths are absolute or relative to the table's folder. The speaker
    may be empty in all rows (unknown) or in none.

    With a column ``start`` or ``end`` (see `segment_columns`), a row is a segment of its file. It
    is named by the column ``utterance`` or, without it, by its file and times.

    If no row has a ``file`` and there is a column ``text``, the corpus consists of texts without
    recordings. They are named by the column ``utterance`` or, without it, by their row numbers.
    """

    name = "csv"
    title = "any recordings, listed in a table (file, emotion, speaker[, sex, text])"
    licence = "set by the owner of the recordings"
    citation = "see the owner of the recordings"

    def scan(self, source: Path | None) -> Listing:
        """List the rows of a table; see `Corpus.scan`."""
        table = _read(_table_path(source))
        _refuse_duplicates(table)
        entries, refused = _entries(table)
        if not entries:
            raise UsageError(
                f"corpus 'csv': all rows of {table.path.name!r} are refused, for example "
                f"{refused[0][0]!r}: {refused[0][1]}"
            )
        notes = ["the table has no recordings: texts and labels only"] if table.is_texts else []
        rows = [row for _, row in table.rows]
        unknown_sexes = sum(_sex(row) is None for row in rows)
        if unknown_sexes:
            notes.append(f"{unknown_sexes} rows with a sex other than female and male: unknown")
        unknown_splits = {row.get("split", "") for row in rows if _split(row) is None}
        if unknown_splits:  # the column may have another meaning
            entries = [replace(entry, split="") for entry in entries]
            notes.append(
                f"the column split is ignored: {min(unknown_splits)!r} is not train, dev or test"
            )
        notes += _ignored_columns(table)
        return files.build_listing(entries, table.path.parent, refused, notes)


@dataclass(frozen=True)
class _Table:
    """A table as it was read: row numbers as in a spreadsheet, and cells by column."""

    path: Path
    header: list[str]
    rows: _Rows
    times: SegmentColumns

    @property
    def is_texts(self) -> bool:
        """Whether the table has texts without recordings."""
        return all(not row.get("file") and "text" in row for _, row in self.rows)


def _entries(table: _Table) -> tuple[list[files.Entry], Refusals]:
    """Return the utterances of all rows that can be used, and the refused rows."""
    some_speaker = any(_speaker(row) for _, row in table.rows)
    entries: dict[int, files.Entry] = {}
    refused = Refusals()
    for number, row in table.rows:
        try:
            entries[number] = _entry(number, row, table, some_speaker)
        except UsageError as error:
            name = row.get("utterance", "") if table.is_texts else row["file"]
            refused.add(name, error, f"row {number}: ")
    _refuse_same_files(entries, dict(table.rows), refused)
    return list(entries.values()), refused


def _present(text: str) -> str:
    """Return a cell, empty if it is a spelling of a missing value."""
    return "" if text.lower() in MISSING else text


def _speaker(row: dict[str, str]) -> str:
    return _present(row["speaker"])


def _sex(row: dict[str, str]) -> str | None:
    return _SEX.get(_present(row.get("sex", "")).lower())


def _split(row: dict[str, str]) -> str | None:
    return _SPLITS.get(_present(row.get("split", "")).lower())


def _table_path(source: Path | None) -> Path:
    if source is None:
        raise UsageError("corpus 'csv' needs a table: write csv=FILE")
    path = tree.source_path(source, "csv")
    if path.is_dir():
        raise UsageError(f"corpus 'csv': {str(source)!r} is a folder; give the file of the table")
    if not path.is_file():
        raise UsageError(f"corpus 'csv': there is no file {str(source)!r}")
    return path


def _read(path: Path) -> _Table:
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
    return _Table(path, header, rows, find_columns(header, name))


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
            hint = suggest(column, others) if others else ""
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
    return difflib.get_close_matches(column, [name for name in header if name not in OPTIONAL])


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


def _refuse_duplicates(table: _Table) -> None:
    if not table.is_texts:
        _refuse_equal_cells(table, ["file", *table.times.names])
    if table.is_texts or table.times.names:
        _refuse_equal_cells(table, ["utterance"])


def _refuse_equal_cells(table: _Table, columns: list[str]) -> None:
    first: dict[tuple[str, ...], int] = {}
    for number, row in table.rows:
        cells = tuple(unicodedata.normalize("NFC", row.get(column, "")) for column in columns)
        first_number = first.setdefault(cells, number)
        if cells[0] and first_number != number:
            times = " and times" if len(columns) > 1 else ""
            raise UsageError(
                f"corpus 'csv': rows {first_number} and {number} of {table.path.name!r} have the "
                f"same {columns[0]} {row[columns[0]]!r}{times}; remove one of them"
            )


def _refuse_same_files(
    entries: dict[int, files.Entry], rows: dict[int, dict[str, str]], refused: Refusals
) -> None:
    """Refuse rows that name a file of an earlier row in another way: ``./a.wav``, links.

    If the two rows have different labels, both are refused. Segments of one file get the same path.
    """
    paths: dict[tuple[int, int] | str, Path] = {}
    first: dict[tuple[Path, Segment], int] = {}
    for number, entry in list(entries.items()):
        if entry.path is None:
            return
        path = paths.setdefault(_identity(entry.path), entry.path)
        if entry.segment != WHOLE:
            entries[number] = entry = replace(entry, path=path)
        first_number = first.setdefault((path, entry.segment), number)
        if first_number == number:
            continue
        del entries[number]
        name, first_name = rows[number]["file"], rows[first_number]["file"]
        problem = f"it is the same file as {first_name!r} in row {first_number}"
        earlier = entries.get(first_number)
        if earlier is not None and earlier.emotion != entry.emotion:
            del entries[first_number]
            problem += f", which is labelled {earlier.emotion}: both rows are refused"
            reason = f"it is the same file as {name!r} in row {number}, with another emotion"
            refused.add(first_name, UsageError(reason), f"row {first_number}: ")
        refused.add(name, UsageError(f"{problem}; remove one of them"), f"row {number}: ")


def _identity(path: Path) -> tuple[int, int] | str:
    """Return what is equal for two paths of one file, through links too."""
    status = path.stat()
    # Some network file systems do not number their files.
    return (status.st_dev, status.st_ino) if status.st_ino else str(path.resolve())


def _entry(number: int, row: dict[str, str], table: _Table, some_speaker: bool) -> files.Entry:
    """Return the utterance of a row."""
    texts = table.is_texts
    if not texts and not _present(row["file"]):
        raise UsageError("has no file")
    if texts and not row["text"]:
        raise UsageError("has no text")
    if texts and not row.get("utterance", "-"):
        raise UsageError("has no utterance")
    if row["emotion"].lower() in _NO_EMOTION:
        raise UsageError("has no emotion")
    if some_speaker and not _speaker(row):
        given = f" ({row['speaker']!r})" if row["speaker"] else ""
        raise UsageError(f"has no speaker{given}, although other rows have one")
    segment = WHOLE if texts else table.times.segment(row)
    name = row.get("utterance", f"row{number:06}") if texts else ""
    return files.Entry(
        None if texts else _find(row["file"], table.path.parent),
        tables.canonical_emotion(row["emotion"]),
        _speaker(row),
        _sex(row) or "",
        row.get("text", ""),
        name or (row.get("utterance", "") if segment != WHOLE else ""),
        _present(row.get("session", "")),
        _split(row) or "",
        segment,
    )


def _find(name: str, root: Path) -> Path:
    # As written, then as written by macOS (decomposed) and by Windows (backslashes).
    spellings = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    for spelling in (name, *spellings, *(s.replace("\\", "/") for s in spellings)):
        try:
            if tree.is_file(root / spelling):
                return root / spelling
        except ValueError:  # a NUL character
            break
    raise UsageError("there is no such file")


def _ignored_columns(table: _Table) -> list[str]:
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


COMPONENT = Csv()
