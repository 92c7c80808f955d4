"""What a report and a check want to know that predictions do not tell: features, drift, leaks.

All are measured at the end of a run, while features and splits are at hand, and go into its
folder as tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .. import features as feature_sets
from ..core.findings import DRIFT, FEATURES, LEAKS
from ..core.tables import ORIGINAL
from ..evaluation import leakage
from ..evaluation.drift import drift as drift_of
from ..evaluation.splits import Split
from ..pipeline.worklist import Worklist

_DIGITS = 6
_ROUNDING = 1e-9

Originals = Mapping[tuple[str, str], np.ndarray]
"""(corpus, feature set) -> one row an utterance of the original: each feature's mean in time."""


def originals(worklists: Sequence[Worklist]) -> dict[tuple[str, str], np.ndarray]:
    """Return what `features` and `drift` both start from, so that it is loaded once."""
    return {
        (worklist.name, name): _means(worklist, ORIGINAL, parts)
        for worklist in worklists
        if worklist.batches
        for name, parts in worklist.experiment.feature_sets.items()
        if parts
    }


def features(worklists: Sequence[Worklist], known: Originals | None = None) -> pd.DataFrame:
    """Return mean and standard deviation of each feature over the original recordings.

    Frames are averaged over each utterance first. A feature that does not vary has the standard
    deviation 0, whatever rounding leaves of it.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.FEATURES`.
    """
    parts = []
    parts_of = {
        (one.name, name): own
        for one in worklists
        for name, own in one.experiment.feature_sets.items()
    }
    for (corpus, name), rows in (originals(worklists) if known is None else known).items():
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


def drift(worklists: Sequence[Worklist], known: Originals | None = None) -> pd.DataFrame:
    """Return how far each feature of each condition lies from the original's.

    Frames are averaged over each utterance.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.DRIFT`.
    """
    parts = []
    known = originals(worklists) if known is None else known
    for worklist in worklists:
        if not worklist.batches:
            continue
        for name, own in worklist.experiment.feature_sets.items():
            if not own:
                continue
            original = known[worklist.name, name]
            for condition in worklist.experiment.conditions.names:
                if condition != ORIGINAL:
                    table = drift_of(original, _means(worklist, condition, own), _columns(own))
                    keys = {"corpus": worklist.name, "features": name, "condition": condition}
                    parts.append(table.assign(**keys))
    if not parts:
        return pd.DataFrame(columns=list(DRIFT))
    return pd.concat(parts, ignore_index=True)[list(DRIFT)].round(_DIGITS)


def _columns(parts: Sequence[str]) -> list[str]:
    return [column for part in parts for column in feature_sets.get(part).columns]


def _means(worklist: Worklist, condition: str, parts: Sequence[str]) -> np.ndarray:
    """Return one row an utterance (utterances, columns) of a condition's features, part by part."""
    return np.hstack([_means_of(worklist, condition, part) for part in parts])


def _means_of(worklist: Worklist, condition: str, name: str) -> np.ndarray:
    rows = []
    for batch in worklist.batches:
        entry = batch.cache.load("features", batch.keys[condition, name])
        if entry is None:
            raise RuntimeError("features vanished from the cache while the run was going on")
        values, offsets = entry.arrays["values"], entry.arrays["offsets"]
        sums = np.add.reduceat(values.astype(float), offsets[:-1], axis=0)
        rows.append(sums / np.diff(offsets)[:, None])
    return np.vstack(rows)


def leaks(worklists: Sequence[Worklist]) -> pd.DataFrame:
    """Return what training and test share by protocol and fold, columns `findings.LEAKS`."""
    parts = []
    for worklist in worklists:
        folds: dict[str, dict[int, Split]] = {}
        for task in worklist.trainings:
            protocol, fold = task.cell["protocol"], task.cell["fold"]
            one = Split(fold, task.train, task.dev, task.test)
            folds.setdefault(protocol, {}).setdefault(fold, one)
        for protocol, splits in folds.items():
            found = list(splits.values())
            parts.append(leakage.leaks(protocol, worklist.ingested.utterances, found))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(LEAKS))
