"""The work that remains on a corpus: coding tasks and training tasks that the cache lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.progress import format_duration
from ..study.experiment import CorpusExperiment, Experiment
from . import coding_plan, training_plan
from .cache import Cache
from .coding_task import CodingTask
from .ingest import Ingested
from .training_task import TrainingTask


class Worklist:
    """The work of one corpus in an experiment.

    Attributes
    ----------
    experiment : CorpusExperiment
    ingested : Ingested
        The corpus; without the utterances of `drop`.
    batches : list of CodingTask
        All coding tasks, finished or not.
    trainings : list of TrainingTask
        All training tasks, finished or not. Two of them with the same key are the same training.
    """

    experiment: CorpusExperiment
    ingested: Ingested
    batches: list[CodingTask]
    trainings: list[TrainingTask]

    def __init__(self, experiment: Experiment, ingested: Ingested, cache: Cache) -> None:
        self._whole, self._cache = experiment, cache
        self._plan(ingested)

    def _plan(self, ingested: Ingested) -> None:
        self.ingested = ingested
        self.experiment = self._whole.for_corpus(ingested.corpus, ingested.utterances)
        self.batches = coding_plan.coding_tasks(self.experiment, ingested, self._cache)
        self.trainings = training_plan.training_tasks(
            self.experiment, ingested, self.batches, self._cache
        )

    @property
    def name(self) -> str:
        """Name of the corpus."""
        return self.ingested.corpus.name

    def drop(self, failures: Mapping[str, str]) -> None:
        """Plan again without the utterances (name -> reason) that could not be encoded."""
        self._plan(self.ingested.without(failures))

    def pending_coding(self) -> list[CodingTask]:
        """Return the coding tasks with the conditions that the cache lacks."""
        tasks = map(coding_plan.unfinished, self.batches)
        return [task for task in tasks if task is not None]

    def pending_training(self) -> list[TrainingTask]:
        """Return the training tasks that the cache lacks, the longest first.

        With this order, no worker computes a long task while the others have finished.
        """
        pending = [t for t in _distinct(self.trainings) if not t.cache.has("predictions", t.key)]
        return sorted(pending, key=lambda task: -task.seconds)

    def seconds(self) -> float:
        """Return the approximate CPU seconds of the work that remains."""
        coding = sum(
            coding_plan.coding_seconds(task, self.ingested) for task in self.pending_coding()
        )
        return coding + sum(task.seconds for task in self.pending_training())

    def describe(self) -> list[str]:
        """Return lines on the corpus and its work."""
        ingested, tasks = self.ingested, _distinct(self.trainings)
        cells = {(*_cell(task), test) for task in self.trainings for test in task.test_on}
        folds = {(task.cell["protocol"], task.cell["fold"]) for task in tasks}
        fits = sum(self._fits(task) for task in tasks)
        return [
            f"{self.name}: {len(ingested.utterances)} utterances, "
            f"{format_duration(ingested.utterances['duration_s'].sum())} of speech, "
            f"{len(ingested.refused)} refused, protocol {', '.join(self.experiment.protocols)}",
            f"  {len(cells)} cells, {len(folds)} folds, {len(tasks)} training tasks with "
            f"{fits} fits",
            f"  not in the cache: {len(self.pending_training())} training tasks, "
            f"{len(self.pending_coding())} of {len(self.batches)} batches for encoding and "
            "feature extraction",
            *(f"  {note}" for note in ingested.notes),
        ]

    def _fits(self, task: TrainingTask) -> int:
        model = self._whole.model(task.cell["model"])
        return training_plan.fits(model, task.settings, len(task.folds), len(task.seeds))


def describe(experiment: Experiment, worklists: Sequence[Worklist], folder: Path) -> str:
    """Return the plan of a run, for ``--dry-run``."""
    plan = experiment.conditions
    lines = [
        f"study {experiment.study.label} -> {folder}/",
        f"conditions: {', '.join(plan.names)}",
    ]
    lines += [f"  {alias.name} is the same stream as {alias.same_as}" for alias in plan.aliases]
    for worklist in worklists:
        lines += worklist.describe()
    return "\n".join(lines)


def _distinct(tasks: Iterable[TrainingTask]) -> list[TrainingTask]:
    first: dict[str, TrainingTask] = {}
    for task in tasks:
        first.setdefault(task.key, task)
    return list(first.values())


def _cell(task: TrainingTask) -> tuple[Any, ...]:
    return tuple(value for name, value in task.cell.items() if name != "fold")
