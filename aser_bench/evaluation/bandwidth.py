"""The part of a loss that a low-pass filter of the same bandwidth causes as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import BANDWIDTH
from ..core.tables import ORIGINAL
from . import confusion, intervals
from .pairs import Pair

WITHIN = 0.03
"""Largest relative difference of the bandwidths of a codec and its low-pass filter."""


def split(pairs: Sequence[Pair], conditions: pd.DataFrame) -> pd.DataFrame:
    """Split the change of UAR into that of a low-pass filter and the rest (coding artefacts).

    Parameters
    ----------
    pairs : sequence of Pair
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``; those of the codec ``lowpass`` are the filters. Each
        condition is compared with the filter of the nearest measured bandwidth within 3 %.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.BANDWIDTH`; loss = bandwidth + artefacts.
    """
    filters = {
        corpus: _nearest_filters(rows) for corpus, rows in conditions.groupby("corpus", sort=False)
    }
    by_keys = {pair.keys: pair for pair in pairs}
    rows = []
    for pair in pairs:
        name = filters.get(pair.keys[0], {}).get(pair.condition)
        if name is None:
            continue
        *group, training, train, _ = pair.keys
        trained_at = name if training == "matched" else train
        filtered = by_keys.get((*group, training, trained_at, name))
        if filtered is not None and np.array_equal(filtered.rows, pair.rows):
            rows.append(_row(pair, filtered))
    return pd.DataFrame(rows, columns=list(BANDWIDTH))


def _nearest_filters(conditions: pd.DataFrame) -> dict[str, str]:
    """Return the low-pass filter of each coded condition that has one."""
    distinct = conditions[conditions["same_as"].isna() | (conditions["same_as"] == "")]
    # A chain that begins with a filter is none.
    filters = distinct[distinct["codec"].str.fullmatch(r"lowpass(:[^+]*)?")]
    nearest = {}
    for name, hertz in zip(distinct["condition"], distinct["bandwidth_hz"], strict=True):
        deviation = (filters["bandwidth_hz"] / hertz - 1).abs()
        if name == ORIGINAL or name in filters["condition"].to_numpy():
            continue
        if not deviation.empty and deviation.min() <= WITHIN:
            nearest[str(name)] = str(filters.loc[deviation.idxmin(), "condition"])
    return nearest


def _row(pair: Pair, filtered: Pair) -> dict[str, Any]:
    parts = {
        "loss": (pair.coded, pair.original),
        "bandwidth": (filtered.coded, pair.original),
        "artefacts": (pair.coded, filtered.coded),
    }
    row: dict[str, Any] = dict(zip(BANDWIDTH, (*pair.keys, filtered.condition), strict=False))
    for name, (first, second) in parts.items():
        change = intervals.interval(
            first.confusions, confusion.uar, second.confusions, repeats=pair.repeats
        )
        change = intervals.limited(change, 1.0)
        row |= {name: change.estimate, f"{name}_low": change.low, f"{name}_high": change.high}
    return row
