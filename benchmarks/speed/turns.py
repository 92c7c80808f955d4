"""What the timing scripts share: rows measured in turns, a table of the best, and goals."""

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

# Takes WAV files through something and says what that cost; or why it cannot be done here.
Row = Callable[[list[Path]], dict[str, float]] | str
# One row, another, what of them is divided, the sign, and the ratio that is wanted.
Goal = tuple[str, str, str, str, float]


def timed(work: Callable[[], float | object], n: int, in_workers: bool = False) -> dict[str, float]:
    """Return the CPU and wall-clock ms of each of ``n`` things that are done in one call.

    With ``in_workers`` the call returns the CPU seconds that its workers spent.
    """
    cpu, wall = cpu_s(), time.perf_counter()
    result = work()
    cpu, wall = cpu_s() - cpu, time.perf_counter() - wall
    if in_workers:
        cpu += float(result)  # type: ignore[arg-type]
    return {"CPU": 1e3 * cpu / n, "wall": 1e3 * wall / n}


def cpu_s() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timings_of(rows: dict[str, Row], wavs: list[Path], repeats: int) -> pd.DataFrame:
    """Time all rows in turns, the ones that cannot be measured here excepted."""
    found = []
    for repeat in range(repeats):
        for name, row in rows.items():
            if not isinstance(row, str):
                found.append({"row": name, "repeat": repeat, **row(wavs)})
                print(*found[-1].values(), file=sys.stderr)
    return pd.DataFrame(found)


def report(
    rows: dict[str, Row], timings: pd.DataFrame, seconds: float, ours: str, goals: Sequence[Goal]
) -> Iterator[str]:
    """Yield the table, best of the repeats, and the goals; ``seconds`` is an utterance's mean."""
    best = timings.groupby("row", sort=False)[["CPU", "wall"]].min()
    table = best.assign(realtime=1e3 * seconds / best["wall"])
    table[["CPU/ours", "wall/ours"]] = best / best.loc[ours]
    yield table.round(2).to_string(index_names=False)
    yield from (f"{name}: not measured: {why}" for name, why in rows.items() if str(why) == why)
    for one, other, what, sign, goal in goals:
        ratio = best[what].get(one, np.nan) / best[what].get(other, np.nan)
        met = ratio >= goal if sign == ">=" else ratio <= goal
        answer = (
            "not measured" if np.isnan(ratio) else f"{ratio:.2f}, {'met' if met else 'not met'}"
        )
        yield f"goal: {one} / {other}, {what} {sign} {goal}: {answer}"


def material(corpus: Path, n: int, folder: Path) -> list[Path]:
    """Write n utterances, spread over a corpus, as the WAV files that all rows start from."""
    files = sorted(path for path in corpus.rglob("*") if path.suffix in (".flac", ".wav"))
    wavs = [folder / f"{index:03d}.wav" for index in range(n)]
    for index, wav in enumerate(wavs):
        place = (index + index * 0.618 % 1) / n  # an even step would meet one sentence only
        soundfile.write(wav, read(files[int(place * len(files))]), SAMPLE_RATE, "PCM_16")
    return wavs


@cache
def signal_of(wav: Path) -> np.ndarray:
    """Return the samples of a file, read once in each process."""
    return read(wav)


def mean_seconds(wavs: list[Path]) -> float:
    """Return how long an utterance is on average."""
    return sum(soundfile.info(wav).duration for wav in wavs) / len(wavs)
