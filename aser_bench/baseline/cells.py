"""The table of cells of a baseline, with the mean of every metric, for people who read its diff."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from ..core.tables import CELL
from ..evaluation.metrics import METRICS
from ..evaluation.outcomes import Key
from .compare_scores import cell_scores
from .reader import CELLS_FILE, SCORES_FILE, CheckInput, read_input

CELL_COLUMNS = (*CELL, "utterances", "speakers", "results", "failed", "reason", *METRICS)
"""Columns of the table of cells; a metric is the mean over folds of the means over runs."""

SCORE_COLUMNS = (*CELL, "fold", "run", *METRICS, "n_test", "status", "reason")
"""Columns of the scores in a baseline without predictions."""

_TEXT_COLUMNS = {*CELL, "status", "reason"}


def cell_table(folder: Path, side: CheckInput | None = None) -> pd.DataFrame:
    """Return the table of cells of a results folder or a baseline, columns `CELL_COLUMNS`.

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
        return _read_table(folder / CELLS_FILE, CELL_COLUMNS)
    return _mean_scores(score_table(folder, side), side)


def score_table(folder: Path, side: CheckInput | None = None) -> pd.DataFrame:
    """Return one row for each cell, fold and run, columns `SCORE_COLUMNS`.

    Computed from the predictions if the folder has no scores.
    """
    if (folder / SCORES_FILE).is_file():
        return _read_table(folder / SCORES_FILE, SCORE_COLUMNS)
    side = side or read_input(folder)
    rows = pd.concat([_scores_of_cell(side, key) for key in side.cells], ignore_index=True)
    return rows.assign(status="ok", reason="")[list(SCORE_COLUMNS)]


def _scores_of_cell(side: CheckInput, key: Key) -> pd.DataFrame:
    assert side.outcomes is not None
    assert side.folds is not None
    parts = [cell_scores(side.outcomes, side.folds, key, name) for name in METRICS]
    frame = pd.concat([parts[0][["fold", "run"]], *(part.iloc[:, -1] for part in parts)], axis=1)
    rows = (side.folds["corpus"] == key[0]) & (side.folds["protocol"] == key[3])
    size = side.folds[rows].groupby("fold").size()
    return frame.assign(**dict(zip(CELL, key, strict=True)), n_test=frame["fold"].map(size))


def _mean_scores(rows: pd.DataFrame, side: CheckInput | None) -> pd.DataFrame:
    cell, succeeded = list(CELL), rows["status"] == "ok"
    results = rows.groupby(cell, sort=False).size()
    folds = rows[succeeded].groupby([*cell, "fold"], sort=False)
    means = folds[list(METRICS)].mean().groupby(cell, sort=False).mean()
    tested = folds["n_test"].max().groupby(cell, sort=False).sum()
    failed = rows[~succeeded].groupby(cell, sort=False)
    reasons = failed["reason"].first().map(lambda reason: " ".join(reason.split()))
    table = means.reindex(results.index).assign(
        utterances=tested.reindex(results.index, fill_value=0).astype(int),
        results=results,
        failed=failed.size().reindex(results.index, fill_value=0),
        reason=reasons.reindex(results.index, fill_value=""),
    )
    table["speakers"] = pd.array([_speakers(side, key) for key in table.index], dtype="Int64")
    return table.reset_index()[list(CELL_COLUMNS)]


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
        frame = frame[list(columns)]
        # Numbers are empty where a result failed, and for unknown speakers.
        return frame.assign(
            **{
                name: pd.to_numeric(frame[name].replace("", None)).convert_dtypes()
                for name in columns
                if name not in _TEXT_COLUMNS
            }
        )
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
