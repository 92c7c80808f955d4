"""Conditions of a study: those of its codecs and bitrates, and those that models train on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..codecs import specs
from ..core.errors import UsageError
from ..core.tables import MULTI, ORIGINAL, SAMPLE_RATE, Alias, Condition
from .config import Study
from .parsing import CodecChoice


@dataclass(frozen=True)
class ConditionPlan:
    """The conditions of a run.

    Attributes
    ----------
    conditions : tuple of Condition
        The original first.
    aliases : tuple of Alias
        Conditions that the study names and that are the same stream as one of ``conditions``.
    encoders, engines : mapping of str to str
        Codec -> name and version of its encoder, and of the library that encodes in the process;
        empty where there is none.
    """

    conditions: tuple[Condition, ...]
    aliases: tuple[Alias, ...]
    encoders: Mapping[str, str]
    engines: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the conditions, in order."""
        return tuple(condition.name for condition in self.conditions)

    def original_only(self) -> ConditionPlan:
        """Return the plan of a corpus without recordings, which has nothing to encode."""
        original = tuple(condition for condition in self.conditions if condition.name == ORIGINAL)
        return replace(self, conditions=original, aliases=())

    def identity(self, condition: Condition) -> list[Any]:
        """Return everything that determines the audio of a condition, for keys of the cache."""
        codec = condition.codec
        # Samples of an engine differ from the encoder's in the last bits, so it is in the key.
        programs = [self.encoders[codec], self.engines[codec]]
        return [_content(condition), specs.get(codec).version, *filter(None, programs)]


def plan_conditions(study: Study) -> ConditionPlan:
    """Return the conditions of a study; the original is always among them.

    Raises
    ------
    UsageError
        For a codec that is unknown or not available here, for bitrates that it does not take,
        and for missing ones.
    """
    conditions: dict[str, Condition] = {}
    aliases: dict[str, Alias] = {}
    encoders, engines = {}, {}
    for choice in (CodecChoice(ORIGINAL), *study.codecs):
        codec = specs.get_available(choice.name)
        if choice.bitrates and not codec.takes_bitrates:
            raise UsageError(f"codec {choice.name!r} has no bitrates: leave out the bitrates")
        if codec.takes_bitrates and not choice.bitrates:
            raise UsageError(f"codec {choice.name!r} needs bitrates (kbit/s), such as 8,16,64")
        planned, same = codec.conditions(choice.bitrates, SAMPLE_RATE, study.bitrate_policy)
        spec = specs.portable_spec(codec, choice.name)
        for condition in (replace(condition, codec=spec) for condition in planned):
            first = conditions.setdefault(condition.name, condition)
            if replace(first, codec="") != replace(condition, codec=""):
                raise UsageError(
                    f"codecs {first.codec!r} and {condition.codec!r} both give the condition "
                    f"{condition.name}: run them in two studies"
                )
        aliases.update((alias.name, alias) for alias in same)
        encoders[spec], engines[spec] = codec.encoder(), codec.engine()
    return ConditionPlan(tuple(conditions.values()), tuple(aliases.values()), encoders, engines)


def _content(condition: Condition) -> dict[str, Any]:
    """Return the fields that determine the audio of a condition, as JSON values."""
    content = asdict(condition)
    for name in ("name", "mark", "hops"):
        del content[name]
    if condition.hops:
        content["hops"] = [_content(hop) for hop in condition.hops]
    return content


@dataclass(frozen=True)
class TrainingCondition:
    """Conditions of training and test.

    Attributes
    ----------
    name : str
        As in the results.
    train_on : tuple of str
        Conditions; several are pooled.
    test_on : tuple of str
        Conditions.
    """

    name: str
    train_on: tuple[str, ...]
    test_on: tuple[str, ...]


def training_conditions(
    modes: Sequence[str], conditions: tuple[str, ...]
) -> Iterator[TrainingCondition]:
    """Yield the training conditions of a study.

    Parameters
    ----------
    modes : sequence of str
        ``Study.train``.
    conditions : tuple of str
        Names of all conditions.
    """
    test_on: dict[str, tuple[str, ...]] = {}
    if "matched" in modes:
        test_on.update((name, (name,)) for name in conditions)
    if "original" in modes:
        test_on[ORIGINAL] = conditions
    if "all" in modes:
        test_on.update((name, conditions) for name in conditions)
    for name, names in test_on.items():
        yield TrainingCondition(name, (name,), names)
    if MULTI in modes:
        yield TrainingCondition(MULTI, conditions, conditions)
