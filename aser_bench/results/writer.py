"""Writer of results folders, and of the lines that are printed at the end of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ..core.findings import TRANSCRIPTS
from ..core.progress import format_duration
from ..evaluation.wer import wer
from ..pipeline import training_plan
from ..pipeline.coding_task import Cost
from ..pipeline.worklist import Worklist
from ..study.config import Study
from . import feature_stats, transcripts
from . import scores as score_tables
from .manifest import FILE, Manifest, StageCost

Costs = list[tuple[str, str, Cost]]
"""Stage, task and cost of each task that the run computed."""

NAMES = (
    *("scores.csv", "conditions.csv", "predictions.parquet", "timings.csv", "drift.csv"),
    *("features.csv", "leaks.csv", "folds.csv", "wer.csv", "transcripts.csv", "study.yaml"),
    *("manifest.json", "tables", "figures", "sounds", "report.html"),
)
"""Everything that a run or a report writes to a results folder, and that a new run replaces."""

REMEDY = (
    "choose another folder with --out; finished work is kept in the cache, and the same command "
    "continues from there"
)
"""What to do if a results folder cannot be written, for error messages."""

_DIGITS = 6


def notes(worklist: Worklist, failed: dict[str, str]) -> list[str]:
    """Return the lines below each table of a corpus."""
    experiment, ingested, trainings = worklist.experiment, worklist.ingested, worklist.trainings
    return [
        *ingested.notes,
        *experiment.notes,
        *training_plan.notes(experiment, ingested, trainings),
        *score_tables.constant_feature_notes(trainings, failed),
    ]


def stages(costs: Costs, walls: dict[str, float]) -> dict[str, StageCost]:
    """Return the cost of each stage; tasks and CPU seconds are those of computed tasks.

    Results from the cache are not counted.
    """
    result = {stage: StageCost(wall_s=round(wall_s, 3)) for stage, wall_s in walls.items()}
    for stage in dict.fromkeys(stage for stage, _, _ in costs):
        cpu_s = [cost.cpu_s for name, _, cost in costs if name == stage]
        result[stage] = replace(result[stage], tasks=len(cpu_s), cpu_s=round(sum(cpu_s), 3))
    return result


def write(
    folder: Path,
    study: Study,
    worklists: Sequence[Worklist],
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    manifest: Manifest,
    costs: Costs,
    failed: dict[str, str],
) -> None:
    """Write the files from which reports are made to an empty folder.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    tasks = [task for worklist in worklists for task in worklist.trainings]
    corpora = {worklist.name: worklist.ingested for worklist in worklists}
    originals = feature_stats.originals(worklists)
    transcript_table = transcripts.table(worklists)
    writers: dict[str, Callable[[Path], Any]] = {
        "scores.csv": lambda path: score_tables.write_scores(scores, path),
        "conditions.csv": lambda path: _write_csv(conditions, path),
        "predictions.parquet": lambda path: score_tables.write_predictions(
            tasks, failed, corpora, path
        ),
        "timings.csv": lambda path: _write_csv(_timings(costs), path),
        "drift.csv": lambda path: _write_csv(feature_stats.drift(worklists, originals), path),
        "features.csv": lambda path: _write_csv(
            feature_stats.features(worklists, originals), path, "%.9g"
        ),
        "leaks.csv": lambda path: _write_csv(feature_stats.leaks(worklists), path),
        "folds.csv": lambda path: _write_csv(feature_stats.folds(worklists), path),
        **_transcript_writers(transcript_table),
        "study.yaml": lambda path: path.write_text(_yaml(study), "utf-8"),
        FILE: manifest.write,
    }
    for name, write_one in writers.items():
        write_one(folder / name)


def _transcript_writers(table: pd.DataFrame) -> dict[str, Callable[[Path], Any]]:
    """Return the writers of the tables of transcripts; none in a study without transcribers."""
    if table.empty:
        return {}
    return {
        "wer.csv": lambda path: _write_csv(wer(table).round(_DIGITS), path),
        "transcripts.csv": lambda path: _write_csv(table[list(TRANSCRIPTS)], path),
    }


def _write_csv(frame: pd.DataFrame, path: Path, numbers: str | None = None) -> None:
    frame.to_csv(path, index=False, lineterminator="\n", float_format=numbers)


def _yaml(study: Study) -> str:
    return yaml.safe_dump(study.to_mapping(), sort_keys=False, allow_unicode=True)


def _timings(costs: Costs) -> pd.DataFrame:
    rows = [(stage, task, round(c.wall_s, 3), round(c.cpu_s, 3)) for stage, task, c in costs]
    return pd.DataFrame(rows, columns=["stage", "task", "wall_s", "cpu_s"])


def closing(
    scores: pd.DataFrame, manifest: Manifest, folder: Path, walls: Mapping[str, float]
) -> str:
    """Return the last lines of a run: failed results, refused recordings, results folder."""
    lines = [""]
    failed = scores[scores["status"] != "ok"]
    if len(failed) and len(failed) == len(scores):
        reason = failed["reason"].value_counts().index[0]
        lines.append(
            f"all {len(scores)} results failed, most of them with {reason}; scores.csv has "
            "the reason of each. There is no report."
        )
    elif len(failed):
        lines.append(f"{len(failed)} of {len(scores)} results failed; scores.csv has the reasons.")
    refused = sum(len(facts.refused or ()) for facts in manifest.corpora.values())
    if refused:
        were = "recording was" if refused == 1 else "recordings were"
        lines.append(f"{refused} {were} refused; manifest.json has the reasons.")
    scaled = sum(len(facts.scaled or ()) for facts in manifest.corpora.values())
    if scaled:
        were = "recording was" if scaled == 1 else "recordings were"
        lines.append(f"{scaled} {were} above full scale and scaled; manifest.json has the factors.")
    elapsed = format_duration(sum(walls.values()))
    lines.append(f"results written to {folder}/ (elapsed time: {elapsed})")
    names = ("report.html", "tables", "figures", "scores.csv", "predictions.parquet", FILE)
    written = [name for name in names if (folder / name).exists()]
    lines.append("  " + "  ".join(f"{n}/" if (folder / n).is_dir() else n for n in written))
    return "\n".join(lines)
