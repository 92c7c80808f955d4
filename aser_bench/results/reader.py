"""Reader of results folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..core.atomic import complete_interrupted
from ..core.errors import UsageError
from ..core.findings import DRIFT, FOLDS, LEAKS, TRANSCRIPTS, WER
from ..core.metrics import all_metrics, score_columns
from ..core.tables import CONDITIONS, RESULT, SCORE_DETAILS, order_columns
from ..evaluation.rescoring import add_missing_metrics, check_scores
from .manifest import FILE, Manifest

_NUMERIC = {
    *("n_train", "n_dev", "n_test", "epochs", "best_epoch"),
    *(
        "fold",
        "run",
        "repeat",
        "seed",
        "requested_kbps",
        "effective_kbps",
        "codec_rate_hz",
        "bandwidth_hz",
    ),
    *("gain_db", "lag_samples", "shift", "spread", "sd_ratio", "shared", "utterances"),
    *("words", "substitutions", "deletions", "insertions", "wer", "low", "high", "empty"),
}
_INFERRED = ("known", "n_test")
"""Columns of which pandas infers the type: booleans, and numbers without missing values."""


@dataclass(frozen=True)
class ResultsFolder:
    """Content of a results folder, without the predictions.

    Attributes
    ----------
    path : Path
    manifest : Manifest
    scores : pandas.DataFrame
        Columns `core.metrics.score_columns`; metrics that scores.csv lacks are computed from the
        predictions.
    conditions, drift, leaks : pandas.DataFrame
        Columns ``tables.CONDITIONS``, ``findings.DRIFT``, ``findings.LEAKS``.
    folds : pandas.DataFrame
        Columns ``findings.FOLDS``; empty for results of earlier versions.
    wer, transcripts : pandas.DataFrame
        Columns ``findings.WER`` and ``findings.TRANSCRIPTS``; empty without transcribers.
    """

    path: Path
    manifest: Manifest
    scores: pd.DataFrame
    conditions: pd.DataFrame
    drift: pd.DataFrame
    leaks: pd.DataFrame
    folds: pd.DataFrame
    wer: pd.DataFrame
    transcripts: pd.DataFrame


def read(path: Path | str) -> ResultsFolder:
    """Read a results folder.

    Raises
    ------
    UsageError
        If it is not a results folder, lacks predictions, has tables with other columns, or has
        scores that contradict the predictions.
    """
    path = Path(path)
    complete_interrupted(path)
    file = path / FILE
    if not file.is_file():
        raise UsageError(f"{path} is not a results folder: it has no {FILE}")
    if (path / "cells.csv").is_file():
        raise UsageError(f"{path} is a baseline, not a results folder: name the results of a run")
    if not (path / "predictions.parquet").is_file():
        raise UsageError(
            f"{path} has no predictions.parquet, which a report needs: run the study again "
            "(results in the cache are not computed again)"
        )
    manifest = Manifest.read(file)
    scores = read_scores(path)
    if missing := _missing(manifest, scores):
        raise UsageError(f"{file} is not the manifest of a run: it lacks {', '.join(missing)}")
    return ResultsFolder(
        path,
        manifest,
        scores,
        _table(path / "conditions.csv", CONDITIONS),
        _table(path / "drift.csv", DRIFT),
        _table(path / "leaks.csv", LEAKS),
        _table(path / "folds.csv", FOLDS, optional=True),
        _table(path / "wer.csv", WER, optional=True),
        _table(path / "transcripts.csv", TRANSCRIPTS, optional=True),
    )


def _missing(manifest: Manifest, scores: pd.DataFrame) -> list[str]:
    """Return the facts that a report needs and the manifest does not have."""
    corpora = [name for name in scores["corpus"].unique() if name not in manifest.corpora]
    return [
        *(["the seed of the study"] if manifest.seed is None else []),
        *(f"corpus {name}" for name in corpora),
        *(
            f"{name} of corpus {corpus}"
            for corpus, facts in manifest.corpora.items()
            for name in ("title", "synthetic", "utterances")
            if getattr(facts, name) is None
        ),
    ]


def read_scores(folder: Path | str) -> pd.DataFrame:
    """Return the scores of a results folder, also if every cell failed.

    Metrics that scores.csv lacks are computed from the predictions.

    Raises
    ------
    UsageError
        If the folder has no scores, they cannot be read, or they contradict the predictions.
    """
    folder = Path(folder)
    frame = _table(folder / "scores.csv", (*RESULT, *SCORE_DETAILS))
    predictions = folder / "predictions.parquet"
    check_scores(frame, predictions, all_metrics())
    frame = add_missing_metrics(frame, predictions, all_metrics())
    return order_columns(frame, score_columns(), "scores.csv")


def _table(path: Path, columns: tuple[str, ...], optional: bool = False) -> pd.DataFrame:
    if optional and not path.exists():
        return pd.DataFrame(columns=list(columns))
    if not path.is_file():
        raise UsageError(f"{path} does not exist: run the study again with this version")
    try:
        head = pd.read_csv(path, nrows=0).columns
        numbers = {*_NUMERIC, *all_metrics()}
        texts = {name: str for name in head if name not in numbers and name not in _INFERRED}
        frame = pd.read_csv(
            path,
            dtype=texts,
            keep_default_na=False,
            na_values={name: [""] for name in head if name in numbers},
        )
        for name in numbers.intersection(head):
            frame[name] = pd.to_numeric(frame[name])
        return order_columns(frame, columns, path.name)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
