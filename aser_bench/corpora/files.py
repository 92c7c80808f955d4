"""Find the recordings in a folder, name them, and say clearly when there are none."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..core.errors import UsageError
from .base import Listing

_NAMES = """
    wav wave bwf rf64 w64 flac aiff aif aifc ogg oga opus spx mp3 mp2 m4a m4b mp4 mov 3gp 3g2
    webm mkv mka aac ac3 amr awb wma asf caf au snd wv ape tta mpc flv sph nist
"""
EXTENSIONS = frozenset(_NAMES.split())
"""Extensions (lower case) of what `audio.read` may open; the contents decide in the end."""


_LOSSY_NAMES = """
    ogg oga opus spx mp3 mp2 m4a m4b mp4 mov 3gp 3g2 webm aac ac3 amr awb wma asf mpc flv
"""
_LOSSY = frozenset(_LOSSY_NAMES.split())
_NOT_UTF_8 = "its name is not UTF-8 and cannot stand in a table; rename it"

# Control characters of Latin-1 that were punctuation of Windows (cp1252) before somebody
# decoded them as the wrong one.
_MENDED = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}


@dataclass(frozen=True)
class Entry:
    """One utterance and what its name (or a table) says of it.

    ``path`` is None where there is a transcript and no recording; it then has an ``utterance``,
    which names it instead of the file. ``split`` is the corpus's own (train, dev or test).
    """

    path: Path | None
    emotion: str
    speaker: str = ""
    sex: str = ""
    text: str = ""
    utterance: str = ""
    session: str = ""
    split: str = ""


def corpus_folder(source: Path | None, corpus: str) -> Path:
    """Return the corpus' folder as an absolute path.

    Raises
    ------
    UsageError
        If none was given, it does not exist, cannot be listed, or is a file.
    """
    if source is None:
        raise UsageError(f"corpus {corpus!r} needs its folder: --corpus {corpus}=DIR")
    path = Path(source).expanduser().absolute()
    if not path.exists():
        raise UsageError(f"corpus {corpus!r}: there is no folder {str(source)!r}")
    if not path.is_dir():
        unpack = "; unpack it first" if path.suffix.lower() in (".zip", ".gz", ".tar") else ""
        raise UsageError(f"corpus {corpus!r}: {str(source)!r} is a file, not a folder{unpack}")
    if not os.access(path, os.R_OK | os.X_OK):
        raise UsageError(f"corpus {corpus!r}: the folder {str(source)!r} may not be read")
    return path


def find_files(root: Path) -> tuple[list[Path], list[Path]]:
    """List the files under a folder as (audio files, other files), each sorted by path.

    Hidden files and folders, macOS' ``._name`` twins and ``__MACOSX`` are passed over. Linked
    folders are followed once.
    """
    audio: list[Path] = []
    others: list[Path] = []
    for path in _all_files(root):
        known = path.suffix.lower().removeprefix(".") in EXTENSIONS
        (audio if known else others).append(path)
    return audio, others


def _all_files(root: Path) -> Iterator[Path]:
    seen: set[str] = set()
    found = []
    for place, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link that leads back up
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__MACOSX")
        found += [Path(place) / name for name in names if not name.startswith(".")]
    yield from sorted(found, key=lambda path: path.relative_to(root).as_posix())


def nfc_stem(path: Path) -> str:
    """Return a file's name without its extension, in composed Unicode (NFC).

    macOS writes decomposed names, and the same recording must have the same name everywhere.
    """
    return unicodedata.normalize("NFC", path.stem)


def lossless_first(paths: Iterable[Path]) -> list[Path]:
    """Sort paths so that a WAV goes before an MP3 of it; the order stays as it is otherwise."""
    return sorted(paths, key=lambda path: path.suffix.lower().removeprefix(".") in _LOSSY)


def read_text(path: Path) -> str:
    """Return the contents of a text file: UTF-8, or what Windows wrote before it knew of that.

    Quotation marks and dashes that were broken by decoding cp1252 as Latin-1 are mended.

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
    return text.translate(_MENDED)


def drop_copies(paths: Iterable[Path], names: Mapping[Path, str]) -> list[Path]:
    """Return the first path of each recording name; upper and lower case count as the same."""
    first: dict[str, Path] = {}
    for path in paths:
        first.setdefault(names[path].casefold(), path)
    return list(first.values())


def relative_path(path: Path, root: Path) -> str:
    """Return a path below ``root`` with ``/`` separators (a path elsewhere stays whole)."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def build_listing(
    entries: Iterable[Entry],
    root: Path,
    refused: Iterable[tuple[str, str]] = (),
    notes: Iterable[str] = (),
) -> Listing:
    """Build the `Listing` of some utterances: name them, sort them.

    An utterance that brings no name is named by its file where no other has that name, else by
    the path below ``root``, and by that with its extension where even this is shared. Columns
    ``session`` and ``split`` are there if some utterance has one.
    """
    found: list[Entry] = []
    nameless: list[tuple[str, str]] = []
    for entry in entries:
        if entry.path is None or _can_be_named(entry.path):
            found.append(entry)
        else:
            nameless.append((_printable(entry.path), _NOT_UTF_8))
    given = _names([e.path for e in found if e.path is not None and not e.utterance], root)
    rest = iter(given)
    rows = [
        (
            entry.utterance or next(rest),
            "" if entry.path is None else str(entry.path),
            entry.emotion,
            entry.speaker,
            entry.sex,
            entry.text,
            entry.session,
            entry.split,
        )
        for entry in found
    ]
    columns = ["utterance", "file", "emotion", "speaker", "sex", "text", "session", "split"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame = frame.sort_values("utterance", ignore_index=True)
    empty = [column for column in ("session", "split") if (frame[column] == "").all()]
    return Listing(frame.drop(columns=empty), [*refused, *nameless], list(notes))


def _can_be_named(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:  # bytes of another encoding, which no table can hold
        return False
    return True


def _printable(path: Path) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")


def _names(paths: list[Path], root: Path) -> list[str]:
    levels = (
        [nfc_stem(path) for path in paths],
        [unicodedata.normalize("NFC", relative_path(path.with_suffix(""), root)) for path in paths],
        [unicodedata.normalize("NFC", relative_path(path, root)) for path in paths],
        [relative_path(path, root) for path in paths],
    )
    names = list(levels[0])
    for level in levels[1:]:
        count = Counter(names)
        names = [
            longer if count[name] > 1 else name for name, longer in zip(names, level, strict=True)
        ]
    return names


def no_files_error(
    corpus: str, looked_for: str, root: Path, texts_allowed: bool = False
) -> UsageError:
    """Return the error for a folder without a file that looks like the corpus.

    It says what was looked for, what is there instead, and which corpus that looks like.
    ``texts_allowed`` is set for a corpus that may consist of texts alone.
    """
    audio, others = find_files(root)
    if not audio and not others:
        seen = "the folder is empty"
    elif not audio:
        what = "is of that kind" if texts_allowed else "is audio"
        seen = f"none of its {len(others)} files {what}, for example {others[0].name!r}"
        if any(path.suffix.lower() == ".zip" for path in others):
            seen += "; unpack the zip file first"
    else:
        seen = f"it holds {len(audio)} audio files with other names, for example {audio[0].name!r}"
        alike = _looks_like([nfc_stem(path) for path in audio], corpus)
        if alike:
            seen += f"; these look like {alike}: try --corpus {alike}=DIR"
        else:
            seen += "; name them <anything>_<emotion>.wav for --corpus custom=DIR, or list them"
            seen += " in a table for --corpus csv=FILE"
    return UsageError(f"corpus {corpus!r}: no file like {looked_for} under {str(root)!r}: {seen}")


def _looks_like(stems: list[str], not_this: str) -> str:
    from ..core import registry
    from . import get

    # custom takes nearly every name, so it is asked last.
    names = sorted(registry.names("corpora"), key=lambda name: (name == "custom", name))
    for name in names:
        matches_name = getattr(get(name), "matches_name", None)
        if name != not_this and callable(matches_name):
            hits = sum(bool(matches_name(one)) for one in stems)
            if hits > len(stems) / 2:
                return name
    return ""
