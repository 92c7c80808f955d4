"""Time LSTM training against Keras as people write it, and against its matrix products alone.

    python benchmarks/speed/lstm.py --corpus NAME=DIR [--utterances N] [--epochs K] [--csv FILE]

All train the study's network on the same frames, in one run and in turns, so that a noisy machine
is noisy for all. README.md beside this file says what each row does.
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
    """Return utterances (frames, columns), their classes, and how many of them are for training."""
    with np.load(file) as kept:
        utterances = np.split(kept["values"], kept["ends"][:-1])
        return utterances, kept["labels"], int(kept["n_train"])


@cache
def padded(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return all training utterances as Keras takes them, padded to the corpus's longest."""
    utterances, labels, n_train = data(file)
    scale = batches.Scaler(utterances[:n_train])
    longest = max(map(len, utterances))
    frames = np.zeros((n_train, longest, utterances[0].shape[1]), dtype=np.float32)
    for row, one in zip(frames, utterances[:n_train], strict=True):
        row[: len(one)] = scale(one)
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
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: marks.append(now()))
    model.fit(frames, labels, batch_size=BATCH, epochs=epochs, callbacks=[look], verbose=0)
    return marks


def ours_run(epochs: int, frame_pool: int, file: Path, seed: int) -> tuple[float, float]:
    """Train as a run does; return the CPU and wall-clock seconds."""
    from aser_bench.models.recurrent.classifier import LstmClassifier

    utterances, labels, n_train = data(file)
    dev = utterances[n_train:], labels[n_train:]
    start = now()
    classifier = LstmClassifier(
        UNITS,
        DROPOUT,
        BATCH,
        LEARNING_RATE,
        max_epochs=epochs,
        patience=epochs + 1,
        frame_pool=frame_pool,
        random_state=seed,
    )
    classifier.fit(utterances[:n_train], labels[:n_train], dev)
    return since(start)


def first_and_second(epochs: int, file: Path) -> str:
    """Say what a new process takes to import, to train, and to train again."""
    start = now()
    from aser_bench.models.recurrent import layers, training  # noqa: F401

    times = [since(start), *(ours_run(epochs, 1, file, seed) for seed in range(2))]
    words = "import, first and second training"
    return f"{words}: CPU {_joined(times, 0)} s, wall {_joined(times, 1)} s"


def _joined(times: list[tuple[float, float]], column: int) -> str:
    return ", ".join(f"{one[column]:.1f}" for one in times)


def pieces(file: Path) -> Pieces:
    """Return padded frames and utterances of each piece that an epoch of ours computes."""
    utterances, _, n_train = data(file)
    lengths = np.array([len(one) for one in utterances[:n_train]])
    found = []
    for batch in batches.epoch_batches(lengths, BATCH, np.random.default_rng(0)):
        for piece in batches.sub_batches(lengths[batch], len(batch)):
            found.append((int(lengths[batch][piece].max()), len(piece)))
    return found


def prepare(choice: str, n: int, file: Path) -> str:
    """Make the frames of some utterances of a corpus, keep them, and say what they are."""
    name, _, source = choice.partition("=")
    table = load_corpus(name, source or None).utterances
    table = subset(table, n + round(n * DEV_SHARE))
    table = table.sample(frac=1, random_state=0)  # dev is the end of it
    found = features.extract(["frames"], [read(one) for one in table["file"]], SAMPLE_RATE)
    lengths = [len(one) for one in found["frames"]]
    n_train = round(len(table) / (1 + DEV_SHARE))
    labels = pd.factorize(table["emotion"], sort=True)[0]
    values = np.concatenate(found["frames"])
    np.savez(file, values=values, ends=np.cumsum(lengths), labels=labels, n_train=n_train)
    computed = sum(frames * size for frames, size in pieces(file)) / n_train
    return (
        f"{n_train} utterances of {np.mean(lengths):.0f} x {values.shape[1]} frames on average, "
        f"padded to {max(lengths)} for Keras and to {computed:.0f} on average in ours; "
        f"{len(table) - n_train} for dev"
    )


class Processes:
    """The processes that rows run in, kept for all turns; threads are a process's setting."""

    def __init__(self, pool: Pool, epochs: int) -> None:
        self._pool, self._epochs = pool, epochs
        self._known: dict[str, ProcessPoolExecutor] = {}

    def call(self, name: str, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function returns in the process of this name."""
        if name not in self._known:
            start = tensorflow if name == KERAS_1 else None  # sets one thread; ours does so itself
            self._known[name] = ProcessPoolExecutor(1, get_context("spawn"), start)
        return self._known[name].submit(function, *given).result()

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

    def pool(self, files: list[Path]) -> dict[str, float]:
        """Train once in each worker of a run's pool."""
        work = partial(ours_run, self._epochs, 1, *files)
        start = now()
        spent = list(self._pool.run(work, range(self._pool.jobs)))
        n_epochs = len(spent) * self._epochs
        return {"CPU": sum(cpu for cpu, _ in spent) / n_epochs, "wall": since(start)[1] / n_epochs}

    def products(self, function: Callable[..., Any], files: list[Path]) -> dict[str, float]:
        """Multiply the matrices of an epoch of ours in one thread."""
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
        # Untimed: the first call of each process, which imports and reads.
        for name in (KERAS, KERAS_1):
            processes.call(name, keras_run, 1, file)
        processes.pooled([file])
        timings = timings_of(processes.rows(), [file], wanted.repeats)
    if wanted.csv:
        timings.to_csv(wanted.csv, index=False)
    print(f"seconds an epoch, in trainings of {wanted.epochs}, best of the repeats:")
    print(*report(timings, wanted.epochs), sep="\n")


if __name__ == "__main__":
    main()
