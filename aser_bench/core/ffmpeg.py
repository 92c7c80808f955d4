"""The ffmpeg program: its path, its version, its coders, and runs of it with resource limits.

ffmpeg never receives the name of a user's file. Its inputs are temporary files with names that
this package chooses, so that no file name can be interpreted as a URL. `PROTOCOLS` and an
explicit demuxer keep it from opening anything else.
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
"""Environment variable with the path of an ffmpeg to use instead of imageio-ffmpeg's."""

PROTOCOLS = "file,pipe"
"""Value of ``-protocol_whitelist`` for every input; it keeps ffmpeg off the network."""

LIMIT_START_S = 60.0
"""Time limit in seconds for the start of ffmpeg; the time limit for the audio is added to it."""

MAX_MEMORY_BYTES = 12 * 2**30
"""Limit of ffmpeg's address space in bytes. It uses about 0.1 GiB, but reserves 2.7 GiB for the
threads of 64 streams (8 MiB of stack each)."""

MAX_FILE_BYTES = 2 * 2**30
"""Limit of the size of a file that ffmpeg writes, in bytes."""

MAX_OUTPUT_BYTES = 2**20
"""Size of the part of ffmpeg's messages that is kept, from their end, in bytes."""

# glibc reserves 64 MiB for each thread on machines with many cores: 23 GiB for 64 streams.
_FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
_DISK_FULL = "No space left on device"


def binary() -> str:
    """Return the path of ffmpeg: ``ASER_BENCH_FFMPEG`` if set, else imageio-ffmpeg's.

    Raises
    ------
    UsageError
        If the variable does not name a program.
    CodecError
        If no ffmpeg is installed.
    """
    name = os.environ.get(ENV_VARIABLE)
    if name:
        path = shutil.which(name)
        if path is None:
            raise UsageError(f"{ENV_VARIABLE}={name} is not a program that can be run")
        return str(Path(path).absolute())  # ffmpeg runs inside the temporary directory
    return _bundled()


@cache
def _bundled() -> str:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(Path(get_ffmpeg_exe()).absolute())
    except (ImportError, RuntimeError) as error:
        raise CodecError(
            f"ffmpeg is missing: install imageio-ffmpeg or set {ENV_VARIABLE}"
        ) from error


def version() -> str:
    """Return the version that ffmpeg prints, such as ``7.0.2-static``."""
    return _version(binary())


@cache
def _version(program: str) -> str:
    match = re.search(r"^ffmpeg version (\S+)", _query(program, "-version"), flags=re.MULTILINE)
    if match is None:
        raise CodecError(f"{program} is not an ffmpeg program: it does not print a version")
    return match.group(1)


def _query(program: str, flag: str) -> str:
    return _run(program, [flag], Path(program).parent, 0, "error")[1]


def missing_coder(encoder: str, decoder: str = "") -> str:
    """Return in one line which coder the ffmpeg in use lacks; empty if it has both."""
    program = binary()
    for direction, name in (("encoder", encoder), ("decoder", decoder)):
        if name and name not in _coders(program, direction):
            return f"ffmpeg {_version(program)} has no {direction} {name}"
    return ""


@cache
def _coders(program: str, direction: str) -> frozenset[str]:
    """Return the names of ffmpeg's audio encoders or decoders."""
    listing = _query(program, f"-{direction}s")
    return frozenset(re.findall(r"^ A\S{5} (\S+)", listing, flags=re.MULTILINE))


def run(arguments: list[str], folder: Path, limit_s: float) -> None:
    """Run ffmpeg inside a folder with resource limits; kill it and its children on any error.

    Parameters
    ----------
    arguments : list of str
        Inputs and outputs; this module adds the options for the verbosity.
    folder : pathlib.Path
        Working directory, for relative names.
    limit_s : float
        Time limit in seconds; `LIMIT_START_S` is added to it.

    Raises
    ------
    CodecError
        If it cannot be started, fails, or exceeds a limit.
    OSError
        If the disk is full (``errno.ENOSPC``).
    """
    status, output = run_unchecked(arguments, folder, limit_s)
    if status:
        raise CodecError(failure_message(status, output))


def run_unchecked(
    arguments: list[str], folder: Path, limit_s: float, level: str = "error"
) -> tuple[int, str]:
    """Run ffmpeg like `run`, and return its exit status instead of raising `CodecError` for it.

    Parameters
    ----------
    level : str
        Least severity of the messages that ffmpeg prints: ``error``, ``info``.

    Returns
    -------
    status : int
        The exit status; the negative number of the signal if a signal killed ffmpeg.
    output : str
        The last `MAX_OUTPUT_BYTES` of its messages.

    Raises
    ------
    CodecError
        If it cannot be started or takes too long.
    OSError
        If the disk is full (``errno.ENOSPC``).
    """
    status, output = _run(binary(), arguments, folder, limit_s, level)
    if status and _DISK_FULL in output:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    return status, output


def failure_message(status: int, output: str) -> str:
    """Return one line about a failure of ffmpeg from the results of `run_unchecked`."""
    last = output.splitlines()[-1].strip() if output else "no message"
    if status < 0:
        return f"ffmpeg was killed by signal {-status} ({_signal(-status)}): {last}"
    return f"ffmpeg failed with exit status {status}: {last}"


def _signal(number: int) -> str:
    return system_signals.strsignal(number) or "unknown"


def _run(
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
            start_new_session=True,  # a new process group, so that its children can be killed
        )
    except OSError as error:
        raise CodecError(f"ffmpeg ({program}) cannot be started: {error}") from error
    with process:
        try:
            _limit_resources(process.pid)
            output = _read_output(process, time.monotonic() + limit_s)
        except TimeoutError:
            _kill(process)
            raise CodecError(f"ffmpeg was stopped after {limit_s:.0f} s (time limit)") from None
        except BaseException:
            _kill(process)
            raise
    return process.returncode, output.decode(errors="replace").strip()


def _read_output(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Return the last `MAX_OUTPUT_BYTES` that a process writes until it ends.

    Raises
    ------
    TimeoutError
        If the process has not ended by the deadline (of the monotonic clock).
    """
    assert process.stdout is not None
    output = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while True:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0 or not ready.select(remaining_s):
                raise TimeoutError
            chunk = os.read(process.stdout.fileno(), 2**16)
            if not chunk:
                break
            output += chunk
            del output[:-MAX_OUTPUT_BYTES]
    try:
        process.wait(max(0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    return bytes(output)


def _limit_resources(pid: int) -> None:
    """Limit the memory and the file sizes of a process that has just been started (Linux)."""
    try:
        from resource import RLIMIT_AS, RLIMIT_FSIZE, prlimit
    except ImportError:  # other systems cannot limit another process
        return
    with suppress(OSError, ValueError):  # the process has ended, or its limits are lower
        prlimit(pid, RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    with suppress(OSError, ValueError):
        prlimit(pid, RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, system_signals.SIGKILL)
        else:
            process.kill()
