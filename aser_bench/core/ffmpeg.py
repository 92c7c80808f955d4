"""The one place that talks to ffmpeg: which binary, what it can do, and running it in bounds.

ffmpeg never sees a file of the user's by its name: it is given our own scratch files under
names of our own, so that no file name can be taken for an address; `PROTOCOLS` and a named
reader keep it from opening anything else.
"""

from __future__ import annotations

import errno
import os
import re
import selectors
import shutil
import signal as system_signals
import subprocess
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from .errors import CodecError, UsageError

ENV_VARIABLE = "ASER_BENCH_FFMPEG"
"""The environment variable that names another ffmpeg than imageio-ffmpeg's."""

PROTOCOLS = "file,pipe"
"""What every input is told as its ``-protocol_whitelist``: it keeps ffmpeg off the network."""

LIMIT_START_S = 60.0
"""What ffmpeg may take to start, in seconds; the audio's own time comes on top."""

MAX_MEMORY_BYTES = 12 * 2**30
"""Address space in bytes beyond which ffmpeg is refused memory. It fills some 0.1 GiB, but
reserves 2.7 GiB for the threads of 64 streams (8 MiB of stack each)."""

MAX_FILE_BYTES = 2 * 2**30
"""Bytes beyond which ffmpeg may not write a file."""

MAX_OUTPUT_BYTES = 2**20
"""Bytes of ffmpeg's messages that are kept: the last ones."""

# glibc reserves 64 MiB for each thread where there are many cores: 23 GiB for 64 streams.
_FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
_FULL = "No space left on device"


def binary() -> str:
    """Return the path of ffmpeg: ``ASER_BENCH_FFMPEG`` if set, else imageio-ffmpeg's.

    Raises
    ------
    UsageError
        If the variable names no program.
    CodecError
        If there is no ffmpeg at all.
    """
    wanted = os.environ.get(ENV_VARIABLE)
    if wanted:
        found = shutil.which(wanted)
        if found is None:
            raise UsageError(f"{ENV_VARIABLE}={wanted} is not a program that can be run")
        return str(Path(found).absolute())  # it runs inside the scratch folder
    return _bundled()


@cache
def _bundled() -> str:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(Path(get_ffmpeg_exe()).absolute())
    except (ImportError, RuntimeError) as error:
        raise CodecError(f"no ffmpeg: install imageio-ffmpeg or set {ENV_VARIABLE}") from error


def version() -> str:
    """Return ffmpeg's version as it names itself, such as ``7.0.2-static``."""
    return _version(binary())


@cache
def _version(program: str) -> str:
    match = re.search(r"^ffmpeg version (\S+)", _ask(program, "-version"), flags=re.MULTILINE)
    if match is None:
        raise CodecError(f"{program} is not an ffmpeg: it does not tell its version")
    return match.group(1)


def _ask(program: str, question: str) -> str:
    return _attempt(program, [question], Path(program).parent, 0, "error")[1]


def missing_coder(encoder: str, decoder: str = "") -> str:
    """Return why the ffmpeg at hand cannot code and decode: one line, or empty if it can."""
    program = binary()
    for kind, name in (("encoder", encoder), ("decoder", decoder)):
        if name and name not in _coders(program, kind):
            return f"ffmpeg {_version(program)} has no {kind} {name}"
    return ""


@cache
def _coders(program: str, kind: str) -> frozenset[str]:
    listed = _ask(program, f"-{kind}s")
    return frozenset(re.findall(r"^ A\S{5} (\S+)", listed, flags=re.MULTILINE))


def run(arguments: list[str], folder: Path, limit_s: float) -> None:
    """Run ffmpeg inside a folder, in bounds; kill it and its children if anything goes wrong.

    Parameters
    ----------
    arguments : list of str
        Inputs and outputs; how quiet it is comes from here.
    folder : pathlib.Path
        Where relative names lie.
    limit_s : float
        Seconds after which it is killed; `LIMIT_START_S` comes on top.

    Raises
    ------
    CodecError
        If it cannot be started, fails, or exceeds a limit.
    OSError
        If there is no room left in the folder (``errno.ENOSPC``).
    """
    status, words = run_unchecked(arguments, folder, limit_s)
    if status:
        raise CodecError(failure_message(status, words))


def run_unchecked(
    arguments: list[str], folder: Path, limit_s: float, level: str = "error"
) -> tuple[int, str]:
    """Do as `run` does, and leave it to the caller what a failure means.

    Parameters
    ----------
    level : str
        From what importance on ffmpeg speaks: ``error``, ``info``.

    Returns
    -------
    status : int
        The exit status; below zero the signal that killed it.
    words : str
        The last `MAX_OUTPUT_BYTES` of what it said.

    Raises
    ------
    CodecError
        If it cannot be started or takes too long.
    OSError
        If there is no room left in the folder (``errno.ENOSPC``).
    """
    status, words = _attempt(binary(), arguments, folder, limit_s, level)
    if status and _FULL in words:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    return status, words


def failure_message(status: int, words: str) -> str:
    """Return in one line how ffmpeg failed, from what `run_unchecked` returned."""
    last = words.splitlines()[-1].strip() if words else "it said nothing"
    if status < 0:
        return f"ffmpeg was killed by signal {-status} ({_signal(-status)}): {last}"
    return f"ffmpeg failed with exit status {status}: {last}"


def _signal(number: int) -> str:
    return system_signals.strsignal(number) or "unknown"


def _attempt(
    program: str, arguments: list[str], folder: Path, limit_s: float, level: str
) -> tuple[int, str]:
    limit_s += LIMIT_START_S
    common = ["-nostdin", "-hide_banner", "-loglevel", level, "-y"]
    try:
        process = subprocess.Popen(
            [program, *common, *arguments],
            cwd=folder,
            env={**os.environ, **_FEW_ARENAS},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, so that all of it can be killed
        )
    except OSError as error:
        raise CodecError(f"ffmpeg ({program}) cannot be started: {error}") from error
    with process:
        try:
            _bound(process.pid)
            words = _words(process, time.monotonic() + limit_s)
        except TimeoutError:
            _kill(process)
            raise CodecError(f"ffmpeg was stopped after {limit_s:.0f} s without an end") from None
        except BaseException:
            _kill(process)
            raise
    return process.returncode, words.decode(errors="replace").strip()


def _words(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Return the last of what a process says until it ends.

    Raises
    ------
    TimeoutError
        If it has not ended by the deadline (of the monotonic clock).
    """
    assert process.stdout is not None
    said = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while True:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not ready.select(left_s):
                raise TimeoutError
            piece = os.read(process.stdout.fileno(), 2**16)
            if not piece:
                break
            said += piece
            del said[:-MAX_OUTPUT_BYTES]
    try:
        process.wait(max(0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    return bytes(said)


def _bound(pid: int) -> None:
    """Bound the memory and the files of a process that has just been started (Linux)."""
    try:
        from resource import RLIMIT_AS, RLIMIT_FSIZE, prlimit
    except ImportError:  # other systems cannot bound somebody else
        return
    with suppress(OSError, ValueError):  # it has ended already, or the limits are lower
        prlimit(pid, RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    with suppress(OSError, ValueError):
        prlimit(pid, RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, system_signals.SIGKILL)
        else:
            process.kill()
