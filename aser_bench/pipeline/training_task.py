"""Training tasks: tuning, fitting and testing one model on one fold.

`run_training_task` runs in a worker process. It takes a picklable task and writes the predictions
to the cache. An error of the model becomes the reason in its result, so that other tasks continue.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import features, models
from ..core.errors import AserBenchError
from ..models import tuning
from ..models.base import Settings, TrainingSize
from . import model_inputs
from .cache import Cache, Entry
from .coding_task import Clock, Cost
from .model_inputs import Inputs, Shards

Folds = list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]

Cell = dict[str, Any]
"""Keys of a cell (``corpus``, ``features`` ...) with their values, and ``fold``."""

_FLAT = 0.01
"""A feature is nearly constant below this fraction of its standard deviation in the original."""


@dataclass(frozen=True)
class TrainingTask:
    """One model on one fold, trained on one condition or several pooled ones and tested on some.

    Attributes
    ----------
    cache : Cache
    key : str
        Key of the predictions in the cache.
    cell : dict
        ``corpus``, ``features``, ``model``, ``protocol``, ``train_condition``, ``fold``.
    model : str
        Name of the component; the name in ``cell`` may also have a transcriber in it.
    shards : dict
        Condition -> type of input -> keys in the cache, which together hold all utterances in
        order. Contains the original in any case.
    original : str
        Name of the original condition.
    train_on, test_on : tuple of str
        Conditions; several to train on are pooled.
    places : tuple of int
        For each test condition, the index of its predictions in the cache: conditions with the
        same inputs are predicted once.
    train, dev, test : numpy.ndarray
        Row numbers of the utterances.
    labels : numpy.ndarray of str
        Emotion of every utterance.
    emotions : tuple of str
        All emotions of the corpus.
    folds : list of (train, validation)
        Inner folds, as positions in ``train``.
    runs, seeds : tuple of int
        Numbers of the runs, and a seed for each; the first also seeds the grid search.
    settings : Settings
    size : TrainingSize
        Size of the training, which determines its cost.
    seconds : float
        Approximate CPU seconds on the reference machine.
    repeat : int
        Number of the draw of folds that the fold belongs to.
    """

    cache: Cache
    key: str
    cell: Cell
    model: str
    shards: dict[str, Shards]
    original: str
    train_on: tuple[str, ...]
    test_on: tuple[str, ...]
    places: tuple[int, ...]
    train: npt.NDArray[np.intp]
    dev: npt.NDArray[np.intp]
    test: npt.NDArray[np.intp]
    labels: npt.NDArray[np.str_]
    emotions: tuple[str, ...]
    folds: Folds
    runs: tuple[int, ...]
    seeds: tuple[int, ...]
    settings: Settings
    size: TrainingSize
    seconds: float
    repeat: int = 0

    @property
    def predicted_at(self) -> tuple[str, ...]:
        """Test conditions with distinct inputs, in the order of the predictions in the cache."""
        return tuple(self.test_on[self.places.index(i)] for i in range(max(self.places) + 1))


@dataclass(frozen=True)
class TrainingResult:
    """Result of a training task; with a reason, it failed and no predictions were cached."""

    task: TrainingTask
    cost: Cost
    reason: str = ""


def run_training_task(task: TrainingTask) -> TrainingResult:
    """Tune a model, fit it once per seed, and cache its predictions for every test condition."""
    clock = Clock()
    try:
        entry = _train(task)
    except AserBenchError:
        raise  # an error of the cache, not of the model: every other task would fail as well
    except Exception as error:  # any error of a model
        reason = " ".join(f"{_error_name(error)}: {error}".split())
        return TrainingResult(task, clock.cost(), reason[:300])
    task.cache.save("predictions", task.key, entry.arrays, entry.meta)
    return TrainingResult(task, clock.cost())


def _error_name(error: Exception) -> str:
    # TensorFlow raises ResourceExhaustedError.
    out_of_memory = isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__
    return "out of memory" if out_of_memory else type(error).__name__


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
        classes, class_probabilities = tuning.predict(fitted, test, list(task.emotions))
        predicted[run] = classes.reshape(shape[1:])
        probabilities[run] = class_probabilities.reshape((*shape[1:], -1))
        trainings.append(asdict(model.training_outcome(fitted)))
    score = float(tuned.score) if np.isfinite(tuned.score) else None
    return Entry(
        {"predicted": predicted, "probabilities": probabilities},
        {
            "params": tuned.params,
            "inner_uar": score,
            "trainings": trainings,
            "flat": _constant_features(task, rows),
        },
    )


def _repeat(positions: npt.NDArray[np.intp], size: int, times: int) -> npt.NDArray[np.intp]:
    """Return the positions in ``times`` stacked copies of a table of ``size`` rows."""
    return np.concatenate([positions + copy * size for copy in range(times)])


def _constant_features(task: TrainingTask, rows: Inputs) -> list[str]:
    """Return the names of features that are nearly constant in training but not in the original.

    Standardisation divides by their small standard deviation. On a test condition in which they
    vary, they then outweigh all other features.
    """
    spread = model_inputs.spread(rows)
    original = model_inputs.spread(_rows(task, (task.original,), task.train))
    flat = (spread <= _FLAT * original) & (original > 0)
    if not flat.any():
        return []
    columns = features.columns(task.cell["features"])
    return [columns[i] for i in np.flatnonzero(flat)]


def _rows(task: TrainingTask, conditions: tuple[str, ...], rows: npt.NDArray[np.intp]) -> Inputs:
    """Return the inputs of the model for utterances at some conditions, concatenated."""
    return np.concatenate(
        [model_inputs.load(task.cache, name, task.shards[name])[rows] for name in conditions]
    )
