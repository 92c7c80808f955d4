"""Reading of a recording as mono float32 at a given rate, or the reason why it is refused."""

from __future__ import annotations

import io
import math
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import AudioError
from ..core.tables import SAMPLE_RATE
from . import containers, headers

if TYPE_CHECKING:
    from soundfile import SoundFile

Audio = npt.NDArray[np.float32]


class Segment(NamedTuple):
    """A part of a recording, in seconds; an infinite end is the end of the recording."""

    start_s: float = 0.0
    end_s: float = math.inf


WHOLE = Segment()
"""The whole recording."""

END_TOLERANCE_S = 0.05
"""Seconds by which a segment may end after its recording: times in tables are rounded, and a lossy
recording may be a frame shorter than its source. Such a segment ends with the recording."""

MIN_DURATION_S = 0.025
"""Shortest accepted recording, in seconds: one analysis window."""

MAX_DURATION_S = 3600.0
"""Longest accepted recording, in seconds. Utterances last seconds; longer files are mistakes."""

MAX_BYTES = 2**30
"""Largest accepted file, in bytes."""

_SILENCE = 1 / 32768  # one step of 16 bits
_CANCELLED = 0.01  # level of the downmix relative to that of the channels: -40 dB
# The header of an unfinished FLAC stream states no length. libsndfile then reports a huge number
# of frames and cannot read to the end, so such files are decoded by ffmpeg.
_UNKNOWN_FRAMES = 2**40

_SIGNATURES = (
    (b"#EXTM3U", "is a playlist, not a recording"),
    (b"ffconcat", "is a playlist, not a recording"),
    (b"[playlist]", "is a playlist, not a recording"),
    (b"<!DOCTYPE", "is a web page: the download failed; fetch it again"),
    (b"<html", "is a web page: the download failed; fetch it again"),
    (b"PK\x03\x04", "is a zip archive; unpack it"),
    (b"\x1f\x8b", "is a gzip archive; unpack it"),
)


def read(path: str | Path, rate: int = SAMPLE_RATE, segment: Segment = WHOLE) -> Audio:
    """Read a recording, or a segment of one.

    The format is detected from the contents, not from the extension. Channels are averaged, and
    other sample rates are converted by soxr (HQ). Recordings at ``rate`` are returned bit-exact.

    Parameters
    ----------
    path : str or Path
        File in a format that libsndfile reads, or a container that ffmpeg reads (see
        `containers`).
    rate : int
        Sample rate of the returned signal, in Hz.
    segment : Segment
        The part that is returned; it is cut out before any conversion, so that the result is the
        same as that of a file with this part alone.

    Returns
    -------
    numpy.ndarray
        float32, shape (samples,), finite; 16-bit samples are divided by 32768. Lossy and float
        recordings may exceed 1.0: nothing is clipped.

    Raises
    ------
    AudioError
        If the recording cannot be used; the message gives the reason and what to do.
    """
    return read_with_source_rate(path, rate, segment)[0]


def read_with_source_rate(
    path: str | Path, rate: int = SAMPLE_RATE, segment: Segment = WHOLE
) -> tuple[Audio, int]:
    """Return the signal as `read` does, and the sample rate of the file in Hz."""
    if segment == WHOLE:
        signal, source_rate = _decode(_contents(Path(path)))
    else:
        whole, source_rate = _decode_for_segments(Path(path), *_size_and_time(Path(path)))
        signal = _cut(whole, source_rate, segment)
    _check_length(len(signal), source_rate)
    mono = _downmix(signal)
    if source_rate != rate:
        import soxr

        mono = soxr.resample(mono, source_rate, rate, quality="HQ")
        _check_length(len(mono), rate)
        if np.abs(mono).max() <= _SILENCE:
            raise AudioError(f"it is silent below {rate // 2} Hz; leave it out")
    return np.ascontiguousarray(mono, dtype=np.float32), source_rate


@lru_cache(maxsize=1)
def _decode_for_segments(path: Path, size: int, modified_ns: int) -> tuple[Audio, int]:
    """Return a decoded file; the next segment of the same file does not decode it again."""
    return _decode(_contents(path))


def release_segments() -> None:
    """Free the memory of the file that the last segment was read from."""
    _decode_for_segments.cache_clear()


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except (OSError, ValueError):  # `_contents` gives the reason
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _cut(signal: Audio, rate: int, segment: Segment) -> Audio:
    """Return a segment of a (frames, channels) signal."""
    duration_s = len(signal) / rate
    start_s, end_s = segment
    if start_s >= duration_s or (math.isfinite(end_s) and end_s > duration_s + END_TOLERANCE_S):
        what = "starts" if start_s >= duration_s else "ends"
        time_s = start_s if start_s >= duration_s else end_s
        raise AudioError(
            f"its segment {what} at {time_s:g} s, and the recording has {duration_s:.3f} s; "
            "correct the table: times are seconds from the start of the file"
        )
    end = len(signal) if math.isinf(end_s) else round(end_s * rate)
    return signal[round(start_s * rate) : end]


def _contents(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AudioError("it is a folder, not a recording")
        if not stat.S_ISREG(status.st_mode):
            raise AudioError("it is not a regular file")
        if status.st_size == 0:
            raise AudioError("the file is empty (0 bytes); copy or download it again")
        if status.st_size > MAX_BYTES:
            raise AudioError(
                f"the file has {status.st_size / 2**30:.1f} GiB; split it into utterances"
            )
        contents = path.read_bytes()
    except FileNotFoundError:
        raise AudioError("there is no such file") from None
    except PermissionError:
        raise AudioError("the file cannot be read: permission denied") from None
    except (OSError, ValueError) as error:  # ValueError: NUL character in the path
        raise AudioError(
            f"the file cannot be read: {getattr(error, 'strerror', '') or error}"
        ) from error
    if contents.startswith(b"version https://git-lfs"):
        raise AudioError("it is a git-LFS pointer, not the recording; run: git lfs pull")
    return contents


def _decode(contents: bytes) -> tuple[Audio, int]:
    """Return a float32 signal of shape (frames, channels) and its sample rate in Hz."""
    name = containers.identify(contents)
    if name is not None:
        return containers.decode(contents, name, MAX_DURATION_S)
    reason = headers.header_error(contents)
    if reason:
        raise AudioError(reason)
    import soundfile

    try:
        file = soundfile.SoundFile(io.BytesIO(contents))
    except (soundfile.LibsndfileError, TypeError) as error:
        name = containers.identify(contents, fallback=True)
        if name is not None:
            return containers.decode(contents, name, MAX_DURATION_S)
        raise AudioError(_describe_contents(contents, error)) from error
    with file:
        if file.frames >= _UNKNOWN_FRAMES:
            return containers.decode(contents, "flac", MAX_DURATION_S)
        return _read_frames(file, contents), int(file.samplerate)


def _read_frames(file: SoundFile, contents: bytes) -> Audio:
    import soundfile

    if file.frames > MAX_DURATION_S * file.samplerate:
        hours = file.frames / file.samplerate / 3600
        raise AudioError(f"it is {hours:.1f} hours long; split it into utterances")
    try:
        signal: Audio = file.read(dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"it is damaged or cut off ({_detail(error)}); copy or download it again"
        ) from error
    # MP3: the decoder may remove its delay at both ends, so two frames of tolerance.
    tolerance = 2 * 1152 if file.format == "MP3" else 0
    if len(signal) + tolerance < file.frames and headers.states_length(contents):
        raise AudioError(
            f"it is cut off: its header states {file.frames} samples and the file has "
            f"{len(signal)}; copy or download it again"
        )
    return signal


def _detail(error: Exception) -> str:
    text = str(getattr(error, "error_string", error))
    return text.removeprefix("Error : ").rstrip(".")


def _describe_contents(contents: bytes, error: Exception) -> str:
    head = contents[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for signature, description in _SIGNATURES:
        if head[: len(signature)].lower() == signature.lower():
            return f"it {description}"
    try:
        text = contents[:4096].decode("utf-8")
    except UnicodeDecodeError as broken:
        # The 4096 bytes may end inside a multi-byte character.
        text = contents[: broken.start].decode("utf-8") if broken.start > 4000 else "\0"
    if all(character.isprintable() or character in "\t\r\n\f" for character in text):
        return "it is text, not audio"
    return f"it is not audio that libsndfile or ffmpeg reads ({_detail(error)}); export it as WAV"


def _check_length(frames: int, rate: int) -> None:
    if frames == 0:
        raise AudioError("it has no samples; record it again")
    if frames < MIN_DURATION_S * rate:
        raise AudioError(f"it is too short: {1000 * frames / rate:.1f} ms, at least 25 are needed")
    if frames > MAX_DURATION_S * rate:
        raise AudioError("it is longer than an hour; split it into utterances")


def _downmix(signal: Audio) -> Audio:
    """Average the channels of a (frames, channels) signal that is finite and not silent."""
    if not np.isfinite(signal).all():
        raise AudioError("it has samples that are not finite (NaN or infinity); export it again")
    if np.abs(signal).max() <= _SILENCE:
        raise AudioError("it is silent; leave it out or record it again")
    if signal.shape[1] == 1:
        mono: Audio = signal[:, 0]
        return mono
    # float64, so that the average of equal channels is exactly one of them.
    average: npt.NDArray[np.float64] = signal.mean(axis=1, dtype=np.float64)
    level = np.sqrt(np.mean(signal**2, dtype=np.float64))
    average_level = np.sqrt(np.mean(average**2))
    if np.abs(average).max() <= _SILENCE or average_level < _CANCELLED * level:
        raise AudioError(
            "its channels cancel each other when averaged (one is inverted: anti-phase); "
            "use one channel, or invert one"
        )
    return average.astype(np.float32)
