"""Guards: checks of values other than the metric; one module each, all listed in `GUARDS`."""

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
"""Name -> function of the new results, the baseline and the options."""


def run_guards(
    new: CheckInput, baseline: CheckInput, options: CheckOptions
) -> tuple[GuardCheck, ...]:
    """Return the checks of all guards, the worst first and otherwise in the order of `GUARDS`.

    Guards that are off and values that only the new results have are left out.
    """
    rows = [row for check in GUARDS.values() for row in check(new, baseline, options)]
    return tuple(sorted(rows, key=lambda row: VERDICTS.index(row.verdict)))
