"""Find the recordings in a folder, name them, and say clearly when there are none."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import UsageError
from .base import Listing

_NAMES = """
    wav wave bwf rf64 w64 flac aiff aif aifc ogg oga opus spx mp3 mp2 m4a m4b mp4 mov 3gp 3g2
    webm mkv mka aac ac3 amr awb wma asf caf au snd wv ape tta mpc flv sph nist
"""
EXTENSIONS = frozenset(_NAMES.split())
"""Extensions (lower case) of what `audio.read` may open; the contents decide in the end."""


_NOT_UTF_8 = "its name is not UTF-8 and cannot stand in a table; rename it"


@dataclass(frozen=True)
class Entry:
    """One recording and what its name (or a table) says of it."""

    path: Path
    emotion: str
    speaker: str = ""
    sex: str = ""
    text: str = ""


def folder(source: Path | None, corpus: str) -> Path:
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


def walk(root: Path) -> tuple[list[Path], list[Path]]:
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


def stem(path: Path) -> str:
    """Return a file's name without its extension, in composed Unicode (NFC).

    macOS writes decomposed names, and the same recording must have the same name everywhere.
    """
    return unicodedata.normalize("NFC", path.stem)


def once(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """Keep the first file of each name; return them and how many second copies there were."""
    first: dict[str, Path] = {}
    count = 0
    for path in paths:
        first.setdefault(stem(path).casefold(), path)
        count += 1
    return list(first.values()), count - len(first)


def relative(path: Path, root: Path) -> str:
    """Return a path below ``root`` with ``/`` separators (a path elsewhere stays whole)."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def listing(
    entries: Iterable[Entry],
    root: Path,
    refused: Iterable[tuple[str, str]] = (),
    notes: Iterable[str] = (),
) -> Listing:
    """Build the `Listing` of some recordings: name them, sort them.

    An utterance is named by its file name where no other has it, else by its path below
    ``root``, and by that with its extension where even this is shared.
    """
    found: list[Entry] = []
    nameless: list[Entry] = []
    for entry in entries:
        (found if _can_be_named(entry.path) else nameless).append(entry)
    rows = [
        (name, str(item.path), item.emotion, item.speaker, item.sex, item.text)
        for name, item in zip(_names([e.path for e in found], root), found, strict=True)
    ]
    columns = ["utterance", "file", "emotion", "speaker", "sex", "text"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame = frame.sort_values("utterance", ignore_index=True)
    unnamed = [(_printable(entry.path), _NOT_UTF_8) for entry in nameless]
    return Listing(frame, [*refused, *unnamed], list(notes))


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
        [stem(path) for path in paths],
        [unicodedata.normalize("NFC", relative(path.with_suffix(""), root)) for path in paths],
        [unicodedata.normalize("NFC", relative(path, root)) for path in paths],
        [relative(path, root) for path in paths],
    )
    names = list(levels[0])
    for level in levels[1:]:
        count = Counter(names)
        names = [
            longer if count[name] > 1 else name for name, longer in zip(names, level, strict=True)
        ]
    return names


def nothing_found(corpus: str, looked_for: str, root: Path) -> UsageError:
    """Return the error for a folder without a file that looks like the corpus.

    It says what was looked for, what is there instead, and which corpus that looks like.
    """
    audio, others = walk(root)
    if not audio and not others:
        seen = "the folder is empty"
    elif not audio:
        seen = f"none of its {len(others)} files is audio, for example {others[0].name!r}"
        if any(path.suffix.lower() == ".zip" for path in others):
            seen += "; unpack the zip file first"
    else:
        seen = f"it holds {len(audio)} audio files with other names, for example {audio[0].name!r}"
        alike = _looks_like([stem(path) for path in audio], corpus)
        if alike:
            seen += f"; these look like {alike}: try --corpus {alike}=DIR"
        else:
            seen += "; name them <anything>_<emotion>.wav for --corpus custom=DIR, or list them"
            seen += " in a table for --corpus csv=FILE"
    return UsageError(f"corpus {corpus!r}: no file like {looked_for} under {str(root)!r}: {seen}")


def _looks_like(stems: list[str], not_this: str) -> str:
    from .. import registry

    # custom takes nearly every name, so it is asked last.
    names = sorted(registry.names("corpora"), key=lambda name: (name == "custom", name))
    for name in names:
        recognises = getattr(registry.get("corpora", name), "recognises", None)
        if name != not_this and callable(recognises):
            hits = sum(bool(recognises(one)) for one in stems)
            if hits > len(stems) / 2:
                return name
    return ""
