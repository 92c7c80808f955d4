"""What one corpus still needs on its way down the street: batches to code, models to train."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .. import models
from ..core.progress import format_duration
from ..study.config import Study
from . import coding_plan, model_variants, training_plan
from .cache import Cache
from .coding_task import CodingTask
from .ingest import Ingested
from .training_task import TrainingTask


class Worklist:
    """The work of one corpus in a study.

    Attributes
    ----------
    ingested : Ingested
        The corpus; fewer utterances after `drop`.
    batches : list of CodingTask
        All batches, coded or not.
    trainings : list of TrainingTask
        All trainings, done or not; some may be one and the same, under one key.
    plan : ConditionPlan
        The conditions of this corpus: the original alone where there are texts and no sound.
    sets : dict of str to tuple of str
        Feature sets as cells name them, each with those that are extracted for it.
    transcribers : tuple of str
        Those that hear each condition.
    """

    def __init__(
        self, study: Study, ingested: Ingested, plan: coding_plan.ConditionPlan, cache: Cache
    ) -> None:
        self._study, self._cache = study, cache
        self.plan = plan if ingested.has_audio else plan.untouched()
        self.sets = model_variants.all_feature_sets(study) if ingested.has_audio else {}
        self.transcribers = model_variants.transcribers(study) if ingested.has_audio else ()
        self._set(ingested)

    def _set(self, ingested: Ingested) -> None:
        self.ingested = ingested
        study, plan, cache = self._study, self.plan, self._cache
        extracted = tuple(dict.fromkeys(part for parts in self.sets.values() for part in parts))
        self.batches = coding_plan.coding_tasks(
            study, ingested, plan, extracted, self.transcribers, cache
        )
        self.trainings = training_plan.tasks(study, ingested, plan, self.batches, cache)

    @property
    def name(self) -> str:
        """The corpus's name."""
        return self.ingested.corpus.name

    def drop(self, lost: dict[str, str]) -> None:
        """Plan again without the utterances (name -> reason) that could not be coded."""
        self._set(self.ingested.without(lost))

    def pending_coding(self) -> list[CodingTask]:
        """Return what is left to code: batches with the conditions that the cache lacks."""
        return [left for task in self.batches if (left := coding_plan.unfinished(task)) is not None]

    def pending_training(self) -> list[TrainingTask]:
        """Return what is left to train, the dearest first: no worker ends with a long one."""
        left = [t for t in _distinct(self.trainings) if not t.cache.has("predictions", t.key)]
        return sorted(left, key=lambda task: -task.seconds)

    def seconds(self) -> float:
        """Estimate the CPU seconds of what is left."""
        coding = sum(
            coding_plan.coding_seconds(task, self.ingested) for task in self.pending_coding()
        )
        return coding + sum(task.seconds for task in self.pending_training())

    def describe(self) -> list[str]:
        """Say in a few lines what there is to do."""
        one, tasks = self.ingested, _distinct(self.trainings)
        cells = {(*_cell(task), test) for task in self.trainings for test in task.test_on}
        folds = {(task.cell["protocol"], task.cell["fold"]) for task in tasks}
        protocols = ", ".join(coding_plan.protocols(self._study, one))
        return [
            f"{self.name}: {len(one.utterances)} utterances, "
            f"{format_duration(one.utterances['duration_s'].sum())} of speech, "
            f"{len(one.refused)} refused, protocol {protocols}",
            f"  {len(cells)} cells, {len(folds)} folds, {len(tasks)} trainings with "
            f"{_fits(self._study, tasks)} fits",
            f"  not in the cache yet: {len(self.pending_training())} trainings, "
            f"{len(self.pending_coding())} of {len(self.batches)} batches to code",
        ]


def describe(
    study: Study, worklists: Sequence[Worklist], plan: coding_plan.ConditionPlan, folder: Any
) -> str:
    """Say what a run would do, for ``--dry-run``."""
    lines = [f"study {study.label} -> {folder}/", f"conditions: {', '.join(plan.names)}"]
    lines += [f"  {a.name} is the same stream as {a.same_as}" for a in plan.aliases]
    for worklist in worklists:
        lines += worklist.describe()
    return "\n".join(lines)


def _distinct(tasks: Iterable[TrainingTask]) -> list[TrainingTask]:
    found: dict[str, TrainingTask] = {}
    for task in tasks:
        found.setdefault(task.key, task)
    return list(found.values())


def _cell(task: TrainingTask) -> tuple[Any, ...]:
    return tuple(value for name, value in task.cell.items() if name != "fold")


def _fits(study: Study, tasks: Iterable[TrainingTask]) -> int:
    return sum(
        training_plan.fits(models.get(t.model), study, len(t.folds), len(t.seeds)) for t in tasks
    )
