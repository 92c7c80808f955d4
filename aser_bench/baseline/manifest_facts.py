"""What a manifest and conditions.csv tell; what no run writes there tells nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from .reader import CheckInput

SETTINGS = (
    "preset",
    "effort",
    "bitrate_policy",
    "match_level",
    "max_epochs",
    "patience",
    "frame_pool",
    "class_weight",
    "limit",
)
"""Keys of a study that decide what is computed; not its name, runs and seed."""


def told(side: CheckInput, *keys: str) -> Any:
    """Return what a manifest has under keys, one within the other; None where it has nothing."""
    found: Any = side.manifest
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def mapping(side: CheckInput, *keys: str) -> Mapping[str, Any] | None:
    """Return a mapping of a manifest; None where there is none."""
    found = told(side, *keys)
    return found if isinstance(found, Mapping) else None


def word(side: CheckInput, *keys: str) -> str:
    """Return a text of a manifest in one line; empty where there is none."""
    found = told(side, *keys)
    return one_line(found) if isinstance(found, str) else ""


def versions(side: CheckInput, kind: str) -> Mapping[str, int | str] | None:
    """Return the versions of all ``features`` or ``models``; None where there are none."""
    found = mapping(side, "components", kind)
    if found is None:
        return None
    return {name: version for name, version in found.items() if _is_version(version)}


def odd_versions(side: CheckInput, kind: str) -> list[str]:
    """Return the feature sets or models of which the version is no version."""
    found = mapping(side, "components", kind) or {}
    return [name for name, version in found.items() if not _is_version(version)]


def _is_version(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and value != ""


def number(value: Any) -> float | None:
    """Return a number that can be reckoned with; None for all else, infinity too.

    Examples
    --------
    >>> number(2), number("2"), number(True), number(10**400)
    (2.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def one_line(value: Any) -> str:
    """Return a value as one line."""
    return " ".join(str(value).split())


def listed(parts: Iterable[str]) -> str:
    """Return sentences in one, without the empty ones."""
    return "; ".join(filter(None, parts))


def enumerated(names: Iterable[str]) -> str:
    """Return names as people list them.

    Examples
    --------
    >>> enumerated("a"), enumerated("abc")
    ('a', 'a, b and c')
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def seed(side: CheckInput) -> int | None:
    """Return the study's seed; None where it is not told."""
    found = told(side, "study", "seed")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def unsaid(side: CheckInput, other: CheckInput) -> list[str]:
    """Return in words what a manifest should tell beside that of another side, and does not."""
    study, corpora = (mapping(side, key) or {} for key in ("study", "corpora"))
    # Where nothing is encoded, ffmpeg does nothing.
    coded = bool(encoders(side) or encoders(other))
    facts = {
        "the seed": seed(side) is not None,
        "the version of aser-bench": bool(word(side, "aser_bench")),
        "the versions of packages": mapping(side, "packages") is not None,
        "the versions of feature sets": versions(side, "features") is not None,
        "the versions of models": versions(side, "models") is not None,
        "the version of ffmpeg": not coded or bool(word(side, "ffmpeg")),
    }
    for kind in ("features", "models"):
        facts.update((f"the version of {name}", False) for name in odd_versions(side, kind))
    for name in mapping(other, "corpora") or {}:
        if name in corpora:
            facts[f"the sha256 of {name}"] = bool(word(side, "corpora", name, "sha256"))
    asked = mapping(other, "study") or {}
    for key in SETTINGS:
        facts[f"the setting {key.replace('_', ' ')}"] = key in study or key not in asked
    return [one_line(what) for what, known in facts.items() if not known]


def nameless(side: CheckInput, other: CheckInput) -> list[str]:
    """Return the conditions of both sides of which only the other one names the encoder."""
    if side.conditions is None:
        return []
    here, named = encoders(side), encoders(other)
    rows = side.conditions[["corpus", "condition"]].itertuples(index=False, name=None)
    return list(dict.fromkeys(row[1] for row in rows if row in named and row not in here))


def encoders(side: CheckInput) -> dict[tuple[str, str], str]:
    """Return the encoder of each corpus and condition that tells one."""
    if side.conditions is None:
        return {}
    rows = side.conditions[["corpus", "condition", "encoder"]].itertuples(index=False, name=None)
    return {
        (corpus, condition): encoder
        for corpus, condition, encoder in rows
        if isinstance(encoder, str) and encoder
    }


def pools(side: CheckInput) -> dict[str, list[str]]:
    """Return the conditions of each corpus, without other names of the same stream."""
    if side.conditions is None:
        return {}
    own = side.conditions[side.conditions["same_as"] == ""]
    return {str(corpus): rows["condition"].tolist() for corpus, rows in own.groupby("corpus")}
