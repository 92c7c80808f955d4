"""Recordings or texts with their labels in a table, for corpora without a loader."""

from __future__ import annotations

import csv  # the standard library's module: imports are absolute
import difflib
import io
import unicodedata
from dataclasses import replace
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError, suggest
from . import files
from .base import Corpus, Listing, Refusals

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

_Rows = list[tuple[int, dict[str, str]]]


class Csv(Corpus):
    """A table with a header line, separated by commas, semicolons or tabs.

    The columns ``file``, ``emotion`` and ``speaker`` are required; ``sex``, ``text``, ``session``
    and ``split`` are optional. Paths are absolute or relative to the table's folder. The speaker
    may be empty in all rows (unknown) or in none.

    If no row has a ``file`` and there is a column ``text``, the corpus consists of texts without
    recordings. They are named by the column ``utterance`` or, without it, by their row numbers.
    """

    name = "csv"
    title = "any recordings, listed in a table (file, emotion, speaker[, sex, text])"
    licence = "set by the owner of the recordings"
    citation = "see the owner of the recordings"

    def scan(self, source: Path | None) -> Listing:
        """List the rows of a table; see `Corpus.scan`."""
        table = _table_path(source)
        rows = _rows(table)
        some_speaker = any(row["speaker"] for _, row in rows)
        texts = all(not row.get("file") and "text" in row for _, row in rows)
        _refuse_duplicates(rows, "utterance" if texts else "file", table)
        entries, refused = [], Refusals()
        for number, row in rows:
            try:
                entries.append(_entry(number, row, None if texts else table.parent, some_speaker))
            except UsageError as error:
                name = row.get("utterance", "") if texts else row["file"]
                refused.add(name, error, f"row {number}: ")
        if not entries:
            raise UsageError(
                f"corpus 'csv': all rows of {table.name!r} are refused, for example "
                f"{refused[0][0]!r}: {refused[0][1]}"
            )
        notes = ["the table has no recordings: texts and labels only"] if texts else []
        unknown_sexes = sum(row.get("sex", "").lower() not in _SEX for _, row in rows)
        if unknown_sexes:
            notes.append(f"{unknown_sexes} rows with a sex other than female and male: unknown")
        unknown_splits = {row.get("split", "") for _, row in rows if _split(row) is None}
        if unknown_splits:  # the column may have another meaning
            entries = [replace(entry, split="") for entry in entries]
            notes.append(
                f"the column split is ignored: {min(unknown_splits)!r} is not train, dev or test"
            )
        return files.build_listing(entries, table.parent, refused, notes)


def _split(row: dict[str, str]) -> str | None:
    return _SPLITS.get(row.get("split", "").lower())


def _table_path(source: Path | None) -> Path:
    if source is None:
        raise UsageError("corpus 'csv' needs a table: write csv=FILE")
    path = Path(source).expanduser().absolute()
    if path.is_dir():
        raise UsageError(f"corpus 'csv': {str(source)!r} is a folder; give the file of the table")
    if not path.is_file():
        raise UsageError(f"corpus 'csv': there is no file {str(source)!r}")
    return path


def _rows(path: Path) -> _Rows:
    """Return (row number as in a spreadsheet, cells by column) for each row that is not empty."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"corpus 'csv': {path.name!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"corpus 'csv': {path.name!r} is not UTF-8 (byte {error.start}); save it as 'CSV UTF-8'"
        ) from error
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        # newline="": line breaks in quoted cells are part of the text.
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise UsageError(f"corpus 'csv': {path.name!r} is not a table: {error}") from error
    filled = [
        (number, cells)
        for number, cells in enumerate(lines, 1)
        if any(cell.strip() for cell in cells)
    ]
    if not filled:
        raise UsageError(
            f"corpus 'csv': {path.name!r} is empty; its first line must be {','.join(REQUIRED)}"
        )
    header = [cell.strip().lower() for cell in filled[0][1]]
    _check_header(header, path)
    if len(filled) == 1:
        raise UsageError(f"corpus 'csv': {path.name!r} has a header line and no rows")
    return [(number, _cells(header, cells, number, path)) for number, cells in filled[1:]]


def _check_header(header: list[str], path: Path) -> None:
    for column in REQUIRED:
        # A corpus of texts needs no column file, unless a column with a similar name is probably a
        # misspelling of it.
        texts = column == "file" and "text" in header
        if column not in header and not (texts and not _similar_columns(column, header)):
            others = [name for name in header if name and name not in REQUIRED + OPTIONAL]
            hint = suggest(column, others) if others else ""
            raise UsageError(
                f"corpus 'csv': {path.name!r} has no column {column!r}{hint}; "
                f"required: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}"
            )
    repeated = {name for name in header if name in REQUIRED + OPTIONAL and header.count(name) > 1}
    if repeated:
        raise UsageError(f"corpus 'csv': {path.name!r} has several columns {sorted(repeated)[0]!r}")


def _similar_columns(column: str, header: list[str]) -> list[str]:
    return difflib.get_close_matches(column, [name for name in header if name not in OPTIONAL])


def _cells(header: list[str], cells: list[str], number: int, path: Path) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise UsageError(
            f"corpus 'csv': row {number} of {path.name!r} has more cells than the header; "
            "put texts with the separator in quotes"
        )
    padded = [cell.strip() for cell in cells] + [""] * len(header)
    return dict(zip(header, padded, strict=False))


def _refuse_duplicates(rows: _Rows, column: str, path: Path) -> None:
    first: dict[str, int] = {}
    for number, row in rows:
        name = row.get(column, "")
        first_number = first.setdefault(unicodedata.normalize("NFC", name), number)
        if name and first_number != number:
            raise UsageError(
                f"corpus 'csv': rows {first_number} and {number} of {path.name!r} have the same "
                f"{column} {name!r}; remove one of them"
            )


def _entry(number: int, row: dict[str, str], root: Path | None, some_speaker: bool) -> files.Entry:
    """Return the utterance of a row; ``root`` is None if the corpus consists of texts."""
    if root is not None and not row["file"]:
        raise UsageError("has no file")
    if root is None and not row["text"]:
        raise UsageError("has no text")
    if root is None and not row.get("utterance", "-"):
        raise UsageError("has no utterance")
    if not row["emotion"]:
        raise UsageError("has no emotion")
    if some_speaker and not row["speaker"]:
        raise UsageError("has no speaker, although other rows have one")
    return files.Entry(
        None if root is None else _find(row["file"], root),
        tables.canonical_emotion(row["emotion"]),
        row["speaker"],
        _SEX.get(row.get("sex", "").lower(), ""),
        row.get("text", ""),
        row.get("utterance", f"row{number:06}") if root is None else "",
        row.get("session", ""),
        _split(row) or "",
    )


def _find(name: str, root: Path) -> Path:
    # As written, then as written by macOS (decomposed) and by Windows (backslashes).
    spellings = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    for spelling in (name, *spellings, *(s.replace("\\", "/") for s in spellings)):
        try:
            if (root / spelling).is_file():
                return root / spelling
        except (OSError, ValueError):  # name too long, or with a NUL character
            break
    raise UsageError("there is no such file")


COMPONENT = Csv()
