"""Compare the training time of the four dual encoders with padded Keras code.

    python benchmarks/speed/dual.py [--models are,tre,mdre,mdrea] [--utterances N] [--epochs K]
        [--repeats R] [--seeds S] [--loss-epochs K] [--csv FILE]

Keras pads all utterances to 750 frames and 128 words. All rows train the same networks on the same
synthetic utterances, with the lengths of IEMOCAP, with one thread, alternating in one run, so that
noise of the machine affects all of them. README.md in this folder describes the rows.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from dual_data import (
    MOST_FRAMES,
    MOST_WORDS,
    PaddedPreprocessor,
    RandomPreprocessor,
    data,
    preprocessor_for,
    shapes,
    widened,
)
from dual_keras import SIZES, Side, fit, network
from products import now, since
from scipy.stats import ttest_ind
from turns import Row, timings_of

from aser_bench.models import are, mdre, mdrea, tre
from aser_bench.models.dual import classifier
from aser_bench.models.dual.preprocessing import Preprocessor
from aser_bench.models.recurrent import tensorflow

MODELS = {"are": are, "tre": tre, "mdre": mdre, "mdrea": mdrea}
GOALS = {"are": 1.7, "tre": 9.0, "mdre": 1.7, "mdrea": 1.7}
BATCH = 128
SOME = 2 * BATCH  # two batches are sufficient if every batch has the same cost

# Losses are compared over many small steps, on utterances with a tenth of the frames.
LOSS_BATCH, LOSS_UTTERANCES, LOSS_DEV, SHORTER = 32, 512, 384, 10

KERAS, XLA = "Keras, padded", "Keras, padded, XLA"
OURS, OURS_PADDED = "aser-bench", "aser-bench, padded"
OURS_RANDOM = "aser-bench, random batches"
TIMES = ["CPU", "wall", "tracing CPU", "tracing wall"]

Run = tuple[list[tuple[float, float]], float]  # seconds of each epoch, and the lowest dev loss


PREPROCESSORS = {
    OURS: Preprocessor,
    OURS_PADDED: PaddedPreprocessor,
    OURS_RANDOM: RandomPreprocessor,
}


class TimedClassifier(classifier.DualClassifier):
    """The classifier of a run, which records the seconds of each epoch without dev."""

    def _schedule(self) -> Any:
        inner = super()._schedule()
        self.spent_: list[tuple[float, float]] = []
        return lambda *arguments: map(self._timed, inner(*arguments))

    def _timed(self, batches: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        start = now()
        yield from batches
        self.spent_.append(since(start))


def ours_run(row: str, model: str, seed: int, n: int, dev: int, shorter: int, **given: Any) -> Run:
    """Train as a run does; ``given`` contains epochs and batch."""
    from aser_bench.models.recurrent import training

    training.shared_trainer.cache_clear()  # otherwise the second training would not trace
    utterances, labels = data(n + dev, shorter)
    with mock.patch.object(classifier, "Preprocessor", PREPROCESSORS[row]):
        model_ = TimedClassifier(
            encoder=MODELS[model].COMPONENT,
            units=SIZES.units,
            keep_audio=1 - SIZES.drop_audio,
            keep_text=1 - SIZES.drop_text,
            batch_size=given["batch"],
            learning_rate=SIZES.learning_rate,
            clip=SIZES.clip,
            max_frames=MOST_FRAMES,
            dimension=SIZES.dimension,
            max_epochs=given["epochs"],
            patience=given["epochs"] + 1,
            random_state=seed,
        )
        model_.fit(utterances[:n], labels[:n], (utterances[n:], labels[n:]))
    return model_.spent_, min(model_.dev_losses_)


@cache
def sides(model: str, n: int, dev: int, shorter: int) -> tuple[Side, Side, int]:
    """Return the training and validation parts for Keras, and the size of the vocabulary.

    For the losses, utterances are padded only to the longest; the padding is masked.
    """
    utterances, labels = data(n + dev, shorter)
    names = MODELS[model].COMPONENT.inputs
    preprocessor = preprocessor_for(names, utterances[:n])
    most = (MOST_FRAMES, MOST_WORDS) if shorter == 1 else (0, 0)
    parts = []
    for part, numbers in ((utterances[:n], labels[:n]), (utterances[n:], labels[n:])):
        padded = preprocessor(part).padded(np.arange(len(part)))
        if "text" in names:  # without the vectors of words outside of the vocabulary
            padded = padded[:-1]
        arrays = [widened(array, *most) for array in padded]
        inputs = [
            array if array.dtype == np.float32 and array.ndim == 2 else np.swapaxes(array, 0, 1)
            for array in arrays
            if array.ndim > 1
        ]
        parts.append(Side(inputs, numbers))
    vocabulary = preprocessor.vocabulary
    return parts[0], parts[1], len(vocabulary) if vocabulary else 0


def keras_run(row: str, model: str, seed: int, n: int, dev: int, shorter: int, **given: Any) -> Run:
    """Train a new model; ``given`` contains epochs and batch."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    training, watched, words = sides(model, n, dev, shorter)
    built = network(model, words, SIZES)
    return fit(built, SIZES, training, watched if dev > 1 else None, xla=row == XLA, **given)


def xla_of_ours(model: str) -> str:
    """Describe the result of one step of aser-bench with XLA."""
    tf = tensorflow()
    from aser_bench.models.recurrent import training

    class Compiled(training.Trainer):
        def train_batch(self, batch: list[Any]) -> float:
            step = tf.function(self._add_gradients, autograph=False, jit_compile=True)
            return float(step(*batch[0]))

    try:
        with mock.patch.object(training, "Trainer", Compiled):
            ours_run(OURS, model, 0, BATCH, 1, SHORTER, epochs=1, batch=BATCH)
    except tf.errors.OpError as error:
        return f"{type(error).__name__}: ... {error.message.partition(' on ')[2][:100]}"
    finally:
        training.shared_trainer.cache_clear()
    return "compiled"


def _start() -> None:
    tensorflow().get_logger().setLevel("ERROR")  # each training is traced again, as intended here


class Processes:
    """One process for each side, for the whole measurement."""

    def __init__(self) -> None:
        self._executors = {
            side: ProcessPoolExecutor(1, get_context("spawn"), _start)
            for side in (keras_run, ours_run)
        }

    def call(self, side: Callable[..., Any], function: Callable[..., Any], *arguments: Any) -> Any:
        """Return the result of a function in the process of a side."""
        return self._executors[side].submit(function, *arguments).result()

    def train(self, row: str, *given: Any, **settings: Any) -> Run:
        """Train the network of a row."""
        side = keras_run if row in (KERAS, XLA) else ours_run
        return self.call(side, partial(side, **settings), row, *given)

    def timed(self, row: str, model: str, n: int, epochs: int) -> dict[str, Any]:
        """Return the seconds of a later epoch, and the additional seconds of the first."""
        utterances = n if row == OURS else min(n, BATCH if row == XLA else SOME)
        spent = np.array(self.train(row, model, 0, utterances, 1, 1, epochs=epochs, batch=BATCH)[0])
        later = spent[1:].min(axis=0)
        times = *(later * n / utterances), *(spent[0] - later)
        return {"model": model, **dict(zip(TIMES, times, strict=True))}

    def losses(self, models: list[str], seeds: int, epochs: int) -> Iterator[dict[str, Any]]:
        """Yield the lowest dev loss of each training."""
        for model in models:
            for seed in range(seeds):
                for row in (KERAS, OURS_RANDOM, OURS):
                    sizes = LOSS_UTTERANCES, LOSS_DEV, SHORTER
                    _, loss = self.train(row, model, seed, *sizes, epochs=epochs, batch=LOSS_BATCH)
                    yield {"row": row, "repeat": seed, "model": model, "dev loss": loss}


def material(n: int, models: list[str], processes: Processes) -> Iterator[str]:
    """Describe the data, the batches of aser-bench, and the result of a step with XLA."""
    utterances = data(n + 1)[0][:n]
    lengths = [len(utterance.frames) for utterance in utterances]
    words = [len(utterance.text.split()) for utterance in utterances]
    means = f"{np.mean(lengths):.0f} frames and {np.mean(words):.1f} words on average"
    yield f"{n} utterances of {means}"
    for model in models:
        reads = MODELS[model].COMPONENT.inputs
        means, pieces, different = processes.call(ours_run, shapes, reads, n, BATCH)
        padded = " and ".join(f"{mean:.1f} {unit}" for unit, mean in means.items())
        yield (
            f"{model}: aser-bench pads to {padded} on average, in {pieces} parts per epoch, of "
            f"{different} shapes, for each of which XLA would compile"
        )
    yield f"a step of aser-bench with XLA: {processes.call(ours_run, xla_of_ours, models[0])}"


def report_times(timings: pd.DataFrame, models: list[str]) -> Iterator[str]:
    """Yield the table, best of the repeats, and the goals."""
    for model in models:
        of_model = timings[timings["model"] == model]
        best = of_model.groupby("row", sort=False)[TIMES].min()
        best.insert(2, "Keras/this", best["CPU"][KERAS] / best["CPU"])
        yield f"{model}: seconds per later epoch, and additional seconds of the first"
        yield best.to_string(index_names=False, float_format="%.2f")
        ratio, goal = best["Keras/this"][OURS], GOALS[model]
        met = "met" if ratio >= goal else "not met"
        yield f"goal: {model}: {KERAS} / {OURS}, CPU >= {goal}: {ratio:.2f}, {met}"


def report_losses(losses: pd.DataFrame, models: list[str]) -> Iterator[str]:
    """Yield means and standard deviations over the seeds, differences, and the goals."""
    for model in models:
        of_model = losses[losses["model"] == model].groupby("row")["dev loss"].apply(np.array)
        texts = (
            f"{row} {of_model[row].mean():.3f} +- {of_model[row].std(ddof=1):.3f}"
            for row in of_model.index
        )
        yield f"{model}: lowest dev loss: {'; '.join(texts)}"
        for row in (OURS_RANDOM, KERAS):
            low, high = ttest_ind(
                of_model[OURS], of_model[row], equal_var=False
            ).confidence_interval()
            met = "met" if low <= 0 else "not met"
            less = ", and lower" if high < 0 else ""
            yield (
                f"goal: {model}: dev loss of {OURS} - {row} no more than noise: 95 % interval "
                f"{low:+.3f} to {high:+.3f}, {met}{less}"
            )


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=",".join(MODELS), metavar="A,B")
    parser.add_argument("--utterances", type=int, default=1024, metavar="N", help="for training")
    parser.add_argument("--epochs", type=int, default=2, metavar="K", help="2 or more, timed")
    parser.add_argument("--repeats", type=int, default=2, metavar="R")
    parser.add_argument("--seeds", type=int, default=3, metavar="S", help="for the losses; 0: none")
    parser.add_argument("--loss-epochs", type=int, default=5, metavar="K")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="to write all repeats to")
    wanted = parser.parse_args()
    wanted.models = wanted.models.split(",")
    if unknown := set(wanted.models) - set(MODELS):
        parser.error(f"--models: there is no {sorted(unknown)[0]}; choose from {', '.join(MODELS)}")
    if wanted.epochs < 2 or wanted.seeds == 1:
        parser.error("--epochs and --seeds must be 2 or more (or --seeds 0)")
    return wanted


def main() -> None:
    """Measure and print."""
    wanted = options()
    models = wanted.models
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # for the child processes
    n, processes = wanted.utterances, Processes()
    print(*material(n, models, processes), sep="\n")
    timings = []
    for rows, repeats in (([KERAS, OURS_PADDED, OURS], wanted.repeats), ([XLA], 1)):
        turns: dict[str, Row] = {}
        for model in models:
            for row in rows:
                turns[row] = partial(_of, processes, row, model, n, wanted.epochs)
            timings.append(timings_of(turns, [], repeats))
    timings = pd.concat(timings)
    print(*report_times(timings, models), sep="\n")
    losses = pd.DataFrame(processes.losses(models, wanted.seeds, wanted.loss_epochs))
    if wanted.seeds:
        print(*report_losses(losses, models), sep="\n")
    if wanted.csv:
        pd.concat([timings, losses]).to_csv(wanted.csv, index=False)


def _of(processes: Processes, row: str, model: str, n: int, epochs: int, _: Any) -> dict[str, Any]:
    return processes.timed(row, model, n, epochs)


if __name__ == "__main__":
    main()
