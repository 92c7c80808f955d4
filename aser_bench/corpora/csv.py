"""Any recordings, with their labels in a table: the way out for whatever has no loader."""

from __future__ import annotations

import csv  # the standard library's: imports here are absolute
import io
import unicodedata
from pathlib import Path

from .. import tables
from ..errors import UsageError, suggest
from . import files
from .base import Corpus, Listing

REQUIRED = ("file", "emotion", "speaker")
OPTIONAL = ("sex", "text")
_SEX = {
    "f": "female", "female": "female", "w": "female", "woman": "female",
    "m": "male", "male": "male", "man": "male", "": "",
}  # fmt: skip


class Csv(Corpus):
    """A table with a header line, separated by commas, semicolons or tabs.

    Columns ``file``, ``emotion`` and ``speaker`` are needed, ``sex`` and ``text`` are read when
    present. Paths are absolute or relative to the table's folder. The speaker may stay empty in
    every row (nobody is known) or in none.
    """

    name = "csv"
    title = "any recordings, listed in a table (file, emotion, speaker[, sex, text])"
    licence = "whatever the owner of the recordings decides"
    citation = "the recordings' owner"

    def scan(self, source: Path | None) -> Listing:
        """List the rows of a table; see `Corpus.scan`."""
        table = _table_path(source)
        rows = _rows(table)
        _refuse_duplicates(rows, table)
        some_speaker = any(row["speaker"] for _, row in rows)
        entries, refused, odd_sex = [], [], 0
        for number, row in rows:
            try:
                entries.append(_entry(row, table.parent, some_speaker))
            except UsageError as error:
                refused.append((row["file"], f"row {number}: {error}"))
            odd_sex += row.get("sex", "").lower() not in _SEX
        if not entries:
            raise UsageError(
                f"corpus 'csv': every row of {table.name!r} is refused, for example "
                f"{refused[0][0]!r}: {refused[0][1]}"
            )
        notes = [f"{odd_sex} rows whose sex is neither female nor male: taken as unknown"]
        return files.listing(entries, table.parent, refused, notes if odd_sex else [])


def _table_path(source: Path | None) -> Path:
    if source is None:
        raise UsageError("corpus 'csv' needs its table: --corpus csv=FILE")
    path = Path(source).expanduser().absolute()
    if path.is_dir():
        raise UsageError(f"corpus 'csv': {str(source)!r} is a folder; give the table's file in it")
    if not path.is_file():
        raise UsageError(f"corpus 'csv': there is no file {str(source)!r}")
    return path


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return (row number as a spreadsheet counts, cells by column) for each row not blank."""
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
        # newline="": line breaks inside quotes are part of the text.
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
        if column not in header:
            others = [name for name in header if name and name not in REQUIRED + OPTIONAL]
            hint = suggest(column, others) if others else ""
            raise UsageError(
                f"corpus 'csv': {path.name!r} has no column {column!r}{hint}; "
                f"it needs {', '.join(REQUIRED)} and may have {', '.join(OPTIONAL)}"
            )
    twice = {name for name in header if name in REQUIRED + OPTIONAL and header.count(name) > 1}
    if twice:
        raise UsageError(
            f"corpus 'csv': {path.name!r} has more than one column {sorted(twice)[0]!r}"
        )


def _cells(header: list[str], cells: list[str], number: int, path: Path) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise UsageError(
            f"corpus 'csv': row {number} of {path.name!r} has more cells than the header; "
            "put texts that hold the separator in quotes"
        )
    padded = [cell.strip() for cell in cells] + [""] * len(header)
    return dict(zip(header, padded, strict=False))


def _refuse_duplicates(rows: list[tuple[int, dict[str, str]]], path: Path) -> None:
    first: dict[str, int] = {}
    for number, row in rows:
        before = first.setdefault(unicodedata.normalize("NFC", row["file"]), number)
        if row["file"] and before != number:
            raise UsageError(
                f"corpus 'csv': rows {before} and {number} of {path.name!r} name the same file "
                f"{row['file']!r}; keep one of them"
            )


def _entry(row: dict[str, str], root: Path, some_speaker: bool) -> files.Entry:
    if not row["file"]:
        raise UsageError("names no file")
    if not row["emotion"]:
        raise UsageError("has no emotion")
    if some_speaker and not row["speaker"]:
        raise UsageError("has no speaker, although other rows have one")
    path = _find(row["file"], root)
    return files.Entry(
        path,
        tables.emotion(row["emotion"]),
        row["speaker"],
        _SEX.get(row.get("sex", "").lower(), ""),
        row.get("text", ""),
    )


def _find(name: str, root: Path) -> Path:
    # As written, then as macOS or Windows would have written it.
    spellings = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    for spelling in (name, *spellings, *(s.replace("\\", "/") for s in spellings)):
        try:
            if (root / spelling).is_file():
                return root / spelling
        except (OSError, ValueError):  # too long, or a NUL
            break
    raise UsageError("there is no such file")


COMPONENT = Csv()
