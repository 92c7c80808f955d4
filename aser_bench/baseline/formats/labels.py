"""Texts that all formats share: names of cells, values, and counts of cells not listed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.metrics import get_metric
from ...report.text import MISSING, fraction, interval, points
from ..verdicts import INCONCLUSIVE, SAME, CellCheck, CheckResult, GuardCheck, verdict_label
from .sanitize import plain

ARROW = "->"
ALL_IN_JSON = "--format json lists all"

_ROUNDING = 1e-9  # 0.50 - 0.48 is not exactly 0.02
_TRAINED, _TESTED = "trained at", "tested at"
_HEADINGS = ("corpus", "features", "model", "protocol", _TRAINED, _TESTED)


@dataclass(frozen=True)
class CellNames:
    """The names of cells, split into the shared part and the rest.

    Attributes
    ----------
    shared : tuple of str
        What all cells share: ``corpus demo``.
    headings : tuple of str
        The headings of what differs; conditions, if any differ, come last.
    rows : tuple of tuple of str
        One text for each cell and heading.
    """

    shared: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def cell_names(result: CheckResult, cells: Sequence[CellCheck]) -> CellNames:
    """Return what all cells of a check share, and the other parts of the names of ``cells``."""
    columns = [set(column) for column in zip(*(cell.cell for cell in result.cells), strict=True)]
    shared = {
        heading: plain(next(iter(values)))
        for heading, values in zip(_HEADINGS, columns, strict=False)
        if len(values) == 1
    }
    varying = [index for index, heading in enumerate(_HEADINGS) if heading not in shared]
    headings = [_HEADINGS[index] for index in varying]
    rows = [[plain(cell.cell[index]) for index in varying] for cell in cells]
    if not shared.keys() & {_TRAINED, _TESTED}:
        headings[-2:] = [f" {ARROW} ".join(headings[-2:])]
        rows = [[*row[:-2], f" {ARROW} ".join(row[-2:])] for row in rows]
    return CellNames(
        tuple(f"{heading} {value}" for heading, value in shared.items()),
        tuple(headings),
        tuple(map(tuple, rows)),
    )


def verdict(row: CellCheck | GuardCheck) -> str:
    """Return the verdict of a cell or guard as shown to people."""
    return verdict_label(row.verdict)


def conditions(cell: CellCheck) -> str:
    """Return the training and test conditions of a cell."""
    return plain(f"{cell.cell[4]} {ARROW} {cell.cell[5]}")


def full_name(cell: CellCheck) -> str:
    """Return the name of a cell in one line."""
    return f"{plain(' / '.join(cell.cell[:4]))}: {conditions(cell)}"


def difference(cell: CellCheck) -> str:
    """Return a difference in points with its interval, ``-`` if there is none."""
    ends = interval(cell.low, cell.high)
    return points(cell.difference) if ends == MISSING else f"{points(cell.difference)} {ends}"


def cell_values(cell: CellCheck) -> str:
    """Return both values and their difference in one line; empty if there are none."""
    if not (math.isfinite(cell.baseline) or math.isfinite(cell.value)):
        return ""
    change = f", difference {difference(cell)}" if math.isfinite(cell.difference) else ""
    return f"baseline {fraction(cell.baseline)}, new {fraction(cell.value)}{change}"


def metric_note(result: CheckResult) -> str:
    """Return sentences that explain the numbers of the cells."""
    options = result.options
    return (
        f"{get_metric(options.metric).title}; differences in points with their "
        f"{100 * (1 - options.alpha):g} % intervals. A loss of up to "
        f"{100 * options.margin:g} points is tolerated."
    )


def tolerance_flag(result: CheckResult, guard: GuardCheck) -> str:
    """Return the flag that decides on a guard with its value, as on the command line."""
    if not guard.flag:
        return ""
    tolerance = result.options.tolerance(guard.flag)
    return f"--{guard.flag} {'off' if tolerance is None else f'{tolerance:g}'}"


def reason(row: CellCheck | GuardCheck) -> str:
    """Return the reason of a verdict in one printable line."""
    return plain(row.reason).strip()


def guard_values(guard: GuardCheck) -> str:
    """Return both values of a guard; empty if there are none."""
    if not (guard.baseline or guard.value):
        return ""
    return plain(f"{guard.baseline or 'none'} {ARROW} {guard.value or 'none'}")


def listed_cells(result: CheckResult) -> list[CellCheck]:
    """Return the cells that are listed; the others are only counted."""
    counted = set(map(id, _inconclusive_within_margin(result)))
    return [cell for cell in result.cells if cell.verdict != SAME and id(cell) not in counted]


def same_summary(result: CheckResult) -> str:
    """Return the number of cells that are the same and their largest loss; empty if none."""
    same = [cell for cell in result.cells if cell.verdict == SAME]
    return f"{len(same)} the same; {_largest_loss(same)}" if same else ""


def inconclusive_summary(result: CheckResult) -> str:
    """Return the number of inconclusive cells that are not listed; empty if none."""
    cells = _inconclusive_within_margin(result)
    if not cells:
        return ""
    parts = [f"{len(cells)} inconclusive within the margin", _largest_loss(cells).removesuffix(".")]
    worst, widest = _worst(cells), max(cells, key=_interval_width)
    if _interval_width(widest) > (_interval_width(worst) if worst else -1.0):
        parts.append(f"the widest interval: {difference(widest)} points in {full_name(widest)}")
    return "; ".join(parts)


def _inconclusive_within_margin(result: CheckResult) -> list[CellCheck]:
    """Return the inconclusive cells that moved by at most the margin and do not fail.

    With few speakers most cells of a table are among these, and listing them is of no use.
    """
    limit = result.options.margin + _ROUNDING
    return [
        cell
        for cell in result.cells
        if cell.verdict == INCONCLUSIVE and abs(cell.difference) <= limit and not result.fails(cell)
    ]


def _interval_width(cell: CellCheck) -> float:
    width = cell.high - cell.low
    return width if math.isfinite(width) else -1.0


def _worst(cells: Sequence[CellCheck]) -> CellCheck | None:
    """Return the cell with the largest loss, None if no loss is visible after rounding."""
    compared = [cell for cell in cells if math.isfinite(cell.difference)]
    worst = min(compared, key=lambda cell: cell.difference, default=None)
    return worst if worst and points(worst.difference).startswith("-") else None


def _largest_loss(cells: Sequence[CellCheck]) -> str:
    worst = _worst(cells)
    if worst is None:
        return "none of them lost."
    return f"the largest loss among them: {difference(worst)} points in {full_name(worst)}"


def guards_summary(result: CheckResult) -> str:
    """Return the number of guards that pass; empty if none."""
    count = sum(guard.verdict == SAME for guard in result.guards)
    return f"{count} guard{'s pass' if count > 1 else ' passes'}" if count else ""
