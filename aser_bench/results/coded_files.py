"""Coded copies of recordings: what they are called, and how a worker writes a batch of them."""

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
import pandas as pd

from .. import corpora
from ..codecs import specs
from ..codecs.base import Codec, CodedSignal
from ..core.errors import AserBenchError, AudioError, CodecError, UsageError
from ..core.tables import SAMPLE_RATE, Condition
from ..corpora.audio import read
from ..corpora.prepare import inspect_recording, samples_sha256
from ..pipeline.coding_plan import BATCH
from ..pipeline.ingest import Ingested
from ..study.parsing import CorpusChoice

FORMS = ("stream", "wav")

_BATCH_S = 600.0  # seconds of sound a batch, so that long recordings do not fill the memory
_HOPELESS = 3  # so many failures and no success: it is the encoder, not the recordings


def source_name(file: str, root: Path) -> str:
    """Return a file's path below its corpus's folder, or the whole of it if it lies elsewhere."""
    path, root = (Path(os.path.normpath(one)) for one in (file, root))
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def stems(table: pd.DataFrame, root: Path) -> dict[str, str]:
    """Return the path, less its suffix, of each utterance's copy: below the folder of copies.

    Parameters
    ----------
    table : pandas.DataFrame
        All utterances of the corpus (columns ``utterance`` and ``file``), whatever is copied of
        them: a copy has the same name under every limit.
    root : pathlib.Path
        The corpus's folder.

    Returns
    -------
    dict of str to str
        The source's path below ``root``, or the utterance's name if it lies elsewhere; never
        absolute and never upwards. Names that would be the same keep their source's suffix
        (``a.wav`` and ``a.flac`` become ``a.wav.mp3`` and ``a.flac.mp3``), and are numbered if
        that does not tell them apart either.
    """
    rows = sorted(zip(table["utterance"], table["file"], strict=True))
    suffixes = {utterance: PurePosixPath(file).suffix for utterance, file in rows}
    short = {utterance: _stem(utterance, file, root) for utterance, file in rows}
    count = Counter(_folded(name) for name in short.values())
    found: dict[str, str] = {}
    taken: set[str] = set()
    for utterance, name in short.items():
        if count[_folded(name)] > 1:
            name += suffixes[utterance]
        numbered, number = name, 1
        while _folded(numbered) in taken:
            number += 1
            numbered = f"{name}-{number}"
        taken.add(_folded(numbered))
        found[utterance] = numbered
    return found


def check_folders(conditions: Sequence[str]) -> None:
    """Refuse conditions that no folder can be called, before anything is written."""
    for name in conditions:
        if Path(name).name != name or name.startswith("."):
            raise UsageError(f"condition {name!r} cannot be the name of a folder")


def _stem(utterance: str, file: str, root: Path) -> str:
    name = source_name(file, root)
    inside = not name.startswith("/")
    path = PurePosixPath(name).with_suffix("") if inside else PurePosixPath(utterance)
    # Without spaces around them and in UTF-8: a table with these names can be read back.
    words = [part.encode("utf-8", "replace").decode().strip() for part in path.parts]
    return "/".join(word for word in words if word.strip("/") not in ("", ".", "..")) or "recording"


def _folded(name: str) -> str:
    """Return what two names must differ in on a disk that knows no upper and lower case."""
    return unicodedata.normalize("NFC", name).casefold()


@dataclass(frozen=True)
class CopyTask:
    """Some utterances, the conditions to take them through, and where the copies go."""

    folder: Path
    form: str
    utterances: tuple[str, ...]
    files: tuple[str, ...]
    hashes: tuple[str, ...]
    stems: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class CopyResult:
    """What came of a `CopyTask`: a row a file, and why utterances (by name) have none."""

    task: CopyTask
    rows: list[dict[str, Any]]
    failures: dict[str, str]


def copy_names(choice: CorpusChoice) -> tuple[dict[str, str], dict[str, str]]:
    """Return, for each utterance of a corpus, its copies' stem and its source as tables name it."""
    table = corpora.load_corpus(choice.name, choice.source).utterances
    if choice.source:
        root = Path(choice.source).expanduser().absolute()
        root = root if root.is_dir() else root.parent
    else:
        folders = [Path(file).parent.parts for file in table["file"]]
        same = [parts[0] for parts in zip(*folders, strict=False) if len(set(parts)) == 1]
        root = Path(*same)
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
    """Yield the corpus in batches of so many utterances and so much sound."""
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
                tuple(names[one] for one in part["utterance"]),
                conditions,
            )
            start, seconds = row, length


def write_copies(task: CopyTask) -> CopyResult:
    """Take a batch through its conditions and write every copy.

    A recording that one codec cannot code is left out of all conditions, so that all of them
    hold the same utterances.

    Raises
    ------
    CodecError, AudioError
        If the encoder is broken rather than a recording.
    AserBenchError
        If there is no room for scratch files.
    OSError
        If a copy cannot be written.
    """
    signals, failures = _read_all(task)
    names = dict(zip(task.utterances, task.stems, strict=True))
    rows = []
    for spec in dict.fromkeys(condition.codec for condition in task.conditions):
        conditions = [one for one in task.conditions if one.codec == spec]
        coded, failed = _code(specs.get(spec), task.form, signals, conditions)
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


def _read_all(task: CopyTask) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    signals, failures = {}, {}
    for utterance, file, known in zip(task.utterances, task.files, task.hashes, strict=True):
        try:
            signal = read(file)
        except AudioError as error:
            failures[utterance] = str(error)
            continue
        if samples_sha256(signal) == known:
            signals[utterance] = signal
        else:
            failures[utterance] = "the file changed while it was being read; encode again"
    return signals, failures


def _code(
    codec: Codec, form: str, signals: dict[str, np.ndarray], conditions: Sequence[Condition]
) -> tuple[dict[str, list[CodedSignal]], dict[str, str]]:
    """Return each utterance's versions, and why some have none."""
    if not signals:
        return {}, {}
    try:
        rows = _roundtrip(codec, form, list(signals.values()), conditions)
        return dict(zip(signals, zip(*rows, strict=True), strict=True)), {}  # type: ignore[arg-type]
    except (CodecError, AudioError):
        pass  # now one by one: some recording is to blame
    coded, failures = {}, {}
    for utterance, signal in signals.items():
        try:
            coded[utterance] = [row[0] for row in _roundtrip(codec, form, [signal], conditions)]
        except (CodecError, AudioError) as error:
            failures[utterance] = f"codec {codec.spec}: {error}"
            if not coded and len(failures) == _HOPELESS:
                raise
    return coded, failures


def _roundtrip(
    codec: Codec, form: str, signals: list[np.ndarray], conditions: Sequence[Condition]
) -> list[list[CodedSignal]]:
    code = codec.roundtrip_with_files if form == "stream" else codec.roundtrip
    try:
        return code(signals, SAMPLE_RATE, conditions)
    except OSError as error:
        raise AserBenchError(
            f"no place for scratch files ({error.strerror or error}): free some, or name a "
            "folder with room in TMPDIR"
        ) from error


def _write(task: CopyTask, name: str, version: CodedSignal) -> dict[str, Any]:
    """Write one copy, and return what the table says of it."""
    form = "stream" if task.form == "stream" and version.file else "wav"
    content, suffix = version.file, version.suffix
    if form == "wav":
        content, suffix = wav(version.signal), "wav"
    path = task.folder / f"{name}.{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:  # x: should two copies have one name after all, say so
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
    """Return the conditions whose copies can be read: bare G.711, say, has no header to tell it."""
    return [
        str(name)
        for name, own in files.groupby("condition", sort=False)
        if any(not inspect_recording(folder / file).reason for file in own["file"][:3])
    ]


def wav(signal: np.ndarray) -> bytes:
    """Return a signal (float32, (samples,), 16 kHz) as a WAV file in 32-bit float.

    Written by scipy: libsndfile would put the time of day into it.
    """
    from scipy.io import wavfile

    file = io.BytesIO()
    wavfile.write(file, SAMPLE_RATE, np.asarray(signal, dtype="<f4"))
    return file.getvalue()
