"""Run a study: the one place that knows all stages and hands each the one before's table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from . import corpora, models, transcripts
from .codecs import reference_encoder
from .core.atomic import FolderWriter, check_folder, writing
from .core.errors import CodecError, UsageError
from .core.progress import Notify, Progress, print_notice, report_refused
from .models.text import embeddings
from .pipeline import coding_plan, estimate, model_variants
from .pipeline.cache import Cache
from .pipeline.coding_task import run_coding_task
from .pipeline.ingest import ingest
from .pipeline.parallel import Pool, cores
from .pipeline.training_task import run_training_task
from .pipeline.worklist import Worklist, describe
from .report import build, terminal_text
from .results import existing, provenance, reader, writer
from .results import scores as outputs
from .results.writer import Costs
from .study.config import Study

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
    scores : pandas.DataFrame
        As in scores.csv, columns `tables.SCORES`; empty after a dry run.
    """

    folder: Path | None
    text: str
    exit_code: int = EXIT_OK
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)


def run(
    study: Study,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    cache: str | Path | None = None,
    overwrite: bool = False,
    strict: bool = False,
    dry_run: bool = False,
    quiet: bool = False,
    reported: build.ReportOptions | None = None,
) -> Outcome:
    """Run a study and write its results.

    Parameters
    ----------
    study : Study
        What to run; see `aser_bench.study.config.resolve`.
    out : path, optional
        Where to write; ``results/<study>`` by default.
    jobs : int, optional
        Worker processes; as many as there are cores by default. Does not change any number.
    cache : path, optional
        Cache directory; ``$ASER_BENCH_CACHE`` or a folder in the user's cache by default.
    overwrite : bool
        Replace the results of another study in ``out``; by default the run is refused.
    strict : bool
        Stop at the first recording that has to be refused instead of leaving it out.
    dry_run : bool
        Read the corpora, say what there is to do, and do nothing.
    quiet : bool
        Print no progress.
    reported : ReportOptions, optional
        What the report is to be; everything by default.

    Raises
    ------
    AserBenchError
        With one line for the user: a wrong study, a full disk, a broken encoder.
    """
    clock = _Stages()
    folder = Path(out) if out is not None else Path("results") / study.label
    check_folder(folder)
    _check_names(study)
    plan = coding_plan.plan_conditions(study)
    entries = Cache.at(cache)
    entries.sweep()
    say: Notify = (lambda line: None) if quiet else print_notice
    pool = Pool(jobs if jobs is not None else cores())
    if dry_run:
        with pool:
            worklists = _read_corpora(study, plan, entries, pool, strict, say)
            cost = estimate.estimate(worklists, pool)
        lines = [describe(study, worklists, plan, folder), cost.told(pool.jobs)]
        if not overwrite and (reason := existing.difference(folder, study)):
            lines.append(f"{folder} holds {reason}: a run needs another --out, or --overwrite")
        return Outcome(None, "\n".join(lines))
    with _results_folder(folder, study, overwrite) as target:
        with pool:
            worklists = _read_corpora(study, plan, entries, pool, strict, say)
            encoder_check = reference_encoder.verify(plan.conditions, say)
            clock.end("read")
            costs, failed = _work(worklists, pool, strict, say, quiet, clock)
        return _finish(
            study, target, worklists, plan, encoder_check, costs, failed, clock, reported
        )


@contextmanager
def _results_folder(folder: Path, study: Study, overwrite: bool) -> Iterator[FolderWriter]:
    """Lock the results folder for the whole run, and check that it may be replaced."""
    with writing(folder, writer.REMEDY) as target:
        check_folder(folder)
        if not overwrite:
            existing.check_same_study(folder, study)
        yield target


def _read_corpora(
    study: Study,
    plan: coding_plan.ConditionPlan,
    entries: Cache,
    pool: Pool,
    strict: bool,
    say: Notify,
) -> list[Worklist]:
    worklists = []
    for choice in study.corpora:
        ingested = ingest(choice, study.limit, entries, pool, strict, say, labels=study.labels)
        report_refused(ingested.refused, say)
        worklists.append(Worklist(study, ingested, plan, entries))
    return worklists


class _Stages:
    """Wall-clock seconds of the stages of a run, one after the other."""

    def __init__(self) -> None:
        self.walls: dict[str, float] = {}
        self._last = time.perf_counter()

    def end(self, stage: str) -> None:
        """Book the time since the last stage ended."""
        now = time.perf_counter()
        self.walls[stage] = self.walls.get(stage, 0.0) + now - self._last
        self._last = now


def _check_names(study: Study) -> None:
    """Look every name up before anything is read: a typo must not cost an hour."""
    for choice in study.corpora:
        corpora.get(choice.name)
    for name in study.models:
        models.get(name)
    model_variants.all_feature_sets(study)
    model_variants.check_words(study)
    for name in model_variants.transcribers(study):
        if reason := transcripts.get(name).unavailable():
            raise UsageError(f"--transcripts {name} is not available: {reason}")
    if study.embeddings is not None:
        embeddings.check(study.embeddings)


def _work(
    worklists: list[Worklist], pool: Pool, strict: bool, say: Notify, quiet: bool, clock: _Stages
) -> tuple[Costs, dict[str, str]]:
    """Code and train all that the cache lacks; return costs and failures (key -> reason)."""
    costs: Costs = []
    failed: dict[str, str] = {}
    with Progress(sum(worklist.seconds() for worklist in worklists), quiet=quiet) as progress:
        for worklist in worklists:
            while lost := _code(worklist, pool, progress, costs):
                _drop(worklist, lost, strict, say)
        clock.end("code")
        for worklist in worklists:
            failed.update(_train(worklist, pool, progress, costs))
        clock.end("train")
    return costs, failed


def _code(worklist: Worklist, pool: Pool, progress: Progress, costs: Costs) -> dict[str, str]:
    """Code what is left; return the utterances that could not be (name -> reason)."""
    lost: dict[str, str] = {}
    for result in pool.run(run_coding_task, worklist.pending_coding()):
        lost.update(result.failures)
        costs.append(("code", f"{worklist.name} {result.task.utterances[0]} ...", result.cost))
        progress.advance(
            coding_plan.coding_seconds(result.task, worklist.ingested), f"coding {worklist.name}"
        )
    return lost


def _drop(worklist: Worklist, lost: dict[str, str], strict: bool, say: Notify) -> None:
    utterance, reason = next(iter(lost.items()))
    if strict:
        raise CodecError(f"{utterance}: {reason}; --strict stops here")
    if len(lost) >= len(worklist.ingested.utterances):
        raise CodecError(f"no recording of {worklist.name} could be coded: {reason}")
    report_refused(list(lost.items()), say)
    worklist.drop(lost)


def _train(worklist: Worklist, pool: Pool, progress: Progress, costs: Costs) -> dict[str, str]:
    failed = {}
    for result in pool.run(run_training_task, worklist.pending_training()):
        cell = result.task.cell
        name = "{corpus} {model} {train_condition} fold {fold}".format(**cell)
        costs.append(("train", f"{name} {cell['features']} {cell['protocol']}", result.cost))
        progress.advance(result.task.seconds, f"training {name}")
        if result.reason:
            failed[result.task.key] = result.reason
    return failed


def _finish(
    study: Study,
    target: FolderWriter,
    worklists: list[Worklist],
    plan: coding_plan.ConditionPlan,
    encoder_check: str,
    costs: Costs,
    failed: dict[str, str],
    clock: _Stages,
    reported: build.ReportOptions | None,
) -> Outcome:
    """Turn what lies in the cache into tables, write everything, and report on it."""
    scores = outputs.scores([task for one in worklists for task in one.trainings], failed)
    conditions = pd.concat(
        [outputs.conditions(one.ingested, one.plan, one.batches) for one in worklists],
        ignore_index=True,
    )
    clock.end("score")
    manifest = provenance.build(
        study,
        [one.ingested for one in worklists],
        plan,
        notes={one.name: writer.notes(study, one, failed) for one in worklists},
        settings=writer.settings(study),
        budgets=writer.budgets(study),
        encoder_check=encoder_check,
        stages=writer.stages(costs, clock.walls),
    )
    worked = scores["status"] == "ok"
    text = ""
    failure: Exception | None = None
    with target.replacing(writer.NAMES) as staged:
        writer.write(staged, study, worklists, scores, conditions, manifest, costs, failed)
        if worked.any():
            # From the files just written, so that `aser-bench report` gives the same.
            try:
                added = build.add_report(staged, target.folder, reported)
                clock.end("report")
                text = terminal_text(
                    scores, conditions, reader.context(manifest), findings=added.findings
                )
            except Exception as error:  # the results are complete without a report
                failure = error
    if failure is not None:
        raise failure
    text += writer.closing(scores, manifest, target.folder, clock.walls)
    return Outcome(target.folder, text, EXIT_OK if worked.all() else EXIT_FAILED_CELLS, scores)
