"""From the batches of a corpus to the trainings there are: models, folds, conditions, runs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import features, models
from .errors import UsageError
from .evaluation.splits import PROTOCOLS, Split, dev_shares_speakers, for_model, inner_folds, split
from .ingest import Ingested
from .models.base import INNER_FOLDS, RUNS, Model, Size
from .plan import Treatments, protocols
from .store import Store, key
from .study import Study
from .tables import MULTI, ORIGINAL
from .training import TrainTask
from .work import CodeTask

Folds = list[tuple[np.ndarray, np.ndarray]]

# Raised when a change outside of the components gives other numbers for the same keys.
_VERSION = 2

_FRAME_S = 0.032  # for the estimate of costs alone

_OWN = {False: "functionals", True: "frames"}
"""The feature set of a model that reads frames or not, where the study names none of its kind."""


def feature_sets(study: Study, model: str) -> tuple[str, ...]:
    """Return the feature sets that a model of a study is trained on."""
    frames = models.get(model).frames
    kind = tuple(name for name in study.features if features.get(name).frames == frames)
    return kind or (_OWN[frames],)


def all_feature_sets(study: Study) -> tuple[str, ...]:
    """Return every feature set that a study needs.

    Raises
    ------
    UsageError
        If the study names a feature set that none of its models reads.
    """
    needed = dict.fromkeys(name for model in study.models for name in feature_sets(study, model))
    for name in study.features:
        if name not in needed:
            kind = "frames" if features.get(name).frames else "one vector an utterance"
            raise UsageError(
                f"feature set {name!r} gives {kind}, which none of the models "
                f"{', '.join(study.models)} reads: leave it out, or add a model that does"
            )
    return tuple(needed)


def tasks(
    study: Study, ingested: Ingested, plan: Treatments, batches: Sequence[CodeTask], store: Store
) -> list[TrainTask]:
    """Return every training of a corpus: model x protocol x fold x features x condition.

    Raises
    ------
    UsageError
        If the corpus does not permit a protocol.
    """
    maker = _Maker(study, ingested, plan, batches, store)
    return [task for protocol in protocols(study, ingested) for task in maker.protocol(protocol)]


@dataclass(frozen=True)
class _Maker:
    study: Study
    ingested: Ingested
    plan: Treatments
    batches: Sequence[CodeTask]
    store: Store

    def protocol(self, protocol: str) -> Iterator[TrainTask]:
        table, corpus = self.ingested.utterances, self.ingested.corpus.name
        try:
            splits = split(protocol, table, self._seed("split", corpus, protocol))
        except UsageError as error:
            raise UsageError(f"corpus {corpus!r}: {error}") from error
        for whole in splits:
            for name in self.study.models:
                model = models.get(name)
                spare = self._seed("dev", corpus, protocol, whole.fold)
                one = for_model(protocol, whole, model.uses_dev, table, spare)
                folds, _ = inner_folds(
                    protocol, table, one.train, INNER_FOLDS[self.study.effort],
                    self._seed("inner", corpus, protocol, one.fold),
                )  # fmt: skip
                for features_name in feature_sets(self.study, name):
                    cell = {
                        "corpus": corpus, "features": features_name, "model": name,
                        "protocol": protocol, "fold": one.fold,
                    }  # fmt: skip
                    yield from self._cells(cell, model, one, folds)

    def _cells(
        self, cell: dict[str, Any], model: Model, one: Split, folds: Folds
    ) -> Iterator[TrainTask]:
        for words, train_on, test_on in _pairs(self.study, self.plan):
            named = {**cell, "train_condition": words}
            for runs in self._runs(model):
                yield self._task(named, model, train_on, test_on, one, folds, runs)

    def _runs(self, model: Model) -> list[tuple[int, ...]]:
        """Return the runs in the tasks that they stand in.

        What is tuned is tuned once for all its runs. Where nothing is, each run is a task of
        its own: workers share them, and an interrupted study loses one run at most.
        """
        number = (self.study.runs or RUNS[self.study.effort]) if model.random else 1
        everything = tuple(range(number))
        searched = candidates(model, self.study) > 1
        return [everything] if searched else [(run,) for run in everything]

    def _task(
        self, cell: dict[str, Any], model: Model, train_on: tuple[str, ...],
        test_on: tuple[str, ...], one: Split, folds: Folds, runs: tuple[int, ...],
    ) -> TrainTask:  # fmt: skip
        study, settings = self.study, self.study.settings
        names = ("corpus", "features", "model", "protocol", "train_condition", "fold")
        seeds = tuple(self._seed(*(cell[name] for name in names), run) for run in runs)
        labels = self.ingested.utterances["emotion"].to_numpy(dtype=str)
        used = {
            condition: tuple(batch.keys[condition, cell["features"]] for batch in self.batches)
            for condition in {ORIGINAL, *train_on, *test_on}
        }
        name = key(
            "train", _VERSION, model.identity(settings), study.effort, model.grid(settings),
            [used[c] for c in train_on], [used[c] for c in test_on],
            one.train.tolist(), one.dev.tolist(), one.test.tolist(), labels.tolist(),
            [[part.tolist() for part in fold] for fold in folds], seeds,
        )  # fmt: skip
        size = self._size(cell["features"], len(one.train) * len(train_on))
        seconds = fits(model, study, len(folds), len(runs)) * model.seconds(size, settings)
        return TrainTask(
            self.store, name, cell, used, ORIGINAL, train_on, test_on, one.train, one.dev,
            one.test, labels, tuple(self.ingested.emotions), folds, runs, seeds, settings, size,
            seconds,
        )  # fmt: skip

    def _size(self, name: str, utterances: int) -> Size:
        one = features.get(name)
        frames = float(self.ingested.utterances["duration_s"].mean()) / _FRAME_S
        return Size(utterances, len(one.columns), frames, len(self.ingested.emotions))

    def _seed(self, *keys: Any) -> int:
        """Return a seed of 32 bits that depends on the study's seed and these keys alone."""
        digest = hashlib.sha256(key(*keys).encode()).digest()
        words = np.frombuffer(digest, dtype="<u4").tolist()
        return int(np.random.SeedSequence([self.study.seed, *words]).generate_state(1)[0])


def _pairs(
    study: Study, plan: Treatments
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


def notes(trainings: Sequence[TrainTask], ingested: Ingested) -> list[str]:
    """Return what a reader must know of how dev parts were come by."""
    shared: dict[str, None] = {}
    for task in trainings:
        one = Split(task.cell["fold"], task.train, task.dev, task.test)
        model, protocol = task.cell["model"], PROTOCOLS[task.cell["protocol"]]
        spared = models.get(model).uses_dev and protocol.speaker_disjoint
        if spared and dev_shares_speakers(ingested.utterances, one):
            shared.setdefault(model)
    return [
        f"{model}: too few speakers to spare any for dev, which is an eighth of the training "
        "speakers' recordings"
        for model in shared
    ]
