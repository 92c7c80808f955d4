"""What all guards share: when something moved too far, and how that is said."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..base import CHANGED, MISSING, SAME, UNDECIDED, WORSE, GuardCheck

_SLACK = 1e-9


def beyond(shift: float, tolerance: float) -> bool:
    """Whether something moved further than it may; what rounding adds does not count.

    Examples
    --------
    >>> beyond((8.08 - 8) / 8, 0.01), beyond(0.0101, 0.01)
    (False, True)
    """
    return shift > tolerance + _SLACK * max(1.0, tolerance)


def relative(value: float, baseline: float) -> float:
    """Return by how much of the baseline a value lies elsewhere; infinity from 0 to another.

    Examples
    --------
    >>> relative(9, 8), relative(0, 0), relative(1, 0)
    (0.125, 0.0, inf)
    """
    if value == baseline:
        return 0.0
    return abs(value - baseline) / abs(baseline) if baseline else math.inf


def moved_verdict(too_far: bool, declared: str) -> str:
    """Return ``changed`` where what differs is declared, else what the shift says."""
    if declared:
        return CHANGED
    return WORSE if too_far else SAME


def gone(guard: str, what: str, reason: str, baseline: str = "") -> GuardCheck:
    """Return the row of something that the baseline has and the new results lack."""
    return GuardCheck(guard, what, MISSING, reason, baseline=baseline)


def without(guard: str, file: str, new: bool, baseline: bool) -> tuple[GuardCheck, ...]:
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
    return (GuardCheck(guard, file, UNDECIDED, reason),)


def named(items: Iterable[str], most: int = 2) -> str:
    """Return the first of some names, and how many others there are.

    Examples
    --------
    >>> named("abc"), named("abcd")
    ('a, b and 1 other', 'a, b and 2 others')
    """
    names = list(items)
    rest = len(names) - most
    more = f" and {rest} other{'s' if rest > 1 else ''}" if rest > 0 else ""
    return ", ".join(names[:most]) + more


def lost_corpora(
    guard: str, new: Iterable[str], baseline: Iterable[str], part: bool
) -> tuple[GuardCheck, ...]:
    """Return a row for each corpus that the new results lack altogether, unless they are a part."""
    here = set(new)
    names = [] if part else [name for name in dict.fromkeys(baseline) if name not in here]
    return tuple(gone(guard, name, f"the new results hold no corpus {name}") for name in names)
