"""Summary of the scores: means over folds and runs, with two kinds of spread.

Tables compare pooled values (`core.findings.Findings.cells`), not these means.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.core.groupby import DataFrameGroupBy

from ..core import tables
from ..core.metrics import all_metrics

_CELL = list(tables.CELL)
_REASON_LENGTH = 120


def summarise(scores: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each cell, in order of appearance in ``scores``.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns `core.metrics.score_columns`; a metric may be missing. Only rows whose ``status``
        is ``ok`` are averaged.

    Returns
    -------
    pandas.DataFrame
        The columns of ``tables.CELL`` and

        - for each metric: ``<metric>_mean_folds`` (mean over folds of the means over runs),
          ``<metric>_sd_folds`` (standard deviation over folds of the means over runs, n - 1; NaN
          for one fold) and ``<metric>_sd_runs`` (mean over folds of the standard deviation over
          runs, n - 1; NaN if no fold has two runs);
        - ``n_folds`` (of all repeats), ``n_repeats`` and ``n_runs`` (with at least one success),
          ``n_failed`` and ``n_results`` (rows), ``n_test`` (test utterances of all folds);
        - ``train_size``, ``dev_size``, ``test_size`` (utterances, mean over folds);
        - ``reasons`` (reasons of failures, without duplicates).

        A cell of which all results failed has NaN for every metric. If one result of a metric is
        NaN, its mean is NaN.

    Raises
    ------
    ValueError
        If a column is missing, or a cell, fold and run is duplicated.
    """
    scores = tables.order_columns(
        scores, (*tables.RESULT, *tables.SCORE_DETAILS), "the table of scores"
    )
    keys = list(tables.RESULT)
    twice = scores.duplicated(keys)
    if twice.any():
        first = scores.loc[twice, keys].iloc[0]
        raise ValueError(f"duplicate result in the scores: {', '.join(map(str, first))}")
    cells = scores[_CELL].drop_duplicates().reset_index(drop=True)
    # Cells are numbered, because pandas groups by a number faster than by six names. The rows
    # are sorted, so that sums do not depend on their order.
    scores = scores.assign(cell=scores.groupby(_CELL, sort=False).ngroup())
    scores = scores.sort_values(["cell", "fold", "run"])
    if tables.REPEAT not in scores:
        scores[tables.REPEAT] = 0
    good = scores[scores["status"] == "ok"]
    numbers = pd.concat([_metrics(good), _counts(scores, good)], axis=1).reindex(cells.index)
    for column in ("n_folds", "n_repeats", "n_runs", "n_failed", "n_results", "n_test"):
        numbers[column] = numbers[column].fillna(0).astype(int)
    numbers["reasons"] = numbers["reasons"].fillna("")
    return pd.concat([cells, numbers], axis=1)


def _metrics(good: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in all_metrics() if name in good]
    runs = good.groupby(["cell", "fold"])[names]
    run_means = _strict(runs, runs.mean())
    folds = run_means.groupby(level="cell")
    run_sds = _strict(runs, runs.std(ddof=1)).groupby(level="cell").mean()
    columns = {}
    means, fold_sds = _strict(folds, folds.mean()), _strict(folds, folds.std(ddof=1))
    for metric in names:
        columns[f"{metric}_mean_folds"] = means[metric]
        columns[f"{metric}_sd_folds"] = fold_sds[metric]
        columns[f"{metric}_sd_runs"] = run_sds[metric].where(means[metric].notna())
    return pd.DataFrame(columns)


def _strict(groups: DataFrameGroupBy[Any, Any], values: pd.DataFrame) -> pd.DataFrame:
    """Return NaN for groups that contain a NaN, which pandas skips."""
    return values.where(groups.count().eq(groups.size(), axis=0))


def _counts(scores: pd.DataFrame, good: pd.DataFrame) -> pd.DataFrame:
    total, succeeded = scores.groupby("cell"), good.groupby("cell")
    failed = scores[scores["status"] != "ok"].groupby("cell")
    fold_sizes = good.groupby(["cell", "fold"])[["n_train", "n_dev", "n_test"]].mean()
    sizes = fold_sizes.groupby(level="cell")
    return pd.DataFrame(
        {
            "n_folds": succeeded["fold"].nunique(),
            "n_repeats": succeeded[tables.REPEAT].nunique(),
            "n_runs": succeeded["run"].nunique(),
            "n_failed": failed.size(),
            "n_results": total.size(),
            "n_test": sizes["n_test"].sum().round(),
            "train_size": sizes["n_train"].mean(),
            "dev_size": sizes["n_dev"].mean(),
            "test_size": sizes["n_test"].mean(),
            "reasons": failed["reason"].agg(_reasons) if failed.ngroups else None,
        },
        index=total.size().index,
    )


def _reasons(reasons: pd.Series) -> str:
    texts = [" ".join(str(reason).split()) for reason in reasons.dropna()]
    joined = "; ".join(dict.fromkeys(text for text in texts if text))
    return joined if len(joined) <= _REASON_LENGTH else joined[: _REASON_LENGTH - 3] + "..."
