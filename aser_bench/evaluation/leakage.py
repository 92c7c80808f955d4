"""Who and what stands both in training and in test, and what that is worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from ..core.findings import LEAKAGE_EFFECT, LEAKS
from ..core.tables import ORIGINAL
from . import confusion, intervals
from .folds import Split
from .outcomes import Outcomes
from .pairs import original_key, side
from .protocols import PROTOCOLS, get_protocol

KINDS = {"speaker": "speaker", "recording": "group", "sentence": "text"}
"""What may leak, and the column of the utterances table that tells it."""


def leaks(protocol: str, utterances: pd.DataFrame, splits: Sequence[Split]) -> pd.DataFrame:
    """Count by fold what training (dev included) and test share.

    Parameters
    ----------
    protocol : str
    utterances : pandas.DataFrame
        Columns ``tables.UTTERANCES``.
    splits : sequence of Split

    Returns
    -------
    pandas.DataFrame
        Columns `findings.LEAKS`. Utterances of which the corpus does not tell the speaker or
        the sentence share none; ``known`` is false unless all of them are told.
    """
    rows = []
    for one in splits:
        seen, test = np.union1d(one.train, one.dev), one.test
        for kind, column in KINDS.items():
            words = utterances[column].astype(str)
            shared = set(words.iloc[seen]) & set(words.iloc[test]) - {""}
            rows.append(
                {
                    "corpus": str(utterances["corpus"].iloc[0]),
                    "protocol": protocol,
                    "fold": one.fold,
                    "kind": kind,
                    "shared": len(shared),
                    "utterances": int(words.iloc[test].isin(shared).sum()),
                    "n_test": len(test),
                    "known": bool((words != "").all()),
                }
            )
    return pd.DataFrame(rows, columns=list(LEAKS))


def effect(outcomes: Outcomes) -> pd.DataFrame:
    """Return what a random protocol adds to the UAR, columns `findings.LEAKAGE_EFFECT`.

    UAR of the original under it less that under a speaker-disjoint protocol, on the utterances
    that both tested, wherever a model was run under both.
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


def _effect(outcomes: Outcomes, key: tuple[str, ...], twin: tuple[str, ...]) -> list[dict]:
    corpus = outcomes.corpora[key[0]]
    one, two = outcomes.cells[key], outcomes.cells[twin]
    rows = np.flatnonzero(one.tested & two.tested)
    if not len(rows):
        return []
    left, right = (side(cell, corpus, rows) for cell in (one, two))
    found = intervals.interval(
        left.confusions, confusion.uar, right.confusions, bool(corpus.speakers)
    )
    values = [float(confusion.uar(s.confusions.sum(axis=1)).mean()) for s in (left, right)]
    names = (key[0], key[1], key[2], key[3], twin[3], *values)
    return [
        {
            **dict(zip(LEAKAGE_EFFECT, names, strict=False)),
            "difference": found.estimate,
            "low": found.low,
            "high": found.high,
            "n_utterances": len(rows),
            "n_speakers": len(np.unique(left.speaker)) if corpus.speakers else 0,
        }
    ]
