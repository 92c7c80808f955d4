"""Numbers as words, and columns packed into a width: what the writers share."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

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


def fixed(value: float, digits: int) -> str:
    """Write a number with so many decimals, never as ``-0.0``; ``-`` where it is not defined.

    Examples
    --------
    >>> fixed(-3.44, 1), fixed(-0.04, 1), fixed(float("nan"), 1)
    ('-3.4', '0.0', '-')
    """
    if not math.isfinite(value):
        return MISSING
    word = f"{value:.{digits}f}"
    return word.removeprefix("-") if not float(word) else word


def fraction(value: float) -> str:
    """Write a fraction as `number` does, ``-`` where it is not defined."""
    return number(value) if math.isfinite(value) else MISSING


def points(value: float) -> str:
    """Write a difference of two fractions in percentage points with one decimal.

    Examples
    --------
    >>> points(-0.034), points(0.0001)
    ('-3.4', '0.0')
    """
    return fixed(100 * value, 1)


def interval(low: float, high: float) -> str:
    """Write the ends of an interval in percentage points, ``-`` where there is none.

    Examples
    --------
    >>> interval(-0.061, -0.007)
    '[-6.1, -0.7]'
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return MISSING
    return f"[{points(low)}, {points(high)}]"


def probability(value: float) -> str:
    """Write a p value with three decimals; one that would print as zero is ``<.001``.

    Examples
    --------
    >>> probability(0.0123), probability(0.0001), probability(1.0)
    ('.012', '<.001', '1.000')
    """
    if not math.isfinite(value):
        return MISSING
    return "<.001" if value < 0.0005 else number(value)


def said(value: Any) -> str:
    """Return a text of a data frame; empty where it is missing, as it is in a file.

    Examples
    --------
    >>> said("a"), said(float("nan")), said(None), said(pd.NA)
    ('a', '', '', '')
    """
    return "" if value is None or value is pd.NA or value != value else str(value).strip()


def stem(*parts: str) -> str:
    """Return a file name without ending that every system takes.

    Examples
    --------
    >>> stem("demo", "my.pack:Feats", "speaker")
    'demo-my.pack_Feats-speaker'
    """
    return "-".join(re.sub(r"[^A-Za-z0-9._]+", "_", name).strip("_.") or "x" for name in parts)


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
