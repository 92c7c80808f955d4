"""Numbers as words, and columns packed into a width: what LaTeX and the terminal share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .base import Entry

MISSING = "-"


def number(value: float) -> str:
    """Write a fraction with three decimals and without the zero before the point.

    Examples
    --------
    >>> number(0.5432), number(1.0), number(0.9996)
    ('.543', '1.000', '1.000')
    """
    text = f"{value:.3f}"
    return text.removeprefix("0") if text.startswith("0.") else text


def words(entry: Entry | None) -> tuple[str, str]:
    """Return the mean and the spread over folds as they are printed; either may be empty.

    A cell that nobody asked for is ``-``, one that failed altogether ``failed``, and a mean
    that is not defined ``n/a``.
    """
    if entry is None:
        return MISSING, ""
    if entry.failed:
        return "failed", ""
    if math.isnan(entry.mean):
        return "n/a", ""
    return number(entry.mean), "" if math.isnan(entry.sd_folds) else number(entry.sd_folds)


def kbps(value: float) -> str:
    """Write a bitrate in kbit/s with at most one decimal, ``-`` where there is none.

    Examples
    --------
    >>> kbps(32.0), kbps(12.65), kbps(float("nan"))
    ('32', '12.7', '-')
    """
    # Half up in decimals: 12.65 is a bitrate that people know, and binary 12.65 is below it.
    return MISSING if math.isnan(value) else f"{math.floor(value * 10 + 0.5 + 1e-9) / 10:g}"


def pack(widths: Sequence[float], groups: Sequence[str], budget: float) -> list[list[int]]:
    """Split columns into blocks that are no wider than ``budget``.

    Neighbours of one group stay together where a block can hold them all.

    Parameters
    ----------
    widths : sequence of float
        The width of each column, spacing included.
    groups : sequence of str
        The group of each column.
    budget : float
        The width of a block; a single column that is wider gets a block of its own.

    Returns
    -------
    list of list of int
        The columns of each block, in order.

    Examples
    --------
    >>> pack([3, 3, 3, 3], ["svm", "svm", "mlp", "mlp"], 10)
    [[0, 1], [2, 3]]
    """
    blocks: list[list[int]] = [[]]
    used = 0.0
    for chunk in _chunks(widths, groups, budget):
        width = sum(widths[column] for column in chunk)
        if blocks[-1] and used + width > budget:
            blocks.append([])
            used = 0.0
        blocks[-1] += chunk
        used += width
    return blocks


def _chunks(widths: Sequence[float], groups: Sequence[str], budget: float) -> list[list[int]]:
    """Return the columns group by group; a group that is too wide comes column by column."""
    runs: list[list[int]] = []
    for column, group in enumerate(groups):
        if runs and groups[runs[-1][-1]] == group:
            runs[-1].append(column)
        else:
            runs.append([column])
    chunks: list[list[int]] = []
    for run in runs:
        fits = sum(widths[column] for column in run) <= budget
        chunks += [run] if fits else [[column] for column in run]
    return chunks
