"""Coded copies of recordings: their names, and the task in which a worker writes a batch."""

from __future__ import annotations

import hashlib
import io
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import corpora
from ..codecs import specs
from ..codecs.base import Codec, CodedSignal
from ..core.errors import AserBenchError, AudioError, CodecError, UsageError
from ..core.tables import SAMPLE_RATE, Condition
from ..corpora.audio import Segment, read, release_segments
from ..corpora.prepare import inspect_recording, samples_sha256, segments_of
from ..pipeline.coding_plan import BATCH
from ..pipeline.ingest import Ingested
from ..study.parsing import CorpusChoice

FORMS = ("stream", "wav")

Signals = dict[str, npt.NDArray[np.float32]]
"""Utterance -> samples, shape (samples,), at 16 kHz."""

_BATCH_S = 600.0  # seconds of audio per batch, so that long recordings do not fill the memory
_MOST_FAILURES = 3  # without a success: the encoder is broken, not the recordings


def source_name(file: str, root: Path) -> str:
    """Return a file's path below the folder of its corpus, or its full path if it is elsewhere."""
    path, root = (Path(os.path.normpath(name)) for name in (file, root))
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def stems(table: pd.DataFrame, root: Path) -> dict[str, str]:
    """Return the path of the copy of each utterance, without suffix, below the folder of copies.

    Parameters
    ----------
    table : pandas.DataFrame
        All utterances of the corpus (columns ``utterance`` and ``file``), also those that are not
        copied: a copy has the same name under every limit.
    root : pathlib.Path
        The corpus's folder.

    Returns
    -------
    dict of str to str
        Utterance -> the path of its source below ``root``, or the name of the utterance if the
        source is elsewhere; relative and without ``..``. Equal names get the suffix of their source
        (``a.wav`` and ``a.flac`` become ``a.wav.mp3`` and ``a.flac.mp3``), and a number if they are
        still equal.
    """
    rows = sorted(zip(table["utterance"], table["file"], strict=True))
    suffixes = {utterance: PurePosixPath(file).suffix for utterance, file in rows}
    # Segments of one file differ by the names of their utterances.
    short = {
        utterance: _stem(utterance, "/" if "start_s" in table else file, root)
        for utterance, file in rows
    }
    count = Counter(_folded(name) for name in short.values())
    unique: dict[str, str] = {}
    taken: set[str] = set()
    for utterance, name in short.items():
        if count[_folded(name)] > 1:
            name += suffixes[utterance]
        numbered, number = name, 1
        while _folded(numbered) in taken:
            number += 1
            numbered = f"{name}-{number}"
        taken.add(_folded(numbered))
        unique[utterance] = numbered
    return unique


def check_folder_names(conditions: Sequence[str]) -> None:
    """Refuse conditions with names that cannot be names of folders, before anything is written."""
    for name in conditions:
        if Path(name).name != name or name.startswith("."):
            raise UsageError(f"condition {name!r} cannot be the name of a folder")


def _stem(utterance: str, file: str, root: Path) -> str:
    name = source_name(file, root)
    inside = not name.startswith("/")
    path = PurePosixPath(name).with_suffix("") if inside else PurePosixPath(utterance)
    # Stripped and in UTF-8, so that a table with these names can be read back.
    parts = [part.encode("utf-8", "replace").decode().strip() for part in path.parts]
    return "/".join(part for part in parts if part.strip("/") not in ("", ".", "..")) or "recording"


def _folded(name: str) -> str:
    """Return the form in which a disk that ignores case compares names."""
    return unicodedata.normalize("NFC", name).casefold()


@dataclass(frozen=True)
class CopyTask:
    """A batch of utterances to be copied at some conditions.

    Attributes
    ----------
    folder : Path
        Folder of all copies.
    form : str
        One of `FORMS`.
    utterances, files, hashes, stems : tuple of str
        Name, source, hash (hex) of the samples and path of the copy without suffix, one of each
        per utterance.
    segments : tuple of Segment
        The part of its source that each utterance is.
    conditions : tuple of Condition
    """

    folder: Path
    form: str
    utterances: tuple[str, ...]
    files: tuple[str, ...]
    hashes: tuple[str, ...]
    stems: tuple[str, ...]
    segments: tuple[Segment, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class CopyResult:
    """Result of a `CopyTask`: a table row per file, and reasons for utterances without files."""

    task: CopyTask
    rows: list[dict[str, Any]]
    failures: dict[str, str]


def copy_names(choice: CorpusChoice) -> tuple[dict[str, str], dict[str, str]]:
    """Return, for each utterance of a corpus, the stem of its copies and the name of its source."""
    table = corpora.load_corpus(choice.name, choice.source).utterances
    if choice.source:
        root = Path(choice.source).expanduser().absolute()
        root = root if root.is_dir() else root.parent
    else:
        folders = [Path(file).parent.parts for file in table["file"]]
        shared = [parts[0] for parts in zip(*folders, strict=False) if len(set(parts)) == 1]
        root = Path(*shared)
    sources = {
        utterance: source_name(file, root)
        for utterance, file in zip(table["utterance"], table["file"], strict=True)
    }
    return stems(table, root), sources


def copy_tasks(
    folder: Path,
    form: str,
    ingested: Ingested,
    conditions: tuple[Condition, ...],
    names: dict[str, str],
) -> Iterator[CopyTask]:
    """Yield the corpus in batches of limited number and duration."""
    table = ingested.utterances
    start, seconds = 0, 0.0
    for row, length in enumerate([*table["duration_s"], float("inf")]):
        seconds += length
        if row > start and (row - start == BATCH or seconds > _BATCH_S):
            part = table.iloc[start:row]
            yield CopyTask(
                folder,
                form,
                tuple(part["utterance"]),
                tuple(part["file"]),
                tuple(part["samples_sha256"]),
                tuple(names[utterance] for utterance in part["utterance"]),
                segments_of(part),
                conditions,
            )
            start, seconds = row, length


def write_copies(task: CopyTask) -> CopyResult:
    """Write the copies of a batch at its conditions.

    A recording that a codec cannot encode is left out of all conditions, so that all of them
    have the same utterances.

    Raises
    ------
    CodecError, AudioError
        If the encoder fails for all recordings.
    AserBenchError
        If there is no space for temporary files.
    OSError
        If a copy cannot be written.
    """
    signals, failures = _read_all(task)
    names = dict(zip(task.utterances, task.stems, strict=True))
    rows = []
    for spec in dict.fromkeys(condition.codec for condition in task.conditions):
        conditions = [condition for condition in task.conditions if condition.codec == spec]
        coded, failed = _encode(specs.get(spec), task.form, signals, conditions)
        failures |= failed
        for utterance in failed:
            del signals[utterance]
        for utterance, versions in coded.items():
            for condition, version in zip(conditions, versions, strict=True):
                name = f"{condition.name}/{names[utterance]}"
                row = _write(task, name, version)
                rows.append({"condition": condition.name, "utterance": utterance, **row})
    for row in rows:
        if row["utterance"] in failures:
            (task.folder / row["file"]).unlink()
    return CopyResult(task, [row for row in rows if row["utterance"] in signals], failures)


def _read_all(task: CopyTask) -> tuple[Signals, dict[str, str]]:
    signals: Signals = {}
    failures: dict[str, str] = {}
    rows = zip(task.utterances, task.files, task.segments, task.hashes, strict=True)
    for utterance, file, segment, sha256 in rows:
        try:
            signal = read(file, segment=segment)
        except AudioError as error:
            failures[utterance] = str(error)
            continue
        if samples_sha256(signal) == sha256:
            signals[utterance] = signal
        else:
            failures[utterance] = "the file changed while it was being read; encode again"
    release_segments()
    return signals, failures


def _encode(
    codec: Codec, form: str, signals: Signals, conditions: Sequence[Condition]
) -> tuple[dict[str, list[CodedSignal]], dict[str, str]]:
    """Return the versions of each utterance by condition, and reasons for those without."""
    if not signals:
        return {}, {}
    try:
        rows = _roundtrip(codec, form, list(signals.values()), conditions)
        return dict(zip(signals, map(list, zip(*rows, strict=True)), strict=True)), {}
    except (CodecError, AudioError):
        pass  # find the recordings that cannot be encoded
    coded, failures = {}, {}
    for utterance, signal in signals.items():
        try:
            coded[utterance] = [row[0] for row in _roundtrip(codec, form, [signal], conditions)]
        except (CodecError, AudioError) as error:
            failures[utterance] = f"codec {codec.spec}: {error}"
            if not coded and len(failures) == _MOST_FAILURES:
                raise
    return coded, failures


def _roundtrip(
    codec: Codec, form: str, signals: list[npt.NDArray[np.float32]], conditions: Sequence[Condition]
) -> list[list[CodedSignal]]:
    roundtrip = codec.roundtrip_with_files if form == "stream" else codec.roundtrip
    try:
        return roundtrip(signals, SAMPLE_RATE, conditions)
    except OSError as error:
        raise AserBenchError(
            f"temporary files cannot be written ({error.strerror or error}): free some space, or "
            "set TMPDIR to a folder with space"
        ) from error


def _write(task: CopyTask, name: str, version: CodedSignal) -> dict[str, Any]:
    """Write a copy and return its row of the table."""
    form = "stream" if task.form == "stream" and version.file else "wav"
    content, suffix = version.file, version.suffix
    if form == "wav":
        content, suffix = wav(version.signal), "wav"
    path = task.folder / f"{name}.{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:  # fails if two copies have the same name
        file.write(content)
    return {
        "file": f"{name}.{suffix}",
        "effective_kbps": None if version.kbps is None else round(version.kbps, 3),
        "bytes": len(content),
        "samples": len(version.signal),
        "sha256": hashlib.sha256(content).hexdigest(),
        "form": form,
    }


def readable(folder: Path, files: pd.DataFrame) -> list[str]:
    """Return the conditions with readable copies (raw G.711 streams, for example, are not)."""
    return [
        str(name)
        for name, copies in files.groupby("condition", sort=False)
        if any(not inspect_recording(folder / file).reason for file in copies["file"][:3])
    ]


def wav(signal: npt.NDArray[np.float32]) -> bytes:
    """Return a signal (float32, (samples,), 16 kHz) as a WAV file in 32-bit float.

    Written by scipy: libsndfile would add the time of day.
    """
    from scipy.io import wavfile

    file = io.BytesIO()
    wavfile.write(file, SAMPLE_RATE, np.asarray(signal, dtype="<f4"))
    return file.getvalue()
