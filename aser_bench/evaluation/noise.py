"""Measurement noise: every effect beside that of an inaudible change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import NOISE
from ..core.metrics import LEADING
from .pairs import Pair

_DITHER = re.compile(r"dither-([\d.]+)dB")


def noise(pairs: Sequence[Pair], losses: pd.DataFrame, conditions: pd.DataFrame) -> pd.DataFrame:
    """Return each condition beside the control ``dither``, columns `findings.NOISE`.

    Parameters
    ----------
    pairs : sequence of Pair
    losses : pandas.DataFrame
        Losses of the same pairs; see `losses.losses`.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.

    Returns
    -------
    pandas.DataFrame
        A row for each condition of a corpus with the control, under the same model and training;
        empty without the control. A change is within the noise if it is not larger than the limit
        of the control's interval that is farther from 0, or without an interval than the control's
        change. If a study has the control several times, the one with the least noise counts.
    """
    names = {
        str(corpus): name
        for corpus, rows in conditions.groupby("corpus", sort=False)
        if (name := _quietest(rows))
    }
    leading = losses[losses["metric"] == LEADING]
    columns = [*NOISE[: NOISE.index("noise_condition")]]
    changes = {tuple(row[name] for name in columns): row for row in leading.to_dict("records")}
    by_keys = {pair.keys: pair for pair in pairs}
    rows = []
    for pair in pairs:
        control = names.get(pair.keys[0])
        if control is None or pair.is_original:
            continue
        *group, training, train, _ = pair.keys
        keys = (*group, training, control if training == "matched" else train, control)
        if keys in changes:
            rows.append(_row(pair, by_keys[keys], changes[pair.keys], changes[keys]))
    return pd.DataFrame(rows, columns=list(NOISE))


def _quietest(conditions: pd.DataFrame) -> str:
    """Return the condition of the control with the least noise; empty without the control."""
    # A chain that begins with the control has other changes as well.
    controls = conditions[conditions["codec"].str.fullmatch(r"dither(:[^+]*)?")]
    distances = {
        str(name): float(match[1])
        for name in controls["condition"]
        if (match := _DITHER.fullmatch(str(name)))
    }
    return max(distances, key=lambda name: distances[name]) if distances else ""


def _row(pair: Pair, control: Pair, change: Any, noise_change: Any) -> dict[str, Any]:
    limits = [noise_change[name] for name in ("low", "high")]
    bounds = limits if np.isfinite(limits).all() else [noise_change["difference"]]
    return {
        **dict(zip(NOISE, pair.keys, strict=False)),
        "noise_condition": control.condition,
        "difference": change["difference"],
        "low": change["low"],
        "high": change["high"],
        "changed": changed_share(pair),
        "noise": noise_change["difference"],
        "noise_low": noise_change["low"],
        "noise_high": noise_change["high"],
        "noise_changed": changed_share(control),
        "within_noise": bool(abs(change["difference"]) <= np.abs(bounds).max()),
    }


def changed_share(pair: Pair) -> float:
    """Return the share of predictions that differ from those at the original, run by run."""
    runs = min(len(pair.coded.predicted), len(pair.original.predicted))
    coded, original = pair.coded.predicted[:runs], pair.original.predicted[:runs]
    counted = (coded >= 0) & (original >= 0)
    return float((coded != original)[counted].mean()) if counted.any() else float("nan")
