"""What all guards share: when something moved too far, and how that is said."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..verdicts import INCONCLUSIVE, MISSING, GuardCheck

_SLACK = 1e-9
_ALL_DIGITS = 17
_ONE = {"samples": "sample"}


def exceeds(shift: float, tolerance: float) -> bool:
    """Whether something moved further than it may; what rounding adds does not count.

    Examples
    --------
    >>> exceeds((8.08 - 8) / 8, 0.01), exceeds(0.0101, 0.01)
    (False, True)
    """
    return shift > tolerance + _SLACK * max(1.0, tolerance)


def relative_shift(value: float, baseline: float) -> float:
    """Return by how much of the baseline a value lies elsewhere; infinity from 0 to another.

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
    """Return how far something moved, and if that is too far, with the bound that it passed.

    Parameters
    ----------
    shift, tolerance : float
    unit : str
        What follows the numbers.
    scale : float
        100 for percent.
    digits : int
        As many significant ones, or as many as it takes to tell a shift from its bound.

    Examples
    --------
    >>> format_shift(0.0101, 0.02, "%", 100)
    '1.01 %'
    >>> format_shift(0.010004, 0.01, "%", 100)
    '1.0004 %, more than 1 %'
    """
    said = _rounded(scale * shift, digits)
    if not exceeds(shift, tolerance):
        return with_unit(said, unit)
    bound = f"{scale * tolerance:.12g}"
    for more in range(digits, _ALL_DIGITS):
        if float(said) > float(bound):
            break
        said = _rounded(scale * shift, more + 1)
    return f"{with_unit(said, unit)}, more than {with_unit(bound, unit)}"


def with_unit(number: str, unit: str) -> str:
    """Return a number as people write it with its unit, of which there may be one."""
    return f"{number} {_ONE.get(unit, unit) if number in ('1', '-1') else unit}"


def _rounded(number: float, digits: int) -> str:
    whole = len(f"{abs(number):.0f}")  # 12345 is not 1.23e+04
    return f"{number:.{min(max(digits, whole), _ALL_DIGITS)}g}"


def missing_row(guard: str, what: str, reason: str, baseline: str = "") -> GuardCheck:
    """Return the row of something that the baseline has and the new results lack."""
    return GuardCheck(guard, what, MISSING, reason, baseline=baseline)


def missing_file_rows(guard: str, file: str, new: bool, baseline: bool) -> tuple[GuardCheck, ...]:
    """Return the one row for a file that one side has and the other has not.

    Where neither side has it (two bare tables of scores), nothing was ever guarded: no row.

    Parameters
    ----------
    guard, file : str
    new, baseline : bool
        Whether each side has it.
    """
    if new == baseline:
        return ()
    reason = (
        f"the baseline holds no {file}: run the study again with this version and update it"
        if new
        else f"the new results hold no {file}, the baseline does"
    )
    return (GuardCheck(guard, file, INCONCLUSIVE, reason),)


def unreported_row(
    guard: str, what: str, tells: str, new: bool, baseline: bool, flag: str = ""
) -> GuardCheck:
    """Return the row of something that at least one side does not tell.

    Parameters
    ----------
    guard, what, tells : str
        ``tells`` is what is not told.
    new, baseline : bool
        Whether each side tells.
    flag : str
    """
    who = "the baseline does" if new else "the new results do" if baseline else "both sides do"
    return GuardCheck(guard, what, INCONCLUSIVE, f"{who} not tell {tells}", flag=flag)


def abbreviate(items: Iterable[str], most: int = 2) -> str:
    """Return the first of some names, and how many others there are.

    Examples
    --------
    >>> abbreviate("abc"), abbreviate("abcd")
    ('a, b and 1 other', 'a, b and 2 others')
    """
    names = list(items)
    rest = len(names) - most
    more = f" and {rest} other{'s' if rest > 1 else ''}" if rest > 0 else ""
    return ", ".join(names[:most]) + more


def missing_corpora(
    guard: str, new: Iterable[str], baseline: Iterable[str], part: bool
) -> tuple[GuardCheck, ...]:
    """Return a row for each corpus that the new results lack altogether, unless they are a part."""
    here = set(new)
    names = [] if part else [name for name in dict.fromkeys(baseline) if name not in here]
    return tuple(
        missing_row(guard, name, f"the new results hold no corpus {name}") for name in names
    )
