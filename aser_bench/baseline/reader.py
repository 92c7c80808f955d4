"""The reader of one side of a check: predictions or scores, the manifest and its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.atomic import complete_interrupted
from ..core.errors import UsageError
from ..core.findings import FEATURES, LEAKS
from ..core.metrics import all_metrics
from ..core.tables import CELL, CONDITIONS, REPEAT, RESULT
from ..evaluation.outcomes import Key, Outcomes, Source
from ..evaluation.outcomes import read as read_outcomes
from ..evaluation.rescoring import check_scores
from ..results import manifest as manifests
from ..results.manifest import Manifest

MANIFEST_FILE = manifests.FILE
PREDICTIONS_FILE, SCORES_FILE, CELLS_FILE = "predictions.parquet", "scores.csv", "cells.csv"

CorpusCondition = tuple[str, str]

_TEXT_COLUMNS = {
    *CELL,
    "status",
    "reason",
    "condition",
    "codec",
    "encoder",
    "same_as",
    "mark",
    "kind",
    "feature",
    "protocol",
    "stop",
    "known",
}


@dataclass(frozen=True)
class FailureCount:
    """The number of failed results of a cell, the number of all results, and one reason."""

    failed: int
    total: int
    reason: str

    @property
    def share(self) -> float:
        """The share of results that failed."""
        return self.failed / max(self.total, 1)


@dataclass(frozen=True)
class CheckInput:
    """One side of a check; what it does not report is None or empty.

    Attributes
    ----------
    path : Path
        The path as given: a folder, or a file of predictions or scores.
    outcomes : Outcomes or None
        The predictions.
    folds : pandas.DataFrame or None
        Columns corpus, protocol, utterance, fold, repeat: the fold in which an utterance was tested
        in each repeat.
    scores : pandas.DataFrame or None
        Columns ``tables.CELL``, the metrics, and fold, run and repeat unless there is a single
        number for each cell; without failed results. None if there are predictions, which are
        preferred.
    failed : mapping of Key to FailureCount
    manifest : Manifest or None
    conditions, features, leaks : pandas.DataFrame or None
        Columns ``tables.CONDITIONS``, ``findings.FEATURES``, ``findings.LEAKS``.
    """

    path: Path
    outcomes: Outcomes | None = None
    folds: pd.DataFrame | None = None
    scores: pd.DataFrame | None = None
    failed: Mapping[Key, FailureCount] = field(default_factory=dict)
    manifest: Manifest | None = None
    conditions: pd.DataFrame | None = None
    features: pd.DataFrame | None = None
    leaks: pd.DataFrame | None = None

    @cached_property
    def cells(self) -> tuple[Key, ...]:
        """The cells with at least one result, in the order of the file."""
        if self.outcomes is not None:
            return tuple(key for key, cell in self.outcomes.cells.items() if cell.tested.any())
        assert self.scores is not None
        rows = self.scores[list(CELL)].drop_duplicates()
        return tuple(rows.itertuples(index=False, name=None))

    @cached_property
    def scores_by_cell(self) -> dict[Key, pd.DataFrame]:
        """The scores of each cell."""
        assert self.scores is not None
        groups = self.scores.groupby(list(CELL), sort=False)
        return {tuple(map(str, key)): rows for key, rows in groups}

    @cached_property
    def repeats(self) -> int:
        """The number of draws of the folds; 1 if it is unknown."""
        if self.outcomes is not None:
            return max((cell.repeats for cell in self.outcomes.cells.values()), default=1)
        assert self.scores is not None
        return int(self.scores[REPEAT].nunique()) if REPEAT in self.scores else 1

    @property
    def seed(self) -> int | None:
        """The seed of the study, None if it is unknown."""
        return None if self.manifest is None else self.manifest.seed

    @cached_property
    def encoders(self) -> dict[CorpusCondition, str]:
        """The encoder of each corpus and condition, without conditions that name none."""
        if self.conditions is None:
            return {}
        rows = self.conditions[["corpus", "condition", "encoder"]]
        return {
            (corpus, condition): encoder
            for corpus, condition, encoder in rows.itertuples(index=False, name=None)
            if isinstance(encoder, str) and encoder
        }

    @cached_property
    def streams(self) -> dict[str, list[str]]:
        """The conditions of each corpus, without further names of the same stream."""
        if self.conditions is None:
            return {}
        distinct = self.conditions[self.conditions["same_as"] == ""]
        groups = distinct.groupby("corpus")
        return {str(corpus): rows["condition"].tolist() for corpus, rows in groups}


def read_input(path: Path | str) -> CheckInput:
    """Read one side of a check.

    Parameters
    ----------
    path : path
        A results folder, a baseline, or a file of scores (``.csv``) or predictions
        (``.parquet``). The manifest and the tables in the folder of such a file are read, too.

    Raises
    ------
    UsageError
        If there are no results, a file is broken, or scores contradict predictions.
    """
    path = Path(path)
    if path.is_dir():
        complete_interrupted(path)
        folder, file = path, _results_file(path)
    elif path.is_file():
        folder, file = path.parent, path
    else:
        raise UsageError(
            f"{path} does not exist; name a results folder, a baseline or a file in one"
        )
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise UsageError(f"{path} is neither scores (.csv) nor predictions (.parquet)")
    has_manifest = (folder / MANIFEST_FILE).is_file()
    manifest = Manifest.read(folder / MANIFEST_FILE) if has_manifest else None
    beside = folder if has_manifest else None
    return CheckInput(
        path,
        **reader(file, beside),
        manifest=manifest,
        conditions=_table_beside(beside, "conditions.csv", CONDITIONS),
        features=_table_beside(beside, "features.csv", FEATURES),
        leaks=_table_beside(beside, "leaks.csv", LEAKS),
    )


def _results_file(folder: Path) -> Path:
    for name in (PREDICTIONS_FILE, SCORES_FILE):
        if (folder / name).is_file():
            return folder / name
    raise UsageError(
        f"{folder} is neither a results folder nor a baseline: it has neither {PREDICTIONS_FILE} "
        f"nor {SCORES_FILE}"
    )


def _from_predictions(file: Path, beside: Path | None) -> dict[str, Any]:
    failed: dict[Key, FailureCount] = {}
    for name in (SCORES_FILE, CELLS_FILE):
        if beside is not None and (beside / name).is_file():
            table = _read_table(beside / name, CELL)
            failed = _FAILURE_READERS[name](table)
            if name == SCORES_FILE and {*RESULT, "status"} <= set(table):
                check_scores(table, file, all_metrics())
            break
    return {
        "outcomes": read_outcomes([Source(file)]),
        "folds": _folds(file),
        "failed": failed,
    }


def _from_scores(file: Path, beside: Path | None) -> dict[str, Any]:
    frame = _read_table(file, CELL)
    metrics = {name: metric for name, metric in all_metrics().items() if name in frame}
    if not metrics:
        raise UsageError(f"{file} has no scores: none of the columns {', '.join(all_metrics())}")
    keys = [*CELL, *(name for name in ("fold", "run", REPEAT) if name in frame)]
    duplicates = frame[frame.duplicated(keys)]
    if len(duplicates):
        result = ", ".join(map(str, duplicates.iloc[0][keys]))
        raise UsageError(f"{file} has a result twice: {result}")
    succeeded = frame[_succeeded(frame)]
    for name, metric in metrics.items():
        low, high = metric.bounds
        if np.isfinite(metric.bounds).all() and not succeeded[name].between(low, high).all():
            raise UsageError(
                f"{file}: {name} must be a number from {low:g} to {high:g} in every row"
            )
    if succeeded.empty:
        raise UsageError(f"{file} has no result with the status ok")
    return {
        "scores": succeeded[[*keys, *metrics]].reset_index(drop=True),
        "failed": _failures_by_result(frame),
    }


_READERS = {".parquet": _from_predictions, ".csv": _from_scores}


def _succeeded(frame: pd.DataFrame) -> pd.Series:
    if "status" not in frame:
        return pd.Series(True, index=frame.index)
    return frame["status"] == "ok"


def _failures_by_result(frame: pd.DataFrame) -> dict[Key, FailureCount]:
    """Count failures in a table with one row for each result."""
    failed = frame[~_succeeded(frame)]
    if failed.empty:
        return {}
    totals = Counter(frame[list(CELL)].itertuples(index=False, name=None))
    counts = {}
    for names, rows in failed.groupby(list(CELL), sort=False):
        key = tuple(map(str, names))
        reason = str(rows["reason"].iloc[0]) if "reason" in rows else "the file gives no reason"
        counts[key] = FailureCount(len(rows), totals[key], reason)
    return counts


def _failures_by_cell(frame: pd.DataFrame) -> dict[Key, FailureCount]:
    """Read failures from a table with one row for each cell, as in a baseline."""
    return {
        tuple(row[name] for name in CELL): FailureCount(
            int(row["failed"]), int(row["results"]), row["reason"]
        )
        for row in frame[frame["failed"] > 0].to_dict("records")
    }


_FAILURE_READERS = {SCORES_FILE: _failures_by_result, CELLS_FILE: _failures_by_cell}


def _folds(file: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    columns = ["corpus", "protocol", "utterance", "fold"]
    if REPEAT in pq.read_schema(file).names:
        columns.append(REPEAT)
    frame: pd.DataFrame = pq.read_table(file, columns=columns).to_pandas()
    folds = frame.drop_duplicates(ignore_index=True)
    return folds.astype(dict.fromkeys(columns[:3], str))


def _table_beside(folder: Path | None, name: str, columns: Sequence[str]) -> pd.DataFrame | None:
    if folder is None or not (folder / name).is_file():
        return None
    return _read_table(folder / name, columns)


def _read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a table; text columns stay text (a corpus may be called nan), others are numbers."""
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        names = pd.read_csv(path, dtype=str, header=None, nrows=1).iloc[0]
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if names.duplicated().any():
        raise UsageError(f"{path} has the column {names[names.duplicated()].iloc[0]} twice")
    missing = [name for name in columns if name not in frame]
    if missing:
        raise UsageError(f"{path} lacks the columns {', '.join(missing)}")
    for name in frame.columns.difference(list(_TEXT_COLUMNS)):
        try:
            frame[name] = pd.to_numeric(frame[name].replace("", None))
        except ValueError as error:
            if name in columns or name in all_metrics():
                raise UsageError(f"{path}: {name} must contain numbers: {error}") from error
    return frame
