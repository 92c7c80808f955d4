"""What one side of a check can show: predictions or scores, and what is known of how they came."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.atomic import complete_interrupted
from ..core.errors import UsageError
from ..core.findings import FEATURES, LEAKS
from ..core.tables import CELL, CONDITIONS
from ..evaluation.metrics import METRICS
from ..evaluation.outcomes import Key, Outcomes, Source
from ..evaluation.outcomes import read as read_outcomes

PREDICTIONS_FILE, SCORES_FILE, CELLS_FILE = "predictions.parquet", "scores.csv", "cells.csv"

_WORDS = {
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
    """How many results of a cell failed, out of how many, and one reason."""

    failed: int
    total: int
    reason: str

    @property
    def share(self) -> float:
        """How much of the cell failed."""
        return self.failed / max(self.total, 1)


@dataclass(frozen=True)
class CheckInput:
    """One side of a check; what it does not tell is None or empty.

    Attributes
    ----------
    path : Path
        As it was given: a folder, or a file of predictions or scores.
    outcomes : Outcomes or None
        The predictions.
    folds : pandas.DataFrame or None
        Columns corpus, protocol, utterance, fold: what was tested in which fold.
    scores : pandas.DataFrame or None
        Columns ``tables.CELL``, the metrics, and fold and run unless it is one number a cell:
        the results that did not fail. None where there are predictions, which say more.
    failed : mapping of Key to Failed
    manifest : dict or None
        See manifest.json of a run.
    conditions, features, leaks : pandas.DataFrame or None
        Columns ``tables.CONDITIONS``, ``findings.FEATURES``, ``findings.LEAKS``.
    """

    path: Path
    outcomes: Outcomes | None = None
    folds: pd.DataFrame | None = None
    scores: pd.DataFrame | None = None
    failed: Mapping[Key, FailureCount] = field(default_factory=dict)
    manifest: dict[str, Any] | None = None
    conditions: pd.DataFrame | None = None
    features: pd.DataFrame | None = None
    leaks: pd.DataFrame | None = None

    @cached_property
    def cells(self) -> tuple[Key, ...]:
        """The cells that have at least one result, in the order of the file."""
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

    @property
    def seed(self) -> int | None:
        """The study's seed, None where it is not told."""
        seed = None if self.manifest is None else self.manifest["study"].get("seed")
        return seed if isinstance(seed, int) else None


def read_input(path: Path | str) -> CheckInput:
    """Read one side of a check.

    Parameters
    ----------
    path : path
        A results folder, a baseline, or a file: scores (``.csv``) or predictions (``.parquet``).
        A manifest and the tables beside such a file are read too.

    Raises
    ------
    UsageError
        If there is nothing to compare there, or a file is broken.
    """
    path = Path(path)
    if path.is_dir():
        complete_interrupted(path)
        folder, file = path, _results(path)
    elif path.is_file():
        folder, file = path.parent, path
    else:
        raise UsageError(
            f"{path} does not exist; name a results folder, a baseline or a file of it"
        )
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise UsageError(f"{path} is neither scores (.csv) nor predictions (.parquet)")
    manifest = _manifest(folder / "manifest.json")
    beside = folder if manifest is not None else None
    return CheckInput(
        path,
        **reader(file, beside),
        manifest=manifest,
        conditions=_beside(beside, "conditions.csv", CONDITIONS),
        features=_beside(beside, "features.csv", FEATURES),
        leaks=_beside(beside, "leaks.csv", LEAKS),
    )


def _results(folder: Path) -> Path:
    for name in (PREDICTIONS_FILE, SCORES_FILE):
        if (folder / name).is_file():
            return folder / name
    raise UsageError(
        f"{folder} holds neither {PREDICTIONS_FILE} nor {SCORES_FILE}: no results of a run and no "
        "baseline"
    )


def _from_predictions(file: Path, beside: Path | None) -> dict[str, Any]:
    failed: dict[Key, FailureCount] = {}
    for name in (SCORES_FILE, CELLS_FILE):
        if beside is not None and (beside / name).is_file():
            failed = _FAILURES[name](_csv(beside / name, CELL))
            break
    return {
        "outcomes": read_outcomes([Source(file)]),
        "folds": _folds(file),
        "failed": failed,
    }


def _from_scores(file: Path, beside: Path | None) -> dict[str, Any]:
    frame = _csv(file, CELL)
    names = [name for name in METRICS if name in frame]
    if not names:
        raise UsageError(f"{file} has none of the columns {', '.join(METRICS)}: no scores")
    keys = [*CELL, *(name for name in ("fold", "run") if name in frame)]
    twice = frame.duplicated(keys)
    if twice.any():
        row = frame[twice].iloc[0]
        raise UsageError(f"{file} holds a result twice: {', '.join(map(str, row[keys]))}")
    good = frame[_ok(frame)]
    for name in names:
        if not good[name].between(0, 1).all():
            raise UsageError(f"{file}: {name} must be a number from 0 to 1 in every row")
    if good.empty:
        raise UsageError(f"{file} holds no result whose status is ok")
    return {
        "scores": good[[*keys, *names]].reset_index(drop=True),
        "failed": _failed_rows(frame),
    }


_READERS = {".parquet": _from_predictions, ".csv": _from_scores}


def _ok(frame: pd.DataFrame) -> pd.Series:
    if "status" not in frame:
        return pd.Series(True, index=frame.index)
    return frame["status"] == "ok"


def _failed_rows(frame: pd.DataFrame) -> dict[Key, FailureCount]:
    """Count failures in a table of one row a result."""
    bad = frame[~_ok(frame)]
    if bad.empty:
        return {}
    sizes = Counter(frame[list(CELL)].itertuples(index=False, name=None))
    found = {}
    for names, rows in bad.groupby(list(CELL), sort=False):
        key = tuple(map(str, names))
        reason = str(rows["reason"].iloc[0]) if "reason" in rows else "the file does not say why"
        found[key] = FailureCount(len(rows), sizes[key], reason)
    return found


def _failed_cells(frame: pd.DataFrame) -> dict[Key, FailureCount]:
    """Read failures in a table of one row a cell, as a baseline has it."""
    return {
        tuple(row[name] for name in CELL): FailureCount(
            int(row["failed"]), int(row["results"]), row["reason"]
        )
        for row in frame[frame["failed"] > 0].to_dict("records")
    }


_FAILURES = {SCORES_FILE: _failed_rows, CELLS_FILE: _failed_cells}


def _folds(file: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    columns = ["corpus", "protocol", "utterance", "fold"]
    frame = pq.read_table(file, columns=columns).to_pandas()
    words = frame.drop_duplicates(ignore_index=True)
    return words.astype(dict.fromkeys(columns[:3], str))


def _manifest(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
        # What is looked up everywhere; all else may be missing.
        _ = found["study"].keys(), [about.keys() for about in found["corpora"].values()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no manifest of a run: {error!r}") from error
    return found


def _beside(folder: Path | None, name: str, columns: tuple[str, ...]) -> pd.DataFrame | None:
    if folder is None or not (folder / name).is_file():
        return None
    return _csv(folder / name, columns)


def _csv(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a table; a word is a word (a corpus may be called nan), all else is a number."""
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
    for name in frame.columns.difference(list(_WORDS)):
        try:
            frame[name] = pd.to_numeric(frame[name].replace("", None))
        except ValueError as error:
            if name in columns or name in METRICS:
                raise UsageError(f"{path}: {name} holds no numbers: {error}") from error
    return frame
