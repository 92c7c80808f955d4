"""Advisory locks, which the system releases when their process ends, however it ends.

A lock also works across containers that share a disk, where process numbers do not. The process
number decides only on a file system without locks.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST = 120  # characters of a command in a message
_TRIES, _PAUSE_S = 3, 0.05  # another process may hold a lock for an instant, to remove leftovers


class Locked(Exception):
    """Another process holds the lock; the text describes that process."""


def try_lock(handle: int) -> bool:
    """Lock an open file or folder without waiting; return whether its file system has locks.

    Raises
    ------
    BlockingIOError
        If another process holds the lock.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def is_running(pid: str) -> bool:
    """Return whether a process of this machine is running; True if that cannot be known."""
    if not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Create a lock file, hold its lock inside the block, and remove it afterwards.

    The file contains the process number, the host and the command of the process.

    Raises
    ------
    Locked
        If another process holds the lock.
    OSError
        If the file cannot be written.
    """
    handle = _acquire(path)
    try:
        holder = f"{os.getpid()} {platform.node()} {_command()}".encode(errors="replace")
        os.truncate(handle, 0)
        os.pwrite(handle, holder, 0)
        yield
    finally:
        # Removed while it is locked, so that it cannot be the file of the next holder.
        path.unlink(missing_ok=True)
        os.close(handle)


def _acquire(path: Path) -> int:
    tries = 0
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            if not try_lock(handle):
                _check_without_locks(handle, path)
            if _is_at(handle, path):
                return handle
        except BlockingIOError:
            holder = _read(handle)
            os.close(handle)
            tries += 1
            if tries == _TRIES:
                raise Locked(_describe(holder)) from None
            time.sleep(_PAUSE_S)
            continue
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # the previous holder removed the file before this process locked it


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


def _check_without_locks(handle: int, path: Path) -> None:
    holder = _read(handle)
    pid, host, _ = _parts(holder)
    if pid and (host != platform.node() or is_running(pid)):
        raise Locked(f"{_describe(holder)}; if that process has ended, delete {path}")


def _read(handle: int) -> str:
    return os.pread(handle, 4096, 0).decode(errors="replace")


def _parts(holder: str) -> tuple[str, str, str]:
    pid, host, command = [*holder.split(" ", 2), "", "", ""][:3]
    return pid, host, command


def _describe(holder: str) -> str:
    pid, host, command = _parts(holder)
    if not pid.isdigit():
        return "another process"  # which has not yet written its description
    place = "" if host == platform.node() else f" on {host}"
    shown = "".join(c if c.isprintable() else " " for c in command)
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
    return f"process {pid}{place} ({shown})"


def _command() -> str:
    program, *arguments = sys.orig_argv or [sys.executable]
    return " ".join(shlex.join([Path(program).name, *arguments]).split())
