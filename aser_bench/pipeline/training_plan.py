"""The training plan of a corpus: models, folds, training conditions and runs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .. import features
from ..core.errors import UsageError
from ..core.tables import ORIGINAL
from ..evaluation.protocols import get_protocol
from ..evaluation.splits import Split, dev_shares_speakers, for_model, inner_folds, split
from ..models.base import Model, Settings, TrainingSize
from ..models.dual.utterance import INPUTS
from ..study.conditions import TrainingCondition
from ..study.experiment import CorpusExperiment
from ..study.variants import ModelVariant
from .cache import Cache, key
from .coding_task import CodingTask
from .ingest import Ingested
from .model_inputs import Shards
from .training_task import Cell, Folds, TrainingTask

# Raised when a change outside of the components gives other numbers for the same keys.
_VERSION = 2

_SEEDED = ("corpus", "features", "model", "protocol", "fold")
"""Keys of a cell that its seeds depend on.

The training condition is not one of them: two trainings of one fold differ in the condition alone,
and not in the initial weights as well.
"""


def training_tasks(
    experiment: CorpusExperiment,
    ingested: Ingested,
    batches: Sequence[CodingTask],
    cache: Cache,
) -> list[TrainingTask]:
    """Return every training of a corpus: model x protocol x fold x features x condition.

    Raises
    ------
    UsageError
        If the corpus does not permit a protocol.
    """
    planner = _Planner(experiment, ingested, batches, cache)
    return [task for protocol in experiment.protocols for task in planner.tasks(protocol)]


@dataclass(frozen=True)
class _Planner:
    plan: CorpusExperiment
    ingested: Ingested
    batches: Sequence[CodingTask]
    cache: Cache

    def tasks(self, protocol: str) -> Iterator[TrainingTask]:
        """Yield the training tasks under a protocol."""
        table, corpus = self.ingested.utterances, self.plan.corpus
        experiment = self.plan.experiment
        for repeat, protocol_split in self._splits(protocol):
            for variant in experiment.variants:
                dev_seed = self._seed("dev", corpus, protocol, protocol_split.fold)
                part = for_model(protocol, protocol_split, variant.model.uses_dev, table, dev_seed)
                folds, _ = inner_folds(
                    protocol,
                    table,
                    part.train,
                    experiment.inner_folds,
                    self._seed("inner", corpus, protocol, part.fold),
                )
                cell = {
                    "corpus": corpus,
                    "features": variant.features,
                    "model": variant.name,
                    "protocol": protocol,
                    "fold": part.fold,
                }
                for task in self._cells(cell, variant, part, folds):
                    yield replace(task, repeat=repeat)

    def _splits(self, protocol: str) -> Iterator[tuple[int, Split]]:
        """Yield the number of the repeat and the split of each fold.

        The folds of all repeats are numbered consecutively. Those of the first repeat do not
        depend on the number of repeats.
        """
        table, corpus = self.ingested.utterances, self.plan.corpus
        first = 0
        for repeat in range(self.plan.experiment.study.repeats):
            again = ("repeat", repeat) if repeat else ()
            try:
                splits = split(protocol, table, self._seed("split", corpus, protocol, *again))
            except UsageError as error:
                raise UsageError(f"corpus {corpus!r}: {error}") from error
            for protocol_split in splits:
                yield repeat, replace(protocol_split, fold=first + protocol_split.fold)
            first += 1 + max(protocol_split.fold for protocol_split in splits)

    def _cells(
        self, cell: Cell, variant: ModelVariant, part: Split, folds: Folds
    ) -> Iterator[TrainingTask]:
        shards = {name: self._shards(variant, name) for name in self.plan.conditions.names}
        for condition in self.plan.training_conditions:
            named = {**cell, "train_condition": condition.name}
            for runs in self._runs(variant.model):
                yield self._task(named, variant, shards, condition, part, folds, runs)

    def _shards(self, variant: ModelVariant, condition: str) -> Shards:
        """Return the keys of a model's inputs at a condition, by type of input."""
        shards = {
            part: tuple(batch.keys[condition, spec] for batch in self.batches)
            for part, spec in variant.parts.items()
        }
        if variant.transcriber is not None:
            at = condition, variant.transcripts
            shards["text"] = tuple(batch.transcript_keys[at] for batch in self.batches)
        elif variant.reads_reference:
            shards["text"] = (self._reference_key,)
        return {name: shards[name] for name in INPUTS if name in shards}

    @cached_property
    def _reference_key(self) -> str:
        return cache_reference(self.ingested, self.cache)

    def _runs(self, model: Model) -> list[tuple[int, ...]]:
        """Return the runs of a model, grouped by task.

        A model is tuned once for all of its runs, in one task. Without tuning, each run is a
        task, so that workers share them and an interrupted study loses at most one run.
        """
        experiment = self.plan.experiment
        runs = tuple(range(experiment.runs if model.is_random else 1))
        return [runs] if candidates(model, experiment.settings) > 1 else [(run,) for run in runs]

    def _task(
        self,
        cell: Cell,
        variant: ModelVariant,
        shards: dict[str, Shards],
        condition: TrainingCondition,
        part: Split,
        folds: Folds,
        runs: tuple[int, ...],
    ) -> TrainingTask:
        model = variant.model
        settings = _settings_under(cell["protocol"], self.plan.experiment.settings)
        first = _first_equal(shards)
        train_on = tuple(dict.fromkeys(first[name] for name in condition.train_on))
        distinct = list(dict.fromkeys(first[name] for name in condition.test_on))
        seeds = tuple(self._seed(*(cell[name] for name in _SEEDED), run) for run in runs)
        labels = self.ingested.utterances["emotion"].to_numpy(dtype=str)
        task_key = key(
            "train",
            _VERSION,
            model.identity(settings),
            settings.effort,
            model.grid(settings),
            [_all_keys(shards[name]) for name in train_on],
            [_all_keys(shards[name]) for name in distinct],
            part.train.tolist(),
            part.dev.tolist(),
            part.test.tolist(),
            labels.tolist(),
            [[rows.tolist() for rows in fold] for fold in folds],
            seeds,
        )
        size = self._size(variant, len(part.train) * len(train_on))
        n_fits = fits(model, settings, len(folds), len(runs))
        return TrainingTask(
            cache=self.cache,
            key=task_key,
            cell=cell,
            model=variant.spec,
            shards={name: shards[name] for name in {ORIGINAL, *train_on, *condition.test_on}},
            original=ORIGINAL,
            train_on=train_on,
            test_on=condition.test_on,
            places=tuple(distinct.index(first[name]) for name in condition.test_on),
            train=part.train,
            dev=part.dev,
            test=part.test,
            labels=labels,
            emotions=tuple(self.ingested.emotions),
            folds=folds,
            runs=runs,
            seeds=seeds,
            settings=settings,
            size=size,
            seconds=n_fits * model.estimated_seconds(size, settings),
        )

    def _size(self, variant: ModelVariant, utterances: int) -> TrainingSize:
        table = self.ingested.utterances
        spec = variant.parts.get("frames" if "frames" in variant.parts else "vector")
        feature_set = features.get(spec) if spec else None
        return TrainingSize(
            utterances,
            columns=len(feature_set.columns) if feature_set else 0,
            frames=float(table["duration_s"].mean()) / (feature_set.hop_s if feature_set else 1.0),
            emotions=len(self.ingested.emotions),
            words=float(table["text"].str.count(r"\S+").mean()) if variant.transcripts else 0.0,
        )

    def _seed(self, *keys: Any) -> int:
        """Return a seed of 32 bits that depends on the study's seed and these keys alone."""
        digest = hashlib.sha256(key(*keys).encode()).digest()
        entropy = [self.plan.experiment.study.seed, *np.frombuffer(digest, dtype="<u4").tolist()]
        return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def _settings_under(protocol: str, settings: Settings) -> Settings:
    """Return the settings of models under a protocol.

    ``refit_dev`` applies if dev is taken from the training speakers: models without early stopping
    are trained on dev, too (`splits.for_model`). Otherwise, no model is trained on dev.
    """
    return replace(
        settings, refit_dev=settings.refit_dev and get_protocol(protocol).speaker_disjoint
    )


def _all_keys(shards: Shards) -> list[str]:
    return [name for keys in shards.values() for name in keys]


def _first_equal(shards: Mapping[str, Shards]) -> dict[str, str]:
    """Return, for each condition, the first one at which a model's inputs are the same.

    A model that reads only the reference transcripts has the same inputs at all conditions, so
    that it is trained once.
    """
    first: dict[tuple[str, ...], str] = {}
    return {name: first.setdefault(tuple(_all_keys(shard)), name) for name, shard in shards.items()}


def candidates(model: Model, settings: Settings) -> int:
    """Return the number of parameter combinations that a model's grid search compares."""
    grid = model.grid(settings)
    return sum(math.prod(len(values) for values in part.values()) for part in grid)


def fits(model: Model, settings: Settings, n_folds: int, runs: int) -> int:
    """Return how many times a model is fitted for one fold and training condition."""
    searched = candidates(model, settings)
    return runs + (searched * n_folds if searched > 1 else 0)


def cache_reference(ingested: Ingested, cache: Cache) -> str:
    """Write a corpus's own transcripts to the cache, as those of a transcriber; return the key."""
    texts = ingested.utterances["text"].tolist()
    name = key("reference", texts)
    if not cache.has("transcripts", name):
        cache.save("transcripts", name, {}, {"texts": texts})
    return name


def _fixed_protocols(trainings: Sequence[TrainingTask]) -> list[str]:
    """Return the protocols of which all repeats have the same folds; none without repeats."""
    tested: dict[str, dict[int, set[tuple[int, ...]]]] = {}
    for task in trainings:
        repeats = tested.setdefault(task.cell["protocol"], {})
        repeats.setdefault(task.repeat, set()).add(tuple(task.test.tolist()))
    return [
        protocol
        for protocol, repeats in tested.items()
        if len(repeats) > 1 and all(folds == repeats[0] for folds in repeats.values())
    ]


def notes(
    experiment: CorpusExperiment, ingested: Ingested, trainings: Sequence[TrainingTask]
) -> list[str]:
    """Return lines below the tables of a corpus, on development parts and transcripts."""
    models = {variant.name: variant.model for variant in experiment.experiment.variants}
    reading_reference = {v.name for v in experiment.experiment.variants if v.reads_reference}
    shared: dict[str, None] = {}
    for task in trainings:
        name, protocol = task.cell["model"], get_protocol(task.cell["protocol"])
        part = Split(task.cell["fold"], task.train, task.dev, task.test)
        separate = models[name].uses_dev and protocol.speaker_disjoint
        if separate and dev_shares_speakers(ingested.utterances, part):
            shared.setdefault(name)
    lines = [
        f"protocol {protocol}: all repeats have the same folds, so they differ only in random "
        "initial values, and the intervals do not include the variation of the training set"
        for protocol in _fixed_protocols(trainings)
    ]
    lines += [
        f"{name}: too few speakers to spare any for dev, which is an eighth of the training "
        "speakers' recordings"
        for name in shared
    ]
    not_refitted = {
        (task.cell["model"], task.cell["protocol"]): None
        for task in trainings
        if experiment.experiment.settings.refit_dev
        and models[task.cell["model"]].uses_dev
        and not task.settings.refit_dev
    }
    lines += [
        f"{name} is not retrained on dev under protocol {protocol}: no model is trained on this "
        "dev part"
        for name, protocol in not_refitted
    ]
    if ingested.has_audio:
        lines += [
            f"{name} reads the corpus's own transcripts, which no codec changes: it is trained "
            "once per fold and run, and its rows are equal"
            for name in dict.fromkeys(task.cell["model"] for task in trainings)
            if name in reading_reference and models[name].inputs == ("text",)
        ]
    n_empty = int((ingested.utterances["text"] == "").sum())
    if n_empty and reading_reference:
        utterances = "utterance has" if n_empty == 1 else "utterances have"
        lines.append(f"{n_empty} {utterances} no text in the corpus: models read an empty text")
    return lines
