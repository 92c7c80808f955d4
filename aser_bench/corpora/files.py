"""Discovery and naming of the recordings in a folder, and the error if there are none."""

from __future__ import annotations

import math
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..core.errors import UsageError
from . import tree
from .audio import WHOLE, Segment
from .base import Listing, Refusals

_NAMES = """
    wav wave bwf rf64 w64 flac aiff aif aifc ogg oga opus spx mp3 mp2 m4a m4b mp4 mov 3gp 3g2
    webm mkv mka aac ac3 amr awb wma asf caf au snd wv ape tta mpc flv sph nist
"""
EXTENSIONS = frozenset(_NAMES.split())
"""Extensions (lower case) of files that may be recordings; `audio.read` checks the contents."""


_LOSSY_NAMES = """
    ogg oga opus spx mp3 mp2 m4a m4b mp4 mov 3gp 3g2 webm aac ac3 amr awb wma asf mpc flv
"""
_LOSSY = frozenset(_LOSSY_NAMES.split())
_NOT_UTF_8 = "its name is not UTF-8 and cannot be written to a table; rename it"

# Punctuation of cp1252 by the Latin-1 control character that results if the text was decoded as
# Latin-1.
_CP1252_PUNCTUATION = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}


@dataclass(frozen=True)
class Entry:
    """One utterance with its labels, from its file name or a table.

    Attributes
    ----------
    path : Path or None
        Path of the recording; None for a transcript without a recording, which then needs an
        ``utterance``.
    emotion, speaker, sex, text, session, split : str
        As in the table of utterances (see `base.Listing`); empty if unknown.
    utterance : str
        Name of the utterance; if empty, it is named by its file.
    segment : Segment
        The part of the recording that is the utterance.
    """

    path: Path | None
    emotion: str
    speaker: str = ""
    sex: str = ""
    text: str = ""
    utterance: str = ""
    session: str = ""
    split: str = ""
    segment: Segment = WHOLE


def corpus_folder(source: Path | None, corpus: str) -> Path:
    """Return the folder of a corpus as an absolute path.

    Raises
    ------
    UsageError
        If ``source`` is None, does not exist, cannot be opened or is a file.
    """
    if source is None:
        raise UsageError(f"corpus {corpus!r} needs its folder: write {corpus}=DIR")
    path = tree.source_path(source, corpus)
    if not path.exists():
        raise UsageError(f"corpus {corpus!r}: there is no folder {str(source)!r}")
    if not path.is_dir():
        unpack = "; unpack it first" if path.suffix.lower() in (".zip", ".gz", ".tar") else ""
        raise UsageError(f"corpus {corpus!r}: {str(source)!r} is a file, not a folder{unpack}")
    return path


def find_files(root: Path) -> tuple[list[Path], list[Path]]:
    """List the files under a folder as (audio files, other files), each sorted by path.

    Hidden files and folders, the ``._name`` files and ``__MACOSX`` folders of macOS are ignored.
    Symbolic links to folders are followed once.

    Raises
    ------
    UsageError
        If a folder below it cannot be listed, or a link cannot be followed.
    """
    audio: list[Path] = []
    others: list[Path] = []
    paths = tree.files_below(root, EXTENSIONS)
    for path in sorted(paths, key=lambda path: path.relative_to(root).as_posix()):
        (audio if tree.extension(path) in EXTENSIONS else others).append(path)
    return audio, others


def nfc_stem(path: Path) -> str:
    """Return a file's name without its extension, in composed Unicode (NFC).

    macOS decomposes names; the same recording must have the same name on every system.
    """
    return unicodedata.normalize("NFC", path.stem)


def lossless_first(paths: Iterable[Path]) -> list[Path]:
    """Return the paths with lossless formats before lossy ones; the order is stable otherwise."""
    return sorted(paths, key=lambda path: tree.extension(path) in _LOSSY)


def read_text(path: Path) -> str:
    """Return the contents of a text file in UTF-8 or, if that fails, in cp1252.

    Quotation marks and dashes that are broken because cp1252 was decoded as Latin-1 are repaired.

    Raises
    ------
    UsageError
        If the file cannot be read.
    """
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = contents.decode("latin-1")
    return text.translate(_CP1252_PUNCTUATION)


def drop_copies(paths: Iterable[Path], names: Mapping[Path, str]) -> list[Path]:
    """Return the first path of each recording name; upper and lower case count as the same."""
    first: dict[str, Path] = {}
    for path in paths:
        first.setdefault(names[path].casefold(), path)
    return list(first.values())


def relative_path(path: Path, root: Path) -> str:
    """Return a path relative to ``root`` with ``/`` separators; other paths are not changed."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def build_listing(
    entries: Iterable[Entry],
    root: Path,
    refused: Iterable[tuple[str, str]] = (),
    notes: Iterable[str] = (),
) -> Listing:
    """Return the `Listing` of utterances, with names and sorted.

    An utterance without a name is named by its file name without extension if that is unique,
    else by its path relative to ``root`` without extension, and if that is not unique either, with
    extension; a segment's times follow. The columns ``session`` and ``split`` exist if at least
    one utterance has a value, and ``start_s`` and ``end_s`` if at least one is a segment.
    """
    usable: list[Entry] = []
    unnameable: list[tuple[str, str]] = []
    for entry in entries:
        if entry.path is None or _can_be_named(entry.path):
            usable.append(entry)
        else:
            unnameable.append((_printable(entry.path), _NOT_UTF_8))
    file_names = iter(_names([e for e in usable if e.path and not e.utterance], root))
    rows = [
        (
            entry.utterance or next(file_names),
            "" if entry.path is None else str(entry.path),
            entry.emotion,
            entry.speaker,
            entry.sex,
            entry.text,
            entry.session,
            entry.split,
            entry.segment.start_s,
            entry.segment.end_s if math.isfinite(entry.segment.end_s) else math.nan,
        )
        for entry in usable
    ]
    columns = ["utterance", "file", "emotion", "speaker", "sex", "text", "session", "split"]
    frame = pd.DataFrame(rows, columns=[*columns, "start_s", "end_s"], dtype=object)
    if all(entry.segment == WHOLE for entry in usable):
        frame = frame.drop(columns=["start_s", "end_s"])
    else:
        frame = frame.astype({"start_s": float, "end_s": float})
    frame = frame.sort_values("utterance", ignore_index=True)
    empty = [column for column in ("session", "split") if (frame[column] == "").all()]
    unknown_labels = refused.unknown_labels if isinstance(refused, Refusals) else {}
    table = frame.drop(columns=empty)
    return Listing(table, [*refused, *unnameable], list(notes), dict(unknown_labels))


def _can_be_named(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8 cannot be written to a table
        return False
    return True


def _printable(path: Path) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")


def _names(entries: list[Entry], root: Path) -> list[str]:
    paths = list(dict.fromkeys(entry.path for entry in entries if entry.path))
    names = dict(zip(paths, _file_names(paths, root), strict=True))
    return [names[entry.path] + _segment_suffix(entry.segment) for entry in entries if entry.path]


def _segment_suffix(segment: Segment) -> str:
    if segment == WHOLE:
        return ""
    end = f"{segment.end_s:.6f}".rstrip("0").rstrip(".") if math.isfinite(segment.end_s) else "end"
    return "_" + f"{segment.start_s:.6f}".rstrip("0").rstrip(".") + f"-{end}"


def _file_names(paths: list[Path], root: Path) -> list[str]:
    candidates = (
        [nfc_stem(path) for path in paths],
        [unicodedata.normalize("NFC", relative_path(path.with_suffix(""), root)) for path in paths],
        [unicodedata.normalize("NFC", relative_path(path, root)) for path in paths],
        [relative_path(path, root) for path in paths],
    )
    names = candidates[0]
    for longer_names in candidates[1:]:
        count = Counter(names)
        pairs = zip(names, longer_names, strict=True)
        names = [longer if count[name] > 1 else name for name, longer in pairs]
    return names


def no_files_error(
    corpus: str, looked_for: str, root: Path, texts_allowed: bool = False
) -> UsageError:
    """Return the error for a folder without a file that looks like the corpus.

    Parameters
    ----------
    corpus : str
        Name of the corpus.
    looked_for : str
        Example of an expected file.
    root : Path
        The folder; the message describes its contents and names a corpus that they look like.
    texts_allowed : bool
        Whether the corpus may consist of texts without recordings.
    """
    audio, others = find_files(root)
    if not audio and not others:
        contents = "the folder is empty"
    elif not audio:
        kind = "has such a name" if texts_allowed else "is audio"
        contents = f"none of its {len(others)} files {kind}, for example {others[0].name!r}"
        if any(path.suffix.lower() == ".zip" for path in others):
            contents += "; unpack the zip file first"
    else:
        example = audio[0].name
        contents = f"it has {len(audio)} audio files with other names, for example {example!r}"
        similar = _similar_corpus([nfc_stem(path) for path in audio], corpus)
        if similar:
            contents += f"; these look like {similar}: try --corpus {similar}=DIR"
        else:
            contents += "; name them <anything>_<emotion>.wav for --corpus custom=DIR, or list "
            contents += "them in a table for --corpus csv=FILE"
    return UsageError(
        f"corpus {corpus!r}: no file like {looked_for} under {str(root)!r}: {contents}"
    )


def _similar_corpus(stems: list[str], other_than: str) -> str:
    """Return the corpus that most of the file names look like, or an empty string."""
    from ..core import registry
    from . import get

    # custom matches nearly every name, so it is the last.
    names = sorted(registry.names("corpora"), key=lambda name: (name == "custom", name))
    for name in names:
        try:
            corpus = get(name)
        except UsageError:  # a plug-in that cannot be loaded; the error is about another corpus
            continue
        if name != other_than and sum(map(corpus.matches_name, stems)) > len(stems) / 2:
            return name
    return ""
