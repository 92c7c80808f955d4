"""Recordings or texts with their labels in a table, for corpora without a loader."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError
from . import files, tree
from .audio import WHOLE, Segment
from .base import Corpus, Listing, Refusals
from .csv_table import LabelTable, ignored_columns, read_table, table_path
from .segment_columns import MISSING, UNKNOWN_SPEAKERS

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
    title = "any recordings, listed in a table (file, emotion, speaker, ...)"
    licence = "set by the owner of the recordings"
    citation = "see the owner of the recordings"

    def scan(self, source: Path | None) -> Listing:
        """List the rows of a table; see `Corpus.scan`."""
        table = read_table(table_path(source))
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
        notes += ignored_columns(table)
        return files.build_listing(entries, table.path.parent, refused, notes)


def _entries(table: LabelTable) -> tuple[list[files.Entry], Refusals]:
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
    return "" if row["speaker"].lower() in UNKNOWN_SPEAKERS else _present(row["speaker"])


def _sex(row: dict[str, str]) -> str | None:
    return _SEX.get(_present(row.get("sex", "")).lower())


def _split(row: dict[str, str]) -> str | None:
    return _SPLITS.get(_present(row.get("split", "")).lower())


def _refuse_duplicates(table: LabelTable) -> None:
    if not table.is_texts:
        _refuse_equal_cells(table, ["file", *table.times.names])
    if table.is_texts or table.times.names:
        _refuse_equal_cells(table, ["utterance"])


def _refuse_equal_cells(table: LabelTable, columns: list[str]) -> None:
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


def _entry(number: int, row: dict[str, str], table: LabelTable, some_speaker: bool) -> files.Entry:
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


COMPONENT = Csv()
