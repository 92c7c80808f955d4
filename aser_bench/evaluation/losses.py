"""Losses: differences of each condition from the original, with intervals and tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import CONFUSIONS, LOSSES, RECALLS, SPEAKERS, WORST
from ..core.metrics import LEADING, Metric, all_metrics
from . import confusion, intervals, robustness, significance
from .confusion import Counts, Floats
from .metrics import on_confusions
from .pairs import Pair

ALPHA = 0.05
_MOST_WORST = 20
UNKNOWN = "the speakers are unknown: the interval treats utterances as independent"


def losses(pairs: Sequence[Pair], margin: float, unclustered: bool = False) -> pd.DataFrame:
    """Return the metrics of each condition against the original, columns `findings.LOSSES`.

    Parameters
    ----------
    pairs : sequence of Pair
        The comparison of the original with itself is left out.
    margin : float
        Largest tolerated loss, as a fraction.
    unclustered : bool
        Whether the interval that ignores speakers is added.
    """
    rows = [
        row
        for pair in pairs
        if not pair.is_original
        for row in _losses_of(pair, margin, unclustered)
    ]
    table = pd.DataFrame(rows, columns=list(LOSSES))
    families = ["corpus", "features", "protocol", "training", "metric"]
    for _, places in table.groupby(families, sort=False).groups.items():
        table.loc[places, "p_holm"] = significance.holm(table.loc[places, "p"].astype(float))
    signs = table["metric"].map({name: metric.sign for name, metric in all_metrics().items()})
    table["significant"] = (table["p_holm"] < ALPHA) & (signs * table["difference"] < 0)
    return table


def _losses_of(pair: Pair, margin: float, unclustered: bool) -> Iterator[dict[str, Any]]:
    coded, original = pair.coded, pair.original
    # A function of two lists of labels would be called thousands of times by a permutation test.
    fast = {
        name: on_confusions(metric, pair.corpus.emotions)
        for name, metric in all_metrics().items()
        if metric.of_confusion
    }
    p = significance.permutation_test(coded.confusions, original.confusions, fast)
    p_mcnemar = significance.mcnemar_test(original.right, coded.right)
    for name, metric in all_metrics().items():
        row, p_of_interval = _loss(pair, metric, margin, unclustered)
        yield {**row, "p": p.get(name, p_of_interval), "p_mcnemar": p_mcnemar}


def _loss(
    pair: Pair, metric: Metric, margin: float, unclustered: bool
) -> tuple[dict[str, Any], float]:
    """Return a row without its tests, and the p that belongs to the interval."""
    of_confusion = on_confusions(metric, pair.corpus.emotions)
    coded, original = pair.coded, pair.original
    change = intervals.interval(
        coded.confusions, of_confusion, original.confusions, bool(pair.corpus.speakers)
    )
    value = float(np.mean(of_confusion(coded.confusions.sum(axis=1))))
    base = float(np.mean(of_confusion(original.confusions.sum(axis=1))))
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
    if metric.name == LEADING:
        row["retained"] = robustness.retained(value, base, robustness.chance(coded.truth))
    if unclustered:
        plain = intervals.interval(coded.unclustered, of_confusion, original.unclustered, False)
        row["low_unclustered"], row["high_unclustered"] = plain.low, plain.high
    return row, change.p


def _decide(change: intervals.Interval, metric: Metric, margin: float) -> str:
    low, high = sorted((metric.sign * change.low, metric.sign * change.high))
    return robustness.decide(low, high, margin)


def recalls(pairs: Sequence[Pair]) -> pd.DataFrame:
    """Return the recall of each emotion against the original, columns `findings.RECALLS`."""
    rows = [
        _recall(pair, code, emotion)
        for pair in pairs
        for code, emotion in enumerate(pair.corpus.emotions)
        if (pair.coded.truth == code).any()
    ]
    return pd.DataFrame(rows, columns=list(RECALLS))


def _recall(pair: Pair, code: int, emotion: str) -> dict[str, Any]:
    def recall(matrices: Counts) -> Floats:
        # Only the row of the class is needed.
        row = matrices[..., code, :]
        return confusion.ratio(row[..., code], row.sum(axis=-1), np.nan)

    coded, original = pair.coded.confusions, pair.original.confusions
    change = intervals.interval(coded, recall, original, bool(pair.corpus.speakers))
    total = coded.sum(axis=(0, 1))
    wrong = np.where(np.arange(len(total)) == code, -1, total[code])
    other = int(wrong.argmax())
    return {
        **dict(zip(RECALLS, pair.keys, strict=False)),
        "emotion": emotion,
        "n_utterances": int((pair.coded.truth == code).sum()),
        "original": float(np.mean(recall(original.sum(axis=1)))),
        "value": float(np.mean(recall(coded.sum(axis=1)))),
        "difference": change.estimate,
        # The original is not compared with itself.
        "low": np.nan if pair.is_original else change.low,
        "high": np.nan if pair.is_original else change.high,
        "precision": float(confusion.precisions(total)[code]),
        "confused_with": pair.corpus.emotions[other] if wrong[other] > 0 else "",
        "confused_share": float(max(wrong[other], 0) / total[code].sum()),
    }


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
