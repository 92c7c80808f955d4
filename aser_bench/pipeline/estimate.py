"""What a run will cost: a short trial on this machine, and what is left to do in its units.

Each model says what a training costs on a machine of reference, and the plan what coding does;
a few utterances and one small training of each model, run in all workers at once, tell how this
machine compares while it is as busy as it will be.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import models
from ..core.progress import format_duration
from ..models import tuning
from ..models.base import Model, Settings, TrainingSize
from ..models.dual.utterance import Utterance
from . import coding_plan, model_inputs
from .cache import Cache
from .coding_task import CodingTask, run_coding_task
from .parallel import Pool
from .training_task import TrainingTask
from .worklist import Worklist

_UTTERANCES = 3
"""Coded in the trial, from all over a corpus."""

_TRIAL_S = 1.0
"""How long a model's trial is repeated at least, for the clock's sake."""

_SCORE_S = 1.2e-3
"""Seconds a cell, fold and run that scoring and writing take (in the main process)."""


@dataclass(frozen=True)
class Estimate:
    """Wall-clock seconds of what the cache lacks, by stage."""

    code_s: float
    train_s: float
    score_s: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.code_s + self.train_s + self.score_s

    def told(self, jobs: int) -> str:
        """Say it in a line."""
        parts = {"coding": self.code_s, "training": self.train_s, "scoring": self.score_s}
        said = ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in parts.items())
        total = format_duration(self.seconds)
        return f"roughly {total} with -j {jobs}: {said} (tried on this machine)"


def estimate(worklists: Sequence[Worklist], pool: Pool) -> Estimate:
    """Try a little of everything that is left, and return what all of it will take.

    Nothing of the trial stays in the run's cache.
    """
    coding, training, results = 0.0, 0.0, 0
    slowness: dict[str, tuple[float, float]] = {}
    for worklist in worklists:
        if left := worklist.pending_coding():
            planned = sum(coding_plan.coding_seconds(task, worklist.ingested) for task in left)
            coding += planned * _code_slowness(worklist, left[0], pool)
        for task in worklist.pending_training():
            name = task.model
            if name not in slowness:
                slowness[name] = _model_slowness(task, pool)
                training += slowness[name][0] * pool.jobs  # each worker starts up once
            training += task.seconds * slowness[name][1]
        results += sum(len(task.runs) * len(task.test_on) for task in worklist.trainings)
    return Estimate(coding / pool.jobs, training / pool.jobs, _SCORE_S * results)


def _code_slowness(worklist: Worklist, task: CodingTask, pool: Pool) -> float:
    """Return by how much coding is slower here than the plan has it."""
    table = worklist.ingested.utterances.sort_values("duration_s")
    part = table.iloc[np.linspace(0, len(table) - 1, _UTTERANCES + 2).astype(int)[1:-1]]
    trial = replace(
        task,
        utterances=tuple(part["utterance"]),
        files=tuple(part["file"]),
        hashes=tuple(part["samples_sha256"]),
    )
    expected = coding_plan.coding_seconds(trial, worklist.ingested)
    took = list(pool.run(_code_trial, [trial] * pool.jobs))
    return float(np.mean(took)) / expected


def _code_trial(task: CodingTask) -> float:
    # The first time pays for imports, compiled kernels, the first start of an encoder. Each has a
    # cache of its own, since what one holds is not made again.
    warm = replace(
        task, utterances=task.utterances[:1], files=task.files[:1], hashes=task.hashes[:1]
    )
    _code_alone(warm)
    return _code_alone(task)


def _code_alone(task: CodingTask) -> float:
    with tempfile.TemporaryDirectory(prefix="aser-bench-") as folder:
        return run_coding_task(replace(task, cache=Cache(Path(folder)))).cost.wall_s


@dataclass(frozen=True)
class _Trial:
    model: str
    settings: Settings
    size: TrainingSize


def _model_slowness(task: TrainingTask, pool: Pool) -> tuple[float, float]:
    """Return seconds that a model's first training needs to start up, and how much slower than
    planned a training is here.
    """
    trial = _Trial(
        task.model,
        replace(task.settings, max_epochs=1),
        replace(task.size, utterances=min(task.size.utterances, 300)),
    )
    expected = models.get(trial.model).estimated_seconds(trial.size, trial.settings)
    found = [one for one in pool.run(_train_trial, [trial] * pool.jobs) if one is not None]
    if not found:
        return 0.0, 1.0
    first, took = np.mean(found, axis=0)
    return float(first - took), float(took / expected)


def _train_trial(trial: _Trial) -> tuple[float, float] | None:
    """Train on made-up clouds; return the seconds of the first time and of a later one.

    None where that fails: a dry run says what it can, and a run makes it a row with a reason.
    """
    try:
        return _seconds_of(trial)
    except Exception:  # whatever a model raises
        return None


def _seconds_of(trial: _Trial) -> tuple[float, float]:
    model, size = models.get(trial.model), trial.size
    rng = np.random.default_rng(0)
    numbers = np.arange(size.utterances) % size.emotions
    labels = np.array([f"e{number}" for number in numbers])
    clouds = rng.normal(size=(size.emotions, max(1, size.columns)))[numbers] * 0.3
    data: np.ndarray = (clouds + rng.normal(size=clouds.shape)).astype(np.float32)
    if model.feature_type != "vector":
        data = model_inputs.objects([_frames_of(model, row, size) for row in data])
    params = {name: values[0] for name, values in model.grid(trial.settings)[-1].items()}
    took: list[float] = []
    while sum(took[1:]) < _TRIAL_S and len(took) < 9:
        start = time.perf_counter()
        tuning.fit(model, params, data, labels, trial.settings, 0, (data[:16], labels[:16]))
        took.append(time.perf_counter() - start)
    return took[0], float(np.median(took[1:]))


def _frames_of(model: Model, row: np.ndarray, size: TrainingSize) -> Any:
    """Return a made-up utterance as a model of sequences reads it."""
    frames = np.tile(row, (max(1, round(size.frames)), 1))
    if model.feature_type == "frames":
        return frames
    words = " ".join(f"w{number}" for number in range(max(1, round(size.words))))
    return Utterance(frames, row[:35], words)
