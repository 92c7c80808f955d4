"""Run a study: read the corpora, compute what the cache lacks, and write the results."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .codecs import reference_encoder
from .core import metrics
from .core.arguments import check_path, check_utf8
from .core.atomic import FolderWriter, check_folder, writing
from .core.errors import CodecError
from .core.progress import Notify, Progress, print_notice, report_refused
from .pipeline import coding_plan, estimate
from .pipeline.cache import Cache
from .pipeline.coding_task import run_coding_task
from .pipeline.ingest import ingest
from .pipeline.parallel import Pool, cores
from .pipeline.training_task import run_training_task
from .pipeline.worklist import Worklist, describe
from .report import build, terminal_text
from .results import existing, merge, provenance, scores, writer
from .results.writer import Costs
from .study.config import Study
from .study.experiment import Experiment
from .study.parsing import integer

EXIT_OK, EXIT_FAILED_CELLS = 0, 3


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run.

    Attributes
    ----------
    folder : Path or None
        The results folder; None after a dry run.
    text : str
        Text to print at the end.
    exit_code : int
        0, or 3 if some cells failed.
    scores : pandas.DataFrame
        Content of scores.csv, columns `core.metrics.score_columns`; empty after a dry run.
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
    report_options: build.ReportOptions | None = None,
) -> Outcome:
    """Run a study and write its results.

    Parameters
    ----------
    study : Study
        See `aser_bench.study.config.resolve`.
    out : path, optional
        Results folder; ``results/<study>`` by default.
    jobs : int, optional
        Number of worker processes; the number of cores by default. The results do not depend on
        it.
    cache : path, optional
        Cache directory; ``$ASER_BENCH_CACHE`` or a folder in the user's cache by default.
    overwrite : bool
        Whether results of another study in ``out`` are replaced; by default the run is refused.
    strict : bool
        Whether the run stops at a recording that cannot be used. By default it is left out.
    dry_run : bool
        Whether the corpora are read and the plan is described without running it.
    quiet : bool
        Whether no progress is printed.
    report_options : ReportOptions, optional
        Formats and margin of the report; the defaults otherwise.

    Raises
    ------
    AserBenchError
        With a message of one line: an invalid study, a full disk, a broken encoder.
    """
    for name, path in (("out", out), ("cache", cache)):
        if path is not None:
            check_path(name, path)
    for name, path in (
        ("out", out),
        ("embeddings", study.embeddings),
        *((f"corpus {choice.name}:", choice.source) for choice in study.corpora),
    ):
        check_utf8(name, path)
    if jobs is not None:
        jobs = integer("jobs", 1)(jobs)
    folder = Path(out) if out is not None else Path("results") / study.label
    check_folder(folder)
    notify: Notify = (lambda line: None) if quiet else print_notice
    for reason in metrics.unavailable().values():
        notify(f"{reason}; its column is left out")
    this = _Run(Experiment.from_study(study), Cache.at(cache), strict, quiet, notify)
    this.cache.sweep()
    pool = Pool(jobs if jobs is not None else cores())
    if dry_run:
        return this.describe(folder, pool, overwrite)
    with _results_folder(folder, study, overwrite) as target:
        with pool:
            worklists = this.read_corpora(pool)
            encoder_check = reference_encoder.verify(this.experiment.conditions.conditions, notify)
            this.clock.end("read")
            this.compute(worklists, pool)
        return this.write(target, worklists, encoder_check, report_options)


@contextmanager
def _results_folder(folder: Path, study: Study, overwrite: bool) -> Iterator[FolderWriter]:
    """Lock the results folder for the whole run, and check that it may be replaced."""
    with writing(folder, writer.REMEDY) as target:
        check_folder(folder)
        if not overwrite:
            existing.check_same_study(folder, study)
        yield target


class _StageClock:
    """Wall-clock seconds of consecutive stages of a run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def end(self, stage: str) -> None:
        """Add the time since the end of the previous stage to a stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


@dataclass(frozen=True)
class _Run:
    """One run of an experiment.

    Attributes
    ----------
    experiment : Experiment
    cache : Cache
    strict, quiet : bool
        See `run`.
    notify : callable
        Prints a line.
    clock : _StageClock
    costs : list
        Cost of each task that this run computed.
    failures : dict of str to str
        Key of each training task that failed -> reason.
    """

    experiment: Experiment
    cache: Cache
    strict: bool
    quiet: bool
    notify: Notify
    clock: _StageClock = field(default_factory=_StageClock)
    costs: Costs = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def read_corpora(self, pool: Pool) -> list[Worklist]:
        """Read the corpora and plan the work on each."""
        study, worklists = self.experiment.study, []
        for choice in study.corpora:
            ingested = ingest(
                choice,
                study.limit,
                self.cache,
                pool,
                self.strict,
                self.notify,
                labels=study.labels,
                drop_unknown=study.drop_unknown,
            )
            report_refused(ingested.refused, self.notify)
            worklists.append(Worklist(self.experiment, ingested, self.cache))
        return worklists

    def describe(self, folder: Path, pool: Pool, overwrite: bool) -> Outcome:
        """Describe the plan of the run and estimate its duration."""
        with pool:
            worklists = self.read_corpora(pool)
            seconds = estimate.estimate(worklists, pool)
        lines = [describe(self.experiment, worklists, folder), seconds.sentence(pool.jobs)]
        if not overwrite and (reason := existing.difference(folder, self.experiment.study)):
            lines.append(f"{folder} contains {reason}: a run needs another --out, or --overwrite")
        return Outcome(None, "\n".join(lines))

    def compute(self, worklists: list[Worklist], pool: Pool) -> None:
        """Compute everything that the cache lacks."""
        total_s = sum(worklist.seconds() for worklist in worklists)
        with Progress(total_s, quiet=self.quiet) as progress:
            for worklist in worklists:
                # Without the utterances that fail, other batches and trainings are planned.
                while failures := self._encode(worklist, pool, progress):
                    self._drop(worklist, failures)
            self.clock.end("code")
            for worklist in worklists:
                self._train(worklist, pool, progress)
            self.clock.end("train")

    def _encode(self, worklist: Worklist, pool: Pool, progress: Progress) -> dict[str, str]:
        """Run the pending coding tasks; return the utterances (name -> reason) that failed."""
        failures: dict[str, str] = {}
        for result in pool.run(run_coding_task, worklist.pending_coding()):
            failures.update(result.failures)
            name = f"{worklist.name} {result.task.utterances[0]} ..."
            self.costs.append(("code", name, result.cost))
            seconds = coding_plan.coding_seconds(result.task, worklist.ingested)
            progress.advance(seconds, f"encoding {worklist.name}")
        return failures

    def _drop(self, worklist: Worklist, failures: Mapping[str, str]) -> None:
        utterance, reason = next(iter(failures.items()))
        if self.strict:
            raise CodecError(f"{utterance}: {reason}; --strict stops here")
        if len(failures) >= len(worklist.ingested.utterances):
            raise CodecError(f"no recording of {worklist.name} could be encoded: {reason}")
        report_refused(list(failures.items()), self.notify)
        worklist.drop(failures)

    def _train(self, worklist: Worklist, pool: Pool, progress: Progress) -> None:
        for result in pool.run(run_training_task, worklist.pending_training()):
            cell = result.task.cell
            name = "{corpus} {model} {train_condition} fold {fold}".format(**cell)
            self.costs.append(
                ("train", f"{name} {cell['features']} {cell['protocol']}", result.cost)
            )
            progress.advance(result.task.seconds, f"training {name}")
            if result.reason:
                self.failures[result.task.key] = result.reason

    def write(
        self,
        target: FolderWriter,
        worklists: list[Worklist],
        encoder_check: str,
        report_options: build.ReportOptions | None,
    ) -> Outcome:
        """Make tables of the results in the cache, write everything, and report on it."""
        score_table, condition_table = self._tables(worklists)
        manifest = provenance.build(
            self.experiment,
            [worklist.ingested for worklist in worklists],
            notes={worklist.name: writer.notes(worklist, self.failures) for worklist in worklists},
            encoder_check=encoder_check,
            stages=writer.stages(self.costs, self.clock.seconds),
        )
        succeeded = score_table["status"] == "ok"
        text = ""
        failure: Exception | None = None
        with target.replacing(writer.NAMES) as staged:
            writer.write(
                staged,
                self.experiment.study,
                worklists,
                score_table,
                condition_table,
                manifest,
                self.costs,
                self.failures,
            )
            if succeeded.any():
                # From the files just written, so that `aser-bench report` gives the same.
                try:
                    added = build.add_report(staged, target.folder, report_options)
                    self.clock.end("report")
                    text = terminal_text(
                        score_table,
                        condition_table,
                        merge.context(manifest),
                        findings=added.findings,
                    )
                except Exception as error:  # the results are complete without a report
                    failure = error
        if failure is not None:
            raise failure
        text += writer.closing(score_table, manifest, target.folder, self.clock.seconds)
        code = EXIT_OK if succeeded.all() else EXIT_FAILED_CELLS
        return Outcome(target.folder, text, code, score_table)

    def _tables(self, worklists: list[Worklist]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the tables of scores and of conditions."""
        tasks = [task for worklist in worklists for task in worklist.trainings]
        score_table = scores.scores(tasks, self.failures)
        condition_tables = [
            scores.conditions(worklist.ingested, worklist.experiment.conditions, worklist.batches)
            for worklist in worklists
        ]
        self.clock.end("score")
        return score_table, pd.concat(condition_tables, ignore_index=True)
