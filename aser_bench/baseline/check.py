"""The check of results against a baseline: all cells, all guards and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from ..evaluation.outcomes import Key
from .commands import RerunCommands
from .compare import FOLDS, MARGIN, RUNS, Comparison, PairedPredictions
from .compare_scores import cell_scores, compare_scores
from .decide import PendingCell, assign_verdicts, pending_cell
from .differences import cell_differences, environment_notes, find_differences, seed_note
from .guards import run_guards
from .options import CheckOptions
from .reader import CheckInput, read_input
from .unknowns import unknown_facts
from .verdicts import CHANGED, MISSING, NEW, VERDICTS, CellCheck, CheckResult


def check(new: Path | str, against: Path | str, options: CheckOptions | None = None) -> CheckResult:
    """Check new results against a baseline.

    Parameters
    ----------
    new, against : path
        A results folder, a baseline, or a file of predictions or scores.
    options : CheckOptions, optional

    Returns
    -------
    CheckResult
        Cells and guards, the worst first; ``exit_code`` is 0, 4 (a cell or guard is worse or
        missing) or 5 (no cell could be compared).

    Raises
    ------
    UsageError
        If a side cannot be read or lacks the metric.
    """
    return check_inputs(read_input(new), read_input(against), options or CheckOptions())


def check_inputs(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> CheckResult:
    """Check new results against a baseline, both already read; see `check`."""
    if new.repeats != baseline.repeats:
        raise UsageError(
            f"{new.path} has {_repeats(new)} and {baseline.path} {_repeats(baseline)}: run one of "
            "them again with the --repeats of the other"
        )
    pending, left_out = _compare_cells(new, baseline, options)
    # A missing cell is computed by the baseline's study, every other cell by the new one.
    commands, baseline_commands = RerunCommands((new, baseline)), RerunCommands((baseline, new))
    cells = [
        replace(
            cell,
            command=(baseline_commands if cell.verdict == MISSING else commands).command(cell.cell),
        )
        for cell in assign_verdicts(pending, options)
    ]
    cells.sort(key=lambda cell: (VERDICTS.index(cell.verdict), _change(cell)))
    return CheckResult(
        str(new.path),
        str(baseline.path),
        options,
        tuple(cells),
        run_guards(new, baseline, options),
        tuple(_notes(new, baseline, pending, left_out)),
    )


def _repeats(side: CheckInput) -> str:
    return f"{side.repeats} repeat{'s' if side.repeats > 1 else ''} of the folds"


class _Comparer:
    """Compares a cell by predictions if both sides have them, else by scores."""

    def __init__(self, new: CheckInput, baseline: CheckInput, options: CheckOptions) -> None:
        self._new, self._baseline, self._options = new, baseline, options
        self._paired: PairedPredictions | None = None
        if new.outcomes is not None and baseline.outcomes is not None:
            self._paired = PairedPredictions(new.outcomes, baseline.outcomes)
        self._same_folds = new.seed == baseline.seed or None in (new.seed, baseline.seed)
        self._redrawn_folds = find_differences(new, baseline).redrawn_folds

    def __call__(self, key: Key) -> Comparison | None:
        """Return the comparison of a cell, None if nothing was tested on both sides."""
        metric, alpha = self._options.metric, self._options.alpha
        if self._paired is not None:
            return self._paired.compare(key, metric, alpha, self._redrawn_folds(key[0], key[3]))
        new, baseline = (_scores(side, key, metric) for side in (self._new, self._baseline))
        return compare_scores(new, baseline, metric, alpha, self._same_folds, self._new.repeats)


def _scores(side: CheckInput, key: Key, metric: str) -> pd.DataFrame:
    if side.outcomes is not None and side.folds is not None:
        return cell_scores(side.outcomes, side.folds, key, metric)
    assert side.scores is not None
    if metric not in side.scores:
        raise UsageError(
            f"{side.path} has no column {metric}: name a folder with predictions or another metric"
        )
    return side.scores_by_cell[key]


def _compare_cells(
    new: CheckInput, baseline: CheckInput, options: CheckOptions
) -> tuple[list[PendingCell], int]:
    """Return all cells, and the number of cells left out because of ``options.part``."""
    compare = _Comparer(new, baseline, options)
    new_keys, baseline_keys = set(new.cells), set(baseline.cells)
    pending, left_out = [], 0
    for key in baseline.cells:
        failure, earlier = new.failed.get(key), baseline.failed.get(key)
        if failure is not None and failure.share > (earlier.share if earlier else 0):
            reason = f"{failure.failed} of {failure.total} results failed: {failure.reason}"
            pending.append(PendingCell(CellCheck(key, MISSING, reason)))
        elif key in new_keys:
            pending.append(_compare_cell(new, baseline, key, options, compare))
        elif options.part:
            left_out += 1
        else:
            pending.append(PendingCell(CellCheck(key, MISSING, "not in the new results")))
    for key in new.cells:
        if key not in baseline_keys:
            pending.append(PendingCell(CellCheck(key, NEW, "not in the baseline")))
    return pending, left_out


def _compare_cell(
    new: CheckInput, baseline: CheckInput, key: Key, options: CheckOptions, compare: _Comparer
) -> PendingCell:
    differences = dict(cell_differences(new, baseline, key))
    comparison = compare(key)
    if comparison is None:
        reason = "no utterance was tested on both sides"
        return PendingCell(CellCheck(key, CHANGED, reason, differs=tuple(differences.values())))
    if comparison.relabelled:
        relabelled = f"{comparison.relabelled} of {comparison.total} utterances have another label"
        differences.setdefault("corpus", relabelled)
    differs = tuple(differences.values())
    if comparison.missing and "corpus" not in differences:
        unit = "folds" if comparison.test in (FOLDS, RUNS, MARGIN) else "utterances"
        reason = (
            f"{comparison.missing} of the {comparison.total} {unit} of the baseline were not tested"
        )
        return PendingCell(CellCheck(key, MISSING, reason, differs=differs))
    not_allowed = [text for name, text in differences.items() if name not in options.allow]
    if not_allowed:
        values = comparison.baseline, comparison.value
        return PendingCell(
            CellCheck(key, CHANGED, "; ".join(not_allowed), *values, differs=differs)
        )
    return pending_cell(key, comparison, differs)


def _change(cell: CellCheck) -> float:
    """Return the key that sorts cells of one verdict: the largest loss first."""
    return cell.difference if np.isfinite(cell.difference) else cell.value - cell.baseline


def _notes(
    new: CheckInput, baseline: CheckInput, pending: Sequence[PendingCell], left_out: int
) -> Iterator[str]:
    if note := seed_note(new, baseline):
        yield note
    yield from environment_notes(new, baseline)
    yield from unknown_facts(new, baseline)
    compared = [item for item in pending if item.comparison is not None]
    for difference in sorted({text for item in compared for text in item.cell.differs}):
        yield f"compared in spite of: {difference}"
    yield from sorted({note for item in compared if (note := _runs_note(item))})
    if left_out:
        cells = "cells of the baseline were" if left_out > 1 else "cell of the baseline was"
        yield f"{left_out} {cells} not asked for and left out (--part)"


def _runs_note(item: PendingCell) -> str:
    """Return a note if the number of runs differs: means over fewer runs vary more."""
    assert item.comparison is not None
    now, then = item.comparison.runs
    if now == then:
        return ""
    return f"{item.cell.cell[2]}: {now} run{'s' if now > 1 else ''} per fold, was {then}"
