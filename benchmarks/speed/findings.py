"""Time from predictions to all findings, compared with four metrics by pandas and scikit-learn.

    python benchmarks/speed/findings.py [--rows 1000000] [--repeats K] [--csv FILE]

Writes a file of predictions with the shape of RAVDESS (1440 utterances, 24 speakers, 8 emotions, 9
conditions to train and to test at, as many runs as the rows need) and reads it in separate
processes, alternately. README.md in this folder describes each row.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from aser_bench.core.tables import CONDITIONS, PREDICTIONS

SPEAKERS, TAKES = 24, 60
EMOTIONS = ("angry", "calm", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
KBPS = (8, 16, 24, 64, 96, 128, 192, 256)
NAMES = ("original", *(f"mp3-{kbps}k" for kbps in KBPS))
FOLDS = 5

OURS = """
import sys
from pathlib import Path
import pandas as pd
from aser_bench.evaluation.analysis import analyse
from aser_bench.evaluation.outcomes import Source
folder = Path(sys.argv[1])
found = analyse([Source(folder / "p.parquet")], pd.read_csv(folder / "conditions.csv"))
assert len(found.cells) == 81 and len(found.losses) == 64
"""
PLAIN = """
import sys
from pathlib import Path
import pandas as pd
from sklearn import metrics
frame = pd.read_parquet(Path(sys.argv[1]) / "p.parquet")
keys = ["corpus", "features", "model", "protocol", "train_condition", "test_condition", "run"]
rows = []
for key, one in frame.groupby(keys, observed=True):
    truth, predicted = one["truth"].astype(str), one["predicted"].astype(str)
    rows.append((
        *key, metrics.accuracy_score(truth, predicted),
        metrics.balanced_accuracy_score(truth, predicted),
        metrics.f1_score(truth, predicted, average="macro"),
        metrics.precision_score(truth, predicted, average="weighted", zero_division=0),
    ))
assert len(rows) % 81 == 0
"""
ROWS = {"aser-bench, all findings": OURS, "pandas and scikit-learn, four metrics": PLAIN}


def write(folder: Path, rows: int) -> int:
    """Write predictions and conditions; return how many rows there are."""
    n = SPEAKERS * TAKES
    runs = max(1, round(rows / (n * len(NAMES) ** 2)))
    speaker = np.repeat([f"{s:02d}" for s in range(1, SPEAKERS + 1)], TAKES)
    truth = np.tile(np.arange(len(EMOTIONS)), n)[:n]
    rng = np.random.default_rng(0)
    writer = None
    for fold in range(FOLDS):
        test = np.flatnonzero(np.arange(n) // TAKES % FOLDS == fold)
        for train in NAMES:
            table = _group(train, fold, runs, test, speaker, truth, rng)
            writer = writer or pq.ParquetWriter(
                folder / "p.parquet", table.schema, compression="zstd"
            )
            writer.write_table(table)
    assert writer is not None
    writer.close()
    table = pd.DataFrame({"corpus": "made-up", "condition": NAMES}, columns=list(CONDITIONS))
    table[["codec", "same_as"]] = "mp3", ""
    table["requested_kbps"] = [np.nan, *KBPS]
    table.to_csv(folder / "conditions.csv", index=False)
    return runs * n * len(NAMES) ** 2


def _group(
    train: str,
    fold: int,
    runs: int,
    test: np.ndarray,
    speaker: np.ndarray,
    truth: np.ndarray,
    rng: np.random.Generator,
) -> pa.Table:
    """Return the predictions of one training: all runs and conditions, with probabilities."""
    times = runs * len(NAMES)
    shares = rng.dirichlet(np.full(len(EMOTIONS), 0.3), times * len(test)).astype(np.float32)
    predicted = shares.argmax(axis=1)
    emotions = np.array(EMOTIONS)
    frame = pd.DataFrame(
        {
            "corpus": "made-up",
            "features": "functionals",
            "model": "mlp",
            "protocol": "speaker",
            "train_condition": train,
            "test_condition": np.tile(np.repeat(NAMES, len(test)), runs),
            "fold": np.int16(fold),
            "run": np.repeat(np.arange(runs), len(NAMES) * len(test)),
            "utterance": np.tile([f"u{place:05d}" for place in test], times),
            "speaker": np.tile(speaker[test], times),
            "truth": np.tile(emotions[truth[test]], times),
            "predicted": emotions[predicted],
        }
    )
    columns = {name: frame[name].to_numpy() for name in PREDICTIONS}
    arrays = {
        name: pa.array(column).dictionary_encode() if column.dtype == object else pa.array(column)
        for name, column in columns.items()
    }
    probabilities = {f"p_{name}": pa.array(shares[:, i]) for i, name in enumerate(EMOTIONS)}
    return pa.table({**arrays, **probabilities})


def measure(code: str, folder: Path) -> dict[str, float]:
    """Run code in a process of its own; return seconds and the most memory it held."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, folder])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("a row failed; see above")
    wall = time.perf_counter() - began
    return {"CPU s": usage.ru_utime + usage.ru_stime, "wall s": wall, "MB": usage.ru_maxrss / 1e3}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(f"{write(folder, options.rows)} rows")
        timings = pd.DataFrame(
            [
                {"row": name, "repeat": repeat, **measure(code, folder)}
                for repeat in range(options.repeats)
                for name, code in ROWS.items()
            ]
        )
    best = timings.groupby("row", sort=False)[["CPU s", "wall s", "MB"]].min()
    ours, plain = ROWS
    print(best.round(2).to_string(index_names=False))
    ratio = best.loc[plain] / best.loc[ours]
    print(f"{plain} / {ours}: CPU {ratio['CPU s']:.2f}, wall {ratio['wall s']:.2f}")
    if options.csv:
        timings.to_csv(options.csv, index=False)


if __name__ == "__main__":
    main()
