"""Compare the time of LSTM training with the usual Keras code, and with its matrix products.

    python benchmarks/speed/lstm.py --corpus NAME=DIR [--utterances N] [--epochs K] [--csv FILE]

All rows train the network of the study on the same frames, alternating in one run, so that noise of
the machine affects all of them. README.md in this folder describes the rows.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import products
from products import Pieces, now, since
from turns import Row, timings_of

from aser_bench import features
from aser_bench.core.tables import SAMPLE_RATE
from aser_bench.corpora import load_corpus
from aser_bench.corpora.audio import read
from aser_bench.corpora.prepare import subset
from aser_bench.models.recurrent import batches, tensorflow
from aser_bench.pipeline.parallel import Pool

UNITS, BATCH, DROPOUT, LEARNING_RATE = 128, 64, 0.5, 0.001
POOLS = (2, 4, 8)
DEV_SHARE = 1 / 16  # train : dev = 8 : 0.5

KERAS, KERAS_1 = "Keras, its own threads", "Keras, one thread"
OURS, OURS_2 = "aser-bench, one process", "aser-bench, two workers"
FLOORS = {
    "products, TensorFlow": products.tensorflow_loop,
    "products, NumPy": products.frame_by_frame,
}
PRODUCTS = {**FLOORS, "products, NumPy, frames together": products.at_once}
COLUMNS = ["CPU", "wall", "later CPU", "later wall"]


def data(file: Path) -> tuple[list[np.ndarray], np.ndarray, int]:
    """Return utterances (frames, columns), their classes, and the number of training utterances."""
    with np.load(file) as arrays:
        utterances = np.split(arrays["values"], arrays["ends"][:-1])
        return utterances, arrays["labels"], int(arrays["n_train"])


@cache
def padded(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return all training utterances padded to the longest of the corpus, for Keras."""
    utterances, labels, n_train = data(file)
    scale = batches.Scaler(utterances[:n_train])
    longest = max(map(len, utterances))
    frames = np.zeros((n_train, longest, utterances[0].shape[1]), dtype=np.float32)
    for row, utterance in zip(frames, utterances[:n_train], strict=True):
        row[: len(utterance)] = scale(utterance)
    return frames, labels[:n_train]


def keras_run(epochs: int, file: Path) -> list[tuple[float, float]]:
    """Train a new model; return CPU and wall-clock seconds at its start and after each epoch."""
    import keras

    frames, labels = padded(file)
    marks = [now()]
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(frames.shape[1:]),
            layers.Masking(),
            layers.LSTM(UNITS, return_sequences=True),
            layers.Dropout(DROPOUT),
            layers.LSTM(UNITS),
            layers.Dropout(DROPOUT),
            layers.Dense(int(labels.max()) + 1, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(LEARNING_RATE), "sparse_categorical_crossentropy")
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: marks.append(now()))
    model.fit(frames, labels, batch_size=BATCH, epochs=epochs, callbacks=[callback], verbose=0)
    return marks


def ours_run(epochs: int, frame_pool: int, file: Path, seed: int) -> tuple[float, float]:
    """Train as a run does; return the CPU and wall-clock seconds."""
    from aser_bench.models.recurrent.classifier import LstmClassifier

    utterances, labels, n_train = data(file)
    dev = utterances[n_train:], labels[n_train:]
    start = now()
    classifier = LstmClassifier(
        units=UNITS,
        dropout=DROPOUT,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        max_epochs=epochs,
        patience=epochs + 1,
        frame_pool=frame_pool,
        random_state=seed,
    )
    classifier.fit(utterances[:n_train], labels[:n_train], dev)
    return since(start)


def first_and_second(epochs: int, file: Path) -> str:
    """Describe the time of a new process for the import and for two trainings."""
    start = now()
    from aser_bench.models.recurrent import layers, training  # noqa: F401

    times = [since(start), *(ours_run(epochs, 1, file, seed) for seed in range(2))]
    steps = "import, first and second training"
    return f"{steps}: CPU {_joined(times, 0)} s, wall {_joined(times, 1)} s"


def _joined(times: list[tuple[float, float]], column: int) -> str:
    return ", ".join(f"{seconds[column]:.1f}" for seconds in times)


def pieces(file: Path) -> Pieces:
    """Return padded frames and utterances of each sub-batch of an epoch of aser-bench."""
    utterances, _, n_train = data(file)
    lengths = np.array([len(utterance) for utterance in utterances[:n_train]])
    sizes = []
    for batch in batches.epoch_batches(lengths, BATCH, np.random.default_rng(0)):
        for piece in batches.sub_batches(lengths[batch], len(batch)):
            sizes.append((int(lengths[batch][piece].max()), len(piece)))
    return sizes


def prepare(choice: str, n: int, file: Path) -> str:
    """Extract the frames of some utterances of a corpus, save them, and describe them."""
    name, _, source = choice.partition("=")
    table = load_corpus(name, source or None).utterances
    table = subset(table, n + round(n * DEV_SHARE))
    table = table.sample(frac=1, random_state=0)  # the last ones are dev
    frames = features.extract(["frames"], [read(f) for f in table["file"]], SAMPLE_RATE)["frames"]
    lengths = [len(matrix) for matrix in frames]
    n_train = round(len(table) / (1 + DEV_SHARE))
    labels = pd.factorize(table["emotion"], sort=True)[0]
    values = np.concatenate(frames)
    np.savez(file, values=values, ends=np.cumsum(lengths), labels=labels, n_train=n_train)
    computed = sum(longest * size for longest, size in pieces(file)) / n_train
    return (
        f"{n_train} utterances of {np.mean(lengths):.0f} x {values.shape[1]} frames on average, "
        f"padded to {max(lengths)} for Keras and to {computed:.0f} on average in ours; "
        f"{len(table) - n_train} for dev"
    )


class Processes:
    """The processes in which rows run; the number of threads is fixed per process."""

    def __init__(self, pool: Pool, epochs: int) -> None:
        self._pool, self._epochs = pool, epochs
        self._executors: dict[str, ProcessPoolExecutor] = {}

    def call(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return the result of a function in the process of this name."""
        if name not in self._executors:
            # `tensorflow` sets one thread; aser-bench calls it by itself.
            start = tensorflow if name == KERAS_1 else None
            self._executors[name] = ProcessPoolExecutor(1, get_context("spawn"), start)
        return self._executors[name].submit(function, *arguments).result()

    def keras(self, name: str, files: list[Path]) -> dict[str, float]:
        """Train a new model by Keras."""
        marks = np.array(self.call(name, keras_run, self._epochs, *files))
        run = (marks[-1] - marks[0]) / self._epochs
        later = np.diff(marks[1:], axis=0).min(axis=0) if self._epochs > 1 else (np.nan,) * 2
        return dict(zip(COLUMNS, (*run, *later), strict=True))

    def ours(self, frame_pool: int, files: list[Path]) -> dict[str, float]:
        """Train in one process."""
        spent = self.call(OURS, ours_run, self._epochs, frame_pool, *files, 0)
        return dict(zip(COLUMNS, np.array(spent) / self._epochs, strict=False))

    def pooled(self, files: list[Path]) -> dict[str, float]:
        """Train once in each worker of a run's pool."""
        work = partial(ours_run, self._epochs, 1, *files)
        start = now()
        spent = list(self._pool.run(work, range(self._pool.jobs)))
        n_epochs = len(spent) * self._epochs
        return {"CPU": sum(cpu for cpu, _ in spent) / n_epochs, "wall": since(start)[1] / n_epochs}

    def products(self, function: Callable[..., Any], files: list[Path]) -> dict[str, float]:
        """Multiply the matrices of an epoch of aser-bench in one thread."""
        columns = data(*files)[0][0].shape[1]
        spent = self.call("products", function, pieces(*files), columns, UNITS)
        return dict(zip(COLUMNS, spent, strict=False))

    def rows(self) -> dict[str, Row]:
        """Return all rows of the table."""
        return {
            KERAS: partial(self.keras, KERAS),
            KERAS_1: partial(self.keras, KERAS_1),
            OURS: partial(self.ours, 1),
            OURS_2: self.pooled,
            **{name: partial(self.products, function) for name, function in PRODUCTS.items()},
            **{f"{OURS}, --frame-pool {n}": partial(self.ours, n) for n in POOLS},
        }


def report(timings: pd.DataFrame, epochs: int) -> Iterator[str]:
    """Yield the table, best of the repeats, and the goals."""
    best = timings.groupby("row", sort=False)[COLUMNS].min()
    floor = best["CPU"][list(FLOORS)].min()
    table = best.assign(**{"CPU/floor": best["CPU"] / floor})
    trained = ~best.index.isin(PRODUCTS)
    table["runs/hour"] = (3600 / (epochs * best["wall"])).where(trained)
    yield table.to_string(index_names=False, float_format="%.2f", na_rep="")
    cost = best["CPU"][OURS] / floor
    whole = best["wall"][KERAS] / best["wall"][OURS_2]
    later = best["later wall"][KERAS] / best["wall"][OURS_2]
    for what, ratio, met in (
        (f"{OURS} / matrix products alone, CPU <= 2.5", cost, cost <= 2.5),
        (f"{OURS_2} / {KERAS}, epochs a second >= 1.8", whole, whole >= 1.8),
        ("the same, only Keras's epochs after the first counted, >= 1.8", later, later >= 1.8),
    ):
        answer = "not measured" if np.isnan(ratio) else f"{ratio:.2f}, {'' if met else 'not '}met"
        yield f"goal: {what}: {answer}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True, metavar="NAME=DIR")
    parser.add_argument("--utterances", type=int, default=1000, metavar="N", help="for training")
    parser.add_argument("--epochs", type=int, default=3, metavar="K", help="of each training")
    parser.add_argument("--repeats", type=int, default=3, metavar="R")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="to write all repeats to")
    wanted = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory(prefix="speed-lstm-") as folder, Pool(2) as pool:
        file = Path(folder) / "frames.npz"
        print(prepare(wanted.corpus, wanted.utterances, file))
        processes = Processes(pool, wanted.epochs)
        print(processes.call(OURS, first_and_second, wanted.epochs, file))
        # The first call of each process is not timed: it imports modules and reads the file.
        for name in (KERAS, KERAS_1):
            processes.call(name, keras_run, 1, file)
        processes.pooled([file])
        timings = timings_of(processes.rows(), [file], wanted.repeats)
    if wanted.csv:
        timings.to_csv(wanted.csv, index=False)
    print(f"seconds per epoch, in trainings of {wanted.epochs}, best of the repeats:")
    print(*report(timings, wanted.epochs), sep="\n")


if __name__ == "__main__":
    main()
