"""What a run leaves behind: the results folder, and what is printed at the end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from . import models, outputs, plan, training_plan
from .agenda import Agenda
from .errors import UsageError
from .progress import duration
from .report import Context, write_tables
from .store import cannot_write
from .study import Study
from .work import Cost

Costs = list[tuple[str, str, Cost]]
"""Stage, task and cost of everything that this run itself computed."""

_UNFINISHED = ".unfinished"


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds other things than results, before any work is done.

    Raises
    ------
    UsageError
        If ``folder`` is a file, or holds files and no manifest.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder} is a file; name a folder")
    if not folder.is_dir() or (folder / "manifest.json").exists():
        return
    if any(path.name != _UNFINISHED for path in folder.iterdir()):
        raise UsageError(
            f"--out {folder} holds files that are not results of aser-bench; name another folder"
        )


def context(study: Study, agendas: Sequence[Agenda], failed: dict[str, str]) -> Context:
    """Return what the report must know of a run beside its numbers."""
    found = {agenda.name: agenda.ingested for agenda in agendas}
    return Context(
        study=study.label,
        seed=study.seed,
        synthetic=tuple(name for name, one in found.items() if one.corpus.synthetic),
        titles={name: one.corpus.title for name, one in found.items()},
        sizes={name: (len(one.utterances), one.speakers) for name, one in found.items()},
        refused={name: len(one.refused) for name, one in found.items()},
        notes={agenda.name: tuple(_notes(study, agenda, failed)) for agenda in agendas},
        settings=_settings(study),
    )


def _notes(study: Study, agenda: Agenda, failed: dict[str, str]) -> list[str]:
    return [
        *plan.notes(study, agenda.ingested),
        *training_plan.notes(agenda.trainings, agenda.ingested),
        *outputs.flat_notes(agenda.trainings, failed),
    ]


def _settings(study: Study) -> str:
    """Say what was set for all models, for the captions."""
    said = [f"preset {study.preset}"] if study.preset != "default" else []
    said.append(f"effort {study.effort}")
    for model in map(models.get, study.models):
        said += [f"{model.name}: {text}" for text in model.budget(study.settings)]
    if study.class_weight != "none":
        said.append(f"class weight {study.class_weight}")
    if study.limit is not None:
        said.append(f"limited to {study.limit} utterances")
    return ", ".join(said)


def stages(costs: Costs, walls: dict[str, float]) -> dict[str, dict[str, float]]:
    """Return wall-clock seconds by stage and, for what workers did, tasks and CPU seconds.

    What came from the store cost nothing and is not counted.
    """
    found = {stage: {"wall_s": round(wall_s, 3)} for stage, wall_s in walls.items()}
    for stage in dict.fromkeys(stage for stage, _, _ in costs):
        own = [cost for name, _, cost in costs if name == stage]
        found[stage]["tasks"] = len(own)
        found[stage]["cpu_s"] = round(sum(cost.cpu_s for cost in own), 3)
    return found


def write(
    folder: Path,
    study: Study,
    agendas: Sequence[Agenda],
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    about: Context,
    facts: dict[str, Any],
    costs: Costs,
    failed: dict[str, str],
) -> None:
    """Write everything beside the old results, and put it in their place when it is whole.

    Raises
    ------
    AserBenchError
        If the disk is full or the folder cannot be written; the old results are untouched.
    """
    tasks = [task for agenda in agendas for task in agenda.trainings]
    corpora = {agenda.name: agenda.ingested for agenda in agendas}
    writers: dict[str, Callable[[Path], Any]] = {
        "scores.csv": lambda path: outputs.write_scores(scores, path),
        "conditions.csv": lambda path: _write_csv(conditions, path),
        "predictions.parquet": lambda path: outputs.write_predictions(tasks, failed, corpora, path),
        "timings.csv": lambda path: _write_csv(_timings(costs), path),
        "study.yaml": lambda path: path.write_text(_yaml(study), "utf-8"),
        "tables": lambda path: write_tables(scores, conditions, about, path),
        # Last: a folder with a manifest is a whole one.
        "manifest.json": lambda path: path.write_text(_json(facts), "utf-8"),
    }
    fresh = folder / _UNFINISHED
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, write_one in writers.items():
            write_one(fresh / name)
        for name in writers:
            if (folder / name).is_dir():
                shutil.rmtree(folder / name)
            (fresh / name).replace(folder / name)
    except OSError as error:
        raise cannot_write(error, folder, "choose another folder with --out") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def _yaml(study: Study) -> str:
    return yaml.safe_dump(study.to_mapping(), sort_keys=False, allow_unicode=True)


def _json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


def _timings(costs: Costs) -> pd.DataFrame:
    rows = [(stage, what, round(c.wall_s, 3), round(c.cpu_s, 3)) for stage, what, c in costs]
    return pd.DataFrame(rows, columns=["stage", "task", "wall_s", "cpu_s"])


def closing(scores: pd.DataFrame, facts: dict[str, Any], folder: Path) -> str:
    """Return the last lines of a run: what failed, what was refused, where everything lies."""
    lines = [""]
    failed = int((scores["status"] != "ok").sum())
    if failed:
        lines.append(f"{failed} of {len(scores)} results failed; scores.csv says why.")
    refused = sum(len(corpus["refused"]) for corpus in facts["corpora"].values())
    if refused:
        were = "recording was" if refused == 1 else "recordings were"
        lines.append(f"{refused} {were} refused; manifest.json says why.")
    took = sum(stage["wall_s"] for stage in facts["stages"].values())
    lines.append(f"{duration(took)}. Everything lies in {folder}/")
    lines.append("  tables/  scores.csv  predictions.parquet  conditions.csv  manifest.json")
    return "\n".join(lines)
