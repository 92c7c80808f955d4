"""Classes in the parts of each fold: their numbers of utterances, and those that are absent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ..core.findings import FOLDS
from .folds import Split
from .outcomes import Source, open_predictions, read_groups

_KEYS = ["corpus", "protocol", "fold", "utterance", "truth"]


def of_splits(protocol: str, utterances: pd.DataFrame, splits: Iterable[Split]) -> pd.DataFrame:
    """Return the utterances of each emotion in each part of each fold, columns `findings.FOLDS`.

    Parameters
    ----------
    protocol : str
    utterances : pandas.DataFrame
        Columns ``tables.UTTERANCES``; the emotions are all those that occur in it.
    splits : iterable of Split
    """
    emotion = utterances["emotion"].astype(str).to_numpy()
    corpus = str(utterances["corpus"].iloc[0])
    rows = []
    for split in splits:
        for name in np.unique(emotion):
            parts = (int((emotion[part] == name).sum()) for part in (split.train, split.dev))
            n_test = int((emotion[split.test] == name).sum())
            rows.append((corpus, protocol, split.fold, str(name), *parts, n_test))
    return pd.DataFrame(rows, columns=list(FOLDS))


def of_predictions(sources: Sequence[Source]) -> pd.DataFrame:
    """Return the same table from predictions, which have the test parts alone.

    The numbers of utterances in training and dev are NaN. The emotions are those of the test
    parts of all folds.

    Parameters
    ----------
    sources : sequence of Source
        Files with the columns ``tables.PREDICTIONS``.
    """
    parts = []
    for source in sources:
        file = open_predictions(source.path)
        for group in read_groups(source.path, file, _KEYS):
            frame = group.to_pandas().drop_duplicates()
            names = frame["corpus"].astype(str)
            parts.append(frame.assign(corpus=names.replace(dict(source.corpora))))
    if not parts:
        return pd.DataFrame(columns=list(FOLDS))
    tested = pd.concat(parts, ignore_index=True)
    tested = tested.astype({"protocol": str, "utterance": str, "truth": str}).drop_duplicates()
    counted: list[tuple[object, ...]] = []
    for (corpus, protocol), rows in tested.groupby(["corpus", "protocol"], sort=False):
        counts = pd.crosstab(rows["fold"], rows["truth"])
        counted += [
            (corpus, protocol, fold, emotion, np.nan, np.nan, int(number))
            for fold, numbers in counts.iterrows()
            for emotion, number in numbers.items()
        ]
    return pd.DataFrame(counted, columns=list(FOLDS))


def completed(
    folds: pd.DataFrame, protocols: Iterable[tuple[str, str]], sources: Sequence[Source]
) -> pd.DataFrame:
    """Return a table of folds, with the test parts of the protocols that it lacks.

    Parameters
    ----------
    folds : pandas.DataFrame
        Columns `findings.FOLDS`; empty for results of earlier versions.
    protocols : iterable of (corpus, protocol)
        All that the predictions have.
    sources : sequence of Source
        The predictions, which are only read if the table lacks a protocol.
    """
    keys = ["corpus", "protocol"]
    present = set(folds[keys].itertuples(index=False, name=None))
    if set(protocols) <= present:
        return folds
    others = of_predictions(sources)
    missing = [row not in present for row in others[keys].itertuples(index=False, name=None)]
    return pd.concat([folds, others[missing]], ignore_index=True) if len(folds) else others
