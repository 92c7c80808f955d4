"""The table of cells of a baseline, with the mean of every metric, for people who read its diff."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from ..core.metrics import all_metrics
from ..core.tables import CELL, REPEAT, RESULT
from ..evaluation.outcomes import Key
from ..evaluation.rescoring import add_missing_metrics
from .compare_scores import cell_scores
from .reader import CELLS_FILE, PREDICTIONS_FILE, SCORES_FILE, CheckInput, read_input

_CELL_COLUMNS = (*CELL, "utterances", "speakers", "results", "failed", "reason")
_SCORE_DETAILS = ("n_test", "status", "reason")

_TEXT_COLUMNS = {*CELL, "status", "reason"}


def cell_table(folder: Path, side: CheckInput | None = None) -> pd.DataFrame:
    """Return the table of cells of a results folder or a baseline.

    Its columns are those of ``tables.CELL``, utterances, speakers, results, failed, reason and the
    metrics: means over folds of the means over runs. A metric that the table of a baseline lacks
    is computed from its predictions; without predictions it is NaN.

    Parameters
    ----------
    folder : Path
    side : CheckInput, optional
        The folder's results, read if needed and not given. It also gives the number of speakers.

    Raises
    ------
    UsageError
        If the folder has no results or a broken table.
    """
    # Only the table of a baseline has its failed results; predictions do not show them.
    if (folder / CELLS_FILE).is_file() and not (folder / "drift.csv").is_file():
        table = _read_table(folder / CELLS_FILE, _CELL_COLUMNS)
        missing = [name for name in all_metrics() if name not in table]
        if missing and (folder / PREDICTIONS_FILE).is_file():
            means = _metric_means(score_table(folder, side), missing)
            table = table.merge(means.reset_index(), on=list(CELL), how="left")
        return table.reindex(columns=[*_CELL_COLUMNS, *all_metrics()])
    return _mean_scores(score_table(folder, side), side)


def score_table(folder: Path, side: CheckInput | None = None) -> pd.DataFrame:
    """Return one row for each cell, fold and run.

    Its columns are those of ``tables.RESULT``, the metrics, n_test, status and reason: the scores
    of a baseline without predictions. Scores or metrics that the folder lacks are computed from
    its predictions.
    """
    if (folder / SCORES_FILE).is_file():
        table = _read_table(folder / SCORES_FILE, (*RESULT, *_SCORE_DETAILS))
        table = add_missing_metrics(table, folder / PREDICTIONS_FILE, all_metrics())
        return table[[*RESULT, *all_metrics(), *_SCORE_DETAILS, *_repeat(table)]]
    side = side or read_input(folder)
    rows = pd.concat([_scores_of_cell(side, key) for key in side.cells], ignore_index=True)
    return rows.assign(status="ok", reason="")[[*RESULT, *all_metrics(), *_SCORE_DETAILS]]


def _repeat(table: pd.DataFrame) -> list[str]:
    """Return the column with the number of the repeat, where there are several."""
    return [REPEAT] if REPEAT in table else []


def _scores_of_cell(side: CheckInput, key: Key) -> pd.DataFrame:
    assert side.outcomes is not None
    assert side.folds is not None
    parts = [cell_scores(side.outcomes, side.folds, key, name) for name in all_metrics()]
    frame = pd.concat([parts[0][["fold", "run"]], *(part.iloc[:, -1] for part in parts)], axis=1)
    rows = (side.folds["corpus"] == key[0]) & (side.folds["protocol"] == key[3])
    size = side.folds[rows].groupby("fold").size()
    return frame.assign(**dict(zip(CELL, key, strict=True)), n_test=frame["fold"].map(size))


def _mean_scores(rows: pd.DataFrame, side: CheckInput | None) -> pd.DataFrame:
    cell, succeeded = list(CELL), rows["status"] == "ok"
    results = rows.groupby(cell, sort=False).size()
    folds = rows[succeeded].groupby([*cell, "fold"], sort=False)
    means = _metric_means(rows[succeeded], list(all_metrics()))
    repeats = rows[REPEAT].nunique() if REPEAT in rows else side.repeats if side else 1
    tested = folds["n_test"].max().groupby(cell, sort=False).sum() // repeats
    failed = rows[~succeeded].groupby(cell, sort=False)
    reasons = failed["reason"].first().map(lambda reason: " ".join(reason.split()))
    table = means.reindex(results.index).assign(
        utterances=tested.reindex(results.index, fill_value=0).astype(int),
        results=results,
        failed=failed.size().reindex(results.index, fill_value=0),
        reason=reasons.reindex(results.index, fill_value=""),
    )
    table["speakers"] = pd.array([_speakers(side, key) for key in table.index], dtype="Int64")
    return table.reset_index()[[*_CELL_COLUMNS, *all_metrics()]]


def _metric_means(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the means over folds of the means over runs, one row for each cell."""
    folds = rows.groupby([*CELL, "fold"], sort=False)[names].mean()
    return folds.groupby(list(CELL), sort=False).mean()


def _speakers(side: CheckInput | None, key: Key) -> int | None:
    """Return the number of speakers that a cell is tested on, None if it is unknown."""
    if side is None:
        return None
    if side.outcomes is None:
        facts = side.manifest.corpora.get(key[0]) if side.manifest else None
        return facts.speakers if facts else None
    corpus, cell = side.outcomes.corpora.get(key[0]), side.outcomes.cells.get(key)
    if corpus is None or cell is None or not corpus.speakers:
        return None
    return len(np.unique(corpus.speaker[cell.tested]))


def _read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        missing = [name for name in columns if name not in frame]
        if missing:
            raise UsageError(f"{path} lacks the columns {', '.join(missing)}")
        names = [*columns, *(name for name in (*all_metrics(), REPEAT) if name in frame)]
        frame = frame[names]
        # Numbers are empty where a result failed, and for unknown speakers.
        return frame.assign(
            **{
                name: pd.to_numeric(frame[name].replace("", None)).convert_dtypes()
                for name in names
                if name not in _TEXT_COLUMNS
            }
        )
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
