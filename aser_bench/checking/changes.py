"""What is not as it was in the baseline: recordings, encoders, settings, versions, folds."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pandas as pd

from ..evaluation.outcomes import Key
from ..tables import CELL, MULTI
from .base import DIFFERENCES
from .evidence import Evidence
from .partitions import Where, failing, moved, numbers

SETTINGS = (
    "preset", "effort", "bitrate_policy", "match_level", "max_epochs", "patience", "frame_pool",
    "class_weight", "limit",
)  # fmt: skip
"""Keys of a study that decide what is computed; not its name, runs and seed."""

_HASH_DIGITS = 8

_NAMED = {
    "packages": "the versions of packages",
    "components": "the versions of feature sets and models",
}
"""Keys of a manifest that older ones may lack, and what they tell."""

_Pair = tuple[str, str]


def differences(new: Evidence, baseline: Evidence, key: Key) -> dict[str, str]:
    """Return what makes a cell of two sides incomparable.

    Parameters
    ----------
    new, baseline : Evidence
        Asked again for the next cell, most of the answer is at hand: do not change them.
    key : tuple of str
        The values of ``tables.CELL``.

    Returns
    -------
    dict of str to str
        A key of ``base.DIFFERENCES`` -> words that name both sides, the new one first. What one
        side does not tell is no difference; see `untold`.
    """
    return changes(new, baseline).of(key)


def untold(new: Evidence, baseline: Evidence) -> list[str]:
    """Return sentences on what cannot be told to differ or not, for want of files or keys."""
    found = []
    for side, other in ((new, "the baseline"), (baseline, "the new results")):
        if side.manifest is None:
            found.append(
                f"{side.path} has no manifest beside it: whether corpora, encoders, settings and "
                f"versions are those of {other} cannot be told"
            )
            continue
        found += [
            f"the manifest of {side.path} does not tell {what}: whether these are those of {other} "
            "cannot be told"
            for key, what in _NAMED.items()
            if told(side, key) is None
        ]
        if side.conditions is None:
            found.append(
                f"{side.path} has no conditions.csv beside it: whether encoders are those of "
                f"{other} cannot be told"
            )
    if new.folds is None or baseline.folds is None:
        without = " and ".join(str(side.path) for side in (new, baseline) if side.folds is None)
        found.append(f"{without} tells scores only: of the folds, no more than their number")
    return found


def seeds(new: Evidence, baseline: Evidence) -> str:
    """Say so if both sides tell their seed and another one was drawn with; else empty."""
    if new.seed is None or baseline.seed is None or new.seed == baseline.seed:
        return ""
    return (
        f"seed {new.seed}, was {baseline.seed}: folds and random starts were drawn anew, and "
        "differences include that"
    )


def changes(new: Evidence, baseline: Evidence) -> Changes:
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
def _changes(new: _Same, baseline: _Same) -> Changes:
    return Changes(new.one, baseline.one)


@dataclass(frozen=True, eq=False)
class Changes:
    """What differs between two sides; every answer is empty where nothing does."""

    new: Evidence
    baseline: Evidence

    def of(self, key: Key) -> dict[str, str]:
        """Return what differs for a cell; see `differences`."""
        cell = dict(zip(CELL, key, strict=True))
        corpus, trained, tested = cell["corpus"], cell["train_condition"], cell["test_condition"]
        found = {
            "corpus": self.corpus(corpus),
            "encoder": self.encoders(corpus, {trained, tested}),
            "settings": _listed((self._settings, self._pool(corpus) if trained == MULTI else "")),
            "components": _listed(
                (self.component("features", cell["features"]),
                 self.component("models", cell["model"]))
            ),
            "splits": self._splits.get((corpus, cell["protocol"]), ""),
            "packages": self._packages,
        }  # fmt: skip
        return {name: found[name] for name in DIFFERENCES if found[name]}

    def corpus(self, name: str) -> str:
        """Say so if the recordings or labels of a corpus are others."""
        now, then = (told(side, "corpora", name, "sha256") for side in self._sides)
        if now is None or then is None or now == then:
            return ""
        return (
            f"recordings or labels of {name} are others (sha256 {str(now)[:_HASH_DIGITS]}, was "
            f"{str(then)[:_HASH_DIGITS]})"
        )

    def encoders(self, corpus: str, conditions: Container[str]) -> str:
        """Name each other encoder, with the conditions that it made; ``multi`` is all of them."""
        names: dict[_Pair, list[str]] = {}
        for (where, condition), pair in self._encoders.items():
            if where == corpus and (MULTI in conditions or condition in conditions):
                names.setdefault(pair, []).append(condition)
        return _listed(
            f"{', '.join(some)}: {now}, was {then}" for (now, then), some in names.items()
        )

    def component(self, kind: str, name: str) -> str:
        """Say so if a feature set (``kind`` features) or a model (models) has another version."""
        return self._components.get((kind, name), "")

    def redrawn(self, corpus: str, protocol: str) -> int:
        """Return how many folds there are if they are others than the baseline's, else 0."""
        where = corpus, protocol
        return numbers(self.new)[where] if where in self._moved else 0

    @cached_property
    def _moved(self) -> dict[Where, str]:
        return moved(self.new, self.baseline)

    @property
    def _sides(self) -> tuple[Evidence, Evidence]:
        return self.new, self.baseline

    @cached_property
    def _components(self) -> dict[tuple[str, str], str]:
        found = {}
        for kind in ("features", "models"):
            now, then = (told(side, "components", kind) or {} for side in self._sides)
            for name in [name for name in now if name in then and now[name] != then[name]]:
                found[kind, name] = f"{name} version {now[name]}, was {then[name]}"
        return found

    @cached_property
    def _encoders(self) -> dict[Where, _Pair]:
        """Hold both encoders of each corpus and condition that have not the same."""
        now, then = (_encoders(side.conditions) for side in self._sides)
        both = {where: (now[where], then[where]) for where in now if where in then}
        return {where: pair for where, pair in both.items() if pair[0] != pair[1]}

    @cached_property
    def _settings(self) -> str:
        now, then = (told(side, "study") or {} for side in self._sides)
        return _listed(
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
        return tuple(_conditions(side.conditions) for side in self._sides)

    @cached_property
    def _splits(self) -> dict[Where, str]:
        found = {} if seeds(self.new, self.baseline) else dict(self._moved)
        now, then = (numbers(side) for side in self._sides)
        for where in [where for where in now if where in then and now[where] != then[where]]:
            fewer = self.new if now[where] < then[where] else self.baseline
            # A fold in which everything failed is not there; that is a failure, no other split.
            if where not in found and where in failing(fewer):
                continue
            found[where] = f"{' '.join(where)}: {_folds(now[where])}, was {_folds(then[where])}"
        return found

    @cached_property
    def _packages(self) -> str:
        parts = []
        now, then = (told(side, "aser_bench") for side in self._sides)
        if now and then and now != then:
            parts.append(f"aser-bench {now}, was {then}")
        now, then = (told(side, "packages") for side in self._sides)
        if isinstance(now, Mapping) and isinstance(then, Mapping):
            parts += [
                f"{name} {now.get(name, 'gone')}, was {then.get(name, 'not there')}"
                for name in sorted({*now, *then})
                if now.get(name) != then.get(name)
            ]
        return _listed(parts)


def told(side: Evidence, *keys: str) -> Any:
    """Return what a manifest has under keys, one within the other; None where it has nothing."""
    found: Any = side.manifest
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _listed(parts: Iterable[str]) -> str:
    return "; ".join(filter(None, parts))


def _said(value: Any) -> str:
    return "not set" if value is None else str(value)


def _folds(number: int) -> str:
    return f"{number} fold{'' if number == 1 else 's'}"


def _encoders(conditions: pd.DataFrame | None) -> dict[Where, str]:
    """Return the encoder of each corpus and condition that tells one."""
    if conditions is None:
        return {}
    rows = conditions[["corpus", "condition", "encoder"]].itertuples(index=False, name=None)
    return {
        (corpus, condition): encoder
        for corpus, condition, encoder in rows
        if isinstance(encoder, str) and encoder
    }


def _conditions(conditions: pd.DataFrame | None) -> dict[str, list[str]]:
    """Return the conditions of each corpus, without other names of the same stream."""
    if conditions is None:
        return {}
    own = conditions[conditions["same_as"] == ""]
    return {str(corpus): rows["condition"].tolist() for corpus, rows in own.groupby("corpus")}
