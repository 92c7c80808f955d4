"""Factories of check results: with every verdict, nothing comparable, or special characters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies

from aser_bench.baseline.options import TOLERANCES, CheckOptions
from aser_bench.baseline.verdicts import VERDICTS, CellCheck, CheckResult, GuardCheck

COMMAND = (
    "aser-bench run --corpus demo --codec mp3 --bitrates 8 --models svm --protocol speaker "
    "--train original --out 'results/made up'"
)


def cell(verdict: str = "worse", test: str = "mp3-8k", **changes: Any) -> CellCheck:
    """Return a cell; ``changes`` are names of ``tables.CELL`` and fields of `CellCheck`."""
    names = {
        "corpus": "demo",
        "features": "functionals",
        "model": "svm",
        "protocol": "speaker",
        "train": "original",
    }
    key = [changes.pop(name, usual) for name, usual in names.items()]
    made = CellCheck(
        (*key, test),
        verdict,
        "lost more than 2 points",
        0.543,
        0.509,
        -0.034,
        -0.061,
        -0.021,
        0.0004,
        0.0123,
        "speakers",
        20,
        command=COMMAND,
    )
    return replace(made, **changes)


def unmeasured(verdict: str, test: str, reason: str, **changes: Any) -> CellCheck:
    """Return a cell without a difference."""
    numbers = ("baseline", "value", "difference", "low", "high", "p", "p_holm")
    empty = dict.fromkeys(numbers, float("nan"))
    made = replace(cell(verdict, test), **{**empty, "test": "", "clusters": 0})
    return replace(made, reason=reason, **changes)


def guard(verdict: str = "worse", **changes: Any) -> GuardCheck:
    """Return a guard."""
    made = GuardCheck(
        "codec",
        "demo mp3-8k: delay",
        verdict,
        "moved by 24 samples",
        "1105 samples",
        "1129 samples",
        "max-lag-shift",
    )
    return replace(made, **changes)


CELLS = (
    cell("worse", "mp3-8k", reason="lost 3.4 points over 20 speakers, more than 2 (p .012)"),
    unmeasured("missing", "mp3-16k", "did not run: ffmpeg has no such encoder", baseline=0.551),
    unmeasured(
        "changed",
        "gsm",
        "computed with another encoder, so the model cannot be compared: "
        "allow it or update the baseline",
        baseline=0.51,
        value=0.522,
        differs=("encoder of gsm: libgsm 1.0.22 was libgsm 1.0.19",),
    ),
    cell(
        "undecided",
        "mp3-24k",
        value=0.518,
        difference=-0.025,
        low=-0.054,
        high=0.004,
        p=0.1,
        p_holm=0.3,
        model="mlp",
        reason="may have lost up to 5.4 points",
    ),
    unmeasured("new", "opus-16k", "not in the baseline", value=0.561),
    cell(
        "better",
        "amr-wb-23.85k",
        value=0.601,
        difference=0.058,
        low=0.032,
        high=0.084,
        reason="gained 5.8 points",
    ),
    cell(
        "same",
        "mp3-64k",
        value=0.535,
        difference=-0.008,
        low=-0.013,
        high=-0.003,
        reason="lost less than 2 points",
    ),
    cell(
        "same",
        "mp3-128k",
        value=0.543,
        difference=0.0,
        low=-0.002,
        high=0.002,
        reason="lost less than 2 points",
        command="",
    ),
)

GUARDS = (
    guard("worse"),
    guard(
        "missing",
        what="demo opus-16k: bandwidth",
        reason="was not measured",
        baseline="7.8 kHz",
        value="",
        flag="max-bandwidth-shift",
    ),
    guard(
        "changed",
        guard="features",
        what="demo functionals: f0_mean",
        baseline="0.00 SD",
        value="0.31 SD",
        reason="functionals is version 3, was 2",
        flag="max-feature-shift",
    ),
    guard(
        "undecided",
        guard="cost",
        what="training",
        reason="the baseline has no CPU times",
        baseline="",
        value="12 s",
        flag="max-cpu-ratio",
    ),
    guard("same", guard="data", what="demo: utterances", reason="none lost", flag="max-lost"),
    guard("same", guard="leaks", what="demo speaker: speakers", reason="none", flag=""),
)


def every_verdict(**options: Any) -> CheckResult:
    """Return a small check with every verdict."""
    return CheckResult(
        "results/new",
        "baselines/demo",
        CheckOptions(**options),
        CELLS,
        GUARDS,
        (
            "The baseline was made by aser-bench 0.1.0 on another machine, so that CPU "
            "times cannot be compared.",
        ),
    )


def passing(*cells: CellCheck, **fields: Any) -> CheckResult:
    """Return a passing check, by default of one cell that is better and two that are the same."""
    return CheckResult(
        "results/new", "baselines/demo", CheckOptions(), cells or CELLS[5:], **fields
    )


def incomparable(*differs: str, **options: Any) -> CheckResult:
    """Return a check in which no cell could be compared."""
    cells = tuple(
        unmeasured("changed", test, "not comparable", baseline=0.5, value=0.4, differs=differs)
        for test in ("original", "mp3-8k")
    )
    return CheckResult("results/new", "baselines/demo", CheckOptions(**options), cells)


ODD = strategies.text(
    strategies.one_of(
        strategies.characters(),
        strategies.sampled_from("\x00\x1b\x7f\x9b\r\n\t\u202e\ud800\udfff\ufffe|`*_<>&\"'#@%:,.[]"),
    ),
    max_size=12,
)
"""Texts with control characters, lone surrogates and markup."""

_MEASURED = strategies.one_of(strategies.just(float("nan")), strategies.floats(-1, 1))

odd_cells = strategies.builds(
    CellCheck,
    strategies.tuples(*[ODD] * 6),
    strategies.sampled_from(VERDICTS),
    ODD,
    *[_MEASURED] * 7,
    strategies.sampled_from(("", "speakers", "margin")),
    strategies.integers(0, 99),
    strategies.lists(ODD, max_size=2).map(tuple),
    ODD,
)

odd_guards = strategies.builds(
    GuardCheck,
    ODD,
    ODD,
    strategies.sampled_from(("same", "worse", "missing", "changed")),
    ODD,
    ODD,
    ODD,
    strategies.sampled_from(["", *TOLERANCES]),
)

odd_checks = strategies.builds(
    CheckResult,
    ODD,
    ODD,
    strategies.booleans().map(lambda strict: CheckOptions(strict=strict)),
    strategies.lists(odd_cells, max_size=4).map(tuple),
    strategies.lists(odd_guards, max_size=3).map(tuple),
    strategies.lists(ODD, max_size=2).map(tuple),
)
