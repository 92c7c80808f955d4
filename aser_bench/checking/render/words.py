"""What all formats say alike: which cell, what was found, what to do now."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ...evaluation.metrics import METRICS
from ...report.text import MISSING, fraction, interval, points
from ..base import (
    DIFFERENCES,
    EXIT_NOTHING,
    EXIT_OK,
    EXIT_WORSE,
    SAME,
    CellCheck,
    Checked,
    GuardCheck,
)
from .safe import plain

ARROW = "->"
ALL_IN_JSON = "--format json has all"
MOST_OBSTACLES = 20

_NAMES = ("corpus", "features", "model", "protocol")
_NONE = "none"
_TRAINED, _TESTED = "trained at", "tested at"


@dataclass(frozen=True)
class Named:
    """What tells the cells of a check apart.

    Attributes
    ----------
    same : tuple of str
        What all cells share: ``corpus demo``.
    titles : tuple of str
        The heads of what differs; conditions, if any differ, come last.
    words : tuple of tuple of str
        For each cell that was asked for, one word a title.
    """

    same: tuple[str, ...]
    titles: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]


def named(checked: Checked, cells: Sequence[CellCheck]) -> Named:
    """Return what all cells of a check share, and what tells ``cells`` apart."""
    heads = (*_NAMES, _TRAINED, _TESTED)
    values = [set(column) for column in zip(*(one.cell for one in checked.cells), strict=True)]
    shared = {head for head, found in zip(heads, values, strict=False) if len(found) == 1}
    pair = not shared & {_TRAINED, _TESTED}
    kept = [place for place, head in enumerate(heads) if head not in shared]
    titles = [heads[place] for place in kept]
    rows = [[plain(one.cell[place]) for place in kept] for one in cells]
    if pair:
        titles[-2:] = [f" {ARROW} ".join(titles[-2:])]
        rows = [[*row[:-2], f" {ARROW} ".join(row[-2:])] for row in rows]
    same = [
        f"{head} {plain(next(iter(found)))}"
        for head, found in zip(heads, values, strict=False)
        if head in shared
    ]
    return Named(tuple(same), tuple(titles), tuple(map(tuple, rows)))


def conditions(one: CellCheck) -> str:
    """Return at what a cell is trained and tested."""
    return plain(f"{one.cell[4]} {ARROW} {one.cell[5]}")


def full_name(one: CellCheck) -> str:
    """Return the name of a cell in one line."""
    return f"{plain(' / '.join(one.cell[:4]))}: {conditions(one)}"


def difference(one: CellCheck) -> str:
    """Return a difference in points with its interval, ``-`` where there is none."""
    ends = interval(one.low, one.high)
    return points(one.difference) if ends == MISSING else f"{points(one.difference)} {ends}"


def numbers(one: CellCheck) -> str:
    """Return both values and their difference in one line; empty where there are none."""
    if not (math.isfinite(one.baseline) or math.isfinite(one.value)):
        return ""
    lost = f", difference {difference(one)}" if math.isfinite(one.difference) else ""
    return f"baseline {fraction(one.baseline)}, new {fraction(one.value)}{lost}"


def measure(checked: Checked) -> str:
    """Return a sentence that says what the numbers of the cells are."""
    asked = checked.options
    return (
        f"{METRICS[asked.metric].title}; differences in points with their "
        f"{100 * (1 - asked.alpha):g} % intervals. A loss of up to "
        f"{100 * asked.margin:g} points counts as none."
    )


def decided_by(checked: Checked, one: GuardCheck) -> str:
    """Return the flag that decides on a guard with its value, as on the command line."""
    if not one.flag:
        return ""
    most = checked.options.tolerance(one.flag)
    return f"--{one.flag} {'off' if most is None else f'{most:g}'}"


def about(one: CellCheck | GuardCheck) -> str:
    """Return the reason, in one line that may be told."""
    return plain(one.reason).strip()


def moved(one: GuardCheck) -> str:
    """Return what a guard was and is, empty where neither is told."""
    if not (one.baseline or one.value):
        return ""
    return plain(f"{one.baseline or _NONE} {ARROW} {one.value or _NONE}")


def same_cells(checked: Checked) -> str:
    """Return how many cells are the same and how much was lost among them; empty for none."""
    same = [one for one in checked.cells if one.verdict == SAME]
    if not same:
        return ""
    known = [one for one in same if math.isfinite(one.difference)]
    worst = min(known, key=lambda one: one.difference, default=None)
    if worst is None or worst.difference >= 0:
        return f"{len(same)} the same; none of them lost."
    return (
        f"{len(same)} the same; the largest loss among them: {difference(worst)} points in "
        f"{full_name(worst)}"
    )


def same_guards(checked: Checked) -> str:
    """Return how many guards hold; empty for none."""
    count = sum(one.verdict == SAME for one in checked.guards)
    return f"{count} guard{'s hold' if count > 1 else ' holds'}" if count else ""


@dataclass(frozen=True)
class Advice:
    """What to do about a check that did not pass: sentences, what is in the way, a command."""

    sentences: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    command: str = ""


def advice(checked: Checked) -> Advice:
    """Return what to do now."""
    return _ADVICE[checked.exit_code](checked)


def _update(checked: Checked) -> str:
    sides = (shlex.quote(plain(side)) for side in (checked.new, checked.baseline))
    return f"aser-bench baseline update {' '.join(sides)}"


def _when_worse(checked: Checked) -> Advice:
    return Advice(
        ("If the new results are wanted, this accepts them as the baseline:",),
        command=_update(checked),
    )


def _when_nothing(checked: Checked) -> Advice:
    found = list(dict.fromkeys(plain(word) for one in checked.cells for word in one.differs))
    left = [name for name in DIFFERENCES if name not in checked.options.allow]
    if not found:
        return Advice(
            ("Nothing was comparable. This takes the new results as the baseline:",),
            command=_update(checked),
        )
    more = len(found) - MOST_OBSTACLES
    if more > 0:
        found[MOST_OBSTACLES:] = [f"{more} more; {ALL_IN_JSON}"]
    return Advice(
        (
            "Nothing was comparable. What stood in the way:",
            f"--allow NAME compares in spite of them ({', '.join(left)}); or this takes the "
            "new results as the baseline:",
        ),
        tuple(found),
        _update(checked),
    )


_ADVICE = {
    EXIT_OK: lambda checked: Advice(),
    EXIT_WORSE: _when_worse,
    EXIT_NOTHING: _when_nothing,
}
