"""Batches of signals to coded files and back, one ffmpeg process for many of them."""

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

MAX_OUTPUTS = 64
"""Streams that one process writes: each costs ffmpeg a thread and an open file, and with more
of them the encoders' states no longer fit the processor's cache (a tenth slower at 256)."""

MAX_BATCH_S = 600.0
"""Seconds of audio that one process reads, which bounds the scratch folder."""

LIMIT_PER_CODED_S = 0.25
"""The time limit in seconds for each second of audio that is encoded or decoded (LAME needs
some 0.005 s of one core)."""

_INPUT = {"protocol_whitelist": ffmpeg.PROTOCOLS}


@dataclass(frozen=True)
class Encoding:
    """One way in which every signal of a batch is written.

    Attributes
    ----------
    encoder : str
        ffmpeg's name of the encoder: ``libmp3lame``.
    kbps : float or None
        The bitrate in kbit/s, for encoders that are told one.
    suffix : str
        The file's suffix: ``mp3``. It chooses the container where ``muxer`` is empty.
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
    """How ffmpeg reads a file back.

    Attributes
    ----------
    decoder : str
        ffmpeg's name of the decoder: ``amrnb``.
    demuxer : str
        ffmpeg's name of the container, which is never guessed.
    options : tuple of (str, str) pairs
        Further input options of ffmpeg.
    """

    decoder: str
    demuxer: str
    options: tuple[tuple[str, str], ...] = ()


def encoder_version(encoder: str) -> str:
    """Return the name and version of an encoder, such as ``LAME 3.100``.

    LAME stamps its version into the unused bytes of its frames, so it is read from what was
    really written. Of other encoders only the version of ffmpeg around them is known.
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
def encode(
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
    # Room for the signals, the streams, and the samples that `decode` writes beside them.
    coded = sum(seconds * (encoding.kbps or 320) * 125 for encoding in encodings)
    samples = 4 * seconds * rate * (1 + len(encodings))
    places = tempdirs.places(int(samples + coded) + 2**20)
    for place in places:
        with tempdirs.folder(place) as folder:
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
    ffmpeg.run(_arguments(len(signals), rate, encodings), folder, LIMIT_PER_CODED_S * coded_s)
    rows = [
        [folder / _name(i, e, encodings) for i in range(len(signals))]
        for e in range(len(encodings))
    ]
    for encoding, row in zip(encodings, rows, strict=True):
        if not all(map(_has_content, row)):
            raise CodecError(f"ffmpeg reported success but wrote nothing with {encoding}")
    return rows


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _name(index: int, number: int, encodings: Sequence[Encoding]) -> str:
    return f"{index:04d}-{number}.{encodings[number].suffix}"


def _arguments(n_signals: int, rate: int, encodings: Sequence[Encoding]) -> list[str]:
    """Return ffmpeg's arguments: one input a signal, one output a signal and encoding."""
    import ffmpeg as graph

    outputs = []
    for index in range(n_signals):
        source = graph.input(f"{index:04d}.f32", f="f32le", ar=rate, ac=1, **_INPUT)
        for number, encoding in enumerate(encodings):
            options = {"c:a": encoding.encoder, "ac": 1, "threads": 1, "map_metadata": -1}
            if encoding.kbps is not None:
                options["b:a"] = f"{encoding.kbps:g}k"  # without the k it would mean bit/s
            if encoding.muxer:
                options["f"] = encoding.muxer
            options |= dict(encoding.options)
            outputs.append(graph.output(source.audio, _name(index, number, encodings), **options))
    return graph.get_args(graph.merge_outputs(*outputs))


def decode(paths: Sequence[Path], decoding: Decoding, seconds: float) -> list[np.ndarray]:
    """Decode files of one scratch folder with one process, at the rate of the decoder.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files in one folder that `encode` yielded.
    decoding : Decoding
        How to read all of them.
    seconds : float
        How much audio they hold together, for the time limit.

    Returns
    -------
    list of numpy.ndarray
        float32, shape (samples,).

    Raises
    ------
    CodecError
        If ffmpeg fails, takes too long or leaves a file out.
    """
    import ffmpeg as graph

    outputs = []
    for path in paths:
        source = graph.input(
            path.name,
            **{"f": decoding.demuxer, "c:a": decoding.decoder, **dict(decoding.options), **_INPUT},
        )
        target = f"{path.name}.f32"
        outputs.append(graph.output(source.audio, target, **{"f": "f32le", "c:a": "pcm_f32le"}))
    folder = paths[0].parent
    ffmpeg.run(graph.get_args(graph.merge_outputs(*outputs)), folder, LIMIT_PER_CODED_S * seconds)
    signals = []
    for path in paths:
        found = path.with_name(f"{path.name}.f32")
        if not _has_content(found) or found.stat().st_size % 4:
            raise CodecError(f"ffmpeg reported success but decoded nothing with {decoding.decoder}")
        signals.append(np.fromfile(found, "<f4"))
        found.unlink()  # scratch space is memory
    return signals
