"""Files and folders that are written as a whole or not at all.

New content is written to a hidden folder on the same file system. Where nothing else is in the
target, the two folders are exchanged by one system call. Elsewhere (a part of a folder is replaced,
the target is a mount point, the file system cannot exchange folders) the hidden folder becomes a
journal by one renaming, and its entries are then moved into place; the next process that reads or
writes the target completes what an interrupted one left. While entries are moved, a folder of
results has no manifest.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import folders, journal, locks
from .errors import AserBenchError, UsageError

_PATIENCE_S = 5.0


def write_file(path: Path, write: Callable[[IO[bytes]], None], temporary: Path) -> None:
    """Write a file that appears under its name when it is complete.

    Parameters
    ----------
    path : Path
        The file; an old one is replaced.
    write : callable
        Writes the content to an open binary file.
    temporary : Path
        A file on the same file system; missing folders of both are made.

    Raises
    ------
    OSError
        If the file cannot be written; the old one is untouched.
    """
    try:
        for folder in (temporary.parent, path.parent):
            folder.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class FolderWriter:
    """The exclusive right to write a folder, as `writing` yields it.

    Attributes
    ----------
    folder : Path
        The folder as the user named it.
    target : Path
        Its absolute path without symbolic links. It need not exist.
    remedy : str
        What the user can do if the folder cannot be written.
    """

    folder: Path
    target: Path
    remedy: str

    @contextmanager
    def replacing(self, names: Collection[str] = ()) -> Iterator[Path]:
        """Yield an empty folder, and put its content into the target when the block ends.

        If the block is left by an exception, the target is untouched.

        Parameters
        ----------
        names : collection of str
            Entries of the target that the new content replaces; they are removed where the new
            content has no entry of that name. All other entries stay.

        Raises
        ------
        UsageError
            If a new entry has the name of one that stays.
        AserBenchError
            If the disk is full or the folder cannot be written.
        """
        try:
            staged = _new_folder(self.target)
            try:
                yield staged
                self._commit(staged, frozenset(names))
            finally:
                folders.discard(staged)
        except BrokenPipeError:
            raise  # the reader of the output has ended; the disk is fine
        except OSError as error:
            raise cannot_write(error, self.folder, self.remedy) from error

    def _commit(self, staged: Path, names: frozenset[str]) -> None:
        target = self.target
        arriving = {path.name for path in staged.iterdir()}
        staying = {path.name for path in journal.entries(target)} - names
        if clash := sorted(arriving & staying):
            raise UsageError(f"{self.folder / clash[0]} exists; {self.remedy}, or remove it")
        folders.sync(staged)
        if not target.exists():
            staged.rename(target)
        elif not staying and _can_exchange(staged, target) and folders.exchange(staged, target):
            for path in journal.entries(staged):  # the old content
                if path.name not in names | arriving:  # created since `staying` was listed
                    path.rename(target / path.name)
        else:
            journal.begin(staged, target, names - arriving)
            try:
                journal.complete(target)
            except KeyboardInterrupt:
                journal.complete(target)
                raise
        folders.sync_folder(target.parent)


@contextmanager
def writing(folder: Path, remedy: str) -> Iterator[FolderWriter]:
    """Lock a folder for writing, and complete or remove what interrupted processes left there.

    Parameters
    ----------
    folder : Path
        It need not exist; missing parents are made, and removed again if they stay empty.
    remedy : str
        What the user can do if the folder cannot be written, for error messages.

    Raises
    ------
    UsageError
        If ``folder`` is a file, or another process is writing it.
    AserBenchError
        If the folder cannot be written.
    """
    target = Path(os.path.realpath(folder))
    if target.exists() and not target.is_dir():
        raise UsageError(f"{folder} is a file; {remedy}")
    made = [path for path in target.parents if not path.exists()]
    with ExitStack() as stack:
        stack.callback(_remove_empty, made)
        try:
            _check_parent(target)
            stack.enter_context(locks.exclusive(journal.lock_file(target)))
            journal.sweep(target)
            if journal.exists(target):
                journal.complete(target)
        except locks.Locked as error:
            raise UsageError(
                f"{folder} is being written by {error}; wait until it ends, or {remedy}"
            ) from None
        except OSError as error:
            raise cannot_write(error, folder, remedy) from error
        yield FolderWriter(folder, target, remedy)


def _check_parent(target: Path) -> None:
    if target.parent.is_file():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def complete_interrupted(folder: Path) -> None:
    """Complete a replacement that was interrupted, before a folder is read.

    Raises
    ------
    UsageError
        If another process is writing the folder and does not end within five seconds.
    AserBenchError
        If the folder cannot be written.
    """
    end = time.monotonic() + _PATIENCE_S
    while journal.exists(folder):
        try:
            with writing(folder, "repeat the command with the permission to write it"):
                return
        except UsageError:
            if time.monotonic() > end:
                raise
        time.sleep(0.05)


def check_empty(folder: Path, remedy: str) -> None:
    """Refuse a folder that holds anything.

    Raises
    ------
    UsageError
        If ``folder`` is a file, or is not empty.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; {remedy}")
    if journal.entries(folder):
        raise UsageError(f"{folder} is not empty; {remedy}, or remove its content")


def check_folder(folder: Path, allowed: Collection[str] = ()) -> None:
    """Refuse a folder that holds other things than results, before any work is done.

    Parameters
    ----------
    folder : Path
    allowed : collection of str
        Names of entries that a folder without a manifest may have.

    Raises
    ------
    UsageError
        If ``folder`` is a file, or holds other files and no manifest.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder")
    if (folder / journal.LAST).exists() or journal.exists(folder):
        return
    if {path.name for path in journal.entries(folder)} - {*allowed}:
        raise UsageError(
            f"{folder} contains files that are not results of aser-bench; name another folder"
        )


def cannot_write(error: OSError, folder: Path, remedy: str) -> AserBenchError:
    """Return the error for a folder that is full or cannot be written, in one line."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return AserBenchError(
            f"no space left on the disk of {folder}: free some space, or {remedy}"
        )
    return AserBenchError(f"{folder} cannot be written ({error.strerror or error}): {remedy}")


def _new_folder(target: Path) -> Path:
    """Make a hidden folder from which entries can be renamed into the target."""
    # Never the folder of a killed process, into which its workers may still write.
    ending = f"{journal.NEW}{uuid.uuid4().hex[:8]}"
    beside, inside = journal.beside(target, ending), target / ending
    if not target.exists():
        beside.mkdir()
        return beside
    inside.mkdir()
    try:
        inside.rename(beside)
    except OSError:  # another file system, or no right to write the parent
        return inside
    return beside


def _can_exchange(staged: Path, target: Path) -> bool:
    if staged.parent != target.parent:
        return False
    with suppress(OSError):
        # An exchange would leave this process, and the shell it runs in, in a removed folder.
        if Path.cwd().resolve().is_relative_to(target):
            return False
    new, old = staged.stat(), target.stat()
    shutil.copymode(target, staged)
    return (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid)


def _remove_empty(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.rmdir()
