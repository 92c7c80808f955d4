"""Temporary folders, in memory where there is room, which are removed with their process.

A folder is removed when its block ends, however it ends. A process that is killed leaves its
folder, and the next process that needs one removes it. A lock on the folder shows that its process
is running.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from . import locks

PREFIX = "aser-bench-"
_NEW = "aser-bench.new-"
_NAME = re.compile(rf"{PREFIX}\d+-\w{{8}}", re.ASCII)
_RAM = Path("/dev/shm")


def places(n_bytes: int) -> list[Path]:
    """Return the folders in which ``n_bytes`` may be written, the fastest first.

    Other workers fill the memory disk at the same time, so twice the space has to be free there.
    """
    disk = Path(tempfile.gettempdir())
    if _RAM.is_dir() and os.access(_RAM, os.W_OK) and shutil.disk_usage(_RAM).free > 2 * n_bytes:
        return [_RAM, disk]
    return [disk]


@contextmanager
def folder(place: Path | None = None) -> Iterator[Path]:
    """Yield a new empty folder and remove it afterwards.

    Parameters
    ----------
    place : Path, optional
        Its parent; default: the system's folder for temporary files.

    Raises
    ------
    OSError
        If the folder cannot be made.
    """
    place = place or Path(tempfile.gettempdir())
    _sweep_once(place, os.getpid())
    path, lock = _create(place)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def sweep(place: Path) -> list[Path]:
    """Remove the temporary folders of ended processes under ``place``; return them."""
    swept = []
    for path in sorted(place.glob(f"{PREFIX}*-*")):
        if _NAME.fullmatch(path.name) is None:
            continue  # another folder with a similar name
        with suppress(OSError):
            if path.lstat().st_uid == os.getuid() and not _is_alive(path):
                shutil.rmtree(path, ignore_errors=True)
                swept.append(path)
    return swept


@cache
def _sweep_once(place: Path, pid: int) -> None:
    # The process number is an argument so that a forked worker sweeps too.
    sweep(place)


def _create(place: Path) -> tuple[Path, int | None]:
    # Locked under a name that `sweep` ignores, then renamed: never visible without its lock.
    new = Path(tempfile.mkdtemp(prefix=_NEW, dir=place))
    try:
        lock = _lock(new)
        path = new.with_name(f"{PREFIX}{os.getpid()}-{new.name.removeprefix(_NEW)}")
        new.rename(path)
    except BaseException:
        new.rmdir()
        raise
    return path, lock


def _lock(path: Path) -> int | None:
    """Lock a folder; None where the file system has no locks for folders."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if locks.try_lock(handle):
            return handle
    except BlockingIOError:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _is_alive(path: Path) -> bool:
    try:
        handle = _lock(path)
    except BlockingIOError:
        return True
    if handle is not None:
        os.close(handle)
        return False
    return locks.is_running(path.name.removeprefix(PREFIX).split("-")[0])
