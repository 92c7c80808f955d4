"""Decode what libsndfile cannot read (m4a, webm, amr ...) with pydub and ffmpeg.

pydub normally asks ffprobe which codec a file holds. pip installs ffmpeg without ffprobe, so
ffmpeg itself is asked, and its answer is passed on as ``codec``: pydub then needs no ffprobe.

ffmpeg sees a scratch copy with a neutral name, and is told which container it is. A playlist
that calls itself .m4a has no container's first bytes and never comes here.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import AudioError, UsageError

# First bytes (at an offset) of a container and ffmpeg's name for its reader.
_MAGIC = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"#!AMR", "amr"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"FLV\x01", "flv"),
    (0, b"wvpk", "wv"),
    (0, b"MAC ", "ape"),
    (0, b"TTA1", "tta"),
    (0, b"MPCK", "mpc8"),
    (0, b"\x0bw", "ac3"),
)
# libsndfile reads most of these; ffmpeg takes the rest (AAC in CAF, Speex in Ogg).
_SECOND_CHOICE = ((0, b"caff", "caf"), (0, b"OggS", "ogg"))

# Readers whose header states the length, so that another result means a cut-off file or a
# decoder that is wrong (the bundled ffmpeg returns Speex at half its speed).
_STATES_LENGTH = ("mov", "matroska", "asf", "caf", "wv", "tta", "ape", "ogg")

# What ffmpeg says after it has said what is wrong.
_DULL = (
    "Conversion failed!",
    "size=",
    "video:",
    "Error opening output files",
    "Exiting with exit code",
)

_TIMEOUT_S = 60
_stdin = threading.Lock()


def container(contents: bytes, second_choice: bool = False) -> str | None:
    """Return ffmpeg's name of the container that these first bytes announce, or None.

    Parameters
    ----------
    contents : bytes
        The file, or its first 16 bytes.
    second_choice : bool
        Whether to name the containers that are libsndfile's to try first.
    """
    for offset, magic, name in _SECOND_CHOICE if second_choice else _MAGIC:
        if contents[offset : offset + len(magic)] == magic:
            return name
    # AAC in an ADTS stream: 12 bits of sync word, then layer 0 (an MP3 has another layer).
    if not second_choice and contents[:1] == b"\xff" and contents[1:2]:
        return "aac" if contents[1] & 0xF6 == 0xF0 else None
    return None


def decode(contents: bytes, name: str, longest_s: float) -> tuple[np.ndarray, int]:
    """Decode a recording in a container.

    Parameters
    ----------
    contents : bytes
        The whole file.
    name : str
        The container, from `container`.
    longest_s : float
        Longer recordings are refused.

    Returns
    -------
    signal : numpy.ndarray
        float32 of shape (frames, channels): 16-bit samples / 32768.
    rate : int
        Its sample rate in Hz.

    Raises
    ------
    AudioError
        If there is no sound in it, it is damaged, cut off or too long.
    UsageError
        If ffmpeg or pydub cannot be used at all.
    """
    with tempfile.TemporaryDirectory(prefix="aser-bench-") as folder:
        scratch = Path(folder) / "recording.bin"
        scratch.write_bytes(contents)
        codec, stated_s = _ask(scratch, name)
        if stated_s is not None and stated_s > longest_s:
            raise AudioError(f"it is {stated_s / 3600:.1f} hours long; cut it into utterances")
        signal, rate = _pydub(scratch, name, codec, longest_s if stated_s is None else None)
    found_s = len(signal) / rate
    if stated_s is not None and found_s < 0.9 * stated_s - 0.1:
        raise AudioError(
            f"it is cut off: its header promises {stated_s:.2f} s and {found_s:.2f} s are there; "
            "copy or download it again"
        )
    if stated_s is not None and found_s > 1.1 * stated_s + 0.3:
        raise AudioError(
            f"ffmpeg decodes {found_s:.2f} s of its {stated_s:.2f} s; export it as WAV elsewhere"
        )
    return signal, rate


def _ask(scratch: Path, name: str) -> tuple[str, float | None]:
    """Return the sound track's codec and, where its header states it, its length (s)."""
    # The whitelist and the named reader keep ffmpeg from opening anything but this file.
    command = [
        ffmpeg_path(), "-nostdin", "-hide_banner", "-protocol_whitelist", "file,pipe",
        "-f", name, "-i", str(scratch),
    ]  # fmt: skip
    try:
        answer = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_S, check=False
        ).stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        raise AudioError(f"ffmpeg did not make sense of it within {_TIMEOUT_S} s") from None
    except OSError as error:
        raise UsageError(f"ffmpeg cannot be started: {error}; see ASER_BENCH_FFMPEG") from error
    codecs = set(re.findall(r"Stream #\d+:\d+[^\n]*?: Audio: (\w+)", answer))
    if "Input #0" not in answer:
        raise AudioError(f"it is damaged or cut off: {_last_line(answer, scratch)}")
    if len(codecs) != 1 or codecs == {"none"}:
        tracks = "several kinds of sound track" if len(codecs) > 1 else "no sound track"
        raise AudioError(f"it holds {tracks}; export the sound as WAV")
    length = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", answer)
    # A film's length is not its sound's, and a raw stream's is only guessed from its size.
    if length is None or ": Video: " in answer or name not in _STATES_LENGTH:
        return codecs.pop(), None
    hours, minutes, seconds = length.groups()
    return codecs.pop(), int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _pydub(scratch: Path, name: str, codec: str, at_most_s: float | None) -> tuple[np.ndarray, int]:
    with warnings.catch_warnings():
        # pydub warns at import when no ffmpeg is on the PATH; it is given one below.
        warnings.simplefilter("ignore")
        try:
            from pydub import AudioSegment
            from pydub.exceptions import CouldntDecodeError
        except ImportError as error:
            raise UsageError(
                f"pydub is needed for this recording and cannot be imported ({error}); "
                "pip install pydub, and on Python 3.13 audioop-lts"
            ) from error

    class Segment(AudioSegment):
        converter = ffmpeg_path()  # of this class only: the program's other users of pydub stay

    # pydub cuts to whole milliseconds when given a duration, so only a length that no header
    # states is bounded (one second above the limit, so that the caller sees it is too long).
    bound = None if at_most_s is None else at_most_s + 1
    try:
        with _no_stdin():
            sound = Segment.from_file(str(scratch), format=name, codec=codec, duration=bound)
    except CouldntDecodeError as error:
        raise AudioError(f"it is damaged or cut off: {_last_line(str(error), scratch)}") from error
    except Exception as error:  # pydub lets its WAV reader's struct.error and others through
        raise AudioError(f"pydub cannot read it: {error}; export it as WAV") from error
    samples = np.frombuffer(sound.raw_data, dtype=f"<i{sound.sample_width}")
    full_scale = float(1 << (8 * sound.sample_width - 1))
    signal = samples.reshape(-1, sound.channels).astype(np.float32) / np.float32(full_scale)
    return signal, int(sound.frame_rate)


def ffmpeg_path() -> str:
    """Return ASER_BENCH_FFMPEG where it is set, else the program that imageio-ffmpeg ships."""
    own = os.environ.get("ASER_BENCH_FFMPEG")
    if own:
        return own
    from imageio_ffmpeg import get_ffmpeg_exe

    return str(get_ffmpeg_exe())


@contextmanager
def _no_stdin() -> Iterator[None]:
    # pydub lets ffmpeg read the keyboard: it would swallow a script's input, and a job in the
    # background would be stopped. pydub has no option against it.
    with _stdin:
        try:
            saved = os.dup(0)
        except OSError:  # no standard input at all
            saved = None
        if saved is not None:
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.close(null)
        try:
            yield
        finally:
            if saved is not None:
                os.dup2(saved, 0)
                os.close(saved)


def _last_line(text: str, scratch: Path) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(_DULL)] or lines
    last = lines[-1] if lines else "ffmpeg said nothing"
    # "[mov @ 0x1f3]" changes from run to run, and reports must not.
    last = re.sub(r"^(\[[^\]]*\] *)+", "", last)
    return last.replace(str(scratch), "the recording").rstrip(".")
