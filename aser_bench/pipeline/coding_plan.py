"""From a study and its corpora to the work there is: batches to code, models to train."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from .. import features, models, transcripts
from ..codecs import specs
from ..core import registry
from ..core.errors import UsageError
from ..core.tables import ORIGINAL, SAMPLE_RATE, Alias, Condition
from ..study.config import CodecChoice, Study
from .cache import Cache, key
from .coding_task import CodingTask
from .ingest import Ingested

BATCH = 32
"""Utterances that one ffmpeg process codes, and that one shard of the cache holds."""

# Raised when a change outside of the components gives other numbers for the same keys.
_AUDIT_VERSION = 1

# Roughly, on one core: seconds a condition and second of sound.
_CODE_S, _FEATURES_S = 0.006, 0.001


@dataclass(frozen=True)
class ConditionPlan:
    """The conditions of a run, the original first, and what was asked for but is the same."""

    conditions: tuple[Condition, ...]
    aliases: tuple[Alias, ...]
    encoders: dict[str, str]
    engines: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The conditions' names in order."""
        return tuple(condition.name for condition in self.conditions)

    def untouched(self) -> ConditionPlan:
        """Return the original alone: a corpus of texts has nothing to code."""
        kept = tuple(one for one in self.conditions if one.name == ORIGINAL)
        return replace(self, conditions=kept, aliases=())

    def identity(self, condition: Condition) -> list[Any]:
        """Return all that decides how a condition sounds, for the cache's key."""
        codec = condition.codec
        # An engine makes the encoder's samples but for the last bits, which the key must tell.
        who = [self.encoders[codec], self.engines[codec]]
        return [_content(condition), specs.get(codec).version, *filter(None, who)]


def plan_conditions(study: Study) -> ConditionPlan:
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
        codec = specs.get_available(choice.name)
        if choice.bitrates and not codec.takes_bitrates:
            raise UsageError(f"codec {choice.name!r} has no bitrates: leave out --bitrates")
        if codec.takes_bitrates and not choice.bitrates:
            raise UsageError(f"codec {choice.name!r} needs --bitrates (kbit/s), such as 8,16,64")
        planned, same = codec.conditions(choice.bitrates, SAMPLE_RATE, study.bitrate_policy)
        spec = specs.portable_spec(codec, choice.name)
        for condition in (replace(one, codec=spec) for one in planned):
            known = conditions.setdefault(condition.name, condition)
            if replace(known, codec="") != replace(condition, codec=""):
                raise UsageError(
                    f"codecs {known.codec!r} and {condition.codec!r} both make a condition "
                    f"{condition.name}: run them in two studies"
                )
        aliases.update((alias.name, alias) for alias in same)
        encoders[spec], engines[spec] = codec.encoder(), codec.engine()
    return ConditionPlan(tuple(conditions.values()), tuple(aliases.values()), encoders, engines)


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


def coding_tasks(
    study: Study,
    ingested: Ingested,
    plan: ConditionPlan,
    sets: tuple[str, ...],
    transcribers: tuple[str, ...],
    cache: Cache,
) -> list[CodingTask]:
    """Return the corpus in batches, each with its place in the cache for every result.

    ``sets`` are the feature sets that are wanted, ``transcribers`` those that are to hear it. A
    corpus of texts has none.
    """
    if not ingested.has_audio:
        return []
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
            for name in sets
        }
        transcript_keys = {
            (condition, name): key(
                "transcripts", SAMPLE_RATE, hashes, identity, transcripts.get(name).identity()
            )
            for condition, identity in identities.items()
            for name in transcribers
        }
        audits = {
            condition: key("audit", _AUDIT_VERSION, SAMPLE_RATE, hashes, identity)
            for condition, identity in identities.items()
        }
        tasks.append(
            CodingTask(
                ingested.corpus.name,
                cache,
                tuple(part["utterance"]),
                tuple(part["file"]),
                hashes,
                plan.conditions,
                sets,
                keys,
                audits,
                transcript_keys,
                study.match_level,
            )
        )
    return tasks


def unfinished(task: CodingTask) -> CodingTask | None:
    """Return the task with the conditions that the cache still lacks, or None."""
    left = tuple(
        condition
        for condition in task.conditions
        if not task.cache.has("audits", task.audits[condition.name]) or any(task.lacks(condition))
    )
    return replace(task, conditions=left) if left else None


def coding_seconds(task: CodingTask, ingested: Ingested) -> float:
    """Estimate what coding a batch and making its features costs on one core."""
    table = ingested.utterances
    sound = table["duration_s"][table["utterance"].isin(task.utterances)].sum()
    transcribers = dict.fromkeys(name for _, name in task.transcript_keys)
    hearing = sum(transcripts.get(name).real_time_factor for name in transcribers)
    a_second = _CODE_S + _FEATURES_S * len(task.features) + hearing
    return float(sound * len(task.conditions) * a_second)


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
        found += [
            f"ignored settings: {text}"
            for text in models.get(model).ignored_settings(study.settings)
        ]
    return found


def _set_identity(name: str) -> list[Any]:
    one = features.get(name)
    versions = registry.versions(one.packages)
    return [one.spec, one.version, one.params(), versions]
