"""Listing of the folders of a corpus; a folder or link that cannot be opened is an error.

The functions of the standard library leave out such folders and links, and the corpus would lack
recordings without a message.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..core.errors import UsageError


def source_path(source: str | Path, corpus: str) -> Path:
    """Return the absolute path of the folder or table of a corpus.

    Raises
    ------
    UsageError
        If it starts with ``~`` and the name of an unknown user, or if it is a link that cannot be
        followed or in a folder that cannot be opened. A missing path is no error.
    """
    try:
        path = Path(source).expanduser().absolute()
        path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise UsageError(f"corpus {corpus!r}: {_unusable_link(path)}") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"corpus {corpus!r}: {str(source)!r} cannot be opened: {reason}"
        ) from error
    return path


def subfolders(folder: Path) -> list[Path]:
    """Return the visible folders in a folder, sorted; none if it does not exist.

    Raises
    ------
    UsageError
        As for `files_below`.
    """
    return [path for path, is_folder in _entries_if_present(folder) if is_folder]


def files_in(folder: Path) -> list[Path]:
    """Return the visible files in a folder, sorted; none if it does not exist.

    Raises
    ------
    UsageError
        As for `files_below`.
    """
    return [path for path, is_folder in _entries_if_present(folder) if not is_folder]


def files_below(root: Path, extensions: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Yield the visible files in a folder and in those below it; none if it does not exist.

    Names that start with a dot, and ``__MACOSX`` folders, are left out. Symbolic links to folders
    are followed once.

    Parameters
    ----------
    root : pathlib.Path
        An absolute path.
    extensions : frozenset of str
        Extensions (lower case) with which a link that cannot be followed counts as a file. It is
        then refused by name when it is read.

    Raises
    ------
    UsageError
        If a folder cannot be listed, or a link cannot be followed: it may lead to a folder.
    """
    visited: set[str] = set()
    pending = [root] if os.path.lexists(root) else []
    while pending:
        folder = pending.pop()
        resolved = os.path.realpath(folder)
        if resolved in visited:  # a symbolic link to a folder above
            continue
        visited.add(resolved)
        entries = _entries(folder, extensions)
        yield from (path for path, is_folder in entries if not is_folder)
        pending += reversed([path for path, is_folder in entries if is_folder])


def extension(path: Path) -> str:
    """Return the extension of a file in lower case, without the dot."""
    return path.suffix.lower().removeprefix(".")


def is_file(path: Path) -> bool:
    """Return whether a path is a regular file; False if it does not exist.

    Raises
    ------
    UsageError
        If it is a link that cannot be followed, or it is in a folder that cannot be opened.
    """
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        if path.is_symlink():
            raise UsageError(_unusable_link(path)) from None
        return False
    except NotADirectoryError:
        return False
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be opened: {error.strerror}") from error


def _entries_if_present(folder: Path) -> list[tuple[Path, bool]]:
    return _entries(folder) if os.path.lexists(folder) else []


def _entries(folder: Path, extensions: frozenset[str] = frozenset()) -> list[tuple[Path, bool]]:
    """Return path and kind (whether it is a folder) of what a folder contains, sorted."""
    try:
        with os.scandir(folder) as iterator:
            names = sorted(entry.name for entry in iterator)
    except OSError as error:
        raise UsageError(
            f"the folder {str(folder)!r} cannot be listed: {error.strerror}; make it readable, or "
            "move it out of the corpus"
        ) from error
    paths = [folder / name for name in names if not name.startswith(".") and name != "__MACOSX"]
    return [(path, _is_folder(path, extensions)) for path in paths]


def _is_folder(path: Path, extensions: frozenset[str]) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        if extension(path) in extensions:
            return False
        if path.is_symlink():
            raise UsageError(_unusable_link(path, error)) from error
        raise UsageError(
            f"{str(path)!r} cannot be opened: {error.strerror}; make it readable, or move it out "
            "of the corpus"
        ) from error


def _unusable_link(path: Path, error: OSError | None = None) -> str:
    reason = "" if error is None or error.errno == errno.ENOENT else f" ({error.strerror})"
    return (
        f"the link {str(path)!r} leads to {str(path.readlink())!r}, which cannot be opened"
        f"{reason}; correct or remove the link"
    )
