"""What worker processes do second: train one model on one fold and test it.

The function takes one picklable task, leaves the predictions in the store, and returns what the
main process needs to know. A failure is a reason in its result, and the others go on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from . import features, models
from .errors import AserBenchError
from .models import tuning
from .models.base import Settings, Size
from .store import Entry, Store
from .work import Clock, Cost

_FLAT = 0.01
"""Share of its standard deviation in the original under which a column is near constant."""


@dataclass(frozen=True)
class TrainTask:
    """One model on one fold, trained at one condition and tested at some.

    Attributes
    ----------
    cell : dict
        ``corpus``, ``features``, ``model``, ``protocol``, ``train_condition``, ``fold``.
    shards : dict
        Condition -> keys of its feature shards, which together hold all utterances in order;
        of the original too.
    train_on, test_on : tuple of str
        Conditions; several to train on means that they are pooled.
    train, dev, test : numpy.ndarray
        Row numbers of the utterances.
    labels : numpy.ndarray of str
        Emotion of every utterance.
    folds : list of (train, validation)
        Inner folds, as positions within ``train``.
    runs, seeds : tuple of int
        Numbers of the runs, and a seed for each; the first also seeds the grid search.
    size : Size
        What decides its cost, and
    seconds : float
        what that is on a machine of reference.
    """

    store: Store
    key: str
    cell: dict[str, Any]
    shards: dict[str, tuple[str, ...]]
    original: str
    train_on: tuple[str, ...]
    test_on: tuple[str, ...]
    train: np.ndarray
    dev: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    emotions: tuple[str, ...]
    folds: list[tuple[np.ndarray, np.ndarray]]
    runs: tuple[int, ...]
    seeds: tuple[int, ...]
    settings: Settings
    size: Size
    seconds: float


@dataclass(frozen=True)
class TrainResult:
    """What came of a `TrainTask`; the predictions are in the store unless it failed."""

    task: TrainTask
    cost: Cost
    reason: str = ""


def train(task: TrainTask) -> TrainResult:
    """Tune, fit as often as there are seeds, predict every test condition, and store it."""
    clock = Clock()
    try:
        entry = _train(task)
    except AserBenchError:
        raise  # the store, not the model: every further cell would fail as well
    except Exception as error:  # whatever a model raises, the other cells go on
        reason = " ".join(f"{_name(error)}: {error}".split())
        return TrainResult(task, clock.cost(), reason[:300])
    task.store.save("predictions", task.key, entry.arrays, entry.meta)
    return TrainResult(task, clock.cost())


def _name(error: Exception) -> str:
    # TensorFlow's word for it is ResourceExhaustedError.
    lack = isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__
    return "out of memory" if lack else type(error).__name__


def _train(task: TrainTask) -> Entry:
    model = models.get(task.cell["model"])
    labels = task.labels[task.train]
    if len(np.unique(labels)) < 2:
        raise ValueError("the training fold holds one emotion only")
    pooled = len(task.train_on)
    rows = _rows(task, task.train_on, task.train)
    folds = [
        (_repeat(fit, len(labels), pooled), _repeat(check, len(labels), pooled))
        for fit, check in task.folds
    ]
    labels = np.tile(labels, pooled)
    dev = None
    if model.uses_dev:
        dev = _rows(task, task.train_on, task.dev), np.tile(task.labels[task.dev], pooled)
    tuned = tuning.tune(model, rows, labels, folds, task.settings, task.seeds[0])
    test = _rows(task, task.test_on, task.test)
    shape = (len(task.seeds), len(task.test_on), len(task.test))
    predicted = np.empty(shape, dtype=np.int16)
    probabilities = np.empty((*shape, len(task.emotions)), dtype=np.float32)
    trainings = []
    for run, seed in enumerate(task.seeds):
        fitted = tuning.fit(model, tuned.params, rows, labels, task.settings, seed, dev)
        words, chances = tuning.predict(fitted, test, list(task.emotions))
        predicted[run] = words.reshape(shape[1:])
        probabilities[run] = chances.reshape((*shape[1:], -1))
        trainings.append(asdict(model.training(fitted)))
    score = float(tuned.score) if np.isfinite(tuned.score) else None
    return Entry(
        {"predicted": predicted, "probabilities": probabilities},
        {
            "params": tuned.params, "inner_uar": score, "trainings": trainings,
            "flat": _flat(task, rows),
        },
    )  # fmt: skip


def _repeat(positions: np.ndarray, size: int, times: int) -> np.ndarray:
    """Return the positions in ``times`` stacked copies of a table of ``size`` rows."""
    return np.concatenate([positions + copy * size for copy in range(times)])


def _flat(task: TrainTask, rows: np.ndarray) -> list[str]:
    """Name the columns that are (nearly) constant in training though the original's are not.

    Standardisation divides by what is left of them, and a test condition in which they do vary
    then swamps everything else.
    """
    spread = _spread(rows)
    original = _spread(_rows(task, (task.original,), task.train))
    flat = (spread <= _FLAT * original) & (original > 0)
    columns = features.get(task.cell["features"]).columns
    return [columns[i] for i in np.flatnonzero(flat)]


def _spread(rows: np.ndarray) -> np.ndarray:
    frames = np.concatenate(list(rows)) if rows.dtype == object else rows
    return frames.std(axis=0, dtype=np.float64)


def _rows(task: TrainTask, conditions: tuple[str, ...], rows: np.ndarray) -> np.ndarray:
    """Return utterances' features at some conditions, one condition below the other."""
    return np.concatenate([_features(task, name)[rows] for name in conditions])


def _features(task: TrainTask, condition: str) -> np.ndarray:
    frames = features.get(task.cell["features"]).frames
    return _load_shards(task.store, condition, task.shards[condition], frames)


@lru_cache(maxsize=32)  # a worker meets the same conditions fold after fold
def _load_shards(store: Store, condition: str, shards: tuple[str, ...], frames: bool) -> np.ndarray:
    """Return all utterances of a condition: (utterances, columns), or an object array of
    matrices (frames, columns).
    """
    entries = [store.load("features", shard) for shard in shards]
    if any(entry is None for entry in entries):
        raise ValueError("features vanished from the store while the run was going on")
    arrays = [entry.arrays for entry in entries if entry is not None]
    if not all(np.isfinite(one["values"]).all() for one in arrays):
        raise ValueError(f"features of condition {condition} hold NaN or infinity")
    if not frames:
        return np.vstack([one["values"] for one in arrays])
    matrices = [part for one in arrays for part in np.split(one["values"], one["offsets"][1:-1])]
    found = np.empty(len(matrices), dtype=object)
    for i, matrix in enumerate(matrices):  # numpy would make one array of matrices of one shape
        found[i] = matrix
    return found
