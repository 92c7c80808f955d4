"""What a check is asked and what it says: options, a verdict a cell, a verdict a guard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError, suggest

if TYPE_CHECKING:  # the command line reads the flags from here, and must start fast
    from ..evaluation.outcomes import Key

BETTER, SAME, WORSE, INCONCLUSIVE = "better", "same", "worse", "undecided"
MISSING, NEW, CHANGED = "missing", "new", "changed"

VERDICTS = (WORSE, MISSING, CHANGED, INCONCLUSIVE, NEW, BETTER, SAME)
"""All verdicts, in the order in which people want to read them."""

EXIT_OK, EXIT_WORSE, EXIT_NOTHING = 0, 4, 5

NAN = float("nan")

DIFFERENCES = {
    "corpus": "the recordings or their labels",
    "encoder": "the encoder of a condition",
    "settings": "preset, effort and whatever else is set for all models",
    "components": "the version of a feature set or a model",
    "splits": "which utterances are tested in one fold, under the same seed",
    "packages": "the version of aser-bench or of a package that it computes with",
}
"""What makes two results incomparable unless ``--allow`` says otherwise."""


@dataclass(frozen=True)
class Tolerance:
    """How far something that is guarded may move; ``off`` on the command line is None.

    Attributes
    ----------
    flag : str
        Without its dashes.
    guard : str
        What it belongs to: codec, features, data, leaks or cost.
    default : float or None
    metavar, about : str
        For the help.
    """

    flag: str
    guard: str
    default: float | None
    metavar: str
    about: str


TOLERANCES = {
    one.flag: one
    for one in (
        Tolerance(
            "max-bitrate-shift",
            "codec",
            0.01,
            "FRACTION",
            "of the effective bitrate of a condition, relative",
        ),
        Tolerance("max-lag-shift", "codec", 1.0, "SAMPLES", "of the delay of a condition"),
        Tolerance(
            "max-bandwidth-shift",
            "codec",
            0.02,
            "FRACTION",
            "of the bandwidth of a condition, relative",
        ),
        Tolerance("max-gain-shift", "codec", 0.1, "DB", "of the level of a condition"),
        Tolerance(
            "max-feature-shift",
            "features",
            0.01,
            "SD",
            "of a feature's mean or spread over the original recordings, in its standard "
            "deviations",
        ),
        Tolerance("max-lost", "data", 0.0, "N", "fewer utterances in a corpus"),
        Tolerance("max-refused", "data", 0.0, "N", "more refused recordings in a corpus"),
        Tolerance(
            "max-leak",
            "leaks",
            0.0,
            "FRACTION",
            "more test utterances whose speaker, recording or sentence is in training",
        ),
        Tolerance(
            "max-cpu-ratio",
            "cost",
            None,
            "RATIO",
            "CPU time of a task of a stage over the baseline's",
        ),
    )
}


@dataclass(frozen=True)
class CheckOptions:
    """How to check.

    Attributes
    ----------
    metric : str
        What is compared: a name of ``evaluation.metrics.METRICS``.
    margin : float
        The largest loss that counts as none, as a fraction of the metric.
    alpha : float
        Level of the tests, all cells together (Holm), and 1 - confidence of the intervals.
    strict : bool
        Whether ``undecided`` and ``changed`` fail too.
    part : bool
        Whether the new results are a part of what the baseline holds: cells that were not asked
        for are left out instead of missing.
    allow : sequence of str
        Of `DIFFERENCES`: compare in spite of them.
    tolerances : mapping of str to float or None
        Of `TOLERANCES`; the defaults hold for what is not named.

    Raises
    ------
    UsageError
        For a number that cannot be and for an unknown name.
    """

    metric: str = "uar"
    margin: float = 0.02
    alpha: float = 0.05
    strict: bool = False
    part: bool = False
    allow: tuple[str, ...] = ()
    tolerances: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from ..evaluation.metrics import METRICS

        if self.metric not in METRICS:
            raise UsageError(f"unknown metric {self.metric!r}{suggest(self.metric, METRICS)}")
        if not 0 <= self.margin < 1:
            raise UsageError(
                f"--margin must lie between 0 and 1 (0.02 is two points), not {self.margin:g}"
            )
        if not 0 < self.alpha < 1:
            raise UsageError(f"--alpha must lie between 0 and 1, not {self.alpha:g}")
        for name in self.allow:
            if name not in DIFFERENCES:
                raise UsageError(f"--allow: unknown {name!r}{suggest(name, DIFFERENCES)}")
        for name, value in self.tolerances.items():
            if name not in TOLERANCES:
                raise UsageError(f"unknown tolerance {name!r}{suggest(name, TOLERANCES)}")
            if value is not None and not 0 <= value < float("inf"):
                raise UsageError(f"--{name} must be a number from 0 up or off, not {value:g}")

    def tolerance(self, flag: str) -> float | None:
        """Return how far something may move, None where it is not guarded."""
        return self.tolerances.get(flag, TOLERANCES[flag].default)


@dataclass(frozen=True)
class CellCheck:
    """One cell against its baseline.

    Attributes
    ----------
    cell : tuple of str
        The values of ``tables.CELL``.
    verdict : str
        One of `VERDICTS`.
    reason : str
        One line that says why.
    baseline, value : float
        The metric on both sides, as fractions, on what was compared; NaN where there is none.
    difference, low, high : float
        Value less baseline, a loss is negative, with its interval; NaN where there is none.
    p, p_holm : float
        Two-sided, alone and corrected for all cells in which anything differs; NaN where nothing
        was tested.
    test : str
        What the comparison stands on: ``speakers``, ``utterances``, ``folds``, ``runs``,
        ``margin``, or empty where nothing was compared.
    clusters : int
        How many speakers, utterances, folds or runs these are.
    differs : tuple of str
        What is not as it was in the baseline, each in words.
    command : str
        What computes this cell again.
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
    """One thing besides the metric that must not move unseen.

    Attributes
    ----------
    guard : str
        codec, features, data, leaks or cost.
    what : str
        Of what: ``demo mp3-8k: effective bitrate``.
    verdict : str
        ``same``, ``worse`` (it moved further than it may), ``missing`` (it is gone), ``changed``
        (what may have moved it is named and known) or ``undecided`` (one side does not tell).
    reason : str
        One line that says why.
    baseline, value : str
        As people write them, with unit; empty where there is none.
    flag : str
        The tolerance (`TOLERANCES`) that decides; empty where none does.
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
    """What a check found.

    Attributes
    ----------
    new, baseline : str
        Where the two sides lie, as they were given.
    options : CheckOptions
    cells : tuple of CellCheck
        The worst first.
    guards : tuple of GuardCheck
        The worst first.
    notes : tuple of str
        What a reader has to know about the whole, each in a line.
    """

    new: str
    baseline: str
    options: CheckOptions
    cells: tuple[CellCheck, ...]
    guards: tuple[GuardCheck, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many cells have each verdict that occurs, the worst first."""
        found = Counter(cell.verdict for cell in self.cells)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}

    def fails(self, one: CellCheck | GuardCheck) -> bool:
        """Whether one verdict makes the check fail."""
        strictly = (INCONCLUSIVE, CHANGED) if self.options.strict else ()
        return one.verdict in (WORSE, MISSING, *strictly)

    @property
    def exit_code(self) -> int:
        """0, 4 (something fails) or 5 (not one cell could be compared, and nothing is worse)."""
        rows: list[CellCheck | GuardCheck] = [*self.cells, *self.guards]
        worse = any(one.verdict == WORSE for one in rows)
        if not worse and not any(cell.compared for cell in self.cells):
            return EXIT_NOTHING
        return EXIT_WORSE if any(self.fails(one) for one in rows) else EXIT_OK

    @property
    def sentence(self) -> str:
        """The whole in one line."""
        counts = ", ".join(f"{n} {verdict}" for verdict, n in self.counts.items()) or "no cells"
        broken = sum(self.fails(one) for one in self.guards)
        if broken:
            counts += f"; {broken} guard{'s' if broken > 1 else ''} broken"
        word = {EXIT_OK: "passed", EXIT_WORSE: "FAILED", EXIT_NOTHING: "NOTHING COMPARABLE"}
        return f"{word[self.exit_code]}: {counts}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as what JSON can hold but for NaN."""
        return {
            **asdict(self),
            "exit_code": self.exit_code,
            "counts": self.counts,
            "sentence": self.sentence,
        }
