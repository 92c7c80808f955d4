"""MELD: utterances of a television series, by many speakers, with transcripts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError, suggest
from . import files, table_rows
from .base import Corpus, Listing, Refusals

SPLITS = ("train", "dev", "test")
_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
_CLIP = re.compile(r"dia(\d+)_utt(\d+)", re.IGNORECASE)

Key = tuple[str, int, int]
"""Split, dialogue and utterance: the two numbers alone repeat across splits."""


@dataclass(frozen=True)
class _Row:
    """A row of a table: its cells by column, and its file and row number, for messages."""

    location: tuple[str, int]
    cells: dict[str, str]


class Meld(Corpus):
    """The three tables as distributed and, if present, the clips, in any folders below.

    A clip belongs to the split in the name of its folder (``train_splits``,
    ``dev_splits_complete``, ``output_repeated_splits_test``). Without clips the corpus consists of
    texts.
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
        """Return whether a file name is the name of a clip."""
        return _CLIP.fullmatch(stem) is not None

    def scan(self, source: Path | None) -> Listing:
        """List the rows of the tables; see `Corpus.scan`."""
        root = files.corpus_folder(source, self.name)
        audio, others = files.find_files(root)
        paths, duplicates = _tables(others)
        if not paths:
            raise files.no_files_error(self.name, _table("train"), root, texts_allowed=True)
        rows, refused = _rows(paths, root)
        clips, unmatched = _clips(audio, root)
        entries = []
        for key, row in rows.items():
            try:
                entries.append(_entry(key, row.cells, clips))
            except UsageError as error:
                refused.add(_row_name(*row.location), error, f"{_name(key)}: ")
        if not entries:
            why = ": ".join(refused[0]) if refused else "the tables have no rows"
            raise UsageError(f"corpus 'meld': no usable row under {str(root)!r}: {why}")
        counts = (
            (duplicates, "duplicates of a table left out"),
            (len(set(clips) - set(rows)), "clips without a row in the tables left out"),
            (unmatched, "clips with names unlike train_splits/dia0_utt0.mp4 left out"),
        )
        notes = [f"there is no {_table(split)}" for split in SPLITS if split not in paths]
        notes += [f"{count} {description}" for count, description in counts if count]
        return files.build_listing(entries, root, refused, [*notes, _audio_note(clips)])


def _audio_note(clips: dict[Key, Path]) -> str:
    if clips:
        return "the clips are AAC: a codec applied to them is transcoding"
    return "there are no clips: transcripts and labels only"


def _table(split: str) -> str:
    return f"{split}_sent_emo.csv"


def _tables(others: list[Path]) -> tuple[dict[str, Path], int]:
    """Return the table of each split, and the number of duplicates of tables."""
    tables_by_split: dict[str, Path] = {}
    duplicates = 0
    for path in others:
        for split in SPLITS:
            if path.name.lower() == _table(split):
                duplicates += split in tables_by_split
                tables_by_split.setdefault(split, path)
    return tables_by_split, duplicates


def _rows(paths: dict[str, Path], root: Path) -> tuple[dict[Key, _Row], Refusals]:
    """Return the rows of all tables by key, and the refused rows (location, reason)."""
    rows: dict[Key, _Row] = {}
    refused = Refusals()
    for split, path in paths.items():
        file = files.relative_path(path, root)
        header, cells_by_number = _read(path, file)
        for column in _COLUMNS:
            if column not in header:
                hint = suggest(column, header) if header else "; it is empty"
                raise UsageError(f"corpus 'meld': {file!r} has no column {column!r}{hint}")
        for number, cells in cells_by_number:
            row = _Row((file, number), cells)
            try:
                key = (split, int(cells["Dialogue_ID"]), int(cells["Utterance_ID"]))
            except ValueError:
                refused.append(
                    (_row_name(*row.location), "its Dialogue_ID or Utterance_ID is not a number")
                )
                continue
            if key in rows:
                first = rows[key].location[1]
                refused.append((_row_name(*row.location), f"{_name(key)} is in row {first} too"))
            else:
                rows[key] = row
    return rows, refused


def _read(path: Path, file: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the header of a table, and the number and cells of each row."""
    name = f"corpus 'meld': {file!r}"
    lines = table_rows.parse(files.read_text(path), ",", name)
    header = lines[0][1] if lines else []
    if "Emotion" in header:
        place = header.index("Emotion")
        table_rows.check_no_swallowed_rows(lines, len(header), place, tables.is_emotion, name)
    rows = []
    for number, cells in lines[1:]:
        padded = [cell.strip() for cell in cells] + [""] * len(header)
        rows.append((number, dict(zip(header, padded, strict=False))))
    return header, rows


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
    """Return the clips by key, and the number of clips without a key."""
    clips: dict[Key, Path] = {}
    unmatched = 0
    for path in files.lossless_first(audio):
        match, split = _CLIP.fullmatch(files.nfc_stem(path)), _split_of(path, root)
        if match and split:
            clips.setdefault((split, int(match[1]), int(match[2])), path)
        else:
            unmatched += 1
    return clips, unmatched


def _split_of(path: Path, root: Path) -> str:
    """Return the split in the name of the nearest folder, or an empty string."""
    for folder in reversed(path.relative_to(root).parts[:-1]):
        words = re.findall(r"[a-z]+", folder.lower())
        splits = [split for split in SPLITS if split in words]
        if splits:
            return splits[0]
    return ""


def _name(key: Key) -> str:
    return f"{key[0]}_dia{key[1]}_utt{key[2]}"


def _row_name(file: str, row: int) -> str:
    return f"{file} row {row}"


COMPONENT = Meld()
