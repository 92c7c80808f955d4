"""The decision on compared cells: correction for multiple tests, and verdicts with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core.metrics import get_metric
from ..evaluation import significance
from ..evaluation.outcomes import Key
from .compare import FOLDS, MARGIN, RUNS, UTTERANCES, Comparison
from .options import CheckOptions
from .verdicts import BETTER, INCONCLUSIVE, NAN, SAME, WORSE, CellCheck

_ROUNDING = 1e-9  # 0.50 - 0.48 is not exactly 0.02
_TEST_NOTES = {
    UTTERANCES: "; utterances are treated as independent: fewer than three speakers are reported",
    FOLDS: "; compared by the scores of {n} folds",
    RUNS: "; compared by the scores of {n} runs",
}


@dataclass(frozen=True)
class PendingCell:
    """A cell before the correction over all cells.

    Attributes
    ----------
    cell : CellCheck
        Its verdict is final if nothing was compared.
    comparison : Comparison or None
    """

    cell: CellCheck
    comparison: Comparison | None = None


def pending_cell(key: Key, comparison: Comparison, differs: tuple[str, ...] = ()) -> PendingCell:
    """Return a compared cell without its verdict."""
    interval = comparison.interval
    cell = CellCheck(
        key,
        SAME,
        "",
        comparison.baseline,
        comparison.value,
        interval.estimate,
        interval.low,
        interval.high,
        # A cell without any difference cannot be significant, so Holm's correction does not
        # count it (Tarone, A modified Bonferroni method for discrete data, Biometrics 1990).
        NAN if comparison.identical else interval.p,
        test=comparison.test,
        clusters=interval.clusters,
        differs=differs,
    )
    return PendingCell(cell, comparison)


def assign_verdicts(pending: Sequence[PendingCell], options: CheckOptions) -> Iterator[CellCheck]:
    """Correct the p values over all tested cells and yield every cell with its verdict."""
    corrected = significance.holm([item.cell.p for item in pending])
    tested = int(np.isfinite(corrected).sum())
    for item, p_holm in zip(pending, corrected, strict=True):
        if item.comparison is None:
            yield item.cell
        else:
            yield _decide(
                replace(item.cell, p_holm=float(p_holm)), item.comparison, options, tested
            )


def _decide(
    cell: CellCheck, comparison: Comparison, options: CheckOptions, tested: int
) -> CellCheck:
    if comparison.identical:
        unit = "score" if comparison.test in (FOLDS, RUNS, MARGIN) else "prediction"
        return replace(cell, verdict=SAME, reason=f"no {unit} differs", low=0.0, high=0.0)
    if not np.isfinite(cell.difference):
        reason = f"{options.metric} is not defined for these results"
        return replace(cell, verdict=INCONCLUSIVE, reason=reason)
    if comparison.test == MARGIN:
        return _decide_by_margin(cell, options)
    return _decide_by_test(cell, options, tested, _test_note(cell, comparison))


def _decide_by_margin(cell: CellCheck, options: CheckOptions) -> CellCheck:
    margin, gain = options.margin, get_metric(options.metric).sign * cell.difference
    beyond = abs(gain) > margin + _ROUNDING
    verdict = (WORSE if gain < 0 else BETTER) if beyond else SAME
    reason = (
        f"{_difference(cell)}, {'beyond' if beyond else 'within'} the margin of "
        f"{100 * margin:g} points; there are too few scores for a test"
    )
    return replace(cell, verdict=verdict, reason=reason)


def _decide_by_test(cell: CellCheck, options: CheckOptions, tested: int, note: str) -> CellCheck:
    margin = options.margin
    sign = get_metric(options.metric).sign
    gain, low, high = sign * cell.difference, *sorted((sign * cell.low, sign * cell.high))
    loss, p = f"a loss of more than {100 * margin:g} points", _p_value(cell.p_holm)
    if cell.p_holm < options.alpha and abs(gain) > margin + _ROUNDING:
        verdict, reason = WORSE if gain < 0 else BETTER, f"corrected p {p}: significant"
    elif low > -margin - _ROUNDING:
        verdict, reason = SAME, f"{loss} is ruled out"
    elif high < -margin:
        verdict = INCONCLUSIVE
        reason = f"{loss} by the interval of this cell, but corrected p {p} over {tested} cells"
    else:
        verdict, reason = INCONCLUSIVE, f"corrected p {p}: {loss} is not ruled out"
    return replace(cell, verdict=verdict, reason=f"{_difference(cell)}, {reason}{note}")


def _test_note(cell: CellCheck, comparison: Comparison) -> str:
    note = _TEST_NOTES.get(cell.test, "").format(n=cell.clusters)
    if comparison.missing:  # an allowed difference of the corpus
        common = comparison.total - comparison.missing - comparison.relabelled
        note += f"; on the {common} utterances of both sides"
    return note


def _difference(cell: CellCheck) -> str:
    points = f"{100 * cell.difference:+.1f} points"
    if not np.isfinite(cell.low):
        return points
    return f"{points} ({100 * cell.low:+.1f} to {100 * cell.high:+.1f})"


def _p_value(value: float) -> str:
    return "< .0001" if value < 1e-4 else f"{value:.2g}".removeprefix("0")
