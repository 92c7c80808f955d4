"""Options of a check: metric, margin, level, allowed differences and tolerances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.arguments import check_number
from ..core.errors import UsageError, suggest

DIFFERENCES = {
    "corpus": "the recordings or their labels",
    "encoder": "the encoder of a condition",
    "settings": "preset, effort and the other settings that apply to all models",
    "components": "the version of a feature set or a model",
    "splits": "the utterances that are tested in the same fold, under the same seed",
    "packages": "the version of aser-bench or of a package that it computes with",
}
"""Differences that make two results incomparable unless ``--allow`` names them."""


@dataclass(frozen=True)
class Tolerance:
    """The largest allowed shift of a guarded value.

    Attributes
    ----------
    flag : str
        The flag of the command line, without its dashes.
    guard : str
        The guard that uses it: codec, features, data, leaks or cost.
    default : float or None
        None turns the guard off, as ``off`` does on the command line.
    metavar, help : str
        Texts of the command line's help.
    """

    flag: str
    guard: str
    default: float | None
    metavar: str
    help: str


_TOLERANCES = (
    Tolerance(
        "max-bitrate-shift",
        "codec",
        0.01,
        "FRACTION",
        "largest relative shift of a condition's effective bitrate",
    ),
    Tolerance(
        "max-lag-shift", "codec", 1.0, "SAMPLES", "largest shift of a condition's delay, in samples"
    ),
    Tolerance(
        "max-bandwidth-shift",
        "codec",
        0.02,
        "FRACTION",
        "largest relative shift of a condition's bandwidth",
    ),
    Tolerance("max-gain-shift", "codec", 0.1, "DB", "largest shift of a condition's level, in dB"),
    Tolerance(
        "max-feature-shift",
        "features",
        0.01,
        "SD",
        "largest shift of a feature's mean or standard deviation over the original recordings, "
        "in standard deviations of the baseline",
    ),
    Tolerance("max-lost", "data", 0.0, "N", "largest decrease in a corpus's utterances"),
    Tolerance("max-refused", "data", 0.0, "N", "largest increase in a corpus's refused recordings"),
    Tolerance(
        "max-leak",
        "leaks",
        0.0,
        "FRACTION",
        "largest increase in the share of test utterances whose speaker, recording or sentence "
        "is in the training data",
    ),
    Tolerance(
        "max-cpu-ratio",
        "cost",
        None,
        "RATIO",
        "largest ratio of the CPU time per task of a stage to the baseline's",
    ),
)

TOLERANCES = {tolerance.flag: tolerance for tolerance in _TOLERANCES}
"""The tolerances by flag."""


@dataclass(frozen=True)
class CheckOptions:
    """Options of a check.

    Attributes
    ----------
    metric : str
        The metric to compare: see `core.metrics.get_metric`.
    margin : float
        The largest loss that is tolerated, as a fraction of the metric.
    alpha : float
        Level of the tests over all cells together (Holm), and 1 - confidence of the intervals.
    strict : bool
        Whether inconclusive and changed cells and guards fail too.
    part : bool
        Whether the new results cover only a part of the baseline's study. Cells that the new
        study does not ask for are then left out instead of reported as missing.
    allow : sequence of str
        Names of `DIFFERENCES` that do not prevent a comparison.
    tolerances : mapping of str to float or None
        Tolerances by flag (see `TOLERANCES`); the defaults apply to all others.

    Raises
    ------
    UsageError
        If a number is out of range or a name is unknown.
    """

    metric: str = "uar"
    margin: float = 0.02
    alpha: float = 0.05
    strict: bool = False
    part: bool = False
    allow: tuple[str, ...] = ()
    tolerances: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from ..core.metrics import get_metric  # slow to import; --help needs this module

        get_metric(self.metric)
        check_number("margin", self.margin)
        check_number("alpha", self.alpha)
        if not 0 <= self.margin < 1:
            raise UsageError(
                f"margin must be from 0 to below 1 (0.02 is two points), not {self.margin:g}"
            )
        if not 0 < self.alpha < 1:
            raise UsageError(f"alpha must be between 0 and 1, not {self.alpha:g}")
        for name in self.allow:
            if name not in DIFFERENCES:
                raise UsageError(
                    f"unknown difference {name!r} to allow{suggest(name, DIFFERENCES)}"
                )
        for name, value in self.tolerances.items():
            if name not in TOLERANCES:
                raise UsageError(f"unknown tolerance {name!r}{suggest(name, TOLERANCES)}")
            if value is not None:
                check_number(name, value)
            if value is not None and not 0 <= value < float("inf"):
                raise UsageError(
                    f"{name} must be a finite number of at least 0, or off, not {value:g}"
                )

    def tolerance(self, flag: str) -> float | None:
        """Return the tolerance of a flag, None if its guard is off."""
        return self.tolerances.get(flag, TOLERANCES[flag].default)
