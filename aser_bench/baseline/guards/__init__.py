"""What must not move unseen besides the metric: a guard a file, all of them in `GUARDS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..options import CheckOptions
from ..reader import CheckInput
from ..verdicts import VERDICTS, GuardCheck
from . import codec, cost, data, features, leaks

GUARDS: dict[str, Callable[[CheckInput, CheckInput, CheckOptions], Iterable[GuardCheck]]] = {
    "codec": codec.check,
    "features": features.check,
    "data": data.check,
    "leaks": leaks.check,
    "cost": cost.check,
}
"""Name -> what compares the new results with a baseline under some options."""


def run_guards(
    new: CheckInput, baseline: CheckInput, options: CheckOptions
) -> tuple[GuardCheck, ...]:
    """Return what every guard finds, the worst first and else in the order of `GUARDS`.

    What a tolerance of None leaves unguarded has no row, and neither has what is new.
    """
    rows = [row for check in GUARDS.values() for row in check(new, baseline, options)]
    return tuple(sorted(rows, key=lambda row: VERDICTS.index(row.verdict)))
