"""Verdicts of a check: one for each cell, one for each guarded value, and the exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from ..evaluation.outcomes import Key
from .options import CheckOptions

BETTER, SAME, WORSE = "better", "same", "worse"
MISSING, NEW, CHANGED = "missing", "new", "changed"
INCONCLUSIVE = "undecided"
"""Shown to people as ``inconclusive``; the value is part of version 1 of the JSON schema."""

VERDICTS = (WORSE, MISSING, CHANGED, INCONCLUSIVE, NEW, BETTER, SAME)
"""All verdicts, in the order in which they are listed: the worst first."""

EXIT_OK, EXIT_WORSE, EXIT_NOTHING = 0, 4, 5

NAN = float("nan")

_LABELS = {INCONCLUSIVE: "inconclusive"}
_OUTCOMES = {EXIT_OK: "passed", EXIT_WORSE: "FAILED", EXIT_NOTHING: "NOTHING COMPARABLE"}


def verdict_label(verdict: str) -> str:
    """Return the name of a verdict that is shown to people."""
    return _LABELS.get(verdict, verdict)


@dataclass(frozen=True)
class CellCheck:
    """The check of one cell.

    Attributes
    ----------
    cell : tuple of str
        The values of ``tables.CELL``.
    verdict : str
        One of `VERDICTS`.
    reason : str
        One line that explains the verdict.
    baseline, value : float
        The metric of the baseline and of the new results as fractions, on the utterances or
        folds that were compared; NaN where there is none.
    difference, low, high : float
        ``value - baseline`` (a loss is negative) and its interval; NaN where there is none.
    p, p_holm : float
        Two-sided p value, uncorrected and corrected over all cells in which any result differs;
        NaN where nothing was tested.
    test : str
        The unit of the test: ``speakers``, ``utterances``, ``folds``, ``runs``, ``margin``, or
        empty where nothing was compared.
    clusters : int
        Number of speakers, utterances, folds or runs.
    differs : tuple of str
        Descriptions of what differs from the baseline.
    command : str
        The command that computes this cell again; empty where it is unknown.
    """

    cell: Key
    verdict: str
    reason: str
    baseline: float = NAN
    value: float = NAN
    difference: float = NAN
    low: float = NAN
    high: float = NAN
    p: float = NAN
    p_holm: float = NAN
    test: str = ""
    clusters: int = 0
    differs: tuple[str, ...] = ()
    command: str = ""

    @property
    def compared(self) -> bool:
        """Whether a test or the margin decided."""
        return self.verdict in (BETTER, SAME, WORSE, INCONCLUSIVE)


@dataclass(frozen=True)
class GuardCheck:
    """The check of one guarded value.

    Attributes
    ----------
    guard : str
        codec, features, data, leaks or cost.
    what : str
        The name of the value: ``demo mp3-8k: effective bitrate``.
    verdict : str
        ``same``, ``worse`` (shifted by more than the tolerance), ``missing`` (only in the
        baseline), ``changed`` (a declared difference may explain the shift) or ``undecided``
        (a side does not report it).
    reason : str
        One line that explains the verdict.
    baseline, value : str
        Both values with their units; empty where there is none.
    flag : str
        The tolerance (see ``options.TOLERANCES``) that decides; empty where none does.
    """

    guard: str
    what: str
    verdict: str
    reason: str
    baseline: str = ""
    value: str = ""
    flag: str = ""


@dataclass(frozen=True)
class CheckResult:
    """The result of a check.

    Attributes
    ----------
    new, baseline : str
        The paths of the two sides, as given.
    options : CheckOptions
    cells : tuple of CellCheck
        Sorted, the worst first.
    guards : tuple of GuardCheck
        Sorted, the worst first.
    notes : tuple of str
        Remarks on the whole check, one line each.
    """

    new: str
    baseline: str
    options: CheckOptions
    cells: tuple[CellCheck, ...]
    guards: tuple[GuardCheck, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return one line with both sides and the counts of verdicts."""
        return f"CheckResult({self.new!r} against {self.baseline!r}: {self.sentence})"

    @property
    def counts(self) -> dict[str, int]:
        """The number of cells by verdict, without verdicts that do not occur."""
        counts = Counter(cell.verdict for cell in self.cells)
        return {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}

    def fails(self, row: CellCheck | GuardCheck) -> bool:
        """Whether the verdict of a cell or guard makes the check fail."""
        return row.verdict in (WORSE, MISSING) or (
            self.options.strict and row.verdict in (INCONCLUSIVE, CHANGED)
        )

    @property
    def exit_code(self) -> int:
        """0, 4 (a cell or guard fails) or 5 (no cell could be compared and nothing is worse)."""
        rows: list[CellCheck | GuardCheck] = [*self.cells, *self.guards]
        worse = any(row.verdict == WORSE for row in rows)
        if not worse and not any(cell.compared for cell in self.cells):
            return EXIT_NOTHING
        return EXIT_WORSE if any(self.fails(row) for row in rows) else EXIT_OK

    @property
    def sentence(self) -> str:
        """The outcome and the counts in one line."""
        counts = [f"{count} {verdict_label(verdict)}" for verdict, count in self.counts.items()]
        sentence = f"{_OUTCOMES[self.exit_code]}: {', '.join(counts) or 'no cells'}"
        failing = sum(self.fails(guard) for guard in self.guards)
        if failing:
            sentence += f"; {failing} guard{'s' if failing > 1 else ''} failed"
        return sentence

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a nested dictionary; numbers may be NaN."""
        return {
            **asdict(self),
            "exit_code": self.exit_code,
            "counts": self.counts,
            "sentence": self.sentence,
        }
