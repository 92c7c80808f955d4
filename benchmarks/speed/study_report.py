"""What `study.py` prints: seconds by stage, what need not be done, memory, and differences."""

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

TWIN = "a condition that is the same stream as another"
AGAIN = "an SVC again for each run"
SEARCHED = "a grid searched again for each run"
DOUBLE = "candidates that are the same model as another"

Names = Mapping[str, str]
"""The script's conditions -> their names in aser-bench; two of them are one there."""


def pieces(script: dict[str, Any], names: Names) -> pd.DataFrame:
    """Return what the script did, and which share of each piece was not needed and why."""
    first = {own: name for name, own in reversed(names.items())}
    twins = [name for name, own in names.items() if first[own] != name]
    table = pd.DataFrame(script["pieces"])
    found = [_not_needed(row, twins) for row in table.to_dict("records")]
    return table.assign(why=[why for why, _ in found], share=[share for _, share in found])


def _not_needed(piece: dict[str, Any], twins: list[str]) -> tuple[str, float]:
    if piece["condition"] in twins or piece["test"] in twins:
        return TWIN, 1.0
    if piece["stage"] == "svm" and piece["run"] > 0:
        return AGAIN, 1.0
    if piece["what"] == "search" and piece["run"] > 0:
        return SEARCHED, 1 - piece["refit"]
    return (DOUBLE, piece["double"]) if piece["what"] == "search" else ("", 0.0)


def tables(
    script: dict[str, Any], ours: Mapping[int, dict[str, Any]], names: Names
) -> Iterator[str]:
    """Yield the tables of CPU and wall-clock seconds, of what was not needed, and of memory."""
    done = pieces(script, names)
    for what in ("CPU", "wall"):
        yield f"\n{what} seconds, and of the script's those that it need not have spent:"
        yield _by_stage(script, ours, done, what).to_string(index_names=False)
    yield "\nnot needed (seconds of the script):"
    spare = done[["CPU", "wall"]].mul(done["share"], axis=0).assign(why=done["why"])
    reasons = spare[done["share"] > 0].groupby("why")[["CPU", "wall"]].sum()
    yield reasons.round(1).to_string(index_names=False)
    yield "\nmost memory, MB:"
    yield f"script: {script['peaks'][0]:.0f}"
    for jobs, one in ours.items():
        each = " + ".join(f"{peak:.0f}" for peak in one["peaks"])
        yield f"aser-bench -j {jobs}: {sum(one['peaks']):.0f}" + f" ({each})" * (jobs > 1)


def _by_stage(
    script: dict[str, Any], ours: Mapping[int, dict[str, Any]], done: pd.DataFrame, what: str
) -> pd.DataFrame:
    grouped = done.assign(spare=done[what] * done["share"]).groupby("stage")
    table = grouped[[what, "spare"]].sum().reindex(list(STAGES))
    table.columns = ["script", "not needed"]
    for jobs, one in ours.items():
        table[f"-j {jobs}"] = [one["stages"][stage][what] for stage in STAGES]
    whole = [script[what], table["not needed"].sum(), *(one[what] for one in ours.values())]
    table.loc[REST] = whole - table.sum()
    table.loc["all"] = whole
    for jobs in ours:
        table[f"in all/-j {jobs}"] = table["script"] / table[f"-j {jobs}"]
        table[f"needed/-j {jobs}"] = (table["script"] - table["not needed"]) / table[f"-j {jobs}"]
    return table.round(2)


def differences(
    script: dict[str, Any],
    worklist: Worklist,
    tasks: Mapping[int, Sequence[TrainingTask]],
    names: Names,
) -> Iterator[str]:
    """Yield how the features and the predictions of both sides differ."""
    yield "\nwhat came of it:"
    worst, equal, n = 0.0, 0, 0
    for name, own in names.items():
        mine = np.vstack(
            [
                _entry(one, "features", one.keys[own, "functionals"]).arrays["values"]
                for one in worklist.batches
            ]
        )
        theirs = script["features"][name]
        worst = max(worst, np.abs(mine - theirs).max())
        equal += int(np.isclose(mine, theirs, rtol=1e-4, atol=1e-4).sum())
        n += mine.size
    yield f"features: {equal} of {n} within rtol = atol = 1e-4; largest difference {worst:.2g}"
    for model in ("svm", "mlp"):
        yield _predictions(script, model, tasks[1], names)
    pairs = [
        (_predicted(one), _predicted(other)) for one, other in zip(*tasks.values(), strict=True)
    ]
    same = sum(bool(np.array_equal(one, other)) for one, other in pairs)
    yield f"aser-bench -j 1 and -j 2: equal predictions in {same} of {len(pairs)} trainings"


def _predictions(
    script: dict[str, Any], model: str, tasks: Sequence[TrainingTask], names: Names
) -> str:
    """Compare the words of both sides where their grids chose the same settings."""
    chosen, known, equal, n = 0, 0, 0, 0
    for (name, fold, condition, run), theirs in script["predicted"].items():
        if name != model:
            continue
        cell = MODELS[model], names[condition], fold
        parts = "model", "train_condition", "fold"
        task = next(t for t in tasks if tuple(t.cell[part] for part in parts) == cell)
        entry = _entry(task, "predictions", task.key)
        known += 1
        if script["params"][name, fold, condition, run] != entry.meta["params"]:
            continue
        chosen += 1
        mine = entry.arrays["predicted"][min(run, len(task.runs) - 1)]
        for test, words in theirs.items():
            own = np.array(task.emotions)[mine[task.test_on.index(names[test])]]
            equal, n = equal + int((own == words).sum()), n + len(words)
    return (
        f"{model}: {chosen} of {known} searches chose the same settings; there "
        f"{equal} of {n} predictions are equal"
    )


def _predicted(task: TrainingTask) -> np.ndarray:
    return _entry(task, "predictions", task.key).arrays["predicted"]


def _entry(task: Any, kind: str, key: str) -> Entry:
    entry = task.cache.load(kind, key)
    assert entry is not None
    return entry
