"""Formatting of numbers, file names, and packing of columns into a width."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

MISSING = "-"


def number(value: float) -> str:
    """Format a fraction with three decimals, without the zero before the point.

    Examples
    --------
    >>> number(0.5432), number(1.0), number(0.9996)
    ('.543', '1.000', '1.000')
    """
    text = f"{value:.3f}"
    return text.removeprefix("0") if text.startswith("0.") else text


def fixed(value: float, digits: int) -> str:
    """Format a number with fixed decimals, without ``-0.0``; ``-`` if it is undefined.

    Examples
    --------
    >>> fixed(-3.44, 1), fixed(-0.04, 1), fixed(float("nan"), 1)
    ('-3.4', '0.0', '-')
    """
    if not math.isfinite(value):
        return MISSING
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not float(text) else text


def fraction(value: float) -> str:
    """Format a fraction like `number`; ``-`` if it is undefined."""
    return number(value) if math.isfinite(value) else MISSING


def points(value: float) -> str:
    """Format a difference of two fractions in percentage points with one decimal.

    Examples
    --------
    >>> points(-0.034), points(0.0001)
    ('-3.4', '0.0')
    """
    return fixed(100 * value, 1)


def interval(low: float, high: float) -> str:
    """Format an interval in percentage points; ``-`` if there is none.

    Examples
    --------
    >>> interval(-0.061, -0.007)
    '[-6.1, -0.7]'
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return MISSING
    return f"[{points(low)}, {points(high)}]"


def fraction_interval(low: float, high: float) -> str:
    """Format an interval of fractions; empty if there is none.

    Examples
    --------
    >>> fraction_interval(0.3, 0.412), fraction_interval(float("nan"), 1)
    ('[.300, .412]', '')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"[{number(low)}, {number(high)}]"


def probability(value: float) -> str:
    """Format a p value with three decimals; values that round to zero are ``<.001``.

    Examples
    --------
    >>> probability(0.0123), probability(0.0001), probability(1.0)
    ('.012', '<.001', '1.000')
    """
    if not math.isfinite(value):
        return MISSING
    return "<.001" if value < 0.0005 else number(value)


def as_text(value: Any) -> str:
    """Return a text of a data frame; a missing value is an empty text.

    Examples
    --------
    >>> as_text("a"), as_text(float("nan")), as_text(None), as_text(pd.NA)
    ('a', '', '', '')
    """
    return "" if value is None or value is pd.NA or value != value else str(value).strip()


def as_float(value: Any) -> float:
    """Return a number of a data frame; a missing value or a text is NaN.

    Examples
    --------
    >>> as_float(2), as_float(None), as_float("")
    (2.0, nan, nan)
    """
    try:
        return math.nan if value is None or value is pd.NA else float(value)
    except (TypeError, ValueError):
        return math.nan


def capitalised(text: str) -> str:
    """Return a text with an initial capital; its other letters are unchanged."""
    return text[:1].upper() + text[1:]


def enumeration(names: Sequence[str], conjunction: str = "and") -> str:
    """Return names as a phrase.

    Examples
    --------
    >>> enumeration(["svm"]), enumeration(["svm", "mlp", "lstm"])
    ('svm', 'svm, mlp and lstm')
    """
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def stem(*parts: str) -> str:
    """Return a file name without extension that is valid on all systems.

    Examples
    --------
    >>> stem("demo", "my.pack:Feats", "speaker")
    'demo-my.pack_Feats-speaker'
    """
    return "-".join(re.sub(r"[^A-Za-z0-9._]+", "_", name).strip("_.") or "x" for name in parts)


def kbps(value: float) -> str:
    """Format a bitrate in kbit/s with at most one decimal; ``-`` if there is none.

    Examples
    --------
    >>> kbps(32.0), kbps(12.65), kbps(float("nan"))
    ('32', '12.7', '-')
    """
    # Rounds half up in decimal: 12.65 kbit/s is printed as 12.7, although binary 12.65 is less.
    return MISSING if math.isnan(value) else f"{math.floor(value * 10 + 0.5 + 1e-9) / 10:g}"


def pack(widths: Sequence[float], groups: Sequence[str], budget: float) -> list[list[int]]:
    """Split columns into blocks that are not wider than ``budget``.

    Neighbouring columns of one group stay together if they fit in a block.

    Parameters
    ----------
    widths : sequence of float
        The width of each column, spacing included.
    groups : sequence of str
        The group of each column.
    budget : float
        The maximum width of a block; a wider column is a block by itself.

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
    """Return the columns by group; the columns of a group that is too wide are separate."""
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
