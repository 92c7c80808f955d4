"""The coding plan of a corpus: batches of utterances to encode and to extract features of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import features, transcripts
from ..core import registry
from ..core.tables import SAMPLE_RATE
from ..corpora.prepare import segments_of
from ..study.experiment import CorpusExperiment
from .cache import Cache, key
from .coding_task import CodingTask
from .ingest import Ingested

BATCH = 32
"""Utterances in a batch: one ffmpeg process encodes them, and one entry of the cache holds them."""

# Raised when a change outside of the components gives other numbers for the same keys.
_AUDIT_VERSION = 1

# Approximate CPU seconds per condition and second of audio.
_CODE_S, _FEATURES_S = 0.006, 0.001


def coding_tasks(
    experiment: CorpusExperiment, ingested: Ingested, cache: Cache
) -> list[CodingTask]:
    """Return the coding tasks of a corpus, with the key of each result in the cache.

    A corpus without recordings has none.
    """
    if not ingested.has_audio:
        return []
    plan, match_level = experiment.conditions, experiment.experiment.study.match_level
    suffix = ["level matched"] if match_level else []
    conditions = {
        condition.name: plan.identity(condition) + suffix for condition in plan.conditions
    }
    feature_sets = {name: _features_identity(name) for name in experiment.extracted}
    transcribers = {
        name: transcriber.identity() for name, transcriber in experiment.transcribers.items()
    }
    table = ingested.utterances
    tasks = []
    for start in range(0, len(table), BATCH):
        part = table.iloc[start : start + BATCH]
        hashes = tuple(part["samples_sha256"])
        tasks.append(
            CodingTask(
                corpus=ingested.corpus.name,
                cache=cache,
                utterances=tuple(part["utterance"]),
                files=tuple(part["file"]),
                hashes=hashes,
                conditions=plan.conditions,
                features=experiment.extracted,
                keys=_keys("features", hashes, conditions, feature_sets),
                audits={
                    condition: key("audit", _AUDIT_VERSION, SAMPLE_RATE, hashes, identity)
                    for condition, identity in conditions.items()
                },
                transcript_keys=_keys("transcripts", hashes, conditions, transcribers),
                match_level=match_level,
                segments=segments_of(part),
            )
        )
    return tasks


def _keys(
    kind: str, hashes: tuple[str, ...], conditions: dict[str, list[Any]], components: dict[str, Any]
) -> dict[tuple[str, str], str]:
    """Return the key of a batch's results by condition and component."""
    return {
        (condition, name): key(kind, SAMPLE_RATE, hashes, identity, component)
        for condition, identity in conditions.items()
        for name, component in components.items()
    }


def _features_identity(name: str) -> list[Any]:
    feature_set = features.get(name)
    versions = registry.versions(feature_set.packages)
    return [feature_set.spec, feature_set.version, feature_set.params(), versions]


def unfinished(task: CodingTask) -> CodingTask | None:
    """Return the task with the conditions that the cache lacks; None where it lacks none."""
    missing = tuple(
        condition
        for condition in task.conditions
        if not task.cache.has("audits", task.audits[condition.name]) or any(task.lacks(condition))
    )
    return replace(task, conditions=missing) if missing else None


def coding_seconds(task: CodingTask, ingested: Ingested) -> float:
    """Return the approximate CPU seconds of a coding task."""
    table = ingested.utterances
    audio_s = table["duration_s"][table["utterance"].isin(task.utterances)].sum()
    transcribers = dict.fromkeys(name for _, name in task.transcript_keys)
    transcription = sum(transcripts.get(name).real_time_factor for name in transcribers)
    factor = _CODE_S + _FEATURES_S * len(task.features) + transcription
    return float(audio_s * len(task.conditions) * factor)
