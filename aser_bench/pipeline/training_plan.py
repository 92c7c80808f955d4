"""From the batches of a corpus to the trainings there are: models, folds, conditions, runs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import features, models
from ..core.errors import UsageError
from ..core.tables import MULTI, ORIGINAL
from ..evaluation.protocols import PROTOCOLS
from ..evaluation.splits import Split, dev_shares_speakers, for_model, inner_folds, split
from ..models.base import INNER_FOLDS, RUNS, Model, TrainingSize
from ..models.dual.utterance import INPUTS
from ..study.config import Study
from . import model_variants
from .cache import Cache, key
from .coding_plan import ConditionPlan, protocols
from .coding_task import CodingTask
from .ingest import Ingested
from .model_variants import Variant
from .training_task import TrainingTask

Folds = list[tuple[np.ndarray, np.ndarray]]

Shards = dict[str, tuple[str, ...]]
"""Kind of what is read -> keys in the cache, which together hold all utterances in order."""

# Raised when a change outside of the components gives other numbers for the same keys.
_VERSION = 2


def tasks(
    study: Study,
    ingested: Ingested,
    plan: ConditionPlan,
    batches: Sequence[CodingTask],
    cache: Cache,
) -> list[TrainingTask]:
    """Return every training of a corpus: model x protocol x fold x features x condition.

    Raises
    ------
    UsageError
        If the corpus does not permit a protocol.
    """
    maker = _Maker(study, ingested, plan, batches, cache)
    return [task for protocol in protocols(study, ingested) for task in maker.protocol(protocol)]


@dataclass(frozen=True)
class _Maker:
    study: Study
    ingested: Ingested
    plan: ConditionPlan
    batches: Sequence[CodingTask]
    cache: Cache

    def protocol(self, protocol: str) -> Iterator[TrainingTask]:
        table, corpus = self.ingested.utterances, self.ingested.corpus.name
        try:
            splits = split(protocol, table, self._seed("split", corpus, protocol))
        except UsageError as error:
            raise UsageError(f"corpus {corpus!r}: {error}") from error
        kinds = model_variants.of(self.study)
        for variant in kinds:
            model_variants.check(variant, self.ingested)
        for whole in splits:
            for variant in kinds:
                model = variant.model
                spare = self._seed("dev", corpus, protocol, whole.fold)
                one = for_model(protocol, whole, model.uses_dev, table, spare)
                folds, _ = inner_folds(
                    protocol,
                    table,
                    one.train,
                    INNER_FOLDS[self.study.effort],
                    self._seed("inner", corpus, protocol, one.fold),
                )
                cell = {
                    "corpus": corpus,
                    "features": variant.features,
                    "model": variant.name,
                    "protocol": protocol,
                    "fold": one.fold,
                }
                yield from self._cells(cell, variant, one, folds)

    def _cells(
        self, cell: dict[str, Any], variant: Variant, one: Split, folds: Folds
    ) -> Iterator[TrainingTask]:
        shards = {condition: self._shards(variant, condition) for condition in self.plan.names}
        for words, train_on, test_on in _pairs(self.study, self.plan):
            named = {**cell, "train_condition": words}
            for runs in self._runs(variant.model):
                yield self._task(named, variant, shards, train_on, test_on, one, folds, runs)

    def _shards(self, variant: Variant, condition: str) -> Shards:
        """Return where what a model reads at a condition lies in the cache, by its kind."""
        found = {
            kind: tuple(batch.keys[condition, spec] for batch in self.batches)
            for kind, spec in variant.parts.items()
        }
        if variant.transcriber:
            at = condition, variant.transcriber
            found["text"] = tuple(batch.transcript_keys[at] for batch in self.batches)
        elif variant.transcripts:
            found["text"] = (model_variants.reference(self.ingested, self.cache),)
        return {kind: found[kind] for kind in INPUTS if kind in found}

    def _runs(self, model: Model) -> list[tuple[int, ...]]:
        """Return the runs in the tasks that they stand in.

        What is tuned is tuned once for all its runs. Where nothing is, each run is a task of
        its own: workers share them, and an interrupted study loses one run at most.
        """
        number = (self.study.runs or RUNS[self.study.effort]) if model.is_random else 1
        everything = tuple(range(number))
        searched = candidates(model, self.study) > 1
        return [everything] if searched else [(run,) for run in everything]

    def _task(
        self,
        cell: dict[str, Any],
        variant: Variant,
        shards: dict[str, Shards],
        train_on: tuple[str, ...],
        test_on: tuple[str, ...],
        one: Split,
        folds: Folds,
        runs: tuple[int, ...],
    ) -> TrainingTask:
        study, settings, model = self.study, self.study.settings, variant.model
        first = _first_alike(shards)
        train_on = tuple(dict.fromkeys(first[name] for name in train_on))
        distinct = list(dict.fromkeys(first[name] for name in test_on))
        seeded = {**cell, "train_condition": train_on[0]} if len(train_on) == 1 else cell
        names = ("corpus", "features", "model", "protocol", "train_condition", "fold")
        seeds = tuple(self._seed(*(seeded[name] for name in names), run) for run in runs)
        labels = self.ingested.utterances["emotion"].to_numpy(dtype=str)
        name = key(
            "train",
            _VERSION,
            model.identity(settings),
            study.effort,
            model.grid(settings),
            [_flat(shards[c]) for c in train_on],
            [_flat(shards[c]) for c in distinct],
            one.train.tolist(),
            one.dev.tolist(),
            one.test.tolist(),
            labels.tolist(),
            [[part.tolist() for part in fold] for fold in folds],
            seeds,
        )
        size = self._size(variant, len(one.train) * len(train_on))
        seconds = fits(model, study, len(folds), len(runs)) * model.estimated_seconds(
            size, settings
        )
        used = {condition: shards[condition] for condition in {ORIGINAL, *train_on, *test_on}}
        return TrainingTask(
            self.cache,
            name,
            cell,
            variant.model.name,
            used,
            ORIGINAL,
            train_on,
            test_on,
            tuple(distinct.index(first[c]) for c in test_on),
            one.train,
            one.dev,
            one.test,
            labels,
            tuple(self.ingested.emotions),
            folds,
            runs,
            seeds,
            settings,
            size,
            seconds,
        )

    def _size(self, variant: Variant, utterances: int) -> TrainingSize:
        table, kind = self.ingested.utterances, "frames" if "frames" in variant.parts else "vector"
        spec = variant.parts.get(kind)
        one = features.get(spec) if spec else None
        return TrainingSize(
            utterances,
            len(one.columns) if one else 0,
            float(table["duration_s"].mean()) / (one.hop_s if one else 1.0),
            len(self.ingested.emotions),
            float(table["text"].str.count(r"\S+").mean()) if variant.transcripts else 0.0,
        )

    def _seed(self, *keys: Any) -> int:
        """Return a seed of 32 bits that depends on the study's seed and these keys alone."""
        digest = hashlib.sha256(key(*keys).encode()).digest()
        words = np.frombuffer(digest, dtype="<u4").tolist()
        return int(np.random.SeedSequence([self.study.seed, *words]).generate_state(1)[0])


def _flat(shards: Shards) -> list[str]:
    return [one for keys in shards.values() for one in keys]


def _first_alike(shards: dict[str, Shards]) -> dict[str, str]:
    """Return, for each condition, the first at which a model reads the very same.

    A transcriber's words differ, those of the corpus do not: what reads them alone is trained once.
    """
    first: dict[tuple[str, ...], str] = {}
    return {name: first.setdefault(tuple(_flat(one)), name) for name, one in shards.items()}


def _pairs(
    study: Study, plan: ConditionPlan
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Yield the training conditions: name, what is trained on, what is tested on."""
    everything = plan.names
    tested: dict[str, tuple[str, ...]] = {}
    if "matched" in study.train:
        tested.update((name, (name,)) for name in everything)
    if "original" in study.train:
        tested[ORIGINAL] = everything
    if "all" in study.train:
        tested.update((name, everything) for name in everything)
    for name, test_on in tested.items():
        yield name, (name,), test_on
    if MULTI in study.train:
        yield MULTI, everything, everything


def candidates(model: Model, study: Study) -> int:
    """Return how many settings of a model are compared."""
    grid = model.grid(study.settings)
    return sum(math.prod(len(values) for values in part.values()) for part in grid)


def fits(model: Model, study: Study, n_folds: int, runs: int) -> int:
    """Return how many times a model is fitted for one fold and training condition."""
    searched = candidates(model, study)
    return runs + (searched * n_folds if searched > 1 else 0)


def notes(study: Study, trainings: Sequence[TrainingTask], ingested: Ingested) -> list[str]:
    """Return what a reader must know of how dev parts were come by, and of texts."""
    shared: dict[str, None] = {}
    untouched: dict[str, None] = {}
    own_words = {
        one.name for one in model_variants.of(study) if one.transcripts and not one.transcriber
    }
    for task in trainings:
        one = Split(task.cell["fold"], task.train, task.dev, task.test)
        model, protocol = models.get(task.model), PROTOCOLS[task.cell["protocol"]]
        spared = model.uses_dev and protocol.speaker_disjoint
        if spared and dev_shares_speakers(ingested.utterances, one):
            shared.setdefault(task.cell["model"])
        if model.inputs == ("text",) and task.cell["model"] in own_words:
            untouched.setdefault(task.cell["model"])
    said = [
        f"{model}: too few speakers to spare any for dev, which is an eighth of the training "
        "speakers' recordings"
        for model in shared
    ]
    said += [
        f"{model} reads the corpus's own words, which no codec touches: it is trained once a fold "
        "and run, and its rows are one and the same"
        for model in untouched
        if ingested.has_audio
    ]
    silent = int((ingested.utterances["text"] == "").sum())
    if silent and own_words:
        many = "utterance has" if silent == 1 else "utterances have"
        said.append(f"{silent} {many} no text of the corpus, and the words read of it are none")
    return said
