"""What worker processes do: code a batch of utterances, train and test one fold.

Every function takes one picklable task, leaves its result in the store, and returns what the
main process needs to know. A result that is in the store already is not computed again.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from . import models, registry
from .codecs import specs
from .codecs.audit import audit, gain_db
from .codecs.base import Coded
from .corpora.audio import read
from .corpora.prepare import samples_sha256
from .errors import AserBenchError, AudioError, CodecError
from .models import tuning
from .store import Entry, Store
from .tables import SAMPLE_RATE, Condition


@dataclass(frozen=True)
class Cost:
    """What a task took: wall-clock and CPU seconds, children (ffmpeg) included."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class CodeTask:
    """Some 32 utterances, the conditions to take them through, and the features to make.

    ``keys`` maps (condition, feature set) to its key in the store, ``audits`` a condition to
    the key of its measures. With ``match_level`` what a codec did to the level is undone.
    """

    corpus: str
    store: Store
    utterances: tuple[str, ...]
    files: tuple[str, ...]
    hashes: tuple[str, ...]
    conditions: tuple[Condition, ...]
    features: tuple[str, ...]
    keys: dict[tuple[str, str], str]
    audits: dict[str, str]
    match_level: bool = False


@dataclass(frozen=True)
class CodeResult:
    """What came of a `CodeTask`; with failures (utterance -> reason) nothing was stored."""

    task: CodeTask
    cost: Cost
    failures: dict[str, str] = field(default_factory=dict)


def code(task: CodeTask) -> CodeResult:
    """Take a batch through its conditions and store features and measures."""
    clock = _Clock()
    signals, failures = _read_all(task)
    if failures:
        return CodeResult(task, clock.cost(), failures)
    for codec in dict.fromkeys(condition.codec for condition in task.conditions):
        conditions = [c for c in task.conditions if c.codec == codec]
        try:
            coded = specs.get(codec).roundtrip(signals, SAMPLE_RATE, conditions)
        except (CodecError, AudioError):
            failures = _find_culprits(task, signals, codec, conditions)
            return CodeResult(task, clock.cost(), failures)
        except OSError as error:
            raise AserBenchError(
                f"scratch files cannot be written ({error}): free some room or set TMPDIR to "
                "another place; what was finished is kept"
            ) from error
        for condition, versions in zip(conditions, coded, strict=True):
            _store_condition(task, condition, signals, versions)
    return CodeResult(task, clock.cost())


def _read_all(task: CodeTask) -> tuple[list[np.ndarray], dict[str, str]]:
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


def _find_culprits(
    task: CodeTask, signals: list[np.ndarray], codec: str, conditions: list[Condition]
) -> dict[str, str]:
    """Code the utterances of a failed batch one by one, and name those that fail again.

    Raises
    ------
    CodecError, AudioError
        If not one of the first three passes: then the encoder is broken, not a recording.
    """
    component = specs.get(codec)
    failures = {}
    for utterance, signal in zip(task.utterances, signals, strict=True):
        try:
            component.roundtrip([signal], SAMPLE_RATE, conditions)
        except (CodecError, AudioError) as error:
            failures[utterance] = f"codec {codec}: {error}"
            if len(failures) == min(3, len(signals)) == task.utterances.index(utterance) + 1:
                raise  # none so far has passed: it is the encoder, not these recordings
    return failures


def _store_condition(
    task: CodeTask, condition: Condition, signals: list[np.ndarray], versions: list[Coded]
) -> None:
    coded = [version.signal for version in versions]
    if task.match_level:
        coded = [_matched(*pair) for pair in zip(signals, coded, strict=True)]
    for name in task.features:
        rows = [registry.get("features", name).extract(one, SAMPLE_RATE) for one in coded]
        offsets = np.cumsum([0, *(len(row) if row.ndim == 2 else 1 for row in rows)])
        task.store.save(
            "features",
            task.keys[condition.name, name],
            {"values": np.vstack(rows).astype(np.float32), "offsets": offsets},
            {},
        )
    # One utterance a batch is measured: the lag and the bandwidth belong to the encoder.
    measured = audit(signals[0], coded[0], SAMPLE_RATE)
    lag = measured.lag_samples if specs.get(condition.codec).waveform else np.nan
    task.store.save(
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


def _matched(source: np.ndarray, coded: np.ndarray) -> np.ndarray:
    gain = gain_db(source, coded)
    return coded / np.float32(10 ** (gain / 20)) if np.isfinite(gain) else coded


def _json(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


@dataclass(frozen=True)
class TrainTask:
    """One model on one fold, trained at one condition and tested at some.

    Attributes
    ----------
    cell : dict
        ``corpus``, ``features``, ``model``, ``protocol``, ``train_condition``, ``fold``.
    shards : dict
        Condition -> keys of its feature shards, which together hold all utterances in order.
    train_on, test_on : tuple of str
        Conditions; several to train on means that they are pooled.
    train, dev, test : numpy.ndarray
        Row numbers of the utterances.
    labels : numpy.ndarray of str
        Emotion of every utterance.
    folds : list of (train, validation)
        Inner folds, as positions within ``train``.
    seeds : tuple of int
        One a run; the first also seeds the grid search.
    """

    store: Store
    key: str
    cell: dict[str, Any]
    shards: dict[str, tuple[str, ...]]
    train_on: tuple[str, ...]
    test_on: tuple[str, ...]
    train: np.ndarray
    dev: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    emotions: tuple[str, ...]
    folds: list[tuple[np.ndarray, np.ndarray]]
    seeds: tuple[int, ...]
    preset: str
    effort: str
    seconds: float


@dataclass(frozen=True)
class TrainResult:
    """What came of a `TrainTask`; the predictions are in the store unless it failed."""

    task: TrainTask
    cost: Cost
    reason: str = ""


def train(task: TrainTask) -> TrainResult:
    """Tune, fit as often as there are seeds, predict every test condition, and store it."""
    clock = _Clock()
    try:
        entry = _train(task)
    except AserBenchError:
        raise  # the store, not the model: every further cell would fail as well
    except Exception as error:  # whatever a model raises, the other cells go on
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return TrainResult(task, clock.cost(), reason[:300])
    task.store.save("predictions", task.key, entry.arrays, entry.meta)
    return TrainResult(task, clock.cost())


def _train(task: TrainTask) -> Entry:
    model = models.get(task.cell["model"])
    labels = task.labels[task.train]
    if len(np.unique(labels)) < 2:
        raise ValueError("the training fold holds one emotion only")
    rows = np.vstack([_features(task, name)[task.train] for name in task.train_on])
    pooled = len(task.train_on)
    folds = [
        (_repeat(fit, len(labels), pooled), _repeat(check, len(labels), pooled))
        for fit, check in task.folds
    ]
    labels = np.tile(labels, pooled)
    tuned = tuning.tune(model, rows, labels, folds, task.preset, task.effort, task.seeds[0])
    test = np.vstack([_features(task, name)[task.test] for name in task.test_on])
    shape = (len(task.seeds), len(task.test_on), len(task.test))
    predicted = np.empty(shape, dtype=np.int16)
    probabilities = np.empty((*shape, len(task.emotions)), dtype=np.float32)
    for run, seed in enumerate(task.seeds):
        fitted = tuning.fit(model, tuned.params, rows, labels, task.preset, seed)
        words, chances = tuning.predict(fitted, test, list(task.emotions))
        predicted[run] = words.reshape(shape[1:])
        probabilities[run] = chances.reshape((*shape[1:], -1))
    return Entry(
        {"predicted": predicted, "probabilities": probabilities},
        {"params": tuned.params, "inner_uar": _json(tuned.score)},
    )


def _repeat(positions: np.ndarray, size: int, times: int) -> np.ndarray:
    """Return the positions in ``times`` stacked copies of a table of ``size`` rows."""
    return np.concatenate([positions + copy * size for copy in range(times)])


def _features(task: TrainTask, condition: str) -> np.ndarray:
    values = _load_shards(task.store, task.shards[condition])
    if not np.isfinite(values).all():
        raise ValueError(f"features of condition {condition} hold NaN or infinity")
    return values


@lru_cache(maxsize=32)  # a worker meets the same conditions fold after fold
def _load_shards(store: Store, shards: tuple[str, ...]) -> np.ndarray:
    entries = [store.load("features", shard) for shard in shards]
    if any(entry is None for entry in entries):
        raise ValueError("features vanished from the store while the run was going on")
    return np.vstack([entry.arrays["values"] for entry in entries if entry is not None])


class _Clock:
    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _cpu_s()

    def cost(self) -> Cost:
        return Cost(time.perf_counter() - self._wall, _cpu_s() - self._cpu)


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
