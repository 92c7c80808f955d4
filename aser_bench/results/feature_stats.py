"""Statistics of features and splits: feature distributions, drift, leaks, classes of folds.

They are computed at the end of a run from its features and splits, which a results folder does not
contain, and are written to the folder as tables for reports and checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from .. import features as feature_sets
from ..core.findings import DRIFT, FEATURES, FOLDS, LEAKS
from ..core.tables import ORIGINAL
from ..evaluation import fold_classes, leakage
from ..evaluation.drift import drift as drift_of
from ..evaluation.splits import Split
from ..pipeline.worklist import Worklist

_DIGITS = 6
_ROUNDING = 1e-9  # relative standard deviation up to which a feature is constant

Originals = Mapping[tuple[str, str], np.ndarray]
"""(corpus, feature set) -> mean of each feature over time, shape (utterances, features)."""


def originals(worklists: Sequence[Worklist]) -> dict[tuple[str, str], np.ndarray]:
    """Return the features of the original, for `features` and `drift`."""
    return {
        (worklist.name, name): _means(worklist, ORIGINAL, parts)
        for worklist in worklists
        if worklist.batches
        for name, parts in worklist.experiment.feature_sets.items()
        if parts
    }


def features(worklists: Sequence[Worklist], of_original: Originals | None = None) -> pd.DataFrame:
    """Return mean and standard deviation of each feature over the original recordings.

    Frames are averaged over each utterance first. A feature that is constant up to rounding has
    the standard deviation 0.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.FEATURES`.
    """
    parts = []
    parts_of = {
        (worklist.name, name): extracted
        for worklist in worklists
        for name, extracted in worklist.experiment.feature_sets.items()
    }
    for (corpus, name), rows in (
        originals(worklists) if of_original is None else of_original
    ).items():
        sd = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.zeros(rows.shape[1])
        varies = sd > _ROUNDING * np.abs(rows).max(axis=0, initial=0)
        columns = {
            "corpus": corpus,
            "features": name,
            "feature": _columns(parts_of[corpus, name]),
            "mean": rows.mean(axis=0),
            "sd": np.where(varies, sd, 0.0),
        }
        parts.append(pd.DataFrame(columns))
    if not parts:
        return pd.DataFrame(columns=list(FEATURES))
    return pd.concat(parts, ignore_index=True)[list(FEATURES)]


def drift(worklists: Sequence[Worklist], of_original: Originals | None = None) -> pd.DataFrame:
    """Return the distance of each feature of each condition from the original.

    Frames are averaged over each utterance.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.DRIFT`.
    """
    parts = []
    of_original = originals(worklists) if of_original is None else of_original
    for worklist in worklists:
        if not worklist.batches:
            continue
        for name, extracted in worklist.experiment.feature_sets.items():
            if not extracted:
                continue
            original = of_original[worklist.name, name]
            for condition in worklist.experiment.conditions.names:
                if condition != ORIGINAL:
                    table = drift_of(
                        original, _means(worklist, condition, extracted), _columns(extracted)
                    )
                    keys = {"corpus": worklist.name, "features": name, "condition": condition}
                    parts.append(table.assign(**keys))
    if not parts:
        return pd.DataFrame(columns=list(DRIFT))
    return pd.concat(parts, ignore_index=True)[list(DRIFT)].round(_DIGITS)


def _columns(parts: Sequence[str]) -> list[str]:
    return [column for part in parts for column in feature_sets.get(part).columns]


def _means(worklist: Worklist, condition: str, parts: Sequence[str]) -> np.ndarray:
    """Return the features of a condition, shape (utterances, columns), part after part."""
    return np.hstack([_means_of(worklist, condition, part) for part in parts])


def _means_of(worklist: Worklist, condition: str, name: str) -> np.ndarray:
    rows = []
    for batch in worklist.batches:
        entry = batch.cache.load("features", batch.keys[condition, name])
        if entry is None:
            raise RuntimeError("features were removed from the cache during the run; run again")
        values, offsets = entry.arrays["values"], entry.arrays["offsets"]
        sums = np.add.reduceat(values.astype(float), offsets[:-1], axis=0)
        rows.append(sums / np.diff(offsets)[:, None])
    return np.vstack(rows)


def leaks(worklists: Sequence[Worklist]) -> pd.DataFrame:
    """Return the overlap of training and test by protocol and fold, columns `findings.LEAKS`."""
    parts = [leakage.leaks(*protocol) for protocol in _protocols(worklists)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(LEAKS))


def folds(worklists: Sequence[Worklist]) -> pd.DataFrame:
    """Return the utterances of each emotion in each fold, columns `findings.FOLDS`."""
    parts = [fold_classes.of_splits(*protocol) for protocol in _protocols(worklists)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(FOLDS))


def _protocols(
    worklists: Sequence[Worklist],
) -> Iterator[tuple[str, pd.DataFrame, list[Split]]]:
    """Yield each protocol of each corpus, the utterances, and the folds.

    The dev part of a fold is empty if no model uses it.
    """
    for worklist in worklists:
        splits: dict[str, dict[int, Split]] = {}
        for task in worklist.trainings:
            of_protocol = splits.setdefault(task.cell["protocol"], {})
            fold = task.cell["fold"]
            if fold not in of_protocol or len(task.dev) > len(of_protocol[fold].dev):
                of_protocol[fold] = Split(fold, task.train, task.dev, task.test)
        for protocol, of_fold in splits.items():
            yield protocol, worklist.ingested.utterances, list(of_fold.values())
