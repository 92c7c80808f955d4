"""Scratch folders in memory where there is room, which never outlive their process for long.

A folder is removed when its block ends, however it ends. A process that is killed outright
leaves its folder behind; the next process that needs one sweeps it away. Who is dead is told
by a lock on the folder, which the system drops with its owner: unlike a process number, a
lock also holds across containers that share the same memory disk.
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

try:
    import fcntl
except ImportError:  # not on Windows, where the process number alone has to do
    fcntl = None  # type: ignore[assignment]

PREFIX = "aser-bench-"
_NEW = "aser-bench.new-"
_OURS = re.compile(rf"{PREFIX}\d+-\w{{8}}", re.ASCII)
_RAM = Path("/dev/shm")


def places(n_bytes: int) -> list[Path]:
    """Return where a folder for ``n_bytes`` may lie, best first.

    Other workers fill the memory disk at the same time, so it has to hold twice as much.
    """
    found = [Path(tempfile.gettempdir())]
    if _RAM.is_dir() and os.access(_RAM, os.W_OK) and shutil.disk_usage(_RAM).free > 2 * n_bytes:
        found.insert(0, _RAM)
    return found


@contextmanager
def folder(place: Path) -> Iterator[Path]:
    """Yield a new empty folder under ``place`` and remove it afterwards.

    Raises
    ------
    OSError
        If the folder cannot be made.
    """
    _sweep_once(place, os.getpid())
    path, lock = _create(place)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def sweep(place: Path) -> list[Path]:
    """Remove the scratch folders under ``place`` whose processes are dead; return them."""
    swept = []
    for path in sorted(place.glob(f"{PREFIX}*-*")):
        if _OURS.fullmatch(path.name) is None:
            continue  # somebody's own folder of a similar name
        with suppress(OSError):
            if _is_mine(path) and not _is_alive(path):
                shutil.rmtree(path, ignore_errors=True)
                swept.append(path)
    return swept


@cache
def _sweep_once(place: Path, pid: int) -> None:
    # The process number is a key, so that a forked worker counts as a start of its own.
    sweep(place)


def _create(place: Path) -> tuple[Path, int | None]:
    # Locked under a name that no sweep looks at, then renamed: never seen without its lock.
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
    """Lock a folder; None where the system or the file system has no locks for folders."""
    if fcntl is None:
        return None
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:
        os.close(handle)
        return None
    return handle


def _is_mine(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()


def _is_alive(path: Path) -> bool:
    try:
        handle = _lock(path)
    except BlockingIOError:
        return True
    if handle is not None:
        os.close(handle)
        return False
    return _runs(path.name.removeprefix(PREFIX).split("-")[0])


def _runs(pid: str) -> bool:
    if os.name == "nt" or not pid.isdigit():
        return True  # on Windows, asking would end the process
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
