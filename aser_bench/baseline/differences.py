"""Differences from the baseline: recordings, encoders, settings, versions and folds."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from ..core.tables import CELL, MULTI
from ..evaluation.outcomes import Key
from ..results.components import SAMPLE_TOLERANCE, reads_text
from ..results.manifest import Manifest, Version
from .options import DIFFERENCES
from .reader import CheckInput, CorpusCondition
from .sentences import join_sentences, one_line
from .splits import CorpusProtocol, changed_fold_counts, fold_counts, moved_utterances

SETTINGS = (
    "preset",
    "effort",
    "bitrate_policy",
    "match_level",
    "max_epochs",
    "patience",
    "early_stopping",
    "refit_dev",
    "frame_pool",
    "class_weight",
    "limit",
)
"""Keys of a study that affect all results; not its name, runs and seed."""

LATER_SETTINGS: Mapping[str, Any] = {"early_stopping": None, "refit_dev": False}
"""Keys of `SETTINGS` that studies of earlier versions lack, with the values that they mean."""

_HASH_DIGITS = 8

_Pair = tuple[str, str]


def cell_differences(new: CheckInput, baseline: CheckInput, key: Key) -> dict[str, str]:
    """Return what makes a cell of two sides incomparable.

    Parameters
    ----------
    new, baseline : CheckInput
        Most of the answer is cached for the next cell: do not change them.
    key : tuple of str
        The values of ``tables.CELL``.

    Returns
    -------
    dict of str to str
        A key of ``options.DIFFERENCES`` -> a description with both values, the new one first.
        A fact that one side does not report is not a difference; see `unknowns`.
    """
    return find_differences(new, baseline).of_cell(key)


def environment_notes(new: CheckInput, baseline: CheckInput) -> list[str]:
    """Return notes on what differs but should not change a result.

    That is Python, and the library that encodes in place of the same encoder.
    """
    if new.manifest is None or baseline.manifest is None:
        return []
    ours, theirs = new.manifest, baseline.manifest
    notes = []
    engines, earlier_engines = ours.engines, theirs.engines
    if engines is not None and earlier_engines is not None:
        encoders, earlier = ours.encoders or {}, theirs.encoders or {}
        # Another encoder is a difference by itself, whatever encodes in its place.
        for codec in [name for name in encoders if encoders[name] == earlier.get(name)]:
            now, then = (names.get(codec, "ffmpeg") for names in (engines, earlier_engines))
            if now != then:
                notes.append(
                    f"{codec} was encoded by {then}, now by {now}: the same samples within "
                    f"{SAMPLE_TOLERANCE:g}"
                )
    if _differ((ours.machine.python or "", theirs.machine.python or "")):
        notes.append(f"Python {ours.machine.python}, was {theirs.machine.python}")
    return [one_line(note) for note in notes]


def seed_note(new: CheckInput, baseline: CheckInput) -> str:
    """Return a note if both sides report a seed and the seeds differ; else an empty text."""
    if new.seed is None or baseline.seed is None or new.seed == baseline.seed:
        return ""
    return (
        f"seed {new.seed}, was {baseline.seed}: folds and random initial values differ, and the "
        "differences include their effect"
    )


def find_differences(new: CheckInput, baseline: CheckInput) -> Differences:
    """Return all differences between two sides; cached for the same two objects."""
    return _find_differences(_ById(new), _ById(baseline))


@dataclass(frozen=True, eq=False)
class _ById:
    """A cache key that is equal only to keys of the same object."""

    side: CheckInput

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.side is other.side

    def __hash__(self) -> int:
        return id(self.side)


@lru_cache(maxsize=1)
def _find_differences(new: _ById, baseline: _ById) -> Differences:
    return Differences(new.side, baseline.side)


@dataclass(frozen=True, eq=False)
class Differences:
    """All differences between two sides; every description is empty if there is none."""

    new: CheckInput
    baseline: CheckInput

    def of_cell(self, key: Key) -> dict[str, str]:
        """Return the differences that affect a cell; see `cell_differences`."""
        cell = dict(zip(CELL, key, strict=True))
        corpus, trained, tested = cell["corpus"], cell["train_condition"], cell["test_condition"]
        texts = self.texts(corpus) if reads_text(cell["model"]) else ""
        pool = self._pooled_conditions(corpus) if trained == MULTI else ""
        versions = (
            self.component("features", cell["features"]),
            self.component("models", cell["model"]),
        )
        descriptions = {
            "corpus": join_sentences((self.corpus(corpus), texts)),
            "encoder": self.encoders(corpus, {trained, tested}),
            "settings": join_sentences((self._settings, pool)),
            "components": join_sentences(versions),
            "splits": self._splits.get((corpus, cell["protocol"]), ""),
            "packages": self._packages,
        }
        return {name: one_line(descriptions[name]) for name in DIFFERENCES if descriptions[name]}

    def corpus(self, name: str) -> str:
        """Describe a difference of a corpus's recordings or labels."""
        now, then = (corpus_hash(side, name) for side in self._sides)
        return _describe_hashes(f"recordings or labels of {name}", now, then)

    def texts(self, name: str) -> str:
        """Describe a difference of a corpus's reference transcripts."""
        now, then = (texts_hash(side, name) for side in self._sides)
        return _describe_hashes(f"texts of {name}", now, then)

    def encoders(self, corpus: str, conditions: Container[str]) -> str:
        """Describe differences of the encoders of some conditions; ``multi`` means all."""
        by_pair: dict[_Pair, list[str]] = {}
        encoded = False
        for (where, condition), pair in self._encoders.items():
            if where == corpus and (MULTI in conditions or condition in conditions):
                encoded = True
                if _differ(pair):
                    by_pair.setdefault(pair, []).append(condition)
        differing = [f"{', '.join(names)}: {_was(*pair)}" for pair, names in by_pair.items()]
        return join_sentences([*differing, self._ffmpeg if encoded else ""])

    def encoder(self, corpus: str, condition: str) -> str:
        """Describe a difference of a condition's encoder or of the ffmpeg that contains it."""
        pair = self._encoders.get((corpus, condition))
        if pair is None:
            return ""
        return join_sentences([_was(*pair) if _differ(pair) else "", self._ffmpeg])

    def component(self, kind: str, name: str) -> str:
        """Describe another version of a feature set (``kind`` features) or model (models)."""
        return self._components.get((kind, name), "")

    def redrawn_folds(self, corpus: str, protocol: str) -> int:
        """Return the number of folds if they differ from the baseline's, else 0."""
        where = corpus, protocol
        return fold_counts(self.new)[where] if where in self._moved else 0

    @cached_property
    def _moved(self) -> dict[CorpusProtocol, str]:
        return moved_utterances(self.new, self.baseline)

    @property
    def _sides(self) -> tuple[CheckInput, CheckInput]:
        return self.new, self.baseline

    @cached_property
    def _manifests(self) -> tuple[Manifest, Manifest]:
        empty = Manifest(study={}, corpora={})
        return self.new.manifest or empty, self.baseline.manifest or empty

    @cached_property
    def _components(self) -> dict[_Pair, str]:
        descriptions = {}
        for kind in ("features", "models"):
            now, then = (component_versions(side, kind) or {} for side in self._manifests)
            for name in [name for name in now if name in then]:
                if None not in (now[name], then[name]) and now[name] != then[name]:
                    descriptions[kind, name] = f"{name} version {_was(now[name], then[name])}"
        return descriptions

    @cached_property
    def _encoders(self) -> dict[CorpusCondition, _Pair]:
        """Both encoders of every encoded condition; empty for a side that does not name it."""
        now, then = (side.encoders for side in self._sides)
        return {where: (now.get(where, ""), then.get(where, "")) for where in {**now, **then}}

    @cached_property
    def _ffmpeg(self) -> str:
        now, then = (side.ffmpeg or "" for side in self._manifests)
        return f"ffmpeg {_was(now, then)}" if _differ((now, then)) else ""

    @cached_property
    def _settings(self) -> str:
        now, then = ({**LATER_SETTINGS, **side.study} for side in self._manifests)
        return join_sentences(
            f"{key.replace('_', ' ')} {_was(now[key], then[key], 'not set', 'not set')}"
            for key in SETTINGS
            if key in now and key in then and now[key] != then[key]
        )

    def _pooled_conditions(self, corpus: str) -> str:
        """Describe a difference of the conditions on which ``multi`` models are trained."""
        now, then = (side.streams.get(corpus, []) for side in self._sides)
        if not now or not then or set(now) == set(then):
            return ""
        return f"{MULTI} pools {', '.join(now)}; was {', '.join(then)}"

    @cached_property
    def _splits(self) -> dict[CorpusProtocol, str]:
        moved = {} if seed_note(self.new, self.baseline) else self._moved
        return {**moved, **changed_fold_counts(self.new, self.baseline)}

    @cached_property
    def _packages(self) -> str:
        now, then = self._manifests
        parts = []
        if _differ((now.aser_bench or "", then.aser_bench or "")):
            parts.append(f"aser-bench {_was(now.aser_bench, then.aser_bench)}")
        if now.packages is not None and then.packages is not None:
            parts += _package_differences(now.packages, then.packages)
        return join_sentences(parts)


def corpus_hash(side: CheckInput, name: str) -> str:
    """Return the hash of a corpus's recordings and labels; empty if it is unknown."""
    facts = side.manifest.corpora.get(name) if side.manifest else None
    return (facts.sha256 if facts else None) or ""


def texts_hash(side: CheckInput, name: str) -> str:
    """Return the hash of a corpus's reference transcripts; empty if it is unknown."""
    facts = side.manifest.corpora.get(name) if side.manifest else None
    return (facts.texts_sha256 if facts else None) or ""


def component_versions(manifest: Manifest, kind: str) -> Mapping[str, Version | None] | None:
    """Return the versions of all feature sets (``kind`` features) or models (models)."""
    components = manifest.components
    return components.features if kind == "features" else components.models


def _describe_hashes(subject: str, now: str, then: str) -> str:
    if not _differ((now, then)):
        return ""
    return f"{subject} differ (sha256 {_was(now[:_HASH_DIGITS], then[:_HASH_DIGITS])})"


def _package_differences(now: Mapping[str, str], then: Mapping[str, str]) -> Iterable[str]:
    for name in sorted({*now, *then}):
        if now.get(name) != then.get(name):
            yield f"{name} {_was(now.get(name), then.get(name), 'not used', 'not used')}"


def _differ(pair: _Pair) -> bool:
    """Whether both sides report a value and the values differ."""
    return all(pair) and pair[0] != pair[1]


def _was(now: Any, then: Any, none_now: str = "", none_then: str = "") -> str:
    new, old = none_now if now is None else now, none_then if then is None else then
    return f"{new}, was {old}"
