"""What all formats say alike: which cell, what was found, what to do now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...evaluation.metrics import METRICS
from ...report.text import MISSING, fraction, interval, points
from ..base import INCONCLUSIVE, SAME, CellCheck, CheckResult, GuardCheck
from .sanitize import plain

ARROW = "->"
ALL_IN_JSON = "--format json has all"

_SLACK = 1e-9  # .50 less .48 is not quite .02
_NAMES = ("corpus", "features", "model", "protocol")
_NONE = "none"
_TRAINED, _TESTED = "trained at", "tested at"


@dataclass(frozen=True)
class CellNames:
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


def cell_names(checked: CheckResult, cells: Sequence[CellCheck]) -> CellNames:
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
    return CellNames(tuple(same), tuple(titles), tuple(map(tuple, rows)))


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


def cell_values(one: CellCheck) -> str:
    """Return both values and their difference in one line; empty where there are none."""
    if not (math.isfinite(one.baseline) or math.isfinite(one.value)):
        return ""
    lost = f", difference {difference(one)}" if math.isfinite(one.difference) else ""
    return f"baseline {fraction(one.baseline)}, new {fraction(one.value)}{lost}"


def metric_note(checked: CheckResult) -> str:
    """Return a sentence that says what the numbers of the cells are."""
    asked = checked.options
    return (
        f"{METRICS[asked.metric].title}; differences in points with their "
        f"{100 * (1 - asked.alpha):g} % intervals. A loss of up to "
        f"{100 * asked.margin:g} points counts as none."
    )


def tolerance_flag(checked: CheckResult, one: GuardCheck) -> str:
    """Return the flag that decides on a guard with its value, as on the command line."""
    if not one.flag:
        return ""
    most = checked.options.tolerance(one.flag)
    return f"--{one.flag} {'off' if most is None else f'{most:g}'}"


def reason(one: CellCheck | GuardCheck) -> str:
    """Return the reason, in one line that may be told."""
    return plain(one.reason).strip()


def guard_values(one: GuardCheck) -> str:
    """Return what a guard was and is, empty where neither is told."""
    if not (one.baseline or one.value):
        return ""
    return plain(f"{one.baseline or _NONE} {ARROW} {one.value or _NONE}")


def same_summary(checked: CheckResult) -> str:
    """Return how many cells are the same and how much was lost among them; empty for none."""
    same = [one for one in checked.cells if one.verdict == SAME]
    return f"{len(same)} the same; {_largest_loss(same)}" if same else ""


def listed_cells(checked: CheckResult) -> list[CellCheck]:
    """Return the cells that are told one by one; the others are counted."""
    counted = set(map(id, _within_margin(checked)))
    return [one for one in checked.cells if one.verdict != SAME and id(one) not in counted]


def inconclusive_summary(checked: CheckResult) -> str:
    """Return how many undecided cells moved by no more than the margin; empty for none."""
    found = _within_margin(checked)
    if not found:
        return ""
    said = [f"{len(found)} undecided within the margin", _largest_loss(found).removesuffix(".")]
    worst, wide = _worst(found), max(found, key=_width)
    if _width(wide) > (_width(worst) if worst else -1.0):
        said.append(f"the widest interval: {difference(wide)} points in {full_name(wide)}")
    return "; ".join(said)


def _within_margin(checked: CheckResult) -> list[CellCheck]:
    """Return the undecided cells that moved by no more than the margin, if these do not fail.

    Where cells have few speakers, they are most of a table, and none of them is news.
    """
    most = checked.options.margin + _SLACK
    return [
        one
        for one in checked.cells
        if one.verdict == INCONCLUSIVE and abs(one.difference) <= most and not checked.fails(one)
    ]


def _width(one: CellCheck) -> float:
    width = one.high - one.low
    return width if math.isfinite(width) else -1.0


def _worst(cells: Sequence[CellCheck]) -> CellCheck | None:
    """Return the cell that lost most, None where no loss can be seen."""
    known = [one for one in cells if math.isfinite(one.difference)]
    worst = min(known, key=lambda one: one.difference, default=None)
    return worst if worst and points(worst.difference).startswith("-") else None


def _largest_loss(cells: Sequence[CellCheck]) -> str:
    worst = _worst(cells)
    if worst is None:
        return "none of them lost."
    return f"the largest loss among them: {difference(worst)} points in {full_name(worst)}"


def guards_summary(checked: CheckResult) -> str:
    """Return how many guards hold; empty for none."""
    count = sum(one.verdict == SAME for one in checked.guards)
    return f"{count} guard{'s hold' if count > 1 else ' holds'}" if count else ""
