"""Helpers of all guards: tolerances, texts of shifts, and rows for missing values."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..verdicts import INCONCLUSIVE, MISSING, GuardCheck

_ROUNDING = 1e-9
_ALL_DIGITS = 17
_SINGULAR = {"samples": "sample"}


def exceeds(shift: float, tolerance: float) -> bool:
    """Whether a shift is larger than a tolerance, apart from rounding errors.

    Examples
    --------
    >>> exceeds((8.08 - 8) / 8, 0.01), exceeds(0.0101, 0.01)
    (False, True)
    """
    return shift > tolerance + _ROUNDING * max(1.0, tolerance)


def relative_shift(value: float, baseline: float) -> float:
    """Return the shift as a fraction of the baseline; infinite for any shift from 0.

    Examples
    --------
    >>> relative_shift(9, 8), relative_shift(0, 0), relative_shift(1, 0)
    (0.125, 0.0, inf)
    """
    if value == baseline:
        return 0.0
    return abs(value - baseline) / abs(baseline) if baseline else math.inf


def format_shift(
    shift: float, tolerance: float, unit: str, scale: float = 1.0, digits: int = 3
) -> str:
    """Return a shift as text, with the tolerance if the shift exceeds it.

    Parameters
    ----------
    shift, tolerance : float
    unit : str
        The text after the numbers.
    scale : float
        100 for percent.
    digits : int
        Number of significant digits; more if the shift would otherwise equal the tolerance.

    Examples
    --------
    >>> format_shift(0.0101, 0.02, "%", 100)
    '1.01 %'
    >>> format_shift(0.010004, 0.01, "%", 100)
    '1.0004 %, more than 1 %'
    """
    text = _rounded(scale * shift, digits)
    if not exceeds(shift, tolerance):
        return with_unit(text, unit)
    limit = f"{scale * tolerance:.12g}"
    for more in range(digits, _ALL_DIGITS):
        if float(text) > float(limit):
            break
        text = _rounded(scale * shift, more + 1)
    return f"{with_unit(text, unit)}, more than {with_unit(limit, unit)}"


def with_unit(number: str, unit: str) -> str:
    """Return a number with its unit, in the singular for 1."""
    return f"{number} {_SINGULAR.get(unit, unit) if number in ('1', '-1') else unit}"


def _rounded(number: float, digits: int) -> str:
    whole = len(f"{abs(number):.0f}")  # to avoid 1.23e+04 for 12345
    return f"{number:.{min(max(digits, whole), _ALL_DIGITS)}g}"


def missing_row(guard: str, what: str, reason: str, baseline: str = "") -> GuardCheck:
    """Return the row of a value that the baseline has and the new results lack."""
    return GuardCheck(guard, what, MISSING, reason, baseline=baseline)


def missing_file_rows(
    guard: str, file: str, new: object | None, baseline: object | None
) -> tuple[GuardCheck, ...]:
    """Return a row for a file that only one side has.

    Empty if neither side has it, such as two tables of scores: then nothing was guarded before.

    Parameters
    ----------
    guard, file : str
    new, baseline : object or None
        The content of the file, None for a side without it.
    """
    if (new is None) == (baseline is None):
        return ()
    reason = (
        f"the new results have no {file}, the baseline has it"
        if new is None
        else f"the baseline has no {file}: run its study again with this version and update it"
    )
    return (GuardCheck(guard, file, INCONCLUSIVE, reason),)


def unreported_row(
    guard: str, what: str, fact: str, new: bool, baseline: bool, flag: str = ""
) -> GuardCheck:
    """Return the row of a fact that at least one side does not report.

    Parameters
    ----------
    guard, what, fact : str
    new, baseline : bool
        Whether each side reports it.
    flag : str
    """
    sides = "the baseline does" if new else "the new results do" if baseline else "both sides do"
    return GuardCheck(guard, what, INCONCLUSIVE, f"{sides} not report {fact}", flag=flag)


def abbreviate(items: Iterable[str], limit: int = 2) -> str:
    """Return the first of some names, and the number of the others.

    Examples
    --------
    >>> abbreviate("abc"), abbreviate("abcd")
    ('a, b and 1 other', 'a, b and 2 others')
    """
    names = list(items)
    rest = len(names) - limit
    more = f" and {rest} other{'s' if rest > 1 else ''}" if rest > 0 else ""
    return ", ".join(names[:limit]) + more


def missing_corpora(
    guard: str, new: Iterable[str], baseline: Iterable[str], part: bool
) -> tuple[GuardCheck, ...]:
    """Return a row for each corpus that the new results lack; empty for a part of a study."""
    ours = set(new)
    names = [] if part else [name for name in dict.fromkeys(baseline) if name not in ours]
    return tuple(
        missing_row(guard, name, f"corpus {name} is not in the new results") for name in names
    )
