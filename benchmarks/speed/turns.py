"""Shared parts of the timing scripts: alternating measurements, tables of times, and goals."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from aser_bench.core.tables import SAMPLE_RATE
from aser_bench.corpora.audio import read

# Processes WAV files and returns the times; a string is the reason why a row cannot be measured.
Row = Callable[[list[Path]], dict[str, float]] | str
# Two rows, the column of their ratio, the comparison (>= or <=), and the target ratio.
Goal = tuple[str, str, str, str, float]


def timed(work: Callable[[], float | object], n: int, in_workers: bool = False) -> dict[str, float]:
    """Return the CPU and wall-clock ms per item of a function that processes ``n`` items.

    With ``in_workers``, the function returns the CPU seconds of its workers.
    """
    cpu, wall = cpu_s(), time.perf_counter()
    result = work()
    cpu, wall = cpu_s() - cpu, time.perf_counter() - wall
    if in_workers:
        cpu += float(result)  # type: ignore[arg-type]
    return {"CPU": 1e3 * cpu / n, "wall": 1e3 * wall / n}


def cpu_s() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    usages = [
        resource.getrusage(target) for target in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timings_of(rows: dict[str, Row], wavs: list[Path], repeats: int) -> pd.DataFrame:
    """Time all rows that can be measured, in alternation."""
    timings = []
    for repeat in range(repeats):
        for name, row in rows.items():
            if not isinstance(row, str):
                timings.append({"row": name, "repeat": repeat, **row(wavs)})
                print(*timings[-1].values(), file=sys.stderr)
    return pd.DataFrame(timings)


def report(
    rows: dict[str, Row], timings: pd.DataFrame, seconds: float, ours: str, goals: Sequence[Goal]
) -> Iterator[str]:
    """Yield the table (best of the repeats) and the goals.

    ``seconds`` is the mean duration of an utterance.
    """
    best = timings.groupby("row", sort=False)[["CPU", "wall"]].min()
    table = best.assign(realtime=1e3 * seconds / best["wall"])
    table[["CPU/ours", "wall/ours"]] = best / best.loc[ours]
    yield table.round(2).to_string(index_names=False)
    for name, row in rows.items():
        if isinstance(row, str):
            yield f"{name}: not measured: {row}"
    for first, second, column, sign, goal in goals:
        ratio = best[column].get(first, np.nan) / best[column].get(second, np.nan)
        met = ratio >= goal if sign == ">=" else ratio <= goal
        result = f"{ratio:.2f}, {'met' if met else 'not met'}"
        if np.isnan(ratio):
            result = "not measured"
        yield f"goal: {first} / {second}, {column} {sign} {goal}: {result}"


def material(corpus: Path, n: int, folder: Path) -> list[Path]:
    """Write ``n`` utterances, spread over a corpus, as WAV files for all rows."""
    files = sorted(path for path in corpus.rglob("*") if path.suffix in (".flac", ".wav"))
    wavs = [folder / f"{index:03d}.wav" for index in range(n)]
    for index, wav in enumerate(wavs):
        position = (index + index * 0.618 % 1) / n  # even steps would select one sentence only
        soundfile.write(wav, read(files[int(position * len(files))]), SAMPLE_RATE, "PCM_16")
    return wavs


@cache
def signal_of(wav: Path) -> np.ndarray:
    """Return the samples of a file, which is read once per process."""
    return read(wav)


def mean_seconds(wavs: list[Path]) -> float:
    """Return the mean duration of the utterances in seconds."""
    return sum(soundfile.info(wav).duration for wav in wavs) / len(wavs)
