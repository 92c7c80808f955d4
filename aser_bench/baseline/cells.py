"""One row a cell: the table of means that people read in the diff of a baseline."""

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
from .manifest_parts import as_count, as_mapping
from .reader import CELLS_FILE, SCORES_FILE, CheckInput, read_input

CELL_COLUMNS = (*CELL, "utterances", "speakers", "results", "failed", "reason", *METRICS)
"""The columns; a metric is the mean over folds of the means over runs."""

SCORE_COLUMNS = (*CELL, "fold", "run", *METRICS, "n_test", "status", "reason")
"""The columns of the scores that a baseline keeps where it keeps no predictions."""

_WORDS = {*CELL, "status", "reason"}


def cell_table(folder: Path, side: CheckInput | None = None) -> pd.DataFrame:
    """Return the means of a results folder or of a baseline, columns `CELL_COLUMNS`.

    Parameters
    ----------
    folder : Path
    side : CheckInput, optional
        What was read of the folder; read where it is needed and not given. Without it, speakers
        are those of the corpus.

    Raises
    ------
    UsageError
        If the folder holds no results, or a table of it is broken.
    """
    # A baseline knows of failures that its predictions cannot tell of.
    if (folder / CELLS_FILE).is_file() and not (folder / "drift.csv").is_file():
        return _csv(folder / CELLS_FILE, CELL_COLUMNS)
    return _means(score_table(folder, side), side)


def score_table(folder: Path, side: CheckInput | None = None) -> pd.DataFrame:
    """Return one row for each cell, fold and run, columns `SCORE_COLUMNS`."""
    if (folder / SCORES_FILE).is_file():
        return _csv(folder / SCORES_FILE, SCORE_COLUMNS)
    side = side or read_input(folder)
    rows = pd.concat([_scores_of(side, key) for key in side.cells], ignore_index=True)
    return rows.assign(status="ok", reason="")[list(SCORE_COLUMNS)]


def _scores_of(side: CheckInput, key: Key) -> pd.DataFrame:
    assert side.outcomes is not None
    assert side.folds is not None
    parts = [cell_scores(side.outcomes, side.folds, key, name) for name in METRICS]
    frame = pd.concat([parts[0][["fold", "run"]], *(part.iloc[:, -1] for part in parts)], axis=1)
    here = (side.folds["corpus"] == key[0]) & (side.folds["protocol"] == key[3])
    size = side.folds[here].groupby("fold").size()
    return frame.assign(**dict(zip(CELL, key, strict=True)), n_test=frame["fold"].map(size))


def _means(rows: pd.DataFrame, side: CheckInput | None) -> pd.DataFrame:
    cell, ok = list(CELL), rows["status"] == "ok"
    every = rows.groupby(cell, sort=False).size()
    folds = rows[ok].groupby([*cell, "fold"], sort=False)
    means = folds[list(METRICS)].mean().groupby(cell, sort=False).mean()
    tested = folds["n_test"].max().groupby(cell, sort=False).sum()
    bad = rows[~ok].groupby(cell, sort=False)
    reasons = bad["reason"].first().map(lambda reason: " ".join(reason.split()))
    table = means.reindex(every.index).assign(
        utterances=tested.reindex(every.index, fill_value=0).astype(int),
        results=every,
        failed=bad.size().reindex(every.index, fill_value=0),
        reason=reasons.reindex(every.index, fill_value=""),
    )
    table["speakers"] = pd.array([_speakers(side, key) for key in table.index], dtype="Int64")
    return table.reset_index()[list(CELL_COLUMNS)]


def _speakers(side: CheckInput | None, key: Key) -> int | None:
    """Return how many speakers a cell is tested on, None where that is not told."""
    if side is None or side.outcomes is None:
        manifest = (side and side.manifest) or {}
        corpora = as_mapping(manifest.get("corpora"))
        return as_count(as_mapping(corpora.get(key[0])).get("speakers"))
    corpus, cell = side.outcomes.corpora.get(key[0]), side.outcomes.cells.get(key)
    if corpus is None or cell is None or not corpus.speakers:
        return None
    return len(np.unique(corpus.speaker[cell.tested]))


def _csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        missing = [name for name in columns if name not in frame]
        if missing:
            raise UsageError(f"{path} lacks the columns {', '.join(missing)}")
        frame = frame[list(columns)]
        # Nothing stands where a result failed, and where a corpus does not tell its speakers.
        return frame.assign(
            **{
                name: pd.to_numeric(frame[name].replace("", None)).convert_dtypes()
                for name in columns
                if name not in _WORDS
            }
        )
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
