"""Reading of a recording as mono float32 at a given rate, or the reason why it is refused."""

from __future__ import annotations

import math
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import AudioError
from ..core.tables import SAMPLE_RATE
from .decoding import MAX_DURATION_S, Audio, Decoded, decode


class Segment(NamedTuple):
    """A part of a recording, in seconds; an infinite end is the end of the recording."""

    start_s: float = 0.0
    end_s: float = math.inf


WHOLE = Segment()
"""The whole recording."""


@dataclass(frozen=True)
class Recording:
    """A recording as codecs encode it, and the properties of its file.

    Attributes
    ----------
    signal : numpy.ndarray
        float32, shape (samples,), as `read` returns it.
    source_rate : int
        Sample rate of the file, in Hz.
    scaled_by : float
        Factor by which the samples of the file are multiplied; 1 unless they exceed full scale.
    states_length : bool
        Whether the file states its length, so that one that is cut off is recognised.
    """

    signal: Audio
    source_rate: int
    scaled_by: float
    states_length: bool


def describe_peak(file: str, scaled_by: float) -> str:
    """Describe the samples of a recording that is above full scale.

    Examples
    --------
    >>> describe_peak("loud.wav", 0.5)
    'loud.wav: its samples reach 2, and full scale is 1'
    """
    return f"{file}: its samples reach {1 / scaled_by:.4g}, and full scale is 1"


END_TOLERANCE_S = 0.05
"""Seconds by which a segment may end after its recording: times in tables are rounded, and a lossy
recording may be a frame shorter than its source. Such a segment ends with the recording."""

MIN_DURATION_S = 0.025
"""Shortest accepted recording, in seconds: one analysis window."""

MAX_BYTES = 2**30
"""Largest accepted file, in bytes."""

_SILENCE = 1 / 32768  # one step of 16 bits
_CANCELLED = 0.01  # level of the downmix relative to that of the channels: -40 dB


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
        float32, shape (samples,), finite; 16-bit samples are divided by 32768. Float and lossy
        recordings with samples above full scale are divided by their peak: codecs with 16-bit
        input would clip them.

    Raises
    ------
    AudioError
        If the recording cannot be used; the message gives the reason and what to do.
    """
    return read_recording(path, rate, segment).signal


def read_recording(
    path: str | Path, rate: int = SAMPLE_RATE, segment: Segment = WHOLE
) -> Recording:
    """Return the signal as `read` does, with the properties of its file."""
    if segment == WHOLE:
        decoded = decode(_contents(Path(path)))
        signal = decoded.signal
    else:
        decoded = _decode_for_segments(Path(path), *_size_and_time(Path(path)))
        signal = _cut(decoded.signal, decoded.rate, segment)
    _check_length(len(signal), decoded.rate)
    mono = _downmix(signal)
    if decoded.rate != rate:
        import soxr

        mono = soxr.resample(mono, decoded.rate, rate, quality="HQ")
        _check_length(len(mono), rate)
        if np.abs(mono).max() <= _SILENCE:
            raise AudioError(f"it is silent below {rate // 2} Hz; leave it out")
    mono = np.ascontiguousarray(mono, dtype=np.float32)
    return Recording(mono, decoded.rate, decoded.scaled_by, decoded.states_length)


@lru_cache(maxsize=1)
def _decode_for_segments(path: Path, size: int, modified_ns: int) -> Decoded:
    """Return a decoded file; the next segment of the same file does not decode it again."""
    return decode(_contents(path))


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
        if path.is_symlink():
            raise AudioError("it is a link to a file that does not exist; correct it") from None
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
