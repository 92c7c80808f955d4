"""Scores of a file of predictions: to complete a table of scores, and to check it."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..core.errors import UsageError
from ..core.metrics import Metric
from ..core.tables import RESULT
from .confusion import Counts
from .metrics import on_confusions
from .outcomes import Key, coded, distinct, open_predictions, read_groups

_EXPECTED = " by the predictions"
_TOLERANCE = 1e-6 + 1e-12
_LABELS = ("truth", "predicted")


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
        One row for each cell, fold and run: the columns ``tables.RESULT``, ``n_test`` (the number
        of predictions) and the metrics.

    Raises
    ------
    UsageError
        If the file is missing or does not contain predictions.
    """
    keys, labels, matrices = _confusions(path)
    rows = pd.DataFrame(keys, columns=list(RESULT)).astype({"fold": int, "run": int})
    values = {name: on_confusions(metric, labels)(matrices) for name, metric in metrics.items()}
    return rows.assign(n_test=matrices.sum(axis=(1, 2)), **values)


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


def contradiction(scores: pd.DataFrame, predictions: Path, metrics: Mapping[str, Metric]) -> str:
    """Describe the first result of which scores and predictions differ; empty if none does.

    Parameters
    ----------
    scores : pandas.DataFrame
        The columns ``tables.RESULT``, status, and some of the metrics.
    predictions : Path
        File of predictions of the same run.
    metrics : mapping of str to Metric
        Those that the scores lack are not compared.
    """
    present = {name: metric for name, metric in metrics.items() if name in scores}
    sizes = ["n_test"] if "n_test" in scores else []
    columns = [*RESULT, "status", *sizes, *present]
    keys = list(RESULT)
    both = scores[columns].merge(
        scores_from_predictions(predictions, present),
        on=keys,
        how="outer",
        suffixes=("", _EXPECTED),
        indicator="side",
    )
    both = both.sort_values(keys, kind="stable", ignore_index=True)
    ok, has_predictions = both["status"] == "ok", both["side"] == "both"
    messages = pd.Series("", index=both.index)
    messages[both.duplicated(keys)] = "scores.csv has it twice"
    messages[both["side"] == "right_only"] = "scores.csv lacks it"
    messages[ok & (both["side"] == "left_only")] = "it has no predictions"
    messages[~ok & has_predictions] = "it failed in scores.csv, but has predictions"
    for name in [*sizes, *present]:
        given, expected = (both[f"{name}{suffix}"].astype(float) for suffix in ("", _EXPECTED))
        # Scores have six digits.
        differs = ~((given - expected).abs() <= _TOLERANCE) & ~(given.isna() & expected.isna())
        for row in messages.index[ok & has_predictions & differs & (messages == "")]:
            messages[row] = (
                f"{name} is {given[row]:.7g}, but {expected[row]:.7g} by the predictions"
            )
    wrong = messages.index[messages != ""]
    if not len(wrong):
        return ""
    *cell, fold, run = (str(value) for value in both.loc[wrong[0], keys])
    return (
        f"{len(wrong)} of {len(both)} results differ; the first is {', '.join(cell)}, fold {fold}, "
        f"run {run}: {messages[wrong[0]]}"
    )


def check_scores(scores: pd.DataFrame, predictions: Path, metrics: Mapping[str, Metric]) -> None:
    """Check that scores and predictions of a folder agree; see `contradiction`.

    Raises
    ------
    UsageError
        If they do not. A folder without predictions is not checked.
    """
    if not predictions.is_file():
        return
    if message := contradiction(scores, predictions, metrics):
        raise UsageError(
            f"{predictions.parent}: scores.csv contradicts {predictions.name}: {message}; one of "
            "them was changed after the run: run the study again"
        )


def _confusions(path: Path) -> tuple[list[Key], list[str], Counts]:
    """Return the results in a file, all emotions, and a confusion matrix for each result.

    Emotions that do not occur in a result change no metric; see `confusion`.
    """
    results: dict[Key, int] = {}
    emotions: dict[str, int] = {}
    parts = []
    for group in read_groups(path, open_predictions(path), [*RESULT, *_LABELS]):
        place, keys = distinct(group, RESULT)
        labels = [coded(group, name) for name in _LABELS]
        codes = [_numbers(keys, results)[place]]
        codes += [_numbers(names, emotions)[code] for code, names in labels]
        shape = tuple(int(code.max(initial=0)) + 1 for code in codes)
        flat, counts = np.unique(np.ravel_multi_index(tuple(codes), shape), return_counts=True)
        parts.append((*np.unravel_index(flat, shape), counts))
    matrices = np.zeros((len(results), len(emotions), len(emotions)), dtype=int)
    for *places, counts in parts:
        np.add.at(matrices, tuple(places), counts)
    names = np.array(list(emotions), dtype=object)
    used = [
        code for code in names.argsort() if matrices[:, code].any() or matrices[..., code].any()
    ]
    return list(results), names[used].tolist(), matrices[:, used][..., used]


def _numbers(values: Sequence[Hashable], known: dict[Any, int]) -> npt.NDArray[np.int64]:
    """Return the number of each value; new values are added to ``known``."""
    return np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)
