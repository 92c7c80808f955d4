"""The table of codecs: area under the curve, codec errors and lowest safe bitrate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import COMPARED, ROBUSTNESS
from . import chance, confusion, intervals, reference, robustness
from .pairs import Pair

_GROUP = ["corpus", "features", "model", "protocol", "training"]


def robustness_rows(
    pairs: Sequence[Pair], losses: pd.DataFrame, conditions: pd.DataFrame, margin: float
) -> pd.DataFrame:
    """Return one row for each codec with bitrates, columns `findings.ROBUSTNESS`.

    Parameters
    ----------
    pairs : sequence of Pair
    losses : pandas.DataFrame
        Losses of the same pairs; see `losses.losses`.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    margin : float
        Largest tolerated loss, as a fraction.
    """
    by_keys = {pair.keys: pair for pair in pairs}
    distinct = conditions[conditions["same_as"].isna() | (conditions["same_as"] == "")].copy()
    distinct["kbps"] = distinct["requested_kbps"].fillna(distinct["effective_kbps"])
    table = losses[losses["metric"] == "uar"].merge(
        distinct[["corpus", "condition", "codec", "kbps"]], on=["corpus", "condition"]
    )
    table = table[table["kbps"].notna()]
    rows = [
        _row(dict(zip([*_GROUP, "codec"], map(str, keys), strict=True)), part, by_keys, margin)
        for keys, part in table.groupby([*_GROUP, "codec"], sort=False)
    ]
    return pd.DataFrame(rows, columns=list(ROBUSTNESS))


def _row(
    keys: dict[str, str], part: pd.DataFrame, by_keys: dict[tuple[str, ...], Pair], margin: float
) -> dict[str, Any]:
    part = part.sort_values("kbps")
    safe = robustness.safe_bitrate(dict(zip(part["kbps"], part["decision"], strict=True)))
    stopped = part[part["kbps"] == safe.stopped]
    original = chance.original_uar(by_keys[tuple(part[list(COMPARED)].iloc[-1])])
    if original.at_chance:
        safe = robustness.Safe(robustness.AT_CHANCE, float("nan"), safe.stopped)
    speakers = utterances = float("nan")
    if (
        len(stopped)
        and not original.at_chance
        and stopped["decision"].iloc[0] == robustness.INCONCLUSIVE
    ):
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
        "safe": safe.verdict,
        "safe_kbps": safe.kbps,
        "uar_original": original.value,
        "uar_low": original.low,
        "uar_high": original.high,
        "chance": original.chance,
        "sentence": _at_chance(original)
        if original.at_chance
        else _sentence(safe, stopped, margin, utterances, speakers),
        "needed_utterances": utterances,
        "needed_speakers": speakers,
    }


def _needed(pair: Pair, margin: float) -> tuple[float, float]:
    """Return the numbers of speakers (NaN if unknown) and utterances that would decide."""
    change = intervals.interval(
        pair.coded.confusions, confusion.uar, pair.original.confusions, repeats=pair.repeats
    )
    each = len(pair.rows) / change.clusters
    if change.error == 0 and change.high > change.estimate:
        # No prediction changed: the interval is that of 0 out of n utterances.
        utterances = np.ceil(np.log((1 - intervals.CONFIDENCE) / 2) / np.log1p(-margin))
        return (np.ceil(utterances / each) if pair.speakers else float("nan")), utterances
    clusters = intervals.needed_clusters(change, margin)
    utterances = clusters * each
    return (clusters if pair.speakers else float("nan")), utterances


def _against_reference(keys: dict[str, str], part: pd.DataFrame) -> tuple[float, float, str]:
    row = reference.row(keys["corpus"], keys["protocol"], keys["training"])
    # The reference does not hold for a part of a corpus.
    alike = row is not None and set(part["n_utterances"]) == {row.n_utterances}
    if row is None or not alike or not set(part["condition"]) <= set(row.values):
        return float("nan"), float("nan"), ""
    values = [row.values[condition] for condition in part["condition"]]
    measured = part["value"].to_numpy(dtype=float)
    original = float(part["original"].iloc[0])
    return (
        robustness.codec_error(measured, values),
        robustness.relative_codec_error(measured, original, values, row.original),
        reference.NAME,
    )


def _at_chance(original: chance.OriginalUar) -> str:
    numbers = (original.value, original.low, original.high, original.chance)
    value, low, high, guess = (f"{number:.3f}".removeprefix("0") for number in numbers)
    note = f"; {original.note}" if original.note else ""
    return f"at chance, nothing to lose: UAR {value} ({low} to {high}), chance {guess}{note}"


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
            f"safe down to {safe.kbps:g} kbit/s, the lowest bitrate in the study: no bitrate loses "
            f"more than {points}"
        )
    row = stopped.iloc[0]
    there = _first_unsafe(row, points)
    if row["decision"] == robustness.INCONCLUSIVE:
        there += _data_needed(row, utterances, speakers)
    if safe.verdict == "yes":
        return (
            f"safe down to {safe.kbps:g} kbit/s: no bitrate from there up loses more than "
            f"{points}; {there}"
        )
    return f"no safe bitrate: {there}" if safe.verdict == "none" else f"inconclusive: {there}"


def _first_unsafe(row: Any, points: str) -> str:
    """Describe the result at the highest bitrate that is not safe."""
    at = f"at {row['kbps']:g} kbit/s"
    if np.isnan(row["low"]):
        return f"{at} there is {row['why']}"
    change = (
        f"{100 * row['difference']:+.1f}, interval {100 * row['low']:+.1f} to "
        f"{100 * row['high']:+.1f}"
    )
    if row["decision"] == robustness.INFERIOR:
        return f"{at} more than {points} are lost ({change})"
    return f"{at} a loss of more than {points} is not excluded ({change})"


def _data_needed(row: Any, utterances: float, speakers: float) -> str:
    """Describe how much data would decide; empty if unknown."""
    if np.isnan(utterances):
        return ""
    if utterances <= row["n_utterances"]:
        return ": the interval is narrow enough, but the loss is close to the margin"
    tested = f" of {row['n_speakers']:d} speakers" if row["n_speakers"] else ""
    needed = f" of {speakers:.0f} speakers" if not np.isnan(speakers) else ""
    return (
        f": with n = {row['n_utterances']:d} utterances{tested} the interval is too wide for the "
        f"margin; if nothing is lost, about {_rounded(utterances)}{needed} decide it in 80 % of "
        "studies"
    )


def _rounded(number: float) -> str:
    """Write a number of utterances with two significant digits.

    Examples
    --------
    >>> _rounded(12345.0), _rounded(87.3)
    ('12000', '87')
    """
    digits = max(0, len(f"{number:.0f}") - 2)
    return f"{round(number, -digits):.0f}"
