"""From a study and its corpora to the work there is: batches to code, models to train."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from . import models, registry
from .codecs import specs
from .errors import UsageError
from .evaluation.splits import Split, for_model, inner_folds, split
from .features.base import FeatureSet
from .ingest import Ingested
from .models.base import INNER_FOLDS, RUNS, Model
from .store import Store, key
from .study import CodecChoice, Study
from .tables import MULTI, ORIGINAL, SAMPLE_RATE, Alias, Condition
from .work import CodeTask, TrainTask

BATCH = 32
"""Utterances that one ffmpeg process codes, and that one shard of the store holds."""

# Raised when a change outside of the components gives other numbers for the same keys.
_AUDIT_VERSION = 1
_TRAIN_VERSION = 1

# Roughly, on one core: seconds a condition and second of sound.
_CODE_S, _FEATURES_S = 0.006, 0.006


@dataclass(frozen=True)
class Treatments:
    """The conditions of a run, the original first, and what was asked for but is the same."""

    conditions: tuple[Condition, ...]
    aliases: tuple[Alias, ...]
    encoders: dict[str, str]
    engines: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The conditions' names in order."""
        return tuple(condition.name for condition in self.conditions)

    def identity(self, condition: Condition) -> list[Any]:
        """Return all that decides how a condition sounds, for the store's key."""
        codec = condition.codec
        # An engine makes the encoder's samples but for the last bits, which the key must tell.
        who = [self.encoders[codec], self.engines[codec]]
        return [_content(condition), specs.get(codec).version, *filter(None, who)]


def treatments(study: Study) -> Treatments:
    """Plan the conditions of a study; the original is always among them.

    Raises
    ------
    UsageError
        For a codec that is unknown or cannot be used here, bitrates that it does not take, or
        none where it needs some.
    """
    conditions: dict[str, Condition] = {}
    aliases: dict[str, Alias] = {}
    encoders, engines = {}, {}
    for choice in (CodecChoice(ORIGINAL), *study.codecs):
        codec = specs.available(choice.name)
        if choice.bitrates and not codec.takes_bitrates:
            raise UsageError(f"codec {choice.name!r} has no bitrates: leave out --bitrates")
        if codec.takes_bitrates and not choice.bitrates:
            raise UsageError(f"codec {choice.name!r} needs --bitrates (kbit/s), such as 8,16,64")
        planned, same = codec.conditions(choice.bitrates, SAMPLE_RATE, study.bitrate_policy)
        spec = specs.lasting(codec, choice.name)
        for condition in (replace(one, codec=spec) for one in planned):
            known = conditions.setdefault(condition.name, condition)
            if replace(known, codec="") != replace(condition, codec=""):
                raise UsageError(
                    f"codecs {known.codec!r} and {condition.codec!r} both make a condition "
                    f"{condition.name}: run them in two studies"
                )
        aliases.update((alias.name, alias) for alias in same)
        encoders[spec], engines[spec] = codec.encoder(), codec.engine()
    return Treatments(tuple(conditions.values()), tuple(aliases.values()), encoders, engines)


def _content(condition: Condition) -> dict[str, Any]:
    """Return what decides how a condition sounds, as a mapping that JSON can hold."""
    content = asdict(condition)
    for word in ("name", "mark", "hops"):
        del content[word]
    if condition.hops:
        content["hops"] = [_content(hop) for hop in condition.hops]
    return content


def protocols(study: Study, ingested: Ingested) -> tuple[str, ...]:
    """Return the protocols for a corpus: the study's, or the default that it permits."""
    if study.protocol:
        return study.protocol
    known = (ingested.utterances["speaker"] != "").all()
    return ("speaker",) if known else ("paper",)


def code_tasks(study: Study, ingested: Ingested, plan: Treatments, store: Store) -> list[CodeTask]:
    """Return the corpus in batches, each with its place in the store for every result."""
    table = ingested.utterances
    tasks = []
    for start in range(0, len(table), BATCH):
        part = table.iloc[start : start + BATCH]
        hashes = tuple(part["samples_sha256"])
        matched = ["level matched"] if study.match_level else []
        identities = {c.name: plan.identity(c) + matched for c in plan.conditions}
        keys = {
            (condition, name): key("features", SAMPLE_RATE, hashes, identity, _set_identity(name))
            for condition, identity in identities.items()
            for name in study.features
        }
        audits = {
            condition: key("audit", _AUDIT_VERSION, SAMPLE_RATE, hashes, identity)
            for condition, identity in identities.items()
        }
        tasks.append(
            CodeTask(
                ingested.corpus.name, store, tuple(part["utterance"]), tuple(part["file"]), hashes,
                plan.conditions, study.features, keys, audits, study.match_level,
            )
        )  # fmt: skip
    return tasks


def unfinished(task: CodeTask) -> CodeTask | None:
    """Return the task with the conditions that the store still lacks, or None."""
    left = tuple(
        condition
        for condition in task.conditions
        if not task.store.has("audits", task.audits[condition.name])
        or not all(
            task.store.has("features", task.keys[condition.name, name]) for name in task.features
        )
    )
    return replace(task, conditions=left) if left else None


def code_seconds(task: CodeTask, ingested: Ingested) -> float:
    """Estimate what coding a batch and making its features costs on one core."""
    table = ingested.utterances
    sound = table["duration_s"][table["utterance"].isin(task.utterances)].sum()
    return float(sound * len(task.conditions) * (_CODE_S + _FEATURES_S * len(task.features)))


def train_tasks(
    study: Study, ingested: Ingested, plan: Treatments, batches: Sequence[CodeTask], store: Store
) -> list[TrainTask]:
    """Return every training of a corpus: features x model x protocol x fold x condition.

    Raises
    ------
    UsageError
        If the corpus does not permit a protocol.
    """
    table = ingested.utterances
    tasks = []
    for protocol in protocols(study, ingested):
        identity = [ingested.corpus.name, protocol]
        try:
            splits = split(protocol, table, _seed(study, "split", *identity))
        except UsageError as error:
            raise UsageError(f"corpus {ingested.corpus.name!r}: {error}") from error
        for whole in splits:
            for model in study.models:
                one = for_model(protocol, whole, models.get(model).uses_dev)
                folds, _ = inner_folds(
                    protocol, table, one.train, INNER_FOLDS[study.effort],
                    _seed(study, "inner", *identity, one.fold),
                )  # fmt: skip
                for name in study.features:
                    shards = {
                        condition: tuple(batch.keys[condition, name] for batch in batches)
                        for condition in plan.names
                    }
                    for words, train_on, test_on in _pairs(study, plan):
                        cell = {
                            "corpus": ingested.corpus.name, "features": name, "model": model,
                            "protocol": protocol, "train_condition": words, "fold": one.fold,
                        }  # fmt: skip
                        tasks.append(
                            _train_task(
                                study, ingested, store, cell, shards, train_on, test_on, one, folds
                            )
                        )
    return tasks


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


def _train_task(
    study: Study,
    ingested: Ingested,
    store: Store,
    cell: dict[str, Any],
    shards: dict[str, tuple[str, ...]],
    train_on: tuple[str, ...],
    test_on: tuple[str, ...],
    one: Split,
    folds: list[tuple[np.ndarray, np.ndarray]],
) -> TrainTask:
    model = models.get(cell["model"])
    runs = (study.runs or RUNS[study.effort]) if model.random else 1
    names = ("corpus", "features", "model", "protocol", "train_condition", "fold")
    seeds = tuple(_seed(study, *(cell[name] for name in names), run) for run in range(runs))
    labels = ingested.utterances["emotion"].to_numpy(dtype=str)
    name = key(
        "train", _TRAIN_VERSION, model.identity(study.preset), study.preset, study.effort,
        model.grid(study.preset, study.effort), [shards[c] for c in train_on],
        [shards[c] for c in test_on], one.train.tolist(), one.dev.tolist(), one.test.tolist(),
        labels.tolist(),
        [[part.tolist() for part in fold] for fold in folds], seeds,
    )  # fmt: skip
    used = {condition: shards[condition] for condition in {*train_on, *test_on}}
    rows = len(one.train) * len(train_on)
    columns = len(registry.get("features", cell["features"]).columns)
    seconds = fits(model, study, len(folds), runs) * model.seconds(rows, columns)
    return TrainTask(
        store, name, cell, used, train_on, test_on, one.train, one.dev, one.test, labels,
        tuple(ingested.emotions), folds, seeds, study.preset, study.effort, seconds,
    )  # fmt: skip


def fits(model: Model, study: Study, n_folds: int, runs: int) -> int:
    """Return how many times a model is fitted for one fold and training condition."""
    candidates = sum(
        math.prod(len(values) for values in part.values())
        for part in model.grid(study.preset, study.effort)
    )
    return runs + (candidates * n_folds if candidates > 1 else 0)


def notes(study: Study, ingested: Ingested) -> list[str]:
    """Return what a reader of a corpus's tables must know of its protocol and settings."""
    found = list(ingested.notes)
    table = ingested.utterances
    if not study.protocol and (table["speaker"] == "").any():
        found.append(
            "speakers are not known, so the folds are random (protocol paper) and one speaker "
            "may stand on both sides of a split"
        )
    if "speaker" in protocols(study, ingested) and table["speaker"].nunique() == 2:
        found.append(
            "two speakers: each fold trains on one of them, so the grid search cannot be "
            "speaker-disjoint"
        )
    if study.match_level:
        found.append("each coded utterance was brought back to the level of its original")
    for model in study.models:
        found += [f"inert: {text}" for text in models.get(model).inert(study.preset)]
    return found


def _set_identity(name: str) -> list[Any]:
    features: FeatureSet = registry.get("features", name)
    versions = registry.versions(features.packages)
    return [features.name, features.version, features.params(), versions]


def _seed(study: Study, *keys: Any) -> int:
    """Return a seed of 32 bits that depends on the study's seed and these keys alone."""
    digest = hashlib.sha256(key(*keys).encode()).digest()
    words = np.frombuffer(digest, dtype="<u4").tolist()
    return int(np.random.SeedSequence([study.seed, *words]).generate_state(1)[0])
