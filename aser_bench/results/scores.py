"""Tables of a run from the results in the cache: predictions, scores and conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.metrics import all_metrics, score_columns
from ..core.tables import CELL, CONDITIONS, PREDICTIONS, REPEAT, Condition
from ..evaluation.metrics import scores as metric_scores
from ..pipeline.cache import Entry
from ..pipeline.coding_task import CodingTask
from ..pipeline.ingest import Ingested
from ..pipeline.training_task import TrainingTask
from ..study.conditions import ConditionPlan

_EFFECTIVE_WITHIN = 0.03  # relative deviation from the requested bitrate without a mark


def load(task: TrainingTask) -> Entry:
    """Return the predictions of a finished training task.

    Raises
    ------
    RuntimeError
        If they were removed from the cache during the run.
    """
    entry = task.cache.load("predictions", task.key)
    if entry is None:
        raise RuntimeError(f"predictions of {task.cell} were removed from the cache; run again")
    return entry


def scores(tasks: Sequence[TrainingTask], failed: dict[str, str]) -> pd.DataFrame:
    """Return the scores: one row per cell, fold and run; failed ones with their reason.

    In a study with several repeats, the last column is the number of the repeat.

    Parameters
    ----------
    tasks : sequence of TrainingTask
        All training tasks of the run.
    failed : dict of str to str
        Key of each task that failed -> reason.
    """
    rows = [row for task in tasks for row in _score_rows(task, failed.get(task.key, ""))]
    frame = pd.DataFrame(rows, columns=[*score_columns(), *_repeat_column(tasks)])
    return frame.astype({"epochs": "Int64", "best_epoch": "Int64"})


def _score_rows(task: TrainingTask, reason: str) -> Iterator[dict[str, Any]]:
    entry = None if reason else load(task)
    emotions = np.array(task.emotions)
    truth, copies = task.labels[task.test], len(task.train_on)
    for c, condition in enumerate(task.test_on):
        for r, (run, seed) in enumerate(zip(task.runs, task.seeds, strict=True)):
            values: dict[str, Any] = dict.fromkeys(all_metrics(), float("nan"))
            training: dict[str, Any] = {"stop": ""}
            if entry is not None:
                training = entry.meta["trainings"][r]
                predicted = emotions[entry.arrays["predicted"][r, task.places[c]]]
                values = metric_scores(truth, predicted)
            yield {
                **task.cell,
                "test_condition": condition,
                "run": run,
                **values,
                "n_train": len(task.train) * copies,
                "n_dev": len(task.dev) * copies,
                "n_test": len(task.test),
                "seed": seed,
                **training,
                "status": "failed" if reason else "ok",
                "reason": reason,
                REPEAT: task.repeat,
            }


def _repeat_column(tasks: Sequence[TrainingTask]) -> tuple[str, ...]:
    """Return the column with the number of the repeat; none in a study with one repeat."""
    return (REPEAT,) if any(task.repeat for task in tasks) else ()


def constant_feature_notes(tasks: Sequence[TrainingTask], failed: dict[str, str]) -> list[str]:
    """Return notes on features that hardly vary in training, by feature set and condition."""
    constant: dict[tuple[str, str], dict[str, None]] = {}
    for task in tasks:
        if task.key not in failed:
            place = task.cell["features"], task.cell["train_condition"]
            constant.setdefault(place, {}).update(dict.fromkeys(load(task).meta["flat"]))
    conditions: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (features, condition), names in constant.items():
        if names:
            conditions.setdefault((features, tuple(sorted(names))), []).append(condition)
    return [
        f"{features}, trained on {', '.join(trained_on)}: the standard deviation of "
        f"{_abbreviated(names)} is less than 1 % of that in the original; models trained on this "
        "condition are unreliable on conditions where these features vary"
        for (features, names), trained_on in conditions.items()
    ]


def _abbreviated(names: Sequence[str], most: int = 6) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} others" if rest > 0 else "")


def write_scores(frame: pd.DataFrame, path: Path) -> None:
    """Write scores.csv; equal scores give equal bytes."""
    frame.to_csv(path, index=False, float_format="%.6f", lineterminator="\n")


def write_predictions(
    tasks: Sequence[TrainingTask], failed: dict[str, str], corpora: dict[str, Ingested], path: Path
) -> None:
    """Write predictions.parquet, with a row group per training task to limit the memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    emotions = sorted({emotion for task in tasks for emotion in task.emotions})
    text = pa.dictionary(pa.int32(), pa.string())
    numbers = {"fold": pa.int16(), "run": pa.int16(), REPEAT: pa.int16()}
    columns = (*PREDICTIONS, *_repeat_column(tasks))
    schema = pa.schema(
        [(name, numbers.get(name, text)) for name in columns]
        + [(f"p_{emotion}", pa.float32()) for emotion in emotions]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for task in tasks:
            if task.key not in failed:
                table = corpora[task.cell["corpus"]].utterances
                frame = _prediction_rows(task, table, emotions)
                writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))


def _prediction_rows(task: TrainingTask, table: pd.DataFrame, emotions: list[str]) -> pd.DataFrame:
    entry = load(task)
    places = list(task.places)
    predicted = entry.arrays["predicted"][:, places]
    probabilities = entry.arrays["probabilities"][:, places]
    runs, conditions, n = predicted.shape
    test = table.iloc[task.test]
    columns: dict[str, Any] = {name: task.cell[name] for name in CELL if name in task.cell}
    columns["fold"], columns[REPEAT] = task.cell["fold"], task.repeat
    columns["test_condition"] = np.tile(np.repeat(task.test_on, n), runs)
    columns["run"] = np.repeat(task.runs, conditions * n)
    columns["predicted"] = np.array(task.emotions)[predicted.ravel()]
    for name, source in (("utterance",) * 2, ("speaker",) * 2, ("truth", "emotion")):
        columns[name] = np.tile(test[source].to_numpy(), runs * conditions)
    index = {emotion: i for i, emotion in enumerate(task.emotions)}
    for emotion in emotions:  # an emotion of another corpus has a missing probability, not zero
        values = probabilities[..., index[emotion]].ravel() if emotion in index else None
        columns[f"p_{emotion}"] = values
    return pd.DataFrame(columns)


def conditions(
    ingested: Ingested, plan: ConditionPlan, batches: Sequence[CodingTask]
) -> pd.DataFrame:
    """Return the conditions of a corpus, with the measurements of each."""
    rows = [_condition_row(ingested, plan, condition, batches) for condition in plan.conditions]
    row_of = {row["condition"]: row for row in rows}
    for alias in plan.aliases:
        rows.append(
            {
                **row_of[alias.same_as],
                "condition": alias.name,
                "requested_kbps": alias.requested_kbps,
                "same_as": alias.same_as,
            }
        )
    return pd.DataFrame(rows, columns=list(CONDITIONS))


def _condition_row(
    ingested: Ingested, plan: ConditionPlan, condition: Condition, batches: Sequence[CodingTask]
) -> dict[str, Any]:
    entries = [batch.cache.load("audits", batch.audits[condition.name]) for batch in batches]
    audits = [entry.meta for entry in entries if entry is not None]
    kbps = [rate for audit in audits for rate in audit["kbps"] if rate is not None]
    effective = float(np.mean(kbps)) if kbps else None
    lags = [audit["lag_samples"] for audit in audits if audit["lag_samples"] is not None]
    return {
        "corpus": ingested.corpus.name,
        "condition": condition.name,
        "codec": condition.codec,
        "requested_kbps": condition.kbps,
        "effective_kbps": None if effective is None else round(effective, 3),
        "codec_rate_hz": condition.codec_rate_hz,
        "bandwidth_hz": _median(audits, "bandwidth_hz", 0),
        "gain_db": _median(audits, "gain_db", 2),
        # The largest lag, with its sign: a mean would hide a single shifted recording.
        "lag_samples": max(lags, key=abs) if lags else None,
        "same_as": "",
        "encoder": plan.encoders[condition.codec],
        "mark": "; ".join(filter(None, [condition.mark, _bitrate_mark(condition.kbps, effective)])),
    }


def _bitrate_mark(requested: float | None, effective: float | None) -> str:
    """Return the mark of a condition if its effective bitrate is not the requested one."""
    if not requested or not effective or abs(effective / requested - 1) <= _EFFECTIVE_WITHIN:
        return ""
    return f"{requested:g} kbit/s were asked for, {effective:.3g} were written"


def _median(audits: list[dict[str, Any]], name: str, digits: int) -> float | None:
    values = [audit[name] for audit in audits if audit[name] is not None]
    return round(float(np.median(values)), digits) if values else None
