"""Losses: differences of each condition from the original, with intervals and tests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import CONFUSIONS, LOSSES, SPEAKERS, WORST
from ..core.metrics import LEADING, Metric, all_metrics
from . import chance, confusion, intervals, robustness, significance
from .metrics import on_confusions
from .pairs import Pair

ALPHA = 0.05
NO_DIFFERENCE = "no prediction differs"
_MOST_WORST = 20
UNKNOWN = "the speakers are unknown: the interval treats utterances as independent"


def losses(
    pairs: Sequence[Pair],
    margin: float,
    unclustered: bool = False,
    controls: Collection[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Return the metrics of each condition against the original, columns `findings.LOSSES`.

    Parameters
    ----------
    pairs : sequence of Pair
        The comparison of the original with itself is left out.
    margin : float
        Largest tolerated loss, as a fraction.
    unclustered : bool
        Whether the interval that ignores speakers is added.
    controls : collection of (str, str)
        Corpus and condition of each control; controls are a family of comparisons of their own.
    """
    rows = [
        row
        for pair in pairs
        if not pair.is_original
        for row in _losses_of(pair, margin, unclustered, set(controls))
    ]
    table = pd.DataFrame(rows, columns=list(LOSSES))
    table = significance.add_corrected(table, [*significance.FAMILY, "metric"])[list(LOSSES)]
    signs = table["metric"].map({name: metric.sign for name, metric in all_metrics().items()})
    table["significant"] = (table["p_holm"] < ALPHA) & (signs * table["difference"] < 0)
    return table


def _losses_of(
    pair: Pair, margin: float, unclustered: bool, controls: AbstractSet[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    coded, original = pair.coded, pair.original
    # A function of two lists of labels would be called thousands of times by a permutation test.
    fast = {
        name: on_confusions(metric, pair.corpus.emotions)
        for name, metric in all_metrics().items()
        if metric.of_confusion
    }
    p = significance.permutation_test(coded.confusions, original.confusions, fast)
    smallest = significance.smallest_permutation_p(coded.confusions.shape[1])
    p_mcnemar = significance.mcnemar_test(original.right, coded.right)
    identical = np.array_equal(coded.predicted, original.predicted)
    for name, metric in all_metrics().items():
        row, change = _loss(pair, metric, margin, unclustered)
        yield {
            **row,
            **columns_of_test(change, NO_DIFFERENCE if identical else ""),
            "family": family(pair, controls),
            "p_permutation": p.get(name, np.nan),
            "p_permutation_smallest": smallest if name in fast else np.nan,
            "p_mcnemar": p_mcnemar,
        }


def family(pair: Pair, controls: Collection[tuple[str, str]]) -> str:
    """Return the family of comparisons that a condition belongs to."""
    is_control = (pair.keys[0], pair.condition) in controls
    return significance.CONTROLS if is_control else significance.CODECS


def columns_of_test(change: intervals.Interval, unchanged: str = "") -> dict[str, Any]:
    """Return the columns ``p`` and ``not_tested`` of a comparison.

    Parameters
    ----------
    change : Interval
        Of the difference; its p is that of the t of the interval.
    unchanged : str
        Reason if nothing differs. Such a comparison cannot be significant, so it is not tested and
        does not count (Tarone, A modified Bonferroni method for discrete data, Biometrics 1990).
    """
    if unchanged:
        return {"p": np.nan, "not_tested": unchanged}
    reason = "" if np.isfinite(change.p) else change.why.removeprefix("no interval: ")
    return {"p": change.p, "not_tested": reason}


def _loss(
    pair: Pair, metric: Metric, margin: float, unclustered: bool
) -> tuple[dict[str, Any], intervals.Interval]:
    """Return a row without its tests, and its interval."""
    of_confusion = on_confusions(metric, pair.corpus.emotions)
    coded, original = pair.coded, pair.original
    change = intervals.interval(
        coded.confusions,
        of_confusion,
        original.confusions,
        bool(pair.corpus.speakers),
        repeats=pair.repeats,
    )
    value = float(np.mean(of_confusion(coded.confusions.sum(axis=1))))
    base = float(np.mean(of_confusion(original.confusions.sum(axis=1))))
    largest = metric.bounds[1] - metric.bounds[0]
    change = intervals.limited(change, largest)
    row = {
        **dict(zip(LOSSES, pair.keys, strict=False)),
        "metric": metric.name,
        "original": base,
        "value": value,
        "difference": change.estimate,
        "low": change.low,
        "high": change.high,
        "effect": change.effect,
        "retained": np.nan,
        "decision": _decide(change, metric, margin),
        "n_utterances": len(pair.rows),
        "n_speakers": pair.speakers,
        "why": change.why or ("" if pair.corpus.speakers else UNKNOWN),
        "low_unclustered": np.nan,
        "high_unclustered": np.nan,
    }
    if metric.name == LEADING and not chance.original_uar(pair).at_chance:
        row["retained"] = robustness.retained(value, base, robustness.chance(coded.truth))
    if unclustered:
        plain = intervals.interval(
            coded.unclustered, of_confusion, original.unclustered, False, repeats=pair.repeats
        )
        plain = intervals.limited(plain, largest)
        row["low_unclustered"], row["high_unclustered"] = plain.low, plain.high
    return row, change


def _decide(change: intervals.Interval, metric: Metric, margin: float) -> str:
    low, high = sorted((metric.sign * change.low, metric.sign * change.high))
    return robustness.decide(low, high, margin)


def confusions(pairs: Sequence[Pair]) -> pd.DataFrame:
    """Return the shares of predicted emotions for each emotion, columns `findings.CONFUSIONS`."""
    parts = []
    for pair in pairs:
        total = pair.coded.confusions.sum(axis=(0, 1))
        shares = confusion.ratio(total, total.sum(axis=1, keepdims=True), np.nan)
        emotions = np.array(pair.corpus.emotions, dtype=object)
        truth, predicted = np.indices(total.shape).reshape(2, -1)
        part = pd.DataFrame(
            {"truth": emotions[truth], "predicted": emotions[predicted], "share": shares.ravel()}
        ).dropna(subset="share")
        parts.append(part.assign(**dict(zip(CONFUSIONS, pair.keys, strict=False))))
    return _stacked(parts, CONFUSIONS)


def speakers(pairs: Sequence[Pair]) -> pd.DataFrame:
    """Return each speaker's UAR over the emotions that occur, columns `findings.SPEAKERS`."""
    parts = []
    for pair in pairs:
        if not pair.corpus.speakers or pair.is_original:
            continue
        names = np.array(pair.corpus.speakers, dtype=object)[
            np.unique(pair.corpus.speaker[pair.rows])
        ]
        part = pd.DataFrame(
            {
                "speaker": names,
                "n_utterances": np.bincount(pair.coded.speaker),
                "original": confusion.uar(pair.original.confusions).mean(axis=0),
                "value": confusion.uar(pair.coded.confusions).mean(axis=0),
            }
        )
        parts.append(part.assign(**dict(zip(SPEAKERS, pair.keys, strict=False))))
    return _stacked(parts, SPEAKERS)


def worst(pairs: Sequence[Pair]) -> pd.DataFrame:
    """Return utterances that are correct at the original and wrong at a condition.

    Columns `findings.WORST`. Correct and wrong are decided by the majority of runs. Each section
    (corpus, feature set and protocol) has at most 20 utterances, each once, at the condition with
    the largest confidence in the wrong emotion.
    """
    parts = [_changed(pair) for pair in pairs if not pair.is_original]
    table = _stacked(parts, WORST)
    section = ["corpus", "features", "protocol"]
    table = table.sort_values(
        ["confidence", "utterance", "model", "training", "condition"],
        ascending=[False, True, True, True, True],
        kind="stable",
    )
    once = table.drop_duplicates([*section, "utterance"]).groupby(section, sort=False)
    return once.head(_MOST_WORST).reset_index(drop=True)


def _changed(pair: Pair) -> pd.DataFrame:
    emotions = np.array(pair.corpus.emotions, dtype=object)
    coded, original = (side.votes.argmax(axis=1) for side in (pair.coded, pair.original))
    votes = pair.coded.votes
    # More runs agree on a wrong emotion than on the right one: a tie is neither.
    wrong = votes.max(axis=1) > votes[np.arange(len(votes)), pair.coded.truth]
    rows = np.flatnonzero(pair.original.right & wrong)
    agrees = pair.coded.predicted[:, rows] == coded[rows]
    confidence = np.where(agrees, pair.coded.confidence[:, rows], 0).sum(axis=0)
    confidence = confidence / agrees.sum(axis=0)
    speaker = pair.corpus.speaker[pair.rows[rows]]
    names = np.array(pair.corpus.speakers or ("",), dtype=object)
    table = pd.DataFrame(
        {
            "utterance": pair.corpus.utterances[pair.rows[rows]],
            "speaker": names[speaker],
            "truth": emotions[pair.coded.truth[rows]],
            "predicted_original": emotions[original[rows]],
            "predicted": emotions[coded[rows]],
            "confidence": confidence,
        }
    )
    # Each pair contributes at most this many.
    best = table.sort_values("confidence", ascending=False, kind="stable").head(_MOST_WORST)
    return best.assign(**dict(zip(WORST, pair.keys, strict=False)))


def _stacked(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(parts, ignore_index=True)[list(columns)]
