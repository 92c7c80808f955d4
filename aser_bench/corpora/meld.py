"""MELD: utterances of a television series, by many speakers, with transcripts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError, suggest
from . import files
from .base import Corpus, Listing

SPLITS = ("train", "dev", "test")
_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
_CLIP = re.compile(r"dia(\d+)_utt(\d+)", re.IGNORECASE)

Key = tuple[str, int, int]
"""Split, dialogue and utterance: the two numbers alone repeat across splits."""


@dataclass(frozen=True)
class _Row:
    """A row of a table: what it says by column, and where it stands, for messages."""

    place: tuple[str, int]
    cells: dict[str, str]


class Meld(Corpus):
    """The three tables as distributed, and the clips, in whatever folders below, where present.

    A clip belongs to the split that the folder around it names (``train_splits``,
    ``dev_splits_complete``, ``output_repeated_splits_test``). Without clips the corpus is one
    of texts alone.
    """

    name = "meld"
    title = "Multimodal EmotionLines Dataset (MELD)"
    licence = "GPL-3.0 (tables); the clips belong to the owners of the series"
    citation = (
        "S. Poria, D. Hazarika, N. Majumder, G. Naik, E. Cambria and R. Mihalcea (2019). MELD: A "
        "multimodal multi-party dataset for emotion recognition in conversations. ACL 2019, "
        "527-536. doi:10.18653/v1/P19-1050"
    )
    url = "https://doi.org/10.18653/v1/P19-1050"
    language = "en"

    def matches_name(self, stem: str) -> bool:
        """Tell whether a name is that of a clip."""
        return _CLIP.fullmatch(stem) is not None

    def scan(self, source: Path | None) -> Listing:
        """List the rows of the tables; see `Corpus.scan`."""
        root = files.corpus_folder(source, self.name)
        audio, others = files.find_files(root)
        found, copies = _tables(others)
        if not found:
            raise files.no_files_error(self.name, _table("train"), root, texts_allowed=True)
        rows, refused = _rows(found, root)
        clips, strange = _clips(audio, root)
        entries = []
        for key, row in rows.items():
            try:
                entries.append(_entry(key, row.cells, clips))
            except UsageError as error:
                refused.append((_named(*row.place), f"{_name(key)}: {error}"))
        if not entries:
            why = ": ".join(refused[0]) if refused else "the tables hold no rows"
            raise UsageError(f"corpus 'meld': nothing to use under {str(root)!r}: {why}")
        counts = (
            (copies, "second copies of a table left out"),
            (len(set(clips) - set(rows)), "clips that no row of the tables names left out"),
            (strange, "clips left out that are unlike train_splits/dia0_utt0.mp4"),
        )
        notes = [f"there is no {_table(split)}" for split in SPLITS if split not in found]
        notes += [f"{count} {what}" for count, what in counts if count]
        return files.build_listing(entries, root, refused, [*notes, _about_sound(clips)])


def _about_sound(clips: dict[Key, Path]) -> str:
    if clips:
        return "the clips hold AAC already: a codec on them is transcoding"
    return "there are no clips: transcripts and labels alone"


def _table(split: str) -> str:
    return f"{split}_sent_emo.csv"


def _tables(others: list[Path]) -> tuple[dict[str, Path], int]:
    """Return split -> its table, and how many second copies there are."""
    found: dict[str, Path] = {}
    copies = 0
    for path in others:
        for split in SPLITS:
            if path.name.lower() == _table(split):
                copies += split in found
                found.setdefault(split, path)
    return found, copies


def _rows(found: dict[str, Path], root: Path) -> tuple[dict[Key, _Row], list[tuple[str, str]]]:
    """Return the rows of all tables by key, and those (place, reason) that have none."""
    rows: dict[Key, _Row] = {}
    refused = []
    for split, path in found.items():
        reader = csv.DictReader(io.StringIO(files.read_text(path), newline=""))
        file = files.relative_path(path, root)
        for column in _COLUMNS:
            header = [name for name in reader.fieldnames or [] if name]
            if column not in header:
                hint = suggest(column, header) if header else "; it is empty"
                raise UsageError(f"corpus 'meld': {file!r} has no column {column!r}{hint}")
        for number, cells in enumerate(_read(reader, file), 2):
            row = _Row((file, number), cells)
            try:
                key = (split, int(cells["Dialogue_ID"]), int(cells["Utterance_ID"]))
            except ValueError:
                refused.append((_named(*row.place), "its Dialogue_ID or Utterance_ID is no number"))
                continue
            if key in rows:
                before = rows[key].place[1]
                refused.append((_named(*row.place), f"{_name(key)} stands in row {before} too"))
            else:
                rows[key] = row
    return rows, refused


def _read(reader: csv.DictReader, file: str) -> list[dict[str, str]]:
    try:
        # A row that breaks off has None for what is missing.
        return [{name: (row[name] or "").strip() for name in _COLUMNS} for row in reader]
    except csv.Error as error:
        raise UsageError(f"corpus 'meld': {file!r} is not a table: {error}") from error


def _entry(key: Key, cells: dict[str, str], clips: dict[Key, Path]) -> files.Entry:
    if not cells["Speaker"]:
        raise UsageError("has no speaker")
    emotion = tables.canonical_emotion(cells["Emotion"])
    if clips and key not in clips:
        raise UsageError("there is no such clip")
    return files.Entry(
        clips.get(key),
        emotion,
        cells["Speaker"],
        "",
        cells["Utterance"],
        _name(key),
        split=key[0],
    )


def _clips(audio: list[Path], root: Path) -> tuple[dict[Key, Path], int]:
    """Return the clips by key, and the number of those of which no key is known."""
    found: dict[Key, Path] = {}
    strange = 0
    for path in files.lossless_first(audio):
        match, split = _CLIP.fullmatch(files.nfc_stem(path)), _split_of(path, root)
        if match and split:
            found.setdefault((split, int(match[1]), int(match[2])), path)
        else:
            strange += 1
    return found, strange


def _split_of(path: Path, root: Path) -> str:
    """Return the split that the nearest folder names, or an empty string."""
    for folder in reversed(path.relative_to(root).parts[:-1]):
        words = re.findall(r"[a-z]+", folder.lower())
        named = [split for split in SPLITS if split in words]
        if named:
            return named[0]
    return ""


def _name(key: Key) -> str:
    return f"{key[0]}_dia{key[1]}_utt{key[2]}"


def _named(file: str, row: int) -> str:
    return f"{file} row {row}"


COMPONENT = Meld()
