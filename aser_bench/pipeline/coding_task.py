"""What worker processes do first: code a batch of utterances and make its features.

The function takes one picklable task, leaves its result in the cache, and returns what the
main process needs to know.
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
from ..corpora.audio import read
from ..corpora.prepare import samples_sha256
from ..features.audio_signal import AudioSignal
from .cache import Cache


@dataclass(frozen=True)
class Cost:
    """What a task took: wall-clock and CPU seconds, children (ffmpeg) included."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class CodingTask:
    """A batch of utterances, the conditions to encode them at, and the features to extract.

    Attributes
    ----------
    keys : dict of (str, str) to str
        (condition, feature set) -> key of the features in the cache.
    audits : dict of str to str
        Condition -> key of what is measured of the encoded audio.
    transcript_keys : dict of (str, str) to str
        (condition, transcriber) -> key of the transcripts.
    match_level : bool
        Whether each encoded utterance is brought back to the level of its original.
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

    def lacks(self, condition: Condition) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the feature sets and the transcribers whose results the cache lacks."""
        name, has = condition.name, self.cache.has
        return (
            tuple(one for one in self.features if not has("features", self.keys[name, one])),
            tuple(
                transcriber
                for (at, transcriber), key in self.transcript_keys.items()
                if at == name and not has("transcripts", key)
            ),
        )


@dataclass(frozen=True)
class CodingResult:
    """What came of a `CodingTask`; with failures (utterance -> reason) nothing was cached."""

    task: CodingTask
    cost: Cost
    failures: dict[str, str] = field(default_factory=dict)


def run_coding_task(task: CodingTask) -> CodingResult:
    """Take a batch through its conditions and cache features and measures."""
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
            failures = _find_culprits(task, signals, codec, conditions)
            return CodingResult(task, clock.cost(), failures)
        except OSError as error:
            raise AserBenchError(
                f"scratch files cannot be written ({error}): free some room or set TMPDIR to "
                "another place; what was finished is kept"
            ) from error
        for condition, versions in zip(conditions, coded, strict=True):
            _save_condition(task, condition, originals, versions)
    return CodingResult(task, clock.cost())


def _read_all(task: CodingTask) -> tuple[list[np.ndarray], dict[str, str]]:
    signals, failures = [], {}
    for utterance, file, known in zip(task.utterances, task.files, task.hashes, strict=True):
        try:
            signal = read(file)
        except AudioError as error:
            failures[utterance] = str(error)
            continue
        if samples_sha256(signal) != known:
            failures[utterance] = "the file changed while the run was reading it; run again"
        signals.append(signal)
    return signals, failures


def _roundtrip(
    codec: str, signals: list[np.ndarray], conditions: list[Condition]
) -> list[list[CodedSignal]]:
    """Return what a codec makes of signals: as long as they are, whoever wrote the codec.

    Raises
    ------
    CodecError, AudioError
        If it fails, or returns another number of samples than it was given.
    """
    coded = specs.get(codec).roundtrip(signals, SAMPLE_RATE, conditions)
    for condition, versions in zip(conditions, coded, strict=True):
        for signal, version in zip(signals, versions, strict=True):
            if len(version.signal) != len(signal):
                raise CodecError(
                    f"returned {len(version.signal)} samples for {len(signal)} at {condition.name}"
                )
    return coded


def _find_culprits(
    task: CodingTask, signals: list[np.ndarray], codec: str, conditions: list[Condition]
) -> dict[str, str]:
    """Code the utterances of a failed batch one by one, and name those that fail again.

    Raises
    ------
    CodecError
        If not one of the first three passes: then the encoder is broken, not a recording.
    """
    failures: dict[str, str] = {}
    for utterance, signal in zip(task.utterances, signals, strict=True):
        try:
            _roundtrip(codec, [signal], conditions)
        except (CodecError, AudioError) as error:
            failures[utterance] = f"codec {codec}: {error}"
            if len(failures) == min(3, len(signals)) == task.utterances.index(utterance) + 1:
                # None so far has passed: it is the encoder, not these recordings.
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
        heard = _heard(name, coded, task, condition)
        key = task.transcript_keys[condition.name, name]
        task.cache.save("transcripts", key, {}, {"texts": list(heard)})
    # One utterance a batch is measured: the lag and the bandwidth belong to the encoder.
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


def _heard(name: str, coded: list[np.ndarray], task: CodingTask, condition: Condition) -> list[str]:
    try:
        return transcripts.get(name).transcribe(coded, SAMPLE_RATE)
    except AserBenchError:
        raise
    except Exception as error:  # whatever somebody's transcriber raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise AserBenchError(
            f"--transcripts {name} failed on {task.corpus} {task.utterances[0]} ... at "
            f"{condition.name}: {reason}; what was finished is kept"
        ) from error


def _json(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


class Clock:
    """What has passed since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _cpu_s()

    def cost(self) -> Cost:
        """Return the seconds until now."""
        return Cost(time.perf_counter() - self._wall, _cpu_s() - self._cpu)


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
