"""Hidden files of a folder that is being written, and recovery from interrupted processes."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from . import folders, locks

HIDDEN = ".aser-bench-"
NEW, _JOURNAL, _LOCK = f"{HIDDEN}new-", f"{HIDDEN}journal", f"{HIDDEN}lock"
_REMOVED = f"{HIDDEN}removed.json"
LAST = "manifest.json"  # its presence marks a complete folder


def entries(folder: Path) -> list[Path]:
    """Return the content of a folder without the hidden files of this module."""
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if not path.name.startswith(HIDDEN)]


def beside(target: Path, ending: str) -> Path:
    """Return the path of a hidden file in the parent folder of a folder."""
    return target.with_name(f".{target.name}{ending}")


def lock_file(target: Path) -> Path:
    """Return the path of the file that is locked by the process that writes a folder."""
    # Every process has to choose the same place: beside the folder, which may be exchanged.
    if os.access(target.parent, os.W_OK) and not os.path.ismount(target):
        return beside(target, _LOCK)
    return target / _LOCK


def begin(staged: Path, target: Path, removed: Collection[str]) -> None:
    """Turn a folder of new content into the journal of its target by one renaming.

    Parameters
    ----------
    staged : Path
        New entries of the target, on the same file system.
    target : Path
    removed : collection of str
        Entries of the target that are removed without a new one of the same name.
    """
    (staged / _REMOVED).write_text(json.dumps(sorted(removed)))
    staged.rename(target / _JOURNAL)


def exists(folder: Path) -> bool:
    """Return whether a folder has a journal, so that a replacement is not complete."""
    journal = folder / _JOURNAL
    return journal.is_dir() and not journal.is_symlink()


def complete(target: Path) -> None:
    """Move the entries of the journal into place; may be repeated after an interruption."""
    journal = target / _JOURNAL
    names: object = None
    with suppress(FileNotFoundError, ValueError):
        names = json.loads((journal / _REMOVED).read_text())
    # The folder may come from elsewhere: only entries that it has are removed.
    removed = [path for path in entries(target) if isinstance(names, list) and path.name in names]
    arriving = sorted((path.name for path in entries(journal)), key=lambda name: name == LAST)
    if LAST in arriving:
        folders.delete(target / LAST)
    for path in removed:
        folders.delete(path)
    for name in arriving:
        folders.delete(target / name)
        (journal / name).rename(target / name)
    folders.delete(journal)


def sweep(target: Path) -> None:
    """Remove files of ended processes in the target and in its parent folder."""
    left = [path for path in _hidden(target) if path.name.startswith(NEW)]
    for path in _hidden(target.parent):
        name, _, ending = path.name.removeprefix(".").rpartition(NEW)
        if name == target.name or (name and ending and _is_abandoned(path.with_name(name), path)):
            left.append(path)
    for path in left:
        folders.discard(path)


def _hidden(folder: Path) -> list[Path]:
    """Return the hidden folders of this module in a folder that can be listed."""
    with suppress(OSError):
        paths = [path for path in folder.iterdir() if HIDDEN in path.name]
        return [path for path in paths if path.is_dir() and not path.is_symlink()]
    return []


def _is_abandoned(target: Path, staged: Path) -> bool:
    """Return whether no process writes the target for which this user staged new content."""
    if staged.lstat().st_uid != os.getuid():
        return False
    lock = lock_file(target)
    if not lock.exists():
        return True
    with suppress(OSError, locks.Locked), locks.exclusive(lock):
        return True
    return False
