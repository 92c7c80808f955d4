"""Cells of the page's tables; a missing number is a dash and is sorted last."""

from __future__ import annotations

import math
from typing import Any

from ..text import as_text, kbps, number
from .grid import EMPTY, Cell

MINUS = "\u2212"


def finite(value: Any) -> float | None:
    """Return a number, or None if the value is empty, NaN or infinite."""
    try:
        result = float(value)
    except (TypeError, ValueError):
        return None
    return result if math.isfinite(result) else None


def text_cell(value: Any, tone: str = "") -> Cell:
    """Return a text as a cell."""
    return Cell(as_text(value) or EMPTY, tone=tone)


def fraction(value: Any) -> Cell:
    """Return a fraction with three decimals, such as ``.356``."""
    result = finite(value)
    return Cell(EMPTY) if result is None else Cell(number(result), result)


def points(value: Any, mark: str = "") -> Cell:
    """Return a difference of fractions in percentage points, with its sign."""
    result = finite(value)
    return Cell(EMPTY) if result is None else Cell(signed(100 * result), result, mark)


def decimal(value: Any, digits: int = 2) -> Cell:
    """Return a number with a fixed number of decimals."""
    result = finite(value)
    if result is None:
        return Cell(EMPTY)
    return Cell(_plain(f"{result:.{digits}f}").replace("-", MINUS), result)


def count(value: Any) -> Cell:
    """Return a whole number with thousands separated by a narrow space.

    Examples
    --------
    >>> count(12345.0).text
    '12\u202f345'
    """
    result = finite(value)
    if result is None:
        return Cell(EMPTY)
    return Cell(f"{result:,.0f}".replace(",", "\u202f").replace("-", MINUS), result)


def rate(value: Any) -> Cell:
    """Return a bitrate in kbit/s."""
    result = finite(value)
    return Cell(EMPTY) if result is None else Cell(kbps(result), result)


def percent(value: Any) -> Cell:
    """Return a share in percent."""
    result = finite(value)
    if result is None:
        return Cell(EMPTY)
    return Cell(f"{_plain(f'{100 * result:.0f}')} %".replace("-", MINUS), result)


def probability(value: Any) -> Cell:
    """Return a p value.

    Examples
    --------
    >>> probability(0.00002).text, probability(0.0412).text, probability(1).text
    ('< .001', '.041', '1.000')
    """
    result = finite(value)
    if result is None:
        return Cell(EMPTY)
    return Cell("< .001" if result < 0.001 else number(result), result)


def interval(low: Any, high: Any) -> str:
    """Return an interval in percentage points, or an empty string if there is none.

    Examples
    --------
    >>> interval(-0.061, 0.004), interval(float("nan"), 1)
    ('[−6.1, +0.4]', '')
    """
    ends = finite(low), finite(high)
    if ends[0] is None or ends[1] is None:
        return ""
    return f"[{signed(100 * ends[0])}, {signed(100 * ends[1])}]"


def signed(value: float) -> str:
    """Return a number with one decimal and its sign; zero has no sign.

    Examples
    --------
    >>> signed(-3.44), signed(2.0), signed(-0.01)
    ('−3.4', '+2.0', '0.0')
    """
    text = f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", MINUS)


def is_true(value: Any) -> bool:
    """Return whether a flag is set; a missing flag is not set."""
    return as_text(value).lower() in ("true", "1", "1.0")


def plural(number_of: float, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "speaker"), plural(1440, "utterance")
    ('1 speaker', '1\u202f440 utterances')
    """
    return f"{count(number_of).text} {noun}{'' if number_of == 1 else 's'}"


def _plain(text: str) -> str:
    """Return the text of a number; a zero has no minus sign."""
    return text if text.strip("-0.") else text.removeprefix("-")
