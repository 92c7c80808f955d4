"""What a report wants to know that predictions do not tell: feature drift and leaks.

Both are measured at the end of a run, while features and splits are at hand, and go into its
folder as tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from . import features
from .agenda import Agenda
from .evaluation import leakage
from .evaluation.drift import drift as drift_of
from .evaluation.splits import Split
from .findings import DRIFT, LEAKS
from .tables import ORIGINAL

_DIGITS = 6


def drift(agendas: Sequence[Agenda]) -> pd.DataFrame:
    """Return how far each feature of each condition lies from the original's.

    Frames are averaged over each utterance.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.DRIFT`.
    """
    parts = []
    for agenda in agendas:
        if not agenda.batches:
            continue
        for name in agenda.batches[0].features:
            original = _means(agenda, ORIGINAL, name)
            columns = features.get(name).columns
            for condition in dict.fromkeys(c for c, one in agenda.batches[0].keys if one == name):
                if condition != ORIGINAL:
                    table = drift_of(original, _means(agenda, condition, name), columns)
                    keys = {"corpus": agenda.name, "features": name, "condition": condition}
                    parts.append(table.assign(**keys))
    if not parts:
        return pd.DataFrame(columns=list(DRIFT))
    return pd.concat(parts, ignore_index=True)[list(DRIFT)].round(_DIGITS)


def _means(agenda: Agenda, condition: str, name: str) -> np.ndarray:
    """Return one row an utterance (utterances, columns) of a condition's features."""
    rows = []
    for batch in agenda.batches:
        entry = batch.store.load("features", batch.keys[condition, name])
        if entry is None:
            raise RuntimeError("features vanished from the store while the run was going on")
        values, offsets = entry.arrays["values"], entry.arrays["offsets"]
        sums = np.add.reduceat(values.astype(float), offsets[:-1], axis=0)
        rows.append(sums / np.diff(offsets)[:, None])
    return np.vstack(rows)


def leaks(agendas: Sequence[Agenda]) -> pd.DataFrame:
    """Return what training and test share by protocol and fold, columns `findings.LEAKS`."""
    parts = []
    for agenda in agendas:
        folds: dict[str, dict[int, Split]] = {}
        for task in agenda.trainings:
            protocol, fold = task.cell["protocol"], task.cell["fold"]
            one = Split(fold, task.train, task.dev, task.test)
            folds.setdefault(protocol, {}).setdefault(fold, one)
        for protocol, splits in folds.items():
            found = list(splits.values())
            parts.append(leakage.leaks(protocol, agenda.ingested.utterances, found))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(LEAKS))
