"""Run a study: the one place that knows all stages and hands each the one before's table."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from . import manifest, models, outputs, plan, registry
from .codecs import canary
from .errors import CodecError, UsageError
from .ingest import Ingested, ingest
from .parallel import Pool, cores
from .progress import Progress, duration
from .report import Context, terminal_text, write_tables
from .store import Store, cannot_write, default_root
from .study import Study
from .work import CodeTask, Cost, TrainTask, code, train

EXIT_OK, EXIT_FAILED_CELLS = 0, 3


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes
    ----------
    folder : Path or None
        Where everything lies; None after a dry run.
    text : str
        What is printed at the end.
    exit_code : int
        0, or 3 if some cells failed.
    """

    folder: Path | None
    text: str
    exit_code: int = EXIT_OK
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass
class _Corpus:
    """One corpus on its way down the street."""

    ingested: Ingested
    batches: list[CodeTask] = field(default_factory=list)
    trainings: list[TrainTask] = field(default_factory=list)


def run(
    study: Study,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    store: str | Path | None = None,
    strict: bool = False,
    dry_run: bool = False,
    quiet: bool = False,
) -> Outcome:
    """Run a study and write its results.

    Parameters
    ----------
    study : Study
        What to run; see `aser_bench.study.resolve`.
    out : path, optional
        Where to write; ``results/<study>`` by default.
    jobs : int, optional
        Worker processes; as many as there are cores by default. Does not change any number.
    store : path, optional
        Where what was computed is kept and found again; the user's cache by default.
    strict : bool
        Stop at the first recording that has to be refused instead of leaving it out.
    dry_run : bool
        Read the corpora, say what there is to do, and do nothing.
    quiet : bool
        Print no progress.

    Raises
    ------
    AserBenchError
        With one line for the user: a wrong study, a full disk, a broken encoder.
    """
    folder = Path(out) if out is not None else Path("results") / study.label
    _check_folder(folder)
    for kind, names in (("corpora", [c.name for c in study.corpora]), ("features", study.features)):
        for name in names:
            registry.get(kind, name)
    for name in study.models:
        models.get(name)
    conditions = plan.treatments(study)
    keep = Store(Path(store) if store is not None else default_root())
    keep.sweep()
    say: Callable[[str], None] = (lambda line: None) if quiet else _say
    started = time.perf_counter()
    with Pool(jobs or cores()) as pool:
        corpora = [
            _Corpus(ingest(choice, study.limit, keep, pool, strict, say))
            for choice in study.corpora
        ]
        _tell_refused(corpora, say)
        _plan_work(study, corpora, conditions, keep)
        if dry_run:
            return Outcome(None, _describe(study, corpora, conditions, pool.jobs, folder))
        sung = _sing(study, say)
        costs, failed = _work(study, corpora, conditions, keep, pool, strict, quiet)
    context = _context(study, corpora)
    frames = _frames(corpora, conditions, failed)
    stages = _stages(costs, time.perf_counter() - started)
    facts = manifest.build(
        study, [c.ingested for c in corpora], conditions,
        {c.ingested.corpus.name: plan.notes(study, c.ingested) for c in corpora}, sung, stages,
    )  # fmt: skip
    _write(folder, study, corpora, frames, context, facts, costs, failed)
    scores, treated = frames
    text = terminal_text(scores, treated, context) + _closing(scores, facts, folder)
    code_ = EXIT_FAILED_CELLS if (scores["status"] != "ok").any() else EXIT_OK
    return Outcome(folder, text, code_, scores)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder} is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "manifest.json").exists():
        raise UsageError(
            f"--out {folder} holds files that are not results of aser-bench; name another folder"
        )


def _tell_refused(corpora: list[_Corpus], say: Callable[[str], None]) -> None:
    for corpus in corpora:
        for file, reason in corpus.ingested.refused:
            say(f"refused: {file}: {reason}")


def _plan_work(
    study: Study, corpora: list[_Corpus], conditions: plan.Treatments, store: Store
) -> None:
    for corpus in corpora:
        corpus.batches = plan.code_tasks(study, corpus.ingested, conditions, store)
        corpus.trainings = plan.train_tasks(
            study, corpus.ingested, conditions, corpus.batches, store
        )


def _sing(study: Study, say: Callable[[str], None]) -> str:
    """Let the canary sing where MP3 is used; say so if the encoder is not the reference."""
    if "mp3" not in [choice.name for choice in study.codecs]:
        return ""
    found = canary.check()
    if not found.reference:
        say(f"warning: {found}; compare numbers only with runs of the same encoder")
    return str(found)


Costs = list[tuple[str, str, Cost]]


def _work(
    study: Study,
    corpora: list[_Corpus],
    conditions: plan.Treatments,
    store: Store,
    pool: Pool,
    strict: bool,
    quiet: bool,
) -> tuple[Costs, dict[str, str]]:
    """Code and train all that the store lacks; return the costs and the failed trainings."""
    costs: Costs = []
    failed: dict[str, str] = {}
    total = sum(_code_seconds(corpus) + _train_seconds(corpus) for corpus in corpora)
    with Progress(total, quiet=quiet) as progress:
        for corpus in corpora:
            while lost := _code(corpus, pool, progress, costs):
                _drop(corpus, lost, strict)
                _plan_work(study, [corpus], conditions, store)
        for corpus in corpora:
            failed.update(_train(corpus, pool, progress, costs))
    return costs, failed


def _open(corpus: _Corpus) -> list[CodeTask]:
    return [left for task in corpus.batches if (left := plan.unfinished(task)) is not None]


def _untrained(corpus: _Corpus) -> list[TrainTask]:
    return [task for task in corpus.trainings if not task.store.has("predictions", task.key)]


def _code_seconds(corpus: _Corpus) -> float:
    return sum(plan.code_seconds(task, corpus.ingested) for task in _open(corpus))


def _train_seconds(corpus: _Corpus) -> float:
    return sum(task.seconds for task in _untrained(corpus))


def _code(corpus: _Corpus, pool: Pool, progress: Progress, costs: Costs) -> dict[str, str]:
    """Code what is left; return the utterances that could not be (name -> reason)."""
    lost: dict[str, str] = {}
    for result in pool.run(code, _open(corpus)):
        lost.update(result.failures)
        name = f"{result.task.corpus} {result.task.utterances[0]} ..."
        costs.append(("code", name, result.cost))
        progress.advance(
            plan.code_seconds(result.task, corpus.ingested), f"coding {result.task.corpus}"
        )
    return lost


def _drop(corpus: _Corpus, lost: dict[str, str], strict: bool) -> None:
    utterance, reason = next(iter(lost.items()))
    if strict:
        raise CodecError(f"{utterance}: {reason}; --strict stops here")
    if len(lost) >= len(corpus.ingested.utterances):
        raise CodecError(f"no recording of {corpus.ingested.corpus.name} could be coded: {reason}")
    for name, why in lost.items():
        _say(f"refused: {name}: {why}")
    corpus.ingested = corpus.ingested.without(lost)


def _train(corpus: _Corpus, pool: Pool, progress: Progress, costs: Costs) -> dict[str, str]:
    failed = {}
    # The dearest first, so that no worker is left with a long one at the end.
    tasks = sorted(_untrained(corpus), key=lambda task: -task.seconds)
    for result in pool.run(train, tasks):
        cell = result.task.cell
        name = "{corpus} {model} {train_condition} fold {fold}".format(**cell)
        costs.append(("train", f"{name} {cell['features']} {cell['protocol']}", result.cost))
        progress.advance(result.task.seconds, f"training {name}")
        if result.reason:
            failed[result.task.key] = result.reason
    return failed


def _frames(
    corpora: list[_Corpus], conditions: plan.Treatments, failed: dict[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    tasks = [task for corpus in corpora for task in corpus.trainings]
    treated = pd.concat(
        [outputs.conditions(c.ingested, conditions, c.batches) for c in corpora],
        ignore_index=True,
    )
    return outputs.scores(tasks, failed), treated


def _context(study: Study, corpora: list[_Corpus]) -> Context:
    found = {corpus.ingested.corpus.name: corpus.ingested for corpus in corpora}
    settings = f"effort {study.effort}"
    if study.preset != "default":
        settings = f"preset {study.preset}, {settings}"
    if study.limit is not None:
        settings += f", limited to {study.limit} utterances"
    return Context(
        study=study.label,
        seed=study.seed,
        synthetic=tuple(name for name, one in found.items() if one.corpus.synthetic),
        titles={name: one.corpus.title for name, one in found.items()},
        sizes={
            name: (len(one.utterances), one.utterances["speaker"].nunique())
            for name, one in found.items()
        },
        refused={name: len(one.refused) for name, one in found.items()},
        notes={name: tuple(plan.notes(study, one)) for name, one in found.items()},
        settings=settings,
    )


def _stages(costs: Costs, wall_s: float) -> dict[str, dict[str, float]]:
    """Add up what this run itself computed; what came from the store cost nothing."""
    stages: dict[str, dict[str, float]] = {}
    for stage, _, cost in costs:
        sums = stages.setdefault(stage, {"tasks": 0, "worker_wall_s": 0.0, "cpu_s": 0.0})
        sums["tasks"] += 1
        sums["worker_wall_s"] = round(sums["worker_wall_s"] + cost.wall_s, 3)
        sums["cpu_s"] = round(sums["cpu_s"] + cost.cpu_s, 3)
    return {**stages, "all": {"wall_s": round(wall_s, 3)}}


def _write(
    folder: Path,
    study: Study,
    corpora: list[_Corpus],
    frames: tuple[pd.DataFrame, pd.DataFrame],
    context: Context,
    facts: dict[str, Any],
    costs: Costs,
    failed: dict[str, str],
) -> None:
    """Write everything into a folder beside the old results, then put it in their place."""
    import yaml

    scores, treated = frames
    fresh = folder / ".unfinished"
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        outputs.write_scores(scores, fresh / "scores.csv")
        treated.to_csv(fresh / "conditions.csv", index=False, lineterminator="\n")
        tasks = [task for corpus in corpora for task in corpus.trainings]
        found = {corpus.ingested.corpus.name: corpus.ingested for corpus in corpora}
        outputs.write_predictions(tasks, failed, found, fresh / "predictions.parquet")
        _timings(costs).to_csv(fresh / "timings.csv", index=False, lineterminator="\n")
        (fresh / "study.yaml").write_text(
            yaml.safe_dump(study.to_mapping(), sort_keys=False, allow_unicode=True), "utf-8"
        )
        write_tables(scores, treated, context, fresh / "tables")
        (fresh / "manifest.json").write_text(
            json.dumps(facts, indent=2, ensure_ascii=False) + "\n", "utf-8"
        )
        for part in fresh.iterdir():
            target = folder / part.name
            if target.is_dir():
                shutil.rmtree(target)
            part.replace(target)
    except OSError as error:
        raise cannot_write(error, folder, "choose another folder with --out") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _timings(costs: Costs) -> pd.DataFrame:
    rows = [(stage, what, round(c.wall_s, 3), round(c.cpu_s, 3)) for stage, what, c in costs]
    return pd.DataFrame(rows, columns=["stage", "task", "wall_s", "cpu_s"])


def _closing(scores: pd.DataFrame, facts: dict[str, Any], folder: Path) -> str:
    lines = [""]
    failed = int((scores["status"] != "ok").sum())
    if failed:
        lines.append(f"{failed} of {len(scores)} results failed; scores.csv says why.")
    refused = sum(len(corpus["refused"]) for corpus in facts["corpora"].values())
    if refused:
        lines.append(f"{refused} recordings were refused; manifest.json names them.")
    lines.append(f"{duration(facts['stages']['all']['wall_s'])}. Everything lies in {folder}/")
    lines.append("  tables/  scores.csv  predictions.parquet  conditions.csv  manifest.json")
    return "\n".join(lines)


def _describe(
    study: Study,
    corpora: list[_Corpus],
    conditions: plan.Treatments,
    jobs: int,
    folder: Path,
) -> str:
    """Say what there is to do, for ``--dry-run``."""
    lines = [f"study {study.label} -> {folder}/"]
    lines += [f"conditions: {', '.join(conditions.names)}"]
    lines += [f"  {a.name} is the same stream as {a.same_as}" for a in conditions.aliases]
    for corpus in corpora:
        one, tasks = corpus.ingested, corpus.trainings
        cells = {(*_cell(task), test) for task in tasks for test in task.test_on}
        folds = {(task.cell["protocol"], task.cell["fold"]) for task in tasks}
        lines += [
            f"{one.corpus.name}: {len(one.utterances)} utterances, "
            f"{duration(one.utterances['duration_s'].sum())} of speech, "
            f"{len(one.refused)} refused, protocol {', '.join(plan.protocols(study, one))}, "
            f"{len(folds)} folds",
            f"  {len(cells)} cells, {len(tasks)} trainings with {_fits(study, tasks)} fits, "
            f"of which {len(_untrained(corpus))} trainings are not in the store yet; "
            f"{len(_open(corpus))} of {len(corpus.batches)} batches are to be coded",
        ]
    seconds = sum(_code_seconds(corpus) + _train_seconds(corpus) for corpus in corpora)
    lines.append(f"roughly {duration(seconds / jobs)} with -j {jobs}")
    return "\n".join(lines)


def _cell(task: TrainTask) -> tuple[Any, ...]:
    return tuple(value for name, value in task.cell.items() if name != "fold")


def _fits(study: Study, tasks: Iterable[TrainTask]) -> int:
    return sum(
        plan.fits(models.get(t.cell["model"]), study, len(t.folds), len(t.seeds)) for t in tasks
    )
