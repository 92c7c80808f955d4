"""Time a part of the study with a typical script and with aser-bench.

    python benchmarks/speed/study.py --corpus NAME=DIR [--limit N] [--csv FILE]

Both sides do the same work: one corpus, the original and MP3 at three bitrates, two folds, three
runs. Redundant work of the script is counted separately. README.md describes both sides.
"""

from __future__ import annotations

import argparse
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe
from slice_of_study import MODELS, Cell, Plan, peak_mb
from study_report import differences, pieces, tables
from turns import cpu_s

from aser_bench import features
from aser_bench.core.tables import ORIGINAL, SAMPLE_RATE
from aser_bench.corpora import load_corpus
from aser_bench.corpora.audio import read
from aser_bench.corpora.prepare import subset
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.coding_task import run_coding_task
from aser_bench.pipeline.ingest import ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.pipeline.training_task import TrainingTask, run_training_task
from aser_bench.pipeline.worklist import Worklist
from aser_bench.study.conditions import plan_conditions
from aser_bench.study.config import Study
from aser_bench.study.experiment import Experiment
from aser_bench.study.parsing import CodecChoice, CorpusChoice

HERE = Path(__file__).resolve().parent
BITRATES = (64, 192, 256)  # kbit/s; at 16 kHz ffmpeg silently codes the last two as 160
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def study_of(table: Path, runs: int, epochs: int) -> Study:
    """Return the study for aser-bench."""
    return Study(
        corpora=(CorpusChoice("csv", str(table)),),
        codecs=(CodecChoice("mp3", tuple(float(kbps) for kbps in BITRATES)),),
        bitrate_policy="clamp",
        models=tuple(MODELS.values()),
        protocol=("speaker",),
        preset="paper",
        runs=runs,
        max_epochs=epochs,
        patience=epochs,
        frame_pool=1,
    )


def worklist_of(study: Study, cache_dir: Path, pool: Pool) -> Worklist:
    """Read the corpus and plan the tasks."""
    cache = Cache(cache_dir)
    ingested = ingest(study.corpora[0], None, cache, pool)
    return Worklist(Experiment.from_study(study), ingested, cache)


def trainings(worklist: Worklist, model: str, folds: int) -> list[TrainingTask]:
    """Return the training tasks of a model on the first folds, the longest first."""
    tasks = [task for task in worklist.trainings if task.cell["model"] == MODELS[model]]
    return sorted((t for t in tasks if t.cell["fold"] < folds), key=lambda task: -task.seconds)


class Meter:
    """Times of a pool and of its process, by stage."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.stages: dict[str, dict[str, float]] = {}
        self.peaks: dict[int, float] = {}
        self._workers: dict[int, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Record the time of the enclosed block."""
        cpu, wall = self.cpu_s(), time.perf_counter()
        yield
        self.stages[name] = {"CPU": self.cpu_s() - cpu, "wall": time.perf_counter() - wall}
        print(f"aser-bench -j {self.pool.jobs}: {name}", file=sys.stderr)

    def cpu_s(self) -> float:
        """Return the CPU seconds of this process and of its workers so far."""
        return cpu_s() + sum(self._workers.values())

    def run(self, function: Callable[[Any], Any], tasks: list[Any]) -> Iterator[Any]:
        """Yield the results of tasks in the pool."""
        for result, process, worker_cpu_s, peak in self.pool.run(
            partial(_measured, function), tasks
        ):
            self.peaks[process] = peak
            if process != os.getpid():
                self._workers[process] = worker_cpu_s
            yield result


def _measured(function: Callable[[Any], Any], task: Any) -> tuple[Any, int, float, float]:
    return function(task), os.getpid(), cpu_s(), peak_mb()


def _code(task: Any) -> tuple[Any, float, float]:
    """Run a coding task; also return the CPU and wall-clock seconds of feature extraction."""
    seconds, original = np.zeros(2), features.extract

    def extract(*arguments: Any) -> Any:
        start = np.array([cpu_s(), time.perf_counter()])
        extracted = original(*arguments)
        seconds[:] += np.array([cpu_s(), time.perf_counter()]) - start
        return extracted

    with mock.patch.object(features, "extract", extract):
        return run_coding_task(task), *seconds


def ours(jobs: int, study: Study, folds: int, cache_dir: Path) -> dict[str, Any]:
    """Run the study with aser-bench; return the times of its stages."""
    with Pool(jobs) as pool:
        meter = Meter(pool)
        with meter.stage("coding"):
            worklist = worklist_of(study, cache_dir, pool)
            coded = list(meter.run(_code, worklist.pending_coding()))
        _split(meter.stages, coded)
        for model in MODELS:
            with meter.stage(model):
                for result in meter.run(run_training_task, trainings(worklist, model, folds)):
                    if result.reason:
                        raise RuntimeError(f"{model}: {result.reason}")
        total = meter.cpu_s()
    peaks = {**meter.peaks, os.getpid(): peak_mb()}
    return {"stages": meter.stages, "CPU": total, "peaks": list(peaks.values())}


def _split(stages: dict[str, dict[str, float]], coded: list[tuple[Any, float, float]]) -> None:
    """Make a stage of the feature extraction, which is part of the coding tasks."""
    cpu, wall = (sum(batch[i] for batch in coded) for i in (1, 2))
    share = wall / sum(result.cost.wall_s for result, _, _ in coded)
    coding = stages["coding"]
    stages["features"] = {"CPU": cpu, "wall": share * coding["wall"]}
    stages["coding"] = {name: coding[name] - stages["features"][name] for name in coding}


def material(choice: str, limit: int, folder: Path) -> Path:
    """Write utterances, spread over speakers and emotions, as WAV files with a table."""
    name, _, source = choice.partition("=")
    table = subset(load_corpus(name, source or None).utterances, limit)
    for index, file in enumerate(table["file"]):
        soundfile.write(folder / f"{index:04d}.wav", read(file), SAMPLE_RATE, "PCM_16")
    table = table.assign(file=[f"{index:04d}.wav" for index in range(len(table))])
    table[["file", "emotion", "speaker"]].to_csv(folder / "corpus.csv", index=False)
    return folder / "corpus.csv"


def names_of(study: Study) -> dict[str, str]:
    """Return a mapping from the conditions of the script to their names in aser-bench."""
    planned = plan_conditions(study)
    ours = {name: name for name in planned.names}
    ours |= {alias.name: alias.same_as for alias in planned.aliases}
    return {name: ours[name] for name in (ORIGINAL, *(f"mp3-{kbps}k" for kbps in BITRATES))}


def cells_of(worklist: Worklist, study: Study, folds: int) -> Iterator[Cell]:
    """Yield the trainings of the script: the same splits, inner folds and seeds."""
    for model in MODELS:
        tasks: dict[tuple[str, int], list[TrainingTask]] = {}
        for task in sorted(trainings(worklist, model, folds), key=lambda task: task.runs):
            cell = task.cell["train_condition"], task.cell["fold"]
            tasks.setdefault(cell, []).append(task)
        for condition, our_name in names_of(study).items():
            for fold in range(folds):
                runs = tasks[our_name, fold]
                seeds = [seed for task in runs for seed in task.seeds]
                seeds *= study.runs // len(seeds)  # an SVC has one seed; the script repeats it
                task = runs[0]
                rows = task.train, task.dev, task.test
                yield Cell(model, condition, fold, *rows, task.folds, tuple(seeds))


def plan_of(worklist: Worklist, study: Study, folds: int, ffmpeg: str) -> Plan:
    """Return the work of the script."""
    table = worklist.ingested.utterances
    files, labels = [Path(file) for file in table["file"]], table["emotion"].to_numpy(dtype=str)
    cells = list(cells_of(worklist, study, folds))
    return Plan(files, labels, BITRATES, cells, study.max_epochs or 0, ffmpeg)


def side(script: str, *arguments: Any, result: Path, threads: int | None = None) -> dict[str, Any]:
    """Run one side in a separate process; return its result and the elapsed seconds."""
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    if threads is not None:
        environment |= {name: str(threads) for name in THREADS}
    command = [sys.executable, HERE / script, *arguments, result]
    start = time.perf_counter()
    subprocess.run([str(argument) for argument in command], check=True, env=environment)
    return {**pickle.loads(result.read_bytes()), "wall": time.perf_counter() - start}


def compare(options: argparse.Namespace, ffmpeg: str, folder: Path) -> None:
    """Run both sides and print the comparison."""
    study = study_of(material(options.corpus, options.limit, folder), options.runs, options.epochs)
    request, result = folder / "request", folder / "result"
    request.write_bytes(pickle.dumps((study, options.folds)))
    ours_by_jobs, worklists = {}, {}
    ours_by_jobs[1] = side("study.py", "--ours", 1, request, folder / "cache-1", result=result)
    worklists[1] = worklist_of(study, folder / "cache-1", Pool(1))
    plan = folder / "plan"
    plan.write_bytes(pickle.dumps(plan_of(worklists[1], study, options.folds, ffmpeg)))
    script = side("straightforward.py", plan, result=result, threads=options.script_threads)
    ours_by_jobs[2] = side("study.py", "--ours", 2, request, folder / "cache-2", result=result)
    worklists[2] = worklist_of(study, folder / "cache-2", Pool(1))
    tasks = {
        jobs: [task for model in MODELS for task in trainings(worklist, model, options.folds)]
        for jobs, worklist in worklists.items()
    }
    speech = worklists[1].ingested.utterances["duration_s"].sum()
    print(
        f"{len(worklists[1].ingested.utterances)} utterances, {speech:.0f} s of speech; "
        f"{', '.join(names_of(study))}; {options.folds} folds, {options.runs} runs, "
        f"{options.epochs} epochs of the LSTM"
    )
    names = names_of(study)
    print(*tables(script, ours_by_jobs, names), sep="\n")
    print(*differences(script, worklists[1], tasks, names), sep="\n")
    if options.csv:
        pieces(script, names).to_csv(options.csv, index=False)


def main() -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True, metavar="NAME=DIR")
    parser.add_argument("--limit", type=int, default=144, metavar="N", help="utterances")
    parser.add_argument("--folds", type=int, default=2, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--epochs", type=int, default=3, metavar="N", help="of the LSTM")
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="file for the times of the tasks of the script"
    )
    parser.add_argument(
        "--script-threads",
        type=int,
        metavar="N",
        help="threads of the libraries of the script (default: those of the libraries)",
    )
    parser.add_argument(
        "--ffmpeg-on-path",
        action="store_true",
        help="use the ffmpeg on PATH for pydub instead of imageio-ffmpeg's, which starts faster",
    )
    options = parser.parse_args()
    ffmpeg = shutil.which("ffmpeg") if options.ffmpeg_on_path else get_ffmpeg_exe()
    if not ffmpeg:
        parser.error("there is no ffmpeg on PATH")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory(prefix="speed-study-") as folder:
        compare(options, ffmpeg, Path(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:  # the process of one side
        jobs, request, cache_dir, result = sys.argv[2:]
        times = ours(int(jobs), *pickle.loads(Path(request).read_bytes()), Path(cache_dir))
        Path(result).write_bytes(pickle.dumps(times))
    else:
        main()
