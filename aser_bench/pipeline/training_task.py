"""What worker processes do second: train one model on one fold and test it.

The function takes one picklable task, leaves the predictions in the cache, and returns what the
main process needs to know. A failure is a reason in its result, and the others go on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .. import features, models
from ..core.errors import AserBenchError
from ..models import tuning
from ..models.base import Settings, TrainingSize
from . import model_inputs
from .cache import Cache, Entry
from .coding_task import Clock, Cost

Cell = dict[str, Any]
"""Keys of a cell (``corpus``, ``features`` ...) with their values, and ``fold``."""

_FLAT = 0.01
"""Share of its standard deviation in the original under which a column is near constant."""


@dataclass(frozen=True)
class TrainingTask:
    """One model on one fold, trained at one condition and tested at some.

    Attributes
    ----------
    cell : dict
        ``corpus``, ``features``, ``model``, ``protocol``, ``train_condition``, ``fold``.
    model : str
        The component; the cell's name of it may say more.
    shards : dict
        Condition -> kind of what is read -> keys in the cache, which together hold all
        utterances in order; of the original too.
    train_on, test_on : tuple of str
        Conditions; several to train on means that they are pooled.
    places : tuple of int
        For each test condition, where its predictions stand among those in the cache: conditions
        at which the model reads the same are predicted once.
    train, dev, test : numpy.ndarray
        Row numbers of the utterances.
    labels : numpy.ndarray of str
        Emotion of every utterance.
    folds : list of (train, validation)
        Inner folds, as positions within ``train``.
    runs, seeds : tuple of int
        Numbers of the runs, and a seed for each; the first also seeds the grid search.
    size : TrainingSize
        What decides its cost, and
    seconds : float
        what that is on a machine of reference.
    """

    cache: Cache
    key: str
    cell: Cell
    model: str
    shards: dict[str, dict[str, tuple[str, ...]]]
    original: str
    train_on: tuple[str, ...]
    test_on: tuple[str, ...]
    places: tuple[int, ...]
    train: np.ndarray
    dev: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    emotions: tuple[str, ...]
    folds: list[tuple[np.ndarray, np.ndarray]]
    runs: tuple[int, ...]
    seeds: tuple[int, ...]
    settings: Settings
    size: TrainingSize
    seconds: float

    @property
    def predicted_at(self) -> tuple[str, ...]:
        """The test conditions whose predictions are in the cache, in their order there."""
        return tuple(self.test_on[self.places.index(i)] for i in range(max(self.places) + 1))


@dataclass(frozen=True)
class TrainingResult:
    """What came of a `TrainingTask`; the predictions are in the cache unless it failed."""

    task: TrainingTask
    cost: Cost
    reason: str = ""


def run_training_task(task: TrainingTask) -> TrainingResult:
    """Tune, fit as often as there are seeds, predict every test condition, and cache it."""
    clock = Clock()
    try:
        entry = _train(task)
    except AserBenchError:
        raise  # the cache, not the model: every further cell would fail as well
    except Exception as error:  # whatever a model raises, the other cells go on
        reason = " ".join(f"{_name(error)}: {error}".split())
        return TrainingResult(task, clock.cost(), reason[:300])
    task.cache.save("predictions", task.key, entry.arrays, entry.meta)
    return TrainingResult(task, clock.cost())


def _name(error: Exception) -> str:
    # TensorFlow's word for it is ResourceExhaustedError.
    lack = isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__
    return "out of memory" if lack else type(error).__name__


def _train(task: TrainingTask) -> Entry:
    model = models.get(task.model)
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
    test = _rows(task, task.predicted_at, task.test)
    shape = (len(task.seeds), len(task.predicted_at), len(task.test))
    predicted = np.empty(shape, dtype=np.int16)
    probabilities = np.empty((*shape, len(task.emotions)), dtype=np.float32)
    trainings = []
    for run, seed in enumerate(task.seeds):
        fitted = tuning.fit(model, tuned.params, rows, labels, task.settings, seed, dev)
        words, chances = tuning.predict(fitted, test, list(task.emotions))
        predicted[run] = words.reshape(shape[1:])
        probabilities[run] = chances.reshape((*shape[1:], -1))
        trainings.append(asdict(model.training_outcome(fitted)))
    score = float(tuned.score) if np.isfinite(tuned.score) else None
    return Entry(
        {"predicted": predicted, "probabilities": probabilities},
        {
            "params": tuned.params,
            "inner_uar": score,
            "trainings": trainings,
            "flat": _flat(task, rows),
        },
    )


def _repeat(positions: np.ndarray, size: int, times: int) -> np.ndarray:
    """Return the positions in ``times`` stacked copies of a table of ``size`` rows."""
    return np.concatenate([positions + copy * size for copy in range(times)])


def _flat(task: TrainingTask, rows: np.ndarray) -> list[str]:
    """Name the columns that are (nearly) constant in training though the original's are not.

    Standardisation divides by what is left of them, and a test condition in which they do vary
    then swamps everything else.
    """
    spread = model_inputs.spread(rows)
    original = model_inputs.spread(_rows(task, (task.original,), task.train))
    flat = (spread <= _FLAT * original) & (original > 0)
    if not flat.any():
        return []
    columns = features.columns(task.cell["features"])
    return [columns[i] for i in np.flatnonzero(flat)]


def _rows(task: TrainingTask, conditions: tuple[str, ...], rows: np.ndarray) -> np.ndarray:
    """Return what the model reads of utterances at some conditions, one below the other."""
    return np.concatenate(
        [model_inputs.load(task.cache, name, task.shards[name])[rows] for name in conditions]
    )
