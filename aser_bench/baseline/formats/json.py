"""The JSON format of a check, described by ``docs/check.schema.json``."""

from __future__ import annotations

import math
import re
from json import dumps
from typing import Any

from ...core.tables import CELL
from ...core.version import __version__
from ..options import TOLERANCES, CheckOptions
from ..verdicts import CellCheck, CheckResult, GuardCheck
from .sanitize import LOG_COMMAND, REPLACEMENT

SCHEMA = 1
"""Increased when a key is removed or changes its meaning."""

# Valid in JSON, but terminals and log parsers may interpret them: C1 controls, Unicode line ends,
# direction marks, "##[error]".
_ESCAPED = re.compile(rf"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]|{LOG_COMMAND}")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def format_json(result: CheckResult) -> str:
    """Return a check as one JSON object; undefined numbers are null.

    Unprintable characters in names are escaped. Lone surrogates, which other programs cannot
    read, become U+FFFD.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "aser_bench": __version__,
        "new": result.new,
        "baseline": result.baseline,
        "options": _options(result.options),
        "exit_code": result.exit_code,
        "passed": result.exit_code == 0,
        "sentence": result.sentence,
        "counts": result.counts,
        "cells": [_cell(result, cell) for cell in result.cells],
        "guards": [_guard(result, guard) for guard in result.guards],
        "notes": list(result.notes),
    }
    text = dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    text = _SURROGATES.sub(REPLACEMENT, text)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0][0]):04x}{match[0][1:]}", text) + "\n"


def _options(options: CheckOptions) -> dict[str, Any]:
    return {
        "metric": options.metric,
        "margin": options.margin,
        "alpha": options.alpha,
        "strict": options.strict,
        "part": options.part,
        "allow": list(options.allow),
        "tolerances": {flag: _tolerance(options.tolerance(flag)) for flag in TOLERANCES},
    }


def _cell(result: CheckResult, cell: CellCheck) -> dict[str, Any]:
    return {
        **dict(zip(CELL, cell.cell, strict=True)),
        "verdict": cell.verdict,
        "fails": result.fails(cell),
        "reason": cell.reason,
        "baseline": _number(cell.baseline),
        "value": _number(cell.value),
        "difference": _number(cell.difference),
        "low": _number(cell.low),
        "high": _number(cell.high),
        "p": _number(cell.p),
        "p_holm": _number(cell.p_holm),
        "test": cell.test,
        "clusters": int(cell.clusters),
        "differs": list(cell.differs),
        "command": cell.command,
    }


def _guard(result: CheckResult, guard: GuardCheck) -> dict[str, Any]:
    return {
        "guard": guard.guard,
        "what": guard.what,
        "verdict": guard.verdict,
        "fails": result.fails(guard),
        "reason": guard.reason,
        "baseline": guard.baseline,
        "value": guard.value,
        "flag": guard.flag,
    }


def _number(value: float) -> float | None:
    # The writer does not accept NumPy numbers.
    return float(value) if math.isfinite(value) else None


def _tolerance(value: float | None) -> float | None:
    return None if value is None else float(value)
