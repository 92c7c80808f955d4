"""The check itself: every cell of a baseline against the new results, and what is guarded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from ..evaluation import significance
from ..evaluation.outcomes import Key
from .base import (
    BETTER,
    CHANGED,
    INCONCLUSIVE,
    MISSING,
    NAN,
    NEW,
    SAME,
    VERDICTS,
    WORSE,
    CellCheck,
    CheckOptions,
    CheckResult,
)
from .commands import RerunCommands
from .compare import (
    FOLDS,
    MARGIN,
    RUNS,
    UTTERANCES,
    Comparison,
    PairedPredictions,
    cell_scores,
    compare_scores,
)
from .differences import cell_differences, environment_notes, find_differences, seed_note
from .guards import run_guards
from .reader import CheckInput, read_input
from .unknowns import unknown_facts


def check(new: Path | str, against: Path | str, options: CheckOptions | None = None) -> CheckResult:
    """Set new results against a baseline.

    Parameters
    ----------
    new, against : path
        A results folder, a baseline, or a file of predictions or scores.
    options : CheckOptions, optional

    Returns
    -------
    CheckResult
        Cells and guards, the worst first; ``exit_code`` is 0, 4 (something is worse or missing)
        or 5 (nothing could be compared).

    Raises
    ------
    UsageError
        If a side cannot be read, or lacks the metric.
    """
    options = options or CheckOptions()
    one, two = read_input(new), read_input(against)
    return check_inputs(one, two, options)


def check_inputs(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> CheckResult:
    """As `check`, of two sides that were read before."""
    drafts, left_out = _drafts(new, baseline, options)
    # What is missing is what the baseline's study makes; all else is what the new one made.
    commands, before = RerunCommands((new, baseline)), RerunCommands((baseline, new))
    cells = [
        replace(cell, command=(before if cell.verdict == MISSING else commands).command(cell.cell))
        for cell in assign_verdicts(drafts, options)
    ]
    order = {verdict: place for place, verdict in enumerate(VERDICTS)}
    cells.sort(key=lambda cell: (order[cell.verdict], _badness(cell)))
    return CheckResult(
        str(new.path),
        str(baseline.path),
        options,
        tuple(cells),
        run_guards(new, baseline, options),
        tuple(_notes(new, baseline, drafts, left_out)),
    )


@dataclass(frozen=True)
class PendingCell:
    """A cell before the correction for all of them: finished, or with what was compared."""

    cell: CellCheck
    compared: Comparison | None = None


class _Comparer:
    """Compares a cell by the best that both sides can show."""

    def __init__(self, new: CheckInput, baseline: CheckInput, options: CheckOptions) -> None:
        self._new, self._baseline, self._options = new, baseline, options
        both = new.outcomes, baseline.outcomes
        self._pairing = (
            None if both[0] is None or both[1] is None else PairedPredictions(both[0], both[1])
        )
        self._same_folds = new.seed == baseline.seed or None in (new.seed, baseline.seed)
        self._redrawn = find_differences(new, baseline).redrawn_folds

    def __call__(self, key: Key) -> Comparison | None:
        """Return the comparison of a cell, None where nothing was tested on both sides."""
        metric, alpha = self._options.metric, self._options.alpha
        if self._pairing is not None:
            return self._pairing.compare(key, metric, alpha, self._redrawn(key[0], key[3]))
        sides = [_scores(side, key, metric) for side in (self._new, self._baseline)]
        return compare_scores(sides[0], sides[1], metric, alpha, self._same_folds)


def _scores(side: CheckInput, key: Key, metric: str) -> pd.DataFrame:
    if side.outcomes is not None and side.folds is not None:
        return cell_scores(side.outcomes, side.folds, key, metric)
    assert side.scores is not None
    if metric not in side.scores:
        raise UsageError(f"{side.path} has no column {metric}; --metric names another one")
    return side.scores_by_cell[key]


def _drafts(
    new: CheckInput, baseline: CheckInput, options: CheckOptions
) -> tuple[list[PendingCell], int]:
    """Return every cell, and how many were left out because they were not asked for."""
    compare = _Comparer(new, baseline, options)
    here, there = set(new.cells), set(baseline.cells)
    drafts, left_out = [], 0
    for key in baseline.cells:
        lost, known = new.failed.get(key), baseline.failed.get(key)
        if lost is not None and lost.share > (known.share if known else 0):
            reason = f"{lost.failed} of {lost.total} results failed: {lost.reason}"
            drafts.append(PendingCell(CellCheck(key, MISSING, reason)))
        elif key in here:
            drafts.append(_compared(new, baseline, key, options, compare))
        elif options.part:
            left_out += 1
        else:
            drafts.append(PendingCell(CellCheck(key, MISSING, "the new results do not have it")))
    for key in new.cells:
        if key not in there:
            drafts.append(PendingCell(CellCheck(key, NEW, "the baseline does not have it")))
    return drafts, left_out


def _compared(
    new: CheckInput, baseline: CheckInput, key: Key, options: CheckOptions, compare: _Comparer
) -> PendingCell:
    found = dict(cell_differences(new, baseline, key))
    differs = tuple(found.values())
    compared = compare(key)
    if compared is None:
        reason = "not one utterance was tested on both sides"
        return PendingCell(CellCheck(key, CHANGED, reason, differs=differs))
    if compared.relabelled:
        words = f"{compared.relabelled} of {compared.total} utterances have another label"
        found.setdefault("corpus", words)
        differs = tuple(found.values())
    if compared.missing and "corpus" not in found:
        what = "folds" if compared.test in (FOLDS, RUNS, MARGIN) else "utterances"
        reason = (
            f"{compared.missing} of the {compared.total} {what} of the baseline were not tested"
        )
        return PendingCell(CellCheck(key, MISSING, reason, differs=differs))
    barred = [words for name, words in found.items() if name not in options.allow]
    if barred:
        reason = "; ".join(barred)
        cell = CellCheck(key, CHANGED, reason, compared.baseline, compared.value, differs=differs)
        return PendingCell(cell)
    return pending_cell(key, compared, differs)


def pending_cell(key: Key, compared: Comparison, differs: tuple[str, ...] = ()) -> PendingCell:
    """Return a cell that was compared, still without a verdict."""
    interval = compared.interval
    cell = CellCheck(
        key,
        SAME,
        "",
        compared.baseline,
        compared.value,
        interval.estimate,
        interval.low,
        # Where nothing differs there is nothing to find: such a cell is none of those that
        # Holm's correction counts (Tarone, A modified Bonferroni method for discrete data,
        # Biometrics 1990).
        interval.high,
        NAN if compared.identical else interval.p,
        test=compared.test,
        clusters=interval.clusters,
        differs=differs,
    )
    return PendingCell(cell, compared)


def assign_verdicts(drafts: Sequence[PendingCell], options: CheckOptions) -> Iterator[CellCheck]:
    """Correct for all cells that were tested, and say of each what it is."""
    corrected = significance.holm([draft.cell.p for draft in drafts])
    for draft, p_holm in zip(drafts, corrected, strict=True):
        if draft.compared is None:
            yield draft.cell
        else:
            yield _judge(replace(draft.cell, p_holm=float(p_holm)), draft.compared, options)


def _judge(cell: CellCheck, compared: Comparison, options: CheckOptions) -> CellCheck:
    margin, lost = options.margin, f"{100 * options.margin:g} points"
    if compared.identical:
        what = "prediction" if compared.test not in (FOLDS, RUNS, MARGIN) else "score"
        return replace(cell, verdict=SAME, reason=f"not one {what} differs", low=0.0, high=0.0)
    if compared.test == MARGIN:
        beyond = WORSE if cell.difference < 0 else BETTER
        verdict = beyond if abs(cell.difference) > margin + _SLACK else SAME
        where = "within" if verdict == SAME else "beyond"
        reason = (
            f"{_moved(cell)}, {where} the margin of {lost}; no scores that a test could stand on"
        )
        return replace(cell, verdict=verdict, reason=reason)
    how = _HOW.get(cell.test, "").format(n=cell.clusters)
    if compared.missing:  # of recordings that differ, and were allowed to
        tested = compared.total - compared.missing - compared.relabelled
        how += f"; on {tested} utterances of both sides"
    significant = cell.p_holm < options.alpha
    if significant and abs(cell.difference) > margin + _SLACK:
        verdict = WORSE if cell.difference < 0 else BETTER
        reason = f"{_moved(cell)}, corrected p {_p(cell.p_holm)}: significant{how}"
    elif cell.low > -margin - _SLACK:
        verdict, reason = SAME, f"{_moved(cell)}: a loss beyond {lost} is ruled out{how}"
    else:
        verdict = INCONCLUSIVE
        said = f"a loss beyond {lost} is not ruled out"
        if cell.high < -margin:
            said = f"a loss beyond {lost}, but not significant among all cells"
        reason = f"{_moved(cell)}, corrected p {_p(cell.p_holm)}: {said}{how}"
    return replace(cell, verdict=verdict, reason=reason)


_SLACK = 1e-9  # .50 less .48 is not quite .02
_HOW = {
    UTTERANCES: "; by utterances, for want of three known speakers",
    FOLDS: "; by the scores of {n} folds",
    RUNS: "; by the scores of {n} runs",
}


def _moved(cell: CellCheck) -> str:
    word = f"{100 * cell.difference:+.1f} points"
    if not np.isfinite(cell.low):
        return word
    return f"{word} ({100 * cell.low:+.1f} to {100 * cell.high:+.1f})"


def _p(value: float) -> str:
    return "< .0001" if value < 1e-4 else f"{value:.2g}".removeprefix("0")


def _badness(cell: CellCheck) -> float:
    """Return what cells of one verdict are sorted by: the largest loss first."""
    return cell.difference if np.isfinite(cell.difference) else cell.value - cell.baseline


def _notes(
    new: CheckInput, baseline: CheckInput, drafts: Sequence[PendingCell], left_out: int
) -> Iterator[str]:
    anew = seed_note(new, baseline)
    if anew:
        yield anew
    yield from environment_notes(new, baseline)
    yield from unknown_facts(new, baseline)
    compared = [draft for draft in drafts if draft.compared is not None]
    for words in sorted({words for draft in compared for words in draft.cell.differs}):
        yield f"compared in spite of: {words}"
    for words in sorted({_runs(draft) for draft in compared} - {""}):
        yield words
    if left_out:
        what = "cells of the baseline were" if left_out > 1 else "cell of the baseline was"
        yield f"{left_out} {what} not asked for and left out (--part)"


def _runs(draft: PendingCell) -> str:
    """Say so if a model was trained more or less often; means over fewer runs scatter more."""
    assert draft.compared is not None
    now, then = draft.compared.runs
    return f"{draft.cell.cell[2]}: {now} run{'s' if now > 1 else ''} a fold, was {then}" * (
        now != then
    )
