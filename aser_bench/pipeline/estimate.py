"""The estimated duration of a run, from a short trial on this machine.

Models and the coding plan declare the cost of their tasks in seconds on a reference machine. A few
utterances and one small training of each model, run in all workers at once, measure how much
slower this machine is under the load of the run.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import models
from ..core import tempdirs
from ..core.progress import format_duration
from ..corpora.prepare import segments_of
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
"""Utterances of the coding trial, of short, medium and long duration."""

_TRIAL_S = 1.0
"""Least duration of a model's trial, which is repeated until then; a shorter one is inaccurate."""

_SCORE_S = 1.2e-3
"""Seconds per cell, fold and run that scoring and writing take in the main process."""


@dataclass(frozen=True)
class Estimate:
    """Wall-clock seconds of the work that the cache lacks, by stage."""

    code_s: float
    train_s: float
    score_s: float

    @property
    def seconds(self) -> float:
        """Seconds of all stages."""
        return self.code_s + self.train_s + self.score_s

    def sentence(self, jobs: int) -> str:
        """Return the estimate in one line, for a number of worker processes."""
        stages = {
            "encoding and feature extraction": self.code_s,
            "training": self.train_s,
            "scoring": self.score_s,
        }
        parts = ", ".join(f"{name} {format_duration(s)}" for name, s in stages.items())
        total = format_duration(self.seconds)
        return f"estimated duration: {total} with -j {jobs} ({parts}; from a trial on this machine)"


def estimate(worklists: Sequence[Worklist], pool: Pool) -> Estimate:
    """Run a trial of each kind of pending work, and return the estimate for all of it.

    Results of the trial are not written to the cache of the run.
    """
    coding, training, results = 0.0, 0.0, 0
    trials: dict[str, tuple[float, float]] = {}
    for worklist in worklists:
        if pending := worklist.pending_coding():
            planned = sum(coding_plan.coding_seconds(task, worklist.ingested) for task in pending)
            coding += planned * _coding_slowdown(worklist, pending[0], pool)
        for task in worklist.pending_training():
            if task.model not in trials:
                trials[task.model] = _training_slowdown(task, pool)
                training += trials[task.model][0] * pool.jobs  # each worker starts up once
            training += task.seconds * trials[task.model][1]
        results += sum(len(task.runs) * len(task.test_on) for task in worklist.trainings)
    return Estimate(coding / pool.jobs, training / pool.jobs, _SCORE_S * results)


def _coding_slowdown(worklist: Worklist, task: CodingTask, pool: Pool) -> float:
    """Return the duration of a coding task here, relative to the declared one."""
    table = worklist.ingested.utterances.sort_values("duration_s")
    part = table.iloc[np.linspace(0, len(table) - 1, _UTTERANCES + 2).astype(int)[1:-1]]
    trial = replace(
        task,
        utterances=tuple(part["utterance"]),
        files=tuple(part["file"]),
        hashes=tuple(part["samples_sha256"]),
        segments=segments_of(part),
    )
    declared = coding_plan.coding_seconds(trial, worklist.ingested)
    return float(np.mean(list(pool.run(_coding_trial, [trial] * pool.jobs)))) / declared


def _coding_trial(task: CodingTask) -> float:
    # The first task of a process also imports modules, compiles kernels and starts an encoder.
    warm_up = replace(
        task,
        utterances=task.utterances[:1],
        files=task.files[:1],
        hashes=task.hashes[:1],
        segments=task.segments[:1],
    )
    _run_without_cache(warm_up)
    return _run_without_cache(task)


def _run_without_cache(task: CodingTask) -> float:
    """Run a coding task with an empty cache; return its wall-clock seconds."""
    with tempdirs.folder() as folder:
        return run_coding_task(replace(task, cache=Cache(folder))).cost.wall_s


@dataclass(frozen=True)
class _Trial:
    model: str
    settings: Settings
    size: TrainingSize


def _training_slowdown(task: TrainingTask, pool: Pool) -> tuple[float, float]:
    """Return the start-up seconds of a model, and its duration relative to the declared one."""
    trial = _Trial(
        task.model,
        replace(task.settings, max_epochs=1),
        replace(task.size, utterances=min(task.size.utterances, 300)),
    )
    declared = models.get(trial.model).estimated_seconds(trial.size, trial.settings)
    durations = [
        duration
        for duration in pool.run(_training_trial, [trial] * pool.jobs)
        if duration is not None
    ]
    if not durations:
        return 0.0, 1.0
    first, later = np.mean(durations, axis=0)
    return float(first - later), float(later / declared)


def _training_trial(trial: _Trial) -> tuple[float, float] | None:
    """Train on random clusters; return the seconds of the first fit and of a later one.

    Returns None if the model fails: in the run, this becomes a failed cell with its reason.
    """
    try:
        return _fit_seconds(trial)
    except Exception:  # any error of a model
        return None


def _fit_seconds(trial: _Trial) -> tuple[float, float]:
    model, size = models.get(trial.model), trial.size
    rng = np.random.default_rng(0)
    numbers = np.arange(size.utterances) % size.emotions
    labels = np.array([f"e{number}" for number in numbers])
    centres = rng.normal(size=(size.emotions, max(1, size.columns)))[numbers] * 0.3
    data: npt.NDArray[Any] = (centres + rng.normal(size=centres.shape)).astype(np.float32)
    if model.feature_type != "vector":
        data = model_inputs.object_array([_sequence(model, row, size) for row in data])
    params = {name: values[0] for name, values in model.grid(trial.settings)[-1].items()}
    seconds: list[float] = []
    while sum(seconds[1:]) < _TRIAL_S and len(seconds) < 9:
        start = time.perf_counter()
        tuning.fit(model, params, data, labels, trial.settings, 0, (data[:16], labels[:16]))
        seconds.append(time.perf_counter() - start)
    return seconds[0], float(np.median(seconds[1:]))


def _sequence(
    model: Model, row: npt.NDArray[np.float32], size: TrainingSize
) -> npt.NDArray[np.float32] | Utterance:
    """Return a random utterance as a sequence model reads it."""
    frames = np.tile(row, (max(1, round(size.frames)), 1))
    if model.feature_type == "frames":
        return frames
    words = " ".join(f"w{number}" for number in range(max(1, round(size.words))))
    return Utterance(frames, row[:35], words)
