"""Batches of signals to encoded files and back, with one ffmpeg process for each batch."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..core import ffmpeg, tempdirs
from ..core.errors import CodecError
from .signals import Signal

MAX_OUTPUTS = 64
"""Largest number of streams that one process writes. Each stream needs a thread and an open file,
and with more streams the states of the encoders exceed the processor cache (10 % slower at 256)."""

MAX_BATCH_S = 600.0
"""Largest duration in seconds of the audio for one process; it limits the temporary files."""

LIMIT_PER_CODED_S = 0.25
"""Time limit in seconds for each second of audio that is encoded or decoded (LAME needs about
0.005 s on one core)."""

_DEFAULT_KBPS = 320  # for the size of the files of encoders without a bitrate
_INPUT = {"protocol_whitelist": ffmpeg.PROTOCOLS}


@dataclass(frozen=True)
class Encoding:
    """Settings of ffmpeg for the encoding of signals.

    Attributes
    ----------
    encoder : str
        ffmpeg's name of the encoder: ``libmp3lame``.
    kbps : float or None
        Bitrate in kbit/s; None for encoders without this setting.
    suffix : str
        Suffix of the file name: ``mp3``. It selects the container if ``muxer`` is empty.
    muxer : str
        ffmpeg's name of the container.
    options : tuple of (str, str) pairs
        Further output options of ffmpeg.
    """

    encoder: str
    kbps: float | None
    suffix: str
    muxer: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.encoder if self.kbps is None else f"{self.encoder} at {self.kbps:g} kbit/s"


@dataclass(frozen=True)
class Decoding:
    """Settings of ffmpeg for the decoding of files.

    Attributes
    ----------
    decoder : str
        ffmpeg's name of the decoder: ``amrnb``.
    demuxer : str
        ffmpeg's name of the container, so that ffmpeg does not have to guess it.
    options : tuple of (str, str) pairs
        Further input options of ffmpeg.
    """

    decoder: str
    demuxer: str
    options: tuple[tuple[str, str], ...] = ()


def encoder_version(encoder: str) -> str:
    """Return the name and version of an encoder, such as ``LAME 3.100``.

    LAME writes its version into unused bytes of its frames, so it is read from an encoded file.
    Other encoders are identified by the version of the ffmpeg that contains them.
    """
    if encoder == "libmp3lame":
        return _lame_version(ffmpeg.binary())
    return f"{encoder} (ffmpeg {ffmpeg.version()})"


@cache
def _lame_version(program: str) -> str:
    silence = np.zeros(8_000, np.float32)
    with encode([silence], 16_000, [Encoding("libmp3lame", 160, "mp3")]) as paths:
        stamp = re.search(rb"LAME(\d+\.\d+(?:[a-zA-Z](?![a-zA-Z]))?)", paths[0][0].read_bytes())
    if stamp is None:
        return f"libmp3lame (ffmpeg {ffmpeg.version()})"
    return f"LAME {stamp.group(1).decode()}"


def batches(signals: Sequence[Signal], rate: int, n_encodings: int) -> Iterator[slice]:
    """Yield slices of ``signals``, one for each process.

    Parameters
    ----------
    signals : sequence of numpy.ndarray
        Each of shape (samples,), at ``rate`` Hz.
    rate : int
        Sample rate in Hz.
    n_encodings : int
        Number of streams that are written for each signal.
    """
    start, seconds = 0, 0.0
    signals_per_process = max(1, MAX_OUTPUTS // max(1, n_encodings))
    for index, signal in enumerate(signals):
        if index > start and (index - start >= signals_per_process or seconds >= MAX_BATCH_S):
            yield slice(start, index)
            start, seconds = index, 0.0
        seconds += len(signal) / rate
    if start < len(signals):
        yield slice(start, len(signals))


@contextmanager
def encode(
    signals: Sequence[Signal], rate: int, encodings: Sequence[Encoding]
) -> Iterator[list[list[Path]]]:
    """Encode every signal with every encoding in one process, and yield the files.

    Parameters
    ----------
    signals : sequence of numpy.ndarray
        float32, shape (samples,), finite.
    rate : int
        Sample rate in Hz of the signals and of the encoder.
    encodings : sequence of Encoding

    Yields
    ------
    list of list of pathlib.Path
        ``paths[e][i]`` is signal ``i`` in encoding ``e``. The files are deleted when the context
        ends.

    Raises
    ------
    CodecError
        If ffmpeg fails, exceeds the time limit or does not write a file.
    OSError
        If there is no space for temporary files (``errno.ENOSPC``).
    """
    places = tempdirs.places(_space_needed(signals, rate, encodings))
    for place in places:
        with tempdirs.folder(place) as folder:
            try:
                paths = _encode(folder, signals, rate, encodings)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                if place is not places[-1]:
                    continue  # other workers have filled this disk (in memory) in the meantime
                message = "no space left for temporary files"
                raise OSError(errno.ENOSPC, message, str(place)) from error
            yield paths
            return


def _space_needed(signals: Sequence[Signal], rate: int, encodings: Sequence[Encoding]) -> int:
    """Return the bytes of the signals, the streams, and the samples that `decode` writes."""
    seconds = sum(map(len, signals)) / rate
    streams = sum(seconds * (encoding.kbps or _DEFAULT_KBPS) * 125 for encoding in encodings)
    samples = 4 * seconds * rate * (1 + len(encodings))
    return int(samples + streams) + 2**20


def _encode(
    folder: Path, signals: Sequence[Signal], rate: int, encodings: Sequence[Encoding]
) -> list[list[Path]]:
    for index, signal in enumerate(signals):
        (folder / _source_name(index)).write_bytes(np.asarray(signal, "<f4").tobytes())
    coded_s = sum(map(len, signals)) / rate * len(encodings)
    ffmpeg.run(_arguments(len(signals), rate, encodings), folder, LIMIT_PER_CODED_S * coded_s)
    rows = []
    for number, encoding in enumerate(encodings):
        row = [folder / _coded_name(index, number, encoding) for index in range(len(signals))]
        if not all(map(_has_content, row)):
            raise CodecError(f"ffmpeg reported success but wrote nothing with {encoding}")
        rows.append(row)
    return rows


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _source_name(index: int) -> str:
    return f"{index:04d}.f32"


def _coded_name(index: int, number: int, encoding: Encoding) -> str:
    return f"{index:04d}-{number}.{encoding.suffix}"


def _arguments(n_signals: int, rate: int, encodings: Sequence[Encoding]) -> list[str]:
    """Return ffmpeg's arguments: an input for each signal, an output for each of its encodings."""
    import ffmpeg as graph

    outputs = []
    for index in range(n_signals):
        source = graph.input(_source_name(index), f="f32le", ar=rate, ac=1, **_INPUT)
        for number, encoding in enumerate(encodings):
            target = _coded_name(index, number, encoding)
            outputs.append(graph.output(source.audio, target, **_output_options(encoding)))
    arguments: list[str] = graph.get_args(graph.merge_outputs(*outputs))
    return arguments


def _output_options(encoding: Encoding) -> dict[str, str | int]:
    options: dict[str, str | int] = {
        "c:a": encoding.encoder,
        "ac": 1,
        "threads": 1,
        "map_metadata": -1,
    }
    if encoding.kbps is not None:
        options["b:a"] = f"{encoding.kbps:g}k"  # without the k, ffmpeg reads bit/s
    if encoding.muxer:
        options["f"] = encoding.muxer
    return options | dict(encoding.options)


def decode(paths: Sequence[Path], decoding: Decoding, seconds: float) -> list[Signal]:
    """Decode files of one temporary directory in one process, at the rate of the decoder.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files in one directory that `encode` yielded.
    decoding : Decoding
        Settings for all files.
    seconds : float
        Total duration of the audio in seconds, for the time limit.

    Returns
    -------
    list of numpy.ndarray
        float32, shape (samples,).

    Raises
    ------
    CodecError
        If ffmpeg fails, exceeds the time limit or does not write a file.
    """
    import ffmpeg as graph

    options = {"f": decoding.demuxer, "c:a": decoding.decoder, **dict(decoding.options), **_INPUT}
    outputs = []
    for path in paths:
        source = graph.input(path.name, **options)
        target = _decoded_path(path).name
        outputs.append(graph.output(source.audio, target, **{"f": "f32le", "c:a": "pcm_f32le"}))
    arguments = graph.get_args(graph.merge_outputs(*outputs))
    ffmpeg.run(arguments, paths[0].parent, LIMIT_PER_CODED_S * seconds)
    signals = []
    for path in map(_decoded_path, paths):
        if not _has_content(path) or path.stat().st_size % 4:
            raise CodecError(f"ffmpeg reported success but decoded nothing with {decoding.decoder}")
        signals.append(np.fromfile(path, "<f4"))
        path.unlink()  # the temporary directory may be in memory
    return signals


def _decoded_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.f32")
