"""Operations on folders that the standard library lacks."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

_PATIENCE_S = 5.0


def exchange(first: Path, second: Path) -> bool:
    """Exchange two folders by one system call; return False where the system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    path, other_path = os.fsencode(first), os.fsencode(second)
    swap, current_folder = 2, -100  # RENAME_EXCHANGE on Linux and RENAME_SWAP on macOS; AT_FDCWD
    try:
        if sys.platform == "darwin":
            return bool(libc.renamex_np(path, other_path, swap) == 0)
        return bool(libc.renameat2(current_folder, path, current_folder, other_path, swap) == 0)
    except AttributeError:
        return False


def delete(path: Path) -> None:
    """Delete a file or a folder; nothing happens if there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Remove a folder into which workers that are being ended may still write a last file."""
    end = time.monotonic() + _PATIENCE_S
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.monotonic() > end:
            return
        time.sleep(0.05)


def sync(folder: Path) -> None:
    """Write the files of a folder to the disk; those in subfolders can be made from them."""
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Write the list of a folder's entries to the disk."""
    with suppress(OSError):  # not every file system does this for folders
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
