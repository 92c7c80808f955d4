"""What is not as it was in the baseline: recordings, encoders, settings, versions, folds."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from ..core.tables import CELL, MULTI
from ..evaluation.outcomes import Key
from ..results.components import SAMPLE_TOLERANCE, reads_text
from .manifest_facts import (
    SETTINGS,
    encoders,
    listed,
    mapping,
    one_line,
    pools,
    seed,
    versions,
    word,
)
from .options import DIFFERENCES
from .reader import CheckInput
from .splits import Where, changed_fold_counts, fold_counts, moved_utterances

_HASH_DIGITS = 8

_Pair = tuple[str, str]


def cell_differences(new: CheckInput, baseline: CheckInput, key: Key) -> dict[str, str]:
    """Return what makes a cell of two sides incomparable.

    Parameters
    ----------
    new, baseline : CheckInput
        Asked again for the next cell, most of the answer is at hand: do not change them.
    key : tuple of str
        The values of ``tables.CELL``.

    Returns
    -------
    dict of str to str
        A key of ``base.DIFFERENCES`` -> words that name both sides, the new one first. What one
        side does not tell is no difference; see `unknown_facts.unknown_facts`.
    """
    return find_differences(new, baseline).of_cell(key)


def environment_notes(new: CheckInput, baseline: CheckInput) -> list[str]:
    """Return sentences on what is another than it was and should not move a result.

    That is the engine of a codec, where the encoder whose work it does is the same, and Python.
    """
    found = []
    ours, theirs = (mapping(side, "encoders") or {} for side in (new, baseline))
    if all(mapping(side, "engines") is not None for side in (new, baseline)):
        # Another encoder is a difference, and what codes instead of it is then no more the same.
        for codec in [name for name in ours if name in theirs and ours[name] == theirs[name]]:
            now, then = (word(side, "engines", codec) or "ffmpeg" for side in (new, baseline))
            if now != then:
                found.append(
                    f"{codec} was coded by {then}, now by {now}: the same samples within "
                    f"{SAMPLE_TOLERANCE:g}"
                )
    now, then = (word(side, "machine", "python") for side in (new, baseline))
    if now and then and now != then:
        found.append(f"Python {now}, was {then}")
    return [one_line(said) for said in found]


def seed_note(new: CheckInput, baseline: CheckInput) -> str:
    """Say so if both sides tell their seed and another one was drawn with; else empty."""
    now, then = (seed(side) for side in (new, baseline))
    if now is None or then is None or now == then:
        return ""
    return (
        f"seed {now}, was {then}: folds and random starts were drawn anew, and differences "
        "include that"
    )


def find_differences(new: CheckInput, baseline: CheckInput) -> Differences:
    """Return all that differs between two sides; made once for the same two objects."""
    return _changes(_Same(new), _Same(baseline))


@dataclass(frozen=True, eq=False)
class _Same:
    """An object that equals none but itself, as a key of a cache."""

    one: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.one is other.one

    def __hash__(self) -> int:
        return id(self.one)


@lru_cache(maxsize=1)
def _changes(new: _Same, baseline: _Same) -> Differences:
    return Differences(new.one, baseline.one)


@dataclass(frozen=True, eq=False)
class Differences:
    """What differs between two sides; every answer is empty where nothing does."""

    new: CheckInput
    baseline: CheckInput

    def of_cell(self, key: Key) -> dict[str, str]:
        """Return what differs for a cell; see `differences`."""
        cell = dict(zip(CELL, key, strict=True))
        corpus, trained, tested = cell["corpus"], cell["train_condition"], cell["test_condition"]
        found = {
            "corpus": listed(
                (self.corpus(corpus), self.texts(corpus) if reads_text(cell["model"]) else "")
            ),
            "encoder": self.encoders(corpus, {trained, tested}),
            "settings": listed((self._settings, self._pool(corpus) if trained == MULTI else "")),
            "components": listed(
                (
                    self.component("features", cell["features"]),
                    self.component("models", cell["model"]),
                )
            ),
            "splits": self._splits.get((corpus, cell["protocol"]), ""),
            "packages": self._packages,
        }
        return {name: one_line(found[name]) for name in DIFFERENCES if found[name]}

    def corpus(self, name: str) -> str:
        """Say so if the recordings or labels of a corpus are others."""
        return self._others(f"recordings or labels of {name}", "corpora", name, "sha256")

    def texts(self, name: str) -> str:
        """Say so if what a corpus says was spoken is another."""
        return self._others(f"texts of {name}", "corpora", name, "texts_sha256")

    def _others(self, what: str, *keys: str) -> str:
        now, then = (word(side, *keys) for side in self._sides)
        if not now or not then or now == then:
            return ""
        return f"{what} are others (sha256 {now[:_HASH_DIGITS]}, was {then[:_HASH_DIGITS]})"

    def encoders(self, corpus: str, conditions: Container[str]) -> str:
        """Name each other encoder, with the conditions that it made; ``multi`` is all of them."""
        names: dict[_Pair, list[str]] = {}
        coded = False
        for (where, condition), pair in self._encoders.items():
            if where == corpus and (MULTI in conditions or condition in conditions):
                coded = True
                if _differ(pair):
                    names.setdefault(pair, []).append(condition)
        others = [f"{', '.join(some)}: {now}, was {then}" for (now, then), some in names.items()]
        return listed([*others, self._ffmpeg if coded else ""])

    def encoder(self, corpus: str, condition: str) -> str:
        """Say so if one condition was made by another encoder, or with another ffmpeg."""
        pair = self._encoders.get((corpus, condition))
        if pair is None:
            return ""
        return listed([f"{pair[0]}, was {pair[1]}" if _differ(pair) else "", self._ffmpeg])

    def component(self, kind: str, name: str) -> str:
        """Say so if a feature set (``kind`` features) or a model (models) has another version."""
        return self._components.get((kind, name), "")

    def redrawn_folds(self, corpus: str, protocol: str) -> int:
        """Return how many folds there are if they are others than the baseline's, else 0."""
        where = corpus, protocol
        return fold_counts(self.new)[where] if where in self._moved else 0

    @cached_property
    def _moved(self) -> dict[Where, str]:
        return moved_utterances(self.new, self.baseline)

    @property
    def _sides(self) -> tuple[CheckInput, CheckInput]:
        return self.new, self.baseline

    @cached_property
    def _components(self) -> dict[_Pair, str]:
        found = {}
        for kind in ("features", "models"):
            now, then = (versions(side, kind) or {} for side in self._sides)
            for name in [name for name in now if name in then and now[name] != then[name]]:
                found[kind, name] = f"{name} version {now[name]}, was {then[name]}"
        return found

    @cached_property
    def _encoders(self) -> dict[Where, _Pair]:
        """Hold both encoders of all that is encoded; empty where a side does not name its own."""
        now, then = (encoders(side) for side in self._sides)
        return {where: (now.get(where, ""), then.get(where, "")) for where in {**now, **then}}

    @cached_property
    def _ffmpeg(self) -> str:
        now, then = (word(side, "ffmpeg") for side in self._sides)
        return f"ffmpeg {now}, was {then}" if _differ((now, then)) else ""

    @cached_property
    def _settings(self) -> str:
        now, then = (mapping(side, "study") or {} for side in self._sides)
        return listed(
            f"{key.replace('_', ' ')} {_said(now[key])}, was {_said(then[key])}"
            for key in SETTINGS
            if key in now and key in then and now[key] != then[key]
        )

    def _pool(self, corpus: str) -> str:
        """Say so if what was trained on all conditions pooled was trained on other ones."""
        now, then = (pools.get(corpus, []) for pools in self._pools)
        if not now or not then or set(now) == set(then):
            return ""
        return f"{MULTI} pools {', '.join(now)}; was {', '.join(then)}"

    @cached_property
    def _pools(self) -> tuple[dict[str, list[str]], ...]:
        return tuple(pools(side) for side in self._sides)

    @cached_property
    def _splits(self) -> dict[Where, str]:
        found = {} if seed_note(self.new, self.baseline) else dict(self._moved)
        return {**found, **changed_fold_counts(self.new, self.baseline)}

    @cached_property
    def _packages(self) -> str:
        parts = []
        now, then = (word(side, "aser_bench") for side in self._sides)
        if _differ((now, then)):
            parts.append(f"aser-bench {now}, was {then}")
        ours, theirs = (mapping(side, "packages") for side in self._sides)
        if ours is not None and theirs is not None:
            parts += [
                f"{name} {_said(ours.get(name), 'gone')}, was "
                f"{_said(theirs.get(name), 'not there')}"
                for name in sorted({*ours, *theirs})
                if ours.get(name) != theirs.get(name)
            ]
        return listed(parts)


def _differ(pair: _Pair) -> bool:
    """Whether both sides tell, and not the same."""
    return all(pair) and pair[0] != pair[1]


def _said(value: Any, nothing: str = "not set") -> str:
    return nothing if value is None else str(value)
