"""A check for machines; ``docs/check.schema.json`` says what each name means."""

from __future__ import annotations

import math
import re
from json import dumps
from typing import Any

from ...core.tables import CELL
from ...core.version import __version__
from ..base import TOLERANCES, CellCheck, CheckOptions, CheckResult, GuardCheck
from .sanitize import LOG_COMMAND, REPLACEMENT

SCHEMA = 1
"""Raised when a name changes its meaning or goes."""

# JSON lets them stand as they are, but terminals and machines that read logs take some of them
# for commands: C1 controls, line ends of Unicode, marks of direction, "##[error]".
_ESCAPED = re.compile(rf"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]|{LOG_COMMAND}")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def format_json(checked: CheckResult) -> str:
    """Return a check as one JSON object; what is not defined is null.

    Names are told as they are, with what is not printable as an escape; but half of a
    surrogate pair, which no other program could read, is U+FFFD.
    """
    whole: dict[str, Any] = {
        "schema": SCHEMA,
        "aser_bench": __version__,
        "new": checked.new,
        "baseline": checked.baseline,
        "options": _options(checked.options),
        "exit_code": checked.exit_code,
        "passed": checked.exit_code == 0,
        "sentence": checked.sentence,
        "counts": checked.counts,
        "cells": [_cell(checked, one) for one in checked.cells],
        "guards": [_guard(checked, one) for one in checked.guards],
        "notes": list(checked.notes),
    }
    text = dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)
    text = _SURROGATES.sub(REPLACEMENT, text)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0][0]):04x}{found[0][1:]}", text) + "\n"


def _options(asked: CheckOptions) -> dict[str, Any]:
    return {
        "metric": asked.metric,
        "margin": asked.margin,
        "alpha": asked.alpha,
        "strict": asked.strict,
        "part": asked.part,
        "allow": list(asked.allow),
        "tolerances": {flag: _tolerance(asked.tolerance(flag)) for flag in TOLERANCES},
    }


def _cell(checked: CheckResult, one: CellCheck) -> dict[str, Any]:
    return {
        **dict(zip(CELL, one.cell, strict=True)),
        "verdict": one.verdict,
        "fails": checked.fails(one),
        "reason": one.reason,
        "baseline": _number(one.baseline),
        "value": _number(one.value),
        "difference": _number(one.difference),
        "low": _number(one.low),
        "high": _number(one.high),
        "p": _number(one.p),
        "p_holm": _number(one.p_holm),
        "test": one.test,
        "clusters": int(one.clusters),
        "differs": list(one.differs),
        "command": one.command,
    }


def _guard(checked: CheckResult, one: GuardCheck) -> dict[str, Any]:
    return {
        "guard": one.guard,
        "what": one.what,
        "verdict": one.verdict,
        "fails": checked.fails(one),
        "reason": one.reason,
        "baseline": one.baseline,
        "value": one.value,
        "flag": one.flag,
    }


def _number(value: float) -> float | None:
    # The numbers may be NumPy's, which the writer does not know.
    return float(value) if math.isfinite(value) else None


def _tolerance(value: float | None) -> float | None:
    return None if value is None else float(value)
