"""Scores of a file of predictions: for metrics that a table of scores lacks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.metrics import Metric
from ..core.tables import RESULT
from .metrics import on_confusions
from .outcomes import open_predictions, read_groups

_KEYS = [*RESULT, "truth", "predicted"]


def scores_from_predictions(path: Path, metrics: Mapping[str, Metric]) -> pd.DataFrame:
    """Return the metrics of each result in a file of predictions.

    Parameters
    ----------
    path : Path
        A Parquet file with the columns ``tables.PREDICTIONS``. It is read one row group at a time,
        so that memory stays bounded.
    metrics : mapping of str to Metric
        By the names of their columns.

    Returns
    -------
    pandas.DataFrame
        One row for each cell, fold and run: the columns ``tables.RESULT`` and the metrics.

    Raises
    ------
    UsageError
        If the file is missing or does not contain predictions.
    """
    file = open_predictions(path)
    groups = (group.to_pandas() for group in read_groups(path, file, _KEYS))
    counts = pd.concat([pd.DataFrame(columns=[*_KEYS, "n"]), *map(_counts, groups)])
    counts = counts.groupby(_KEYS, sort=False)["n"].sum().reset_index()
    rows = []
    for keys, part in counts.groupby(list(RESULT), sort=False):
        labels = sorted({*part["truth"], *part["predicted"]})
        place = {label: number for number, label in enumerate(labels)}
        matrix = np.zeros((len(labels), len(labels)), dtype=int)
        matrix[part["truth"].map(place), part["predicted"].map(place)] = part["n"]
        values = {name: float(on_confusions(m, labels)(matrix)) for name, m in metrics.items()}
        rows.append({**dict(zip(RESULT, keys, strict=True)), **values})
    return pd.DataFrame(rows, columns=[*RESULT, *metrics])


def add_missing_metrics(
    scores: pd.DataFrame, predictions: Path, metrics: Mapping[str, Metric]
) -> pd.DataFrame:
    """Return scores with the metrics that they lack, computed from predictions.

    Parameters
    ----------
    scores : pandas.DataFrame
        At least the columns ``tables.RESULT``; rows without predictions (failed results) get NaN.
    predictions : Path
        File of predictions of the same run. If it is missing, so are the metrics: their columns
        are NaN, and a warning names them.
    metrics : mapping of str to Metric
        The required metrics of the scores.
    """
    missing = {name: metric for name, metric in metrics.items() if name not in scores}
    if not missing:
        return scores
    if not predictions.is_file():
        warnings.warn(
            f"{predictions.parent} has no predictions to compute {', '.join(missing)} from",
            RuntimeWarning,
            stacklevel=2,
        )
        return scores.assign(**dict.fromkeys(missing, np.nan))
    values = scores_from_predictions(predictions, missing)
    merged = scores[list(RESULT)].merge(values, on=list(RESULT), how="left")
    return scores.assign(**{name: merged[name].to_numpy() for name in missing})


def _counts(frame: pd.DataFrame) -> pd.DataFrame:
    text = [name for name in _KEYS if name not in ("fold", "run")]
    frame = frame.astype(dict.fromkeys(text, str))
    return frame.groupby(_KEYS, sort=False).size().rename("n").reset_index()
