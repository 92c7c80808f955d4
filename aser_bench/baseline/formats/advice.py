"""What to do about a check: compare in spite of what differs, or take the new results."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from ..base import CHANGED, DIFFERENCES, EXIT_NOTHING, EXIT_OK, EXIT_WORSE, CheckResult
from .labels import ALL_IN_JSON
from .sanitize import plain

MAX_OBSTACLES = 20

UPDATE = "aser-bench baseline update"


@dataclass(frozen=True)
class Advice:
    """What to do: sentences, what is in the way (told below the first of them), a command."""

    sentences: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    command: str = ""


def advise(checked: CheckResult) -> Advice:
    """Return what to do now; nothing that is known not to work."""
    return _ADVICE[checked.exit_code](checked)


def _update(checked: CheckResult) -> str:
    """Return the command that takes the new results as the baseline, empty where it cannot."""
    sides = checked.new, checked.baseline
    typed = all(plain(side) == side and not side.startswith("-") for side in sides)
    return f"{UPDATE} {shlex.join(sides)}" if typed and _updatable(*map(Path, sides)) else ""


def _updatable(new: Path, baseline: Path) -> bool:
    """Whether one is a folder of results and the other one a baseline, or not there yet."""
    try:
        if not (new / "manifest.json").is_file():
            return False
        kept = (baseline / "cells.csv").is_file() and not (baseline / "drift.csv").exists()
        return kept or not baseline.exists()
    except (OSError, ValueError):  # no path at all
        return False


def _allow(checked: CheckResult) -> tuple[str, ...]:
    """Return a sentence on what was not compared though it could be, if anything was not."""
    changed = [one for one in checked.guards if one.verdict == CHANGED]
    named = [one for one in checked.cells if one.verdict == CHANGED and one.differs]
    if not (changed or named) or not _left(checked):
        return ()
    return (f"--allow NAME compares in spite of what is changed ({_left(checked)}).",)


def _left(checked: CheckResult) -> str:
    return ", ".join(name for name in DIFFERENCES if name not in checked.options.allow)


def _when_passed(checked: CheckResult) -> Advice:
    return Advice(_allow(checked))


def _when_worse(checked: CheckResult) -> Advice:
    command = _update(checked)
    accept = "If the new results are wanted, this accepts them as the baseline:"
    return Advice((*_allow(checked), *([accept] if command else [])), command=command)


def _when_nothing(checked: CheckResult) -> Advice:
    found = list(dict.fromkeys(plain(word) for one in checked.cells for word in one.differs))
    command, take = _update(checked), "his takes the new results as the baseline:"
    if not found:
        first = f"Nothing was comparable.{f' T{take}' if command else ''}"
        return Advice((first,), command=command)
    more = len(found) - MAX_OBSTACLES
    if more > 0:
        found[MAX_OBSTACLES:] = [f"{more} more; {ALL_IN_JSON}"]
    allow = f"--allow NAME compares in spite of them ({_left(checked)})"
    ways = f"{allow}; or t{take}" if command else f"{allow}."
    return Advice(("Nothing was comparable. What stood in the way:", ways), tuple(found), command)


_ADVICE = {EXIT_OK: _when_passed, EXIT_WORSE: _when_worse, EXIT_NOTHING: _when_nothing}
