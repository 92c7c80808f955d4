"""Output of `study.py`: seconds by stage, redundant work, memory, and differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from slice_of_study import MODELS

from aser_bench.pipeline.cache import Entry
from aser_bench.pipeline.training_task import TrainingTask
from aser_bench.pipeline.worklist import Worklist

STAGES = ("coding", "features", *MODELS)
REST = "start, imports"

SAME_STREAM = "a condition with the same stream as another"
REPEATED_SVC = "an SVC trained again for each run"
REPEATED_SEARCH = "a grid searched again for each run"
SAME_MODEL = "candidates that give the same model as another"

Names = Mapping[str, str]
"""Condition of the script -> its name in aser-bench, where two of them are one condition."""


def pieces(script: dict[str, Any], names: Names) -> pd.DataFrame:
    """Return the tasks of the script, with the redundant share of each and the reason."""
    first = {ours: name for name, ours in reversed(names.items())}
    twins = [name for name, ours in names.items() if first[ours] != name]
    table = pd.DataFrame(script["pieces"])
    redundant = [_redundancy(row, twins) for row in table.to_dict("records")]
    return table.assign(
        why=[reason for reason, _ in redundant], share=[share for _, share in redundant]
    )


def _redundancy(piece: dict[str, Any], twins: list[str]) -> tuple[str, float]:
    if piece["condition"] in twins or piece["test"] in twins:
        return SAME_STREAM, 1.0
    if piece["stage"] == "svm" and piece["run"] > 0:
        return REPEATED_SVC, 1.0
    if piece["what"] == "search" and piece["run"] > 0:
        return REPEATED_SEARCH, 1 - piece["refit"]
    return (SAME_MODEL, piece["double"]) if piece["what"] == "search" else ("", 0.0)


def tables(
    script: dict[str, Any], ours: Mapping[int, dict[str, Any]], names: Names
) -> Iterator[str]:
    """Yield the tables of CPU and wall-clock seconds, of redundant work, and of memory."""
    done = pieces(script, names)
    for column in ("CPU", "wall"):
        yield f"\n{column} seconds, with those of redundant work of the script:"
        yield _by_stage(script, ours, done, column).to_string(index_names=False)
    yield "\nredundant (seconds of the script):"
    redundant = done[["CPU", "wall"]].mul(done["share"], axis=0).assign(why=done["why"])
    reasons = redundant[done["share"] > 0].groupby("why")[["CPU", "wall"]].sum()
    yield reasons.round(1).to_string(index_names=False)
    yield "\npeak memory, MB:"
    yield f"script: {script['peaks'][0]:.0f}"
    for jobs, result in ours.items():
        peaks = " + ".join(f"{peak:.0f}" for peak in result["peaks"])
        yield f"aser-bench -j {jobs}: {sum(result['peaks']):.0f}" + f" ({peaks})" * (jobs > 1)


def _by_stage(
    script: dict[str, Any], ours: Mapping[int, dict[str, Any]], done: pd.DataFrame, column: str
) -> pd.DataFrame:
    grouped = done.assign(redundant=done[column] * done["share"]).groupby("stage")
    table = grouped[[column, "redundant"]].sum().reindex(list(STAGES))
    table.columns = ["script", "redundant"]
    for jobs, result in ours.items():
        table[f"-j {jobs}"] = [result["stages"][stage][column] for stage in STAGES]
    totals = [script[column], table["redundant"].sum()]
    totals += [result[column] for result in ours.values()]
    table.loc[REST] = totals - table.sum()
    table.loc["all"] = totals
    for jobs in ours:
        table[f"total/-j {jobs}"] = table["script"] / table[f"-j {jobs}"]
        needed = table["script"] - table["redundant"]
        table[f"needed/-j {jobs}"] = needed / table[f"-j {jobs}"]
    return table.round(2)


def differences(
    script: dict[str, Any],
    worklist: Worklist,
    tasks: Mapping[int, Sequence[TrainingTask]],
    names: Names,
) -> Iterator[str]:
    """Yield the differences of the features and the predictions of both sides."""
    yield "\nagreement of both sides:"
    largest, equal, n = 0.0, 0, 0
    for name, our_name in names.items():
        batches = [
            _entry(batch, "features", batch.keys[our_name, "functionals"]).arrays["values"]
            for batch in worklist.batches
        ]
        ours = np.vstack(batches)
        theirs = script["features"][name]
        largest = max(largest, np.abs(ours - theirs).max())
        equal += int(np.isclose(ours, theirs, rtol=1e-4, atol=1e-4).sum())
        n += ours.size
    yield f"features: {equal} of {n} within rtol = atol = 1e-4; largest difference {largest:.2g}"
    for model in ("svm", "mlp"):
        yield _predictions(script, model, tasks[1], names)
    pairs = [
        (_predicted(first), _predicted(second))
        for first, second in zip(*tasks.values(), strict=True)
    ]
    same = sum(bool(np.array_equal(*pair)) for pair in pairs)
    yield f"aser-bench -j 1 and -j 2: equal predictions in {same} of {len(pairs)} trainings"


def _predictions(
    script: dict[str, Any], model: str, tasks: Sequence[TrainingTask], names: Names
) -> str:
    """Compare the predictions of both sides if their searches chose the same settings."""
    same, searches, equal, n = 0, 0, 0, 0
    for (name, fold, condition, run), theirs in script["predicted"].items():
        if name != model:
            continue
        cell = MODELS[model], names[condition], fold
        parts = "model", "train_condition", "fold"
        task = next(t for t in tasks if tuple(t.cell[part] for part in parts) == cell)
        entry = _entry(task, "predictions", task.key)
        searches += 1
        if script["params"][name, fold, condition, run] != entry.meta["params"]:
            continue
        same += 1
        ours = entry.arrays["predicted"][min(run, len(task.runs) - 1)]
        for test, predicted in theirs.items():
            emotions = np.array(task.emotions)[ours[task.test_on.index(names[test])]]
            equal, n = equal + int((emotions == predicted).sum()), n + len(predicted)
    return (
        f"{model}: {same} of {searches} searches chose the same settings; with these "
        f"{equal} of {n} predictions are equal"
    )


def _predicted(task: TrainingTask) -> np.ndarray:
    return _entry(task, "predictions", task.key).arrays["predicted"]


def _entry(task: Any, kind: str, key: str) -> Entry:
    entry = task.cache.load(kind, key)
    assert entry is not None
    return entry
