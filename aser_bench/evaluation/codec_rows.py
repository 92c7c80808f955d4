"""One row a codec: area, codec errors, and the lowest bitrate that is safe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import COMPARED, ROBUSTNESS
from . import confusion, intervals, reference, robustness
from .pairs import Pair

_WAY = ["corpus", "features", "model", "protocol", "training"]


def robustness_rows(
    pairs: Sequence[Pair], losses: pd.DataFrame, conditions: pd.DataFrame, margin: float
) -> pd.DataFrame:
    """Return one row for each codec with bitrates, columns `findings.ROBUSTNESS`.

    Parameters
    ----------
    pairs : sequence of Pair
    losses : pandas.DataFrame
        Of the same pairs, see `losses.losses`.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    margin : float
    """
    by_keys = {pair.keys: pair for pair in pairs}
    known = conditions[conditions["same_as"].isna() | (conditions["same_as"] == "")].copy()
    known["kbps"] = known["requested_kbps"].fillna(known["effective_kbps"])
    table = losses[losses["metric"] == "uar"].merge(
        known[["corpus", "condition", "codec", "kbps"]], on=["corpus", "condition"]
    )
    table = table[table["kbps"].notna()]
    rows = [
        _row(dict(zip([*_WAY, "codec"], map(str, keys), strict=True)), part, by_keys, margin)
        for keys, part in table.groupby([*_WAY, "codec"], sort=False)
    ]
    return pd.DataFrame(rows, columns=list(ROBUSTNESS))


def _row(
    keys: dict[str, str], part: pd.DataFrame, by_keys: dict[tuple, Pair], margin: float
) -> dict[str, Any]:
    part = part.sort_values("kbps")
    safe = robustness.safe_bitrate(dict(zip(part["kbps"], part["decision"], strict=True)))
    stopped = part[part["kbps"] == safe.stopped]
    speakers = utterances = float("nan")
    if len(stopped) and stopped["decision"].iloc[0] == robustness.INCONCLUSIVE:
        pair = by_keys[tuple(stopped[list(COMPARED)].iloc[0])]
        speakers, utterances = _needed(pair, margin)
    error, relative, name = _against_reference(keys, part)
    return {
        **keys,
        "n_bitrates": len(part),
        "area": robustness.area(part["kbps"].array, part["value"].array),
        "codec_error": error,
        "relative_codec_error": relative,
        "reference": name,
        "safe": safe.word,
        "safe_kbps": safe.kbps,
        "sentence": _sentence(safe, stopped, margin, utterances, speakers),
        "needed_utterances": utterances,
        "needed_speakers": speakers,
    }


def _needed(pair: Pair, margin: float) -> tuple[float, float]:
    """Return the speakers (NaN where none are known) and utterances that would decide."""
    found = intervals.interval(pair.coded.confusions, confusion.uar, pair.original.confusions)
    each = len(pair.rows) / found.clusters
    if found.error == 0 and found.high > found.estimate:
        # Nothing changed: what decides is how much 0 out of n utterances permit.
        utterances = np.ceil(np.log((1 - intervals.CONFIDENCE) / 2) / np.log1p(-margin))
        return (np.ceil(utterances / each) if pair.speakers else float("nan")), utterances
    clusters = intervals.needed_clusters(found, margin)
    utterances = clusters * each
    return (clusters if pair.speakers else float("nan")), utterances


def _against_reference(keys: dict[str, str], part: pd.DataFrame) -> tuple[float, float, str]:
    row = reference.row(keys["corpus"], keys["protocol"], keys["training"])
    # A part of a corpus is another corpus.
    alike = row is not None and set(part["n_utterances"]) == {row.n_utterances}
    if row is None or not alike or not set(part["condition"]) <= set(row.values):
        return float("nan"), float("nan"), ""
    values = [row.values[condition] for condition in part["condition"]]
    own = part["value"].to_numpy(dtype=float)
    original = float(part["original"].iloc[0])
    return (
        robustness.codec_error(own, values),
        robustness.relative_codec_error(own, original, values, row.original),
        reference.NAME,
    )


def _sentence(
    safe: robustness.Safe,
    stopped: pd.DataFrame,
    margin: float,
    utterances: float,
    speakers: float,
) -> str:
    points = f"{100 * margin:g} point{'s' if margin != 0.01 else ''} of UAR"
    if not len(stopped):
        return (
            f"safe down to {safe.kbps:g} kbit/s, the lowest that was tried: at no bitrate are "
            f"more than {points} lost"
        )
    row = stopped.iloc[0]
    there = _there(row, points)
    if row["decision"] == robustness.INCONCLUSIVE:
        there += _would_decide(row, utterances, speakers)
    if safe.word == "yes":
        return (
            f"safe down to {safe.kbps:g} kbit/s: there and above not more than {points} are "
            f"lost; {there}"
        )
    return f"no safe bitrate: {there}" if safe.word == "none" else f"inconclusive: {there}"


def _there(row: Any, points: str) -> str:
    """Say what the first bitrate that is not safe came to."""
    at = f"at {row['kbps']:g} kbit/s"
    if np.isnan(row["low"]):
        return f"{at} there is {row['why']}"
    said = (
        f"{100 * row['difference']:+.1f}, interval {100 * row['low']:+.1f} to "
        f"{100 * row['high']:+.1f}"
    )
    if row["decision"] == robustness.INFERIOR:
        return f"{at} more than {points} are lost ({said})"
    return f"{at} a loss of more than {points} is not excluded ({said})"


def _would_decide(row: Any, utterances: float, speakers: float) -> str:
    """Say how much data it takes, unless the loss is simply close to the margin."""
    if np.isnan(utterances):
        return ""
    if utterances <= row["n_utterances"]:
        return ": the interval is narrow enough, but the loss lies close to the margin"
    who = f" of {row['n_speakers']:d} speakers" if row["n_speakers"] else ""
    whose = f" of {speakers:.0f} speakers" if not np.isnan(speakers) else ""
    return (
        f": with n = {row['n_utterances']:d} utterances{who} the interval is too wide for the "
        f"margin; if nothing is lost, about {_rounded(utterances)}{whose} decide it in 80 % of "
        "studies"
    )


def _rounded(number: float) -> str:
    """Write a number of utterances with two digits: more would be a claim.

    Examples
    --------
    >>> _rounded(12345.0), _rounded(87.3)
    ('12000', '87')
    """
    digits = max(0, len(f"{number:.0f}") - 2)
    return f"{round(number, -digits):.0f}"
