"""The one place that talks to ffmpeg: which binary, which encoder, and batches of encodings.

ffmpeg never sees a file of the user's: signals are written as raw samples under names of our
own, so that no file name can be taken for an address and no playlist can open other files.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal as system_signals
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..errors import CodecError, UsageError
from . import scratch

VARIABLE = "ASER_BENCH_FFMPEG"
"""The environment variable that names another ffmpeg than imageio-ffmpeg's."""

MAX_OUTPUTS = 64
"""Streams that one process writes: each costs ffmpeg a thread and an open file, and with more
of them the encoders' states no longer fit the processor's cache (a tenth slower at 256)."""

MAX_BATCH_S = 600.0
"""Seconds of audio that one process reads, which bounds the scratch folder."""

LIMIT_START_S = 60.0
LIMIT_PER_CODED_S = 0.25
"""The time limit in seconds: for starting, and for each second of audio that is encoded
(LAME needs some 0.005 s of one core)."""

_FULL = "No space left on device"


@dataclass(frozen=True)
class Encoding:
    """One way in which every signal of a batch is written.

    Attributes
    ----------
    encoder : str
        ffmpeg's name of the encoder: ``libmp3lame``.
    kbps : float or None
        The bitrate in kbit/s, for encoders that have one.
    suffix : str
        The file's suffix, which chooses the container: ``mp3``.
    options : tuple of (str, str) pairs
        Further output options of ffmpeg.
    """

    encoder: str
    kbps: float | None
    suffix: str
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.encoder if self.kbps is None else f"{self.encoder} at {self.kbps:g} kbit/s"


def binary() -> str:
    """Return the path of ffmpeg: ``ASER_BENCH_FFMPEG`` if set, else imageio-ffmpeg's.

    Raises
    ------
    UsageError
        If the variable names no program.
    CodecError
        If there is no ffmpeg at all.
    """
    wanted = os.environ.get(VARIABLE)
    if wanted:
        found = shutil.which(wanted)
        if found is None:
            raise UsageError(f"{VARIABLE}={wanted} is not a program that can be run")
        return str(Path(found).absolute())  # encoders run inside the scratch folder
    return _bundled()


@cache
def _bundled() -> str:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(Path(get_ffmpeg_exe()).absolute())
    except (ImportError, RuntimeError) as error:
        raise CodecError(f"no ffmpeg: install imageio-ffmpeg or set {VARIABLE}") from error


def version() -> str:
    """Return ffmpeg's version as it names itself, such as ``7.0.2-static``."""
    return _version(binary())


@cache
def _version(program: str) -> str:
    try:
        answer = subprocess.run(
            [program, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_START_S,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CodecError(f"{program} does not tell its version: {error}") from error
    match = re.match(r"ffmpeg version (\S+)", answer)
    if match is None:
        raise CodecError(f"{program} is not an ffmpeg: it does not tell its version")
    return match.group(1)


def encoder_version(encoder: str) -> str:
    """Return the name and version of an encoder, such as ``LAME 3.100``.

    LAME stamps its version into the unused bytes of its frames, so it is read from what was
    really written. Of other encoders only the version of ffmpeg around them is known.
    """
    program = binary()
    if encoder == "libmp3lame":
        return _lame_version(program)
    return f"{encoder} (ffmpeg {_version(program)})"


@cache
def _lame_version(program: str) -> str:
    silence = np.zeros(8_000, np.float32)
    with encoded([silence], 16_000, [Encoding("libmp3lame", 160, "mp3")]) as paths:
        stamp = re.search(rb"LAME(\d+\.\d+(?:[a-zA-Z](?![a-zA-Z]))?)", paths[0][0].read_bytes())
    return f"LAME {stamp.group(1).decode()}" if stamp else f"libmp3lame (ffmpeg {version()})"


def batches(signals: Sequence[np.ndarray], rate: int, n_encodings: int) -> Iterator[slice]:
    """Yield slices of ``signals``, each of which is a fair load for one process.

    Parameters
    ----------
    signals : sequence of numpy.ndarray
        Each of shape (samples,), at ``rate`` Hz.
    rate : int
        Hz.
    n_encodings : int
        How many streams are written of each signal.
    """
    start, seconds = 0, 0.0
    per_process = max(1, MAX_OUTPUTS // max(1, n_encodings))
    for index, signal in enumerate(signals):
        if index > start and (index - start >= per_process or seconds >= MAX_BATCH_S):
            yield slice(start, index)
            start, seconds = index, 0.0
        seconds += len(signal) / rate
    if start < len(signals):
        yield slice(start, len(signals))


@contextmanager
def encoded(
    signals: Sequence[np.ndarray], rate: int, encodings: Sequence[Encoding]
) -> Iterator[list[list[Path]]]:
    """Encode every signal in every way with one process, and yield the files.

    Parameters
    ----------
    signals : sequence of numpy.ndarray
        float32, shape (samples,), finite.
    rate : int
        Sample rate of the signals in Hz; the encoder works at it.
    encodings : sequence of Encoding

    Yields
    ------
    list of list of pathlib.Path
        ``paths[e][i]`` is signal ``i`` in encoding ``e``; gone when the block is left.

    Raises
    ------
    CodecError
        If ffmpeg fails, takes too long or leaves a file out.
    OSError
        If there is no room for the scratch folder (``errno.ENOSPC``).
    """
    seconds = sum(map(len, signals)) / rate
    coded = sum(seconds * (encoding.kbps or 320) * 125 for encoding in encodings)
    places = scratch.places(int(4 * seconds * rate + coded) + 2**20)
    for place in places:
        with scratch.folder(place) as folder:
            try:
                paths = _encode(folder, signals, rate, encodings)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                if place is not places[-1]:
                    continue  # other workers were quicker to fill the memory disk
                raise OSError(errno.ENOSPC, "no room left for scratch files", str(place)) from error
            yield paths
            return


def _encode(
    folder: Path, signals: Sequence[np.ndarray], rate: int, encodings: Sequence[Encoding]
) -> list[list[Path]]:
    for index, signal in enumerate(signals):
        (folder / f"{index:04d}.f32").write_bytes(np.asarray(signal, "<f4").tobytes())
    coded_s = sum(map(len, signals)) / rate * len(encodings)
    _run(
        _arguments(len(signals), rate, encodings),
        folder,
        LIMIT_START_S + LIMIT_PER_CODED_S * coded_s,
    )
    names = [[_name(i, e, encodings) for i in range(len(signals))] for e in range(len(encodings))]
    for encoding, row in zip(encodings, names, strict=True):
        for name in row:
            if not (folder / name).is_file() or not (folder / name).stat().st_size:
                raise CodecError(f"ffmpeg reported success but wrote nothing with {encoding}")
    return [[folder / name for name in row] for row in names]


def _name(index: int, number: int, encodings: Sequence[Encoding]) -> str:
    return f"{index:04d}-{number}.{encodings[number].suffix}"


def _arguments(n_signals: int, rate: int, encodings: Sequence[Encoding]) -> list[str]:
    """Return ffmpeg's arguments: one input a signal, one output a signal and encoding."""
    import ffmpeg

    outputs = []
    for index in range(n_signals):
        source = ffmpeg.input(
            f"{index:04d}.f32", f="f32le", ar=rate, ac=1, protocol_whitelist="file,pipe"
        )
        for number, encoding in enumerate(encodings):
            options = {"c:a": encoding.encoder, "ac": 1, "threads": 1, "map_metadata": -1}
            if encoding.kbps is not None:
                options["b:a"] = f"{encoding.kbps:g}k"  # without the k it would mean bit/s
            options |= dict(encoding.options)
            outputs.append(ffmpeg.output(source.audio, _name(index, number, encodings), **options))
    common = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]
    return [*common, *ffmpeg.get_args(ffmpeg.merge_outputs(*outputs))]


def _run(arguments: list[str], folder: Path, limit_s: float) -> None:
    """Run ffmpeg inside a folder; kill it, with whatever it started, if anything goes wrong."""
    program = binary()
    try:
        process = subprocess.Popen(
            [program, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a group of its own, so that all of it can be killed
        )
    except OSError as error:
        raise CodecError(f"ffmpeg ({program}) cannot be started: {error}") from error
    with process:
        try:
            _, stderr = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise CodecError(f"ffmpeg was stopped after {limit_s:.0f} s without an end") from None
        except BaseException:
            _kill(process)
            raise
    if process.returncode == 0:
        return
    words = stderr.decode(errors="replace").strip()
    if _FULL in words:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    last = words.splitlines()[-1].strip() if words else "it said nothing"
    code = process.returncode
    how = f"was killed by signal {-code}" if code < 0 else f"failed with exit status {code}"
    raise CodecError(f"ffmpeg {how}: {last}")


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, system_signals.SIGKILL)
        else:
            process.kill()
