"""Which part of a loss is band-limiting: a low-pass filter of the same bandwidth beside a codec."""

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
"""Share by which the bandwidths of a codec and a low-pass filter may differ."""


def split(pairs: Sequence[Pair], conditions: pd.DataFrame) -> pd.DataFrame:
    """Split the change of UAR into that of a low-pass filter and what coding does beyond it.

    Parameters
    ----------
    pairs : sequence of Pair
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``; those of the codec ``lowpass`` are the filters. A condition
        takes the filter whose measured bandwidth is nearest, if it is within 3 %.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.BANDWIDTH`; loss = bandwidth + artefacts.
    """
    filters = {corpus: _twins(rows) for corpus, rows in conditions.groupby("corpus", sort=False)}
    by_keys = {pair.keys: pair for pair in pairs}
    rows = []
    for pair in pairs:
        twin = filters.get(pair.keys[0], {}).get(pair.condition)
        if twin is None:
            continue
        *way, training, train, _ = pair.keys
        other = by_keys.get((*way, training, twin if training == "matched" else train, twin))
        if other is not None and np.array_equal(other.rows, pair.rows):
            rows.append(_row(pair, other))
    return pd.DataFrame(rows, columns=list(BANDWIDTH))


def _twins(conditions: pd.DataFrame) -> dict[str, str]:
    """Return the low-pass filter of each coded condition that has one."""
    known = conditions[conditions["same_as"].isna() | (conditions["same_as"] == "")]
    # Not the chains that begin with one.
    is_filter = known["codec"].str.fullmatch(r"lowpass(:[^+]*)?")
    found = {}
    for name, hertz in zip(known["condition"], known["bandwidth_hz"], strict=True):
        off = (known.loc[is_filter, "bandwidth_hz"] / hertz - 1).abs()
        if name == ORIGINAL or off.empty or not off.min() <= WITHIN:
            continue
        twin = known.loc[off.idxmin(), "condition"]
        if name not in known.loc[is_filter, "condition"].to_numpy():
            found[str(name)] = str(twin)
    return found


def _row(pair: Pair, filtered: Pair) -> dict:
    parts = {
        "loss": (pair.coded, pair.original),
        "bandwidth": (filtered.coded, pair.original),
        "artefacts": (pair.coded, filtered.coded),
    }
    row: dict[str, Any] = dict(zip(BANDWIDTH, (*pair.keys, filtered.condition), strict=False))
    for name, (one, other) in parts.items():
        found = intervals.interval(one.confusions, confusion.uar, other.confusions)
        row |= {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}
    return row
