"""Advice on what to do after a check: allow differences, or accept the new results."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from ..options import DIFFERENCES
from ..verdicts import CHANGED, EXIT_NOTHING, EXIT_OK, EXIT_WORSE, CheckResult
from .labels import ALL_IN_JSON
from .sanitize import plain

MAX_OBSTACLES = 20

UPDATE_COMMAND = "aser-bench baseline update"


@dataclass(frozen=True)
class Advice:
    """Advice on what to do after a check.

    Attributes
    ----------
    sentences : tuple of str
    obstacles : tuple of str
        What prevented a comparison; listed after the first sentence.
    command : str
        Comes last; empty if there is none.
    """

    sentences: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    command: str = ""


def advise(result: CheckResult) -> Advice:
    """Return advice; commands that cannot work are left out."""
    return _ADVICE[result.exit_code](result)


def _update_command(result: CheckResult) -> str:
    """Return the command that accepts the new results as the baseline; empty if it cannot work."""
    sides = result.new, result.baseline
    typeable = all(plain(side) == side and not side.startswith("-") for side in sides)
    possible = typeable and _can_update(*map(Path, sides))
    return f"{UPDATE_COMMAND} {shlex.join(sides)}" if possible else ""


def _can_update(new: Path, baseline: Path) -> bool:
    """Whether ``new`` is a results folder, and ``baseline`` is a baseline or does not exist."""
    try:
        if not (new / "manifest.json").is_file():
            return False
        is_baseline = (baseline / "cells.csv").is_file() and not (baseline / "drift.csv").exists()
        return is_baseline or not baseline.exists()
    except (OSError, ValueError):  # not a valid path
        return False


def _allow_sentences(result: CheckResult) -> tuple[str, ...]:
    """Return a sentence on --allow if it would compare more; else nothing."""
    guards = any(guard.verdict == CHANGED for guard in result.guards)
    cells = any(cell.verdict == CHANGED and cell.differs for cell in result.cells)
    if not (guards or cells) or not _not_allowed(result):
        return ()
    return (f"--allow NAME compares in spite of the changes ({_not_allowed(result)}).",)


def _not_allowed(result: CheckResult) -> str:
    return ", ".join(name for name in DIFFERENCES if name not in result.options.allow)


def _when_passed(result: CheckResult) -> Advice:
    return Advice(_allow_sentences(result))


def _when_worse(result: CheckResult) -> Advice:
    command = _update_command(result)
    accept = ("To accept the new results as the baseline, run:",) if command else ()
    return Advice((*_allow_sentences(result), *accept), command=command)


def _when_nothing_comparable(result: CheckResult) -> Advice:
    obstacles = list(dict.fromkeys(plain(text) for cell in result.cells for text in cell.differs))
    command = _update_command(result)
    if not obstacles:
        accept = " To accept the new results as the baseline, run:" if command else ""
        return Advice((f"No cell could be compared.{accept}",), command=command)
    more = len(obstacles) - MAX_OBSTACLES
    if more > 0:
        obstacles[MAX_OBSTACLES:] = [f"{more} more; {ALL_IN_JSON}"]
    allow = f"--allow NAME compares in spite of these ({_not_allowed(result)})"
    ways = f"{allow}; to accept the new results as the baseline, run:" if command else f"{allow}."
    return Advice(("No cell could be compared, because of:", ways), tuple(obstacles), command)


_ADVICE = {
    EXIT_OK: _when_passed,
    EXIT_WORSE: _when_worse,
    EXIT_NOTHING: _when_nothing_comparable,
}
