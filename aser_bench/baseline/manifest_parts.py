"""The manifest of a run as a baseline reads it: what no run writes there is left out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_COSTS = ("tasks", "cpu_s")
_MOST = 2**53  # more than anybody can count, and within what a table can hold


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Return the manifest of a run; None where the file is another or none."""
    try:
        found = json.loads(path.read_text("utf-8"))
        _ = found["aser_bench"], found["study"].keys()
        _ = [corpus.keys() for corpus in found["corpora"].values()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return found


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping, an empty one in place of all else."""
    return value if isinstance(value, Mapping) else {}


def as_word(value: Any) -> str:
    """Return a text, an empty one in place of all else."""
    return value if isinstance(value, str) else ""


def as_count(value: Any) -> int | None:
    """Return how many there are, None in place of all that is no such number.

    Examples
    --------
    >>> as_count(24), as_count(True), as_count("24"), as_count(-1)
    (24, None, None, None)
    """
    counts = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST
    return value if counts else None


def costs(stage: Any) -> dict[str, float]:
    """Return the tasks and CPU seconds of a stage; empty where they are not both told."""
    found = {name: as_mapping(stage).get(name) for name in _COSTS}
    return found if all(map(_is_cost, found.values())) else {}  # type: ignore[return-value]


def _is_cost(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
