"""Recall of each emotion at each condition, with intervals and tests of the change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import RECALLS
from . import confusion, intervals, proportions, significance
from .confusion import Counts
from .intervals import Interval
from .losses import ALPHA, columns_of_test, family
from .pairs import Pair

UNCHANGED = "the same utterances are correct"


def recalls(pairs: Sequence[Pair], controls: Collection[tuple[str, str]] = ()) -> pd.DataFrame:
    """Return the recall of each emotion against the original, columns `findings.RECALLS`.

    Parameters
    ----------
    pairs : sequence of Pair
    controls : collection of (str, str)
        Corpus and condition of each control; see `losses.losses`.

    Returns
    -------
    pandas.DataFrame
        The p values are corrected for all emotions, models and conditions of a family. A loss is
        significant if its corrected p is below 5 % and its interval is below 0.
    """
    known = set(controls)
    rows = [
        _recall(pair, code, emotion) | {"family": family(pair, known)}
        for pair in pairs
        for code, emotion in enumerate(pair.corpus.emotions)
        if (pair.coded.truth == code).any()
    ]
    table = pd.DataFrame(rows, columns=list(RECALLS))
    table = significance.add_corrected(table, significance.FAMILY)[list(RECALLS)]
    table["significant"] = (table["p_holm"] < ALPHA) & (table["high"] < 0)
    return table


def _recall(pair: Pair, code: int, emotion: str) -> dict[str, Any]:
    # Only the row of the class is needed.
    coded, original = (side.confusions[:, :, code] for side in (pair.coded, pair.original))
    # In repeats that test other utterances, the sizes are means over repeats.
    sizes = coded.sum(axis=(0, -1)) / len(coded)
    change = proportions.paired_difference(
        coded[..., code].mean(axis=0), original[..., code].mean(axis=0), sizes
    )
    change = _with_training_error(change, pair, coded, original, code)
    total = pair.coded.confusions.sum(axis=(0, 1))
    wrong = np.where(np.arange(len(total)) == code, -1, total[code])
    other = int(wrong.argmax())
    if pair.is_original:  # it is not compared with itself
        tests: dict[str, Any] = {"p": np.nan, "not_tested": ""}
    else:
        tests = columns_of_test(change, UNCHANGED if _unchanged(pair, code) else "")
    return {
        **dict(zip(RECALLS, pair.keys, strict=False)),
        "emotion": emotion,
        "n_utterances": int((pair.coded.truth == code).sum()),
        "original": float(original[..., code].sum(axis=1).mean() / sizes.sum()),
        "value": float(coded[..., code].sum(axis=1).mean() / sizes.sum()),
        "difference": change.estimate,
        "low": np.nan if pair.is_original else change.low,
        "high": np.nan if pair.is_original else change.high,
        **tests,
        "precision": float(confusion.precisions(total)[code]),
        "confused_with": pair.corpus.emotions[other] if wrong[other] > 0 else "",
        "confused_share": float(max(wrong[other], 0) / total[code].sum()),
    }


def _with_training_error(
    change: Interval, pair: Pair, coded: Counts, original: Counts, code: int
) -> Interval:
    """Return the interval of a recall's change with the variance over repeats, within -1 and 1."""
    if pair.repeats.number == 1:
        return change
    values = [
        (side[..., code].sum(axis=1) / side.sum(axis=(1, 2)))
        .reshape(pair.repeats.number, -1)
        .mean(axis=1)
        for side in (coded, original)
    ]
    change = intervals.with_training_error(change, values[0] - values[1], pair.repeats)
    return replace(change, low=max(change.low, -1.0), high=min(change.high, 1.0))


def _unchanged(pair: Pair, code: int) -> bool:
    """Whether the same utterances of an emotion are correct in every run."""
    rows = pair.coded.truth == code
    coded, original = (side.predicted[:, rows] == code for side in (pair.coded, pair.original))
    return np.array_equal(coded, original)
