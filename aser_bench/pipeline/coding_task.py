"""Coding tasks: reading, encoding, decoding and feature extraction of a batch of utterances.

`run_coding_task` runs in a worker process. It takes a picklable task and writes the results to the
cache; its return value holds the cost and the failures.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass, field

import numpy as np

from .. import features, transcripts
from ..codecs import specs
from ..codecs.audit import audit, match_level
from ..codecs.base import CodedSignal
from ..core.errors import AserBenchError, AudioError, CodecError
from ..core.tables import SAMPLE_RATE, Condition
from ..corpora.audio import WHOLE, Segment, read, release_segments
from ..corpora.prepare import samples_sha256
from ..features.audio_signal import AudioSignal
from .cache import Cache


@dataclass(frozen=True)
class Cost:
    """Wall-clock and CPU seconds of a task, including those of child processes (ffmpeg)."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class CodingTask:
    """A batch of utterances, the conditions to encode them at, and the features to extract.

    Attributes
    ----------
    corpus : str
        Name of the corpus, for error messages.
    cache : Cache
    utterances, files, hashes : tuple of str
        Name, file and hash of the decoded samples of each utterance.
    conditions : tuple of Condition
    features : tuple of str
        Feature sets.
    keys : dict of (str, str) to str
        (condition, feature set) -> key of the features in the cache.
    audits : dict of str to str
        Condition -> key of the measurements of the decoded audio.
    transcript_keys : dict of (str, str) to str
        (condition, transcriber) -> key of the transcripts.
    match_level : bool
        Whether each encoded utterance is brought back to the level of its original.
    segments : tuple of Segment
        The part of its file that each utterance is; empty if all of them are whole files.
    """

    corpus: str
    cache: Cache
    utterances: tuple[str, ...]
    files: tuple[str, ...]
    hashes: tuple[str, ...]
    conditions: tuple[Condition, ...]
    features: tuple[str, ...]
    keys: dict[tuple[str, str], str]
    audits: dict[str, str]
    transcript_keys: dict[tuple[str, str], str] = field(default_factory=dict)
    match_level: bool = False
    segments: tuple[Segment, ...] = ()

    def lacks(self, condition: Condition) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the feature sets and the transcribers whose results the cache lacks."""
        name, has = condition.name, self.cache.has
        return (
            tuple(spec for spec in self.features if not has("features", self.keys[name, spec])),
            tuple(
                transcriber
                for (at, transcriber), key in self.transcript_keys.items()
                if at == name and not has("transcripts", key)
            ),
        )


@dataclass(frozen=True)
class CodingResult:
    """Result of a coding task; with failures (utterance -> reason), nothing was cached."""

    task: CodingTask
    cost: Cost
    failures: dict[str, str] = field(default_factory=dict)


def run_coding_task(task: CodingTask) -> CodingResult:
    """Encode a batch at its conditions; cache features, transcripts and audits."""
    clock = Clock()
    signals, failures = _read_all(task)
    if failures:
        return CodingResult(task, clock.cost(), failures)
    originals = features.audio_signals(signals, SAMPLE_RATE)
    for codec in dict.fromkeys(condition.codec for condition in task.conditions):
        conditions = [c for c in task.conditions if c.codec == codec]
        try:
            coded = _roundtrip(codec, signals, conditions)
        except (CodecError, AudioError):
            failures = _failing_utterances(task, signals, codec, conditions)
            return CodingResult(task, clock.cost(), failures)
        except OSError as error:
            raise AserBenchError(
                f"temporary files cannot be written ({error}): free disk space or set TMPDIR to "
                "another folder; finished work is kept in the cache"
            ) from error
        for condition, versions in zip(conditions, coded, strict=True):
            _save_condition(task, condition, originals, versions)
    return CodingResult(task, clock.cost())


def _read_all(task: CodingTask) -> tuple[list[np.ndarray], dict[str, str]]:
    signals, failures = [], {}
    segments = task.segments or (WHOLE,) * len(task.files)
    rows = zip(task.utterances, task.files, segments, task.hashes, strict=True)
    for utterance, file, segment, sha256 in rows:
        try:
            signal = read(file, segment=segment)
        except AudioError as error:
            failures[utterance] = str(error)
            continue
        if samples_sha256(signal) != sha256:
            failures[utterance] = "the file changed while the run was reading it; run again"
        signals.append(signal)
    release_segments()
    return signals, failures


def _roundtrip(
    codec: str, signals: list[np.ndarray], conditions: list[Condition]
) -> list[list[CodedSignal]]:
    """Return signals after encoding and decoding, verified to have their number of samples.

    Raises
    ------
    CodecError, AudioError
        If the codec fails or returns another number of samples.
    """
    coded = specs.get(codec).roundtrip(signals, SAMPLE_RATE, conditions)
    for condition, versions in zip(conditions, coded, strict=True):
        for signal, version in zip(signals, versions, strict=True):
            if len(version.signal) != len(signal):
                raise CodecError(
                    f"returned {len(version.signal)} samples for {len(signal)} at {condition.name}"
                )
    return coded


def _failing_utterances(
    task: CodingTask, signals: list[np.ndarray], codec: str, conditions: list[Condition]
) -> dict[str, str]:
    """Encode the utterances of a failed batch one by one; return those that fail, with reasons.

    Raises
    ------
    CodecError
        If each of the first three fails, which means that the encoder is broken.
    """
    failures: dict[str, str] = {}
    for utterance, signal in zip(task.utterances, signals, strict=True):
        try:
            _roundtrip(codec, [signal], conditions)
        except (CodecError, AudioError) as error:
            failures[utterance] = f"codec {codec}: {error}"
            if len(failures) == min(3, len(signals)) == task.utterances.index(utterance) + 1:
                raise CodecError(failures[utterance]) from error
    return failures


def _save_condition(
    task: CodingTask,
    condition: Condition,
    originals: list[AudioSignal],
    versions: list[CodedSignal],
) -> None:
    signals = [original.signal for original in originals]
    coded = [version.signal for version in versions]
    if task.match_level:
        coded = [match_level(*pair) for pair in zip(signals, coded, strict=True)]
    sets, transcribers = task.lacks(condition)
    for name, rows in features.extract(sets, coded, SAMPLE_RATE, originals).items():
        offsets = np.cumsum([0, *(len(row) if row.ndim == 2 else 1 for row in rows)])
        task.cache.save(
            "features",
            task.keys[condition.name, name],
            {"values": np.vstack(rows).astype(np.float32), "offsets": offsets},
            {},
        )
    for name in transcribers:
        texts = _transcripts(name, coded, task, condition)
        key = task.transcript_keys[condition.name, name]
        task.cache.save("transcripts", key, {}, {"texts": list(texts)})
    # One utterance per batch is enough: lag and bandwidth depend on the encoder.
    measured = audit(signals[0], coded[0], SAMPLE_RATE)
    lag = measured.lag_samples if specs.get(condition.codec).keeps_waveform else np.nan
    task.cache.save(
        "audits",
        task.audits[condition.name],
        {},
        {
            "kbps": [version.kbps for version in versions],
            "gain_db": _json(measured.gain_db),
            "lag_samples": _json(lag),
            "bandwidth_hz": _json(measured.bandwidth_hz),
        },
    )


def _transcripts(
    name: str, coded: list[np.ndarray], task: CodingTask, condition: Condition
) -> list[str]:
    try:
        return transcripts.get(name).transcribe(coded, SAMPLE_RATE)
    except AserBenchError:
        raise
    except Exception as error:  # any error of a transcriber
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise AserBenchError(
            f"--transcripts {name} failed on {task.corpus} {task.utterances[0]} ... at "
            f"{condition.name}: {reason}; finished work is kept in the cache"
        ) from error


def _json(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


class Clock:
    """Wall-clock and CPU seconds since its creation."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _cpu_s()

    def cost(self) -> Cost:
        """Return the seconds until now."""
        return Cost(time.perf_counter() - self._wall, _cpu_s() - self._cpu)


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
