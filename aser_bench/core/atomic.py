"""A folder that is written whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import AserBenchError, UsageError

UNFINISHED = ".unfinished"
_LAST = "manifest.json"  # a folder with a manifest is a whole one
_GONE_WITHIN_S = 5.0


def check(out: Path) -> None:
    """Refuse a place where something lies already.

    Raises
    ------
    UsageError
        If ``out`` is a file, or holds anything but what an interrupted writing left.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder")
    if out.is_dir() and any(path.name != UNFINISHED for path in out.iterdir()):
        raise UsageError(f"{out} is not empty; name a new folder, or remove what lies there")


@contextmanager
def folder(out: Path) -> Iterator[Path]:
    """Yield an empty hidden folder in ``out``; what is written there moves up when the block ends.

    If the block is left by an error or by Ctrl-C, nothing stays behind, not even ``out`` unless
    it was there before. A process that is killed outright leaves the hidden folder, and the
    next one for the same place clears it away.

    Raises
    ------
    UsageError
        If ``out`` is not empty, or another process is writing there.
    AserBenchError
        If the disk is full or the folder cannot be written.
    """
    made = [path for path in (out, *out.parents) if not path.exists()]
    try:
        check(out)
        fresh = out / UNFINISHED
        fresh.mkdir(parents=True, exist_ok=True)
        lock = _claim(fresh)
        try:
            check(out)
            _clear(fresh)
            yield fresh
            _move_up(fresh, out)
        finally:
            _remove(fresh)
            os.close(lock)
            for path in made:  # only those that are empty go
                with suppress(OSError):
                    path.rmdir()
    except BrokenPipeError:
        raise  # who listened has gone; the disk is fine
    except OSError as error:
        raise _cannot_write(error, out) from error


def _claim(fresh: Path) -> int:
    """Lock a folder, so that two processes for one place do not write into each other's files."""
    handle = os.open(fresh, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise UsageError(
            f"another process is writing {fresh.parent}; wait for it, or name another folder"
        ) from None
    except OSError:
        pass  # a file system without locks
    return handle


def _clear(fresh: Path) -> None:
    for path in fresh.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _move_up(fresh: Path, out: Path) -> None:
    moved = []
    try:
        for path in sorted(fresh.iterdir(), key=lambda path: path.name == _LAST):
            moved.append(path.rename(out / path.name))
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _remove(fresh: Path) -> None:
    """Remove a folder into which workers that are being ended may still write a last file."""
    end = time.monotonic() + _GONE_WITHIN_S
    while fresh.exists() and time.monotonic() < end:
        shutil.rmtree(fresh, ignore_errors=True)
        if fresh.exists():
            time.sleep(0.05)


def _cannot_write(error: OSError, out: Path) -> AserBenchError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return AserBenchError(
            f"no space left on the disk of {out}: free some or name another folder; nothing of "
            "this was kept"
        )
    return AserBenchError(
        f"{out} cannot be written ({error.strerror or error}): name another folder"
    )


def check_folder(folder: Path, known: Sequence[str] = ()) -> None:
    """Refuse a folder that holds other things than results, before any work is done.

    Parameters
    ----------
    folder : Path
    known : sequence of str
        Names that may stand there without a manifest.

    Raises
    ------
    UsageError
        If ``folder`` is a file, or holds other files and no manifest.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder} is a file; name a folder")
    if not folder.is_dir() or (folder / "manifest.json").exists():
        return
    if {path.name for path in folder.iterdir()} - {UNFINISHED, *known}:
        raise UsageError(
            f"--out {folder} holds files that are not results of aser-bench; name another folder"
        )


def install(
    folder: Path, writers: Mapping[str, Callable[[Path], Any]], stale: Sequence[str] = ()
) -> None:
    """Write files beside the old ones, and put them in their place when all are whole.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    writers : mapping of str to callable
        Name of a file or folder -> what writes it to a path.
    stale : sequence of str
        Names that go when the new files come.

    Raises
    ------
    AserBenchError
        If the disk is full or the folder cannot be written; the old files are untouched.
    """
    fresh = folder / UNFINISHED
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, write_one in writers.items():
            write_one(fresh / name)
        for name in (*stale, *writers):
            if (folder / name).is_dir():
                shutil.rmtree(folder / name)
            elif name in stale:
                (folder / name).unlink(missing_ok=True)
            if name in writers:
                (fresh / name).replace(folder / name)
    except OSError as error:
        raise cannot_write(error, folder, "choose another folder with --out") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def cannot_write(error: OSError, folder: Path, remedy: str) -> AserBenchError:
    """Return the one line for a folder that is full or closed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return AserBenchError(
            f"no space left on the disk of {folder}: free some or {remedy}; what was finished "
            "is kept, and the same command goes on from there"
        )
    return AserBenchError(f"{folder} cannot be written ({error.strerror}): {remedy}")
