"""Leakage: speakers, recordings and sentences in both training and test, and its effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from ..core.findings import LEAKAGE_EFFECT, LEAKS
from ..core.tables import ORIGINAL
from . import confusion, intervals
from .folds import Split
from .outcomes import Outcomes
from .pairs import original_key, repeats_of, side, tested_by_both
from .protocols import PROTOCOLS, get_protocol

KINDS = {"speaker": "speaker", "recording": "group", "sentence": "text"}
"""What may leak -> its column of the utterances table."""


def leaks(protocol: str, utterances: pd.DataFrame, splits: Sequence[Split]) -> pd.DataFrame:
    """Count the speakers, recordings and sentences that training (with dev) and test share.

    Parameters
    ----------
    protocol : str
    utterances : pandas.DataFrame
        Columns ``tables.UTTERANCES``.
    splits : sequence of Split

    Returns
    -------
    pandas.DataFrame
        Columns `findings.LEAKS`. Utterances without a speaker or a sentence share none;
        ``known`` is false unless all utterances have one.
    """
    rows = []
    for fold in splits:
        seen, test = np.union1d(fold.train, fold.dev), fold.test
        for kind, column in KINDS.items():
            values = utterances[column].astype(str)
            shared = set(values.iloc[seen]) & set(values.iloc[test]) - {""}
            rows.append(
                {
                    "corpus": str(utterances["corpus"].iloc[0]),
                    "protocol": protocol,
                    "fold": fold.fold,
                    "kind": kind,
                    "shared": len(shared),
                    "utterances": int(values.iloc[test].isin(shared).sum()),
                    "n_test": len(test),
                    "known": bool((values != "").all()),
                }
            )
    return pd.DataFrame(rows, columns=list(LEAKS))


def effect(outcomes: Outcomes) -> pd.DataFrame:
    """Return how much a random protocol adds to the UAR, columns `findings.LEAKAGE_EFFECT`.

    The UAR of the original under a random protocol minus that under a speaker-disjoint one, on
    the utterances that both tested, for each model that was run under both.
    """
    rows = []
    built_in = [protocol.name for protocol in PROTOCOLS]
    protocols = dict.fromkeys([*built_in, *(key[3] for key in outcomes.cells)])
    for key in dict.fromkeys(original_key(key) for key in outcomes.cells):
        corpus, features, model, protocol, *_ = key
        for other in protocols:
            twin = (corpus, features, model, other, ORIGINAL, ORIGINAL)
            random = _is_disjoint(protocol) is False and _is_disjoint(other) is True
            if random and {key, twin} <= set(outcomes.cells):
                rows += _effect(outcomes, key, twin)
    return pd.DataFrame(rows, columns=list(LEAKAGE_EFFECT))


def _is_disjoint(protocol: str) -> bool | None:
    """Whether a protocol is speaker-disjoint; None if it is not installed here."""
    try:
        return get_protocol(protocol).speaker_disjoint
    except UsageError:
        return None


def _effect(
    outcomes: Outcomes, key: tuple[str, ...], twin: tuple[str, ...]
) -> list[dict[str, Any]]:
    corpus = outcomes.corpora[key[0]]
    random, disjoint = outcomes.cells[key], outcomes.cells[twin]
    tested = tested_by_both(random, disjoint)
    rows = np.flatnonzero(tested.any(axis=0))
    if not len(rows):
        return []
    left, right = (side(cell, corpus, rows, tested) for cell in (random, disjoint))
    change = intervals.interval(
        left.confusions,
        confusion.uar,
        right.confusions,
        bool(corpus.speakers),
        repeats=repeats_of(disjoint, len(tested)),
    )
    change = intervals.limited(change, 1.0)
    values = [float(confusion.uar(s.confusions.sum(axis=1)).mean()) for s in (left, right)]
    names = (key[0], key[1], key[2], key[3], twin[3], *values)
    return [
        {
            **dict(zip(LEAKAGE_EFFECT, names, strict=False)),
            "difference": change.estimate,
            "low": change.low,
            "high": change.high,
            "n_utterances": len(rows),
            "n_speakers": len(np.unique(left.speaker)) if corpus.speakers else 0,
        }
    ]
