"""Compare rules of early stopping on speakers held out of the training parts.

    python benchmarks/early_stopping.py emodb=DIR --epochs 90
    python benchmarks/early_stopping.py ravdess=DIR --epochs 60 --folds 3 --frame-pool 8
    python benchmarks/early_stopping.py demo --models are,tre,mdre,mdrea --epochs 100 --frame-pool 4

For each fold of the protocol ``speaker``, the test part is left out. A quarter of the remaining
speakers is the validation part, an eighth of the others is dev, and the model is trained on the
rest. The table has, for each rule, the UAR on the validation part after the epoch that the rule
chooses by dev: of this epoch, and the mean over nine epochs around it, which is less noisy; the
chosen epoch; and the number of epochs trained. All rules are applied to the same trainings.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from aser_bench import features, models
from aser_bench.core.tables import SAMPLE_RATE
from aser_bench.corpora import load_corpus
from aser_bench.corpora.audio import read
from aser_bench.evaluation.folds import stratified
from aser_bench.evaluation.splits import speaker_blocks, split
from aser_bench.models.base import Settings
from aser_bench.models.dual.utterance import Utterance
from aser_bench.models.recurrent.early_stopping import EarlyStoppingClassifier
from aser_bench.models.recurrent.stopping import DevResult, HighestUar, LowestLoss, Stopping
from aser_bench.models.search import uar
from aser_bench.pipeline.model_inputs import object_array

Course = tuple[list[DevResult], list[float]]
"""Results on dev, and UAR on the validation part, after each epoch of a training."""


class Average(HighestUar):
    """`HighestUar` with an exponential moving average instead of a window."""

    first = 1

    def __init__(self, patience: int, weight: float) -> None:
        super().__init__(patience)
        self._weight, self._average = weight, 0.0

    def _cost(self, result: DevResult) -> float:
        value = uar(result.labels, result.predicted)
        weight = self._weight if self._epoch > 1 else 1.0
        self._average += weight * (value - self._average)
        return -self._average


RULES: dict[str, Callable[[], Stopping]] = {
    "lowest loss, patience 10": partial(LowestLoss, 10),
    "lowest loss, patience 20": partial(LowestLoss, 20),
    "highest UAR, patience 10": partial(Average, 10, 1.0),
    "highest UAR, patience 20": partial(Average, 20, 1.0),
    "moving average of UAR, weight .1, patience 10": partial(Average, 10, 0.1),
    "moving average of UAR, weight .1, patience 20": partial(Average, 20, 0.1),
    "UAR over 20 epochs, patience 10": partial(HighestUar, 10),
    "UAR over 20 epochs, patience 20": partial(HighestUar, 20),
}


def inputs(table: pd.DataFrame, model: Any) -> np.ndarray:
    """Return the inputs of a model for all utterances."""
    sets = {"frames": "frames"}
    if model.feature_type == "dual":
        sets = {"frames": "mfcc39", "vector": "prosody35"}
    columns: dict[str, Sequence[Any]] = {}
    if "frames" in model.inputs:
        signals = [read(file) for file in table["file"]]
        extracted = features.extract(list(sets.values()), signals, SAMPLE_RATE)
        columns = {name: extracted[spec] for name, spec in sets.items()}
    if model.inputs == ("frames",):
        return object_array(columns["frames"])
    columns["text"] = table["text"].tolist()
    rows = zip(*columns.values(), strict=True)
    return object_array([Utterance(**dict(zip(columns, row, strict=True))) for row in rows])


def course(
    classifier: EarlyStoppingClassifier, parts: Sequence[tuple[Any, Any]], epochs: int
) -> Course:
    """Train on the first of three parts; evaluate the others, dev and validation."""
    from aser_bench.models.recurrent import training

    classifier.classes_ = np.unique(parts[0][1])
    classifier._learn_inputs(parts[0][0], [])
    data, dev, validation = classifier._weighted(parts)
    trainer, size = classifier._trainer(), classifier.batch_size
    trainer.reset(classifier.random_state)
    classifier._prepare(trainer.network)
    results: Course = [], []
    rng = np.random.default_rng(classifier.random_state)
    schedule = classifier._schedule()(data.sequences.lengths, rng)
    for _, batches in zip(range(epochs), schedule, strict=False):
        training._train_epoch(trainer, data, batches)
        results[0].append(training._evaluate(trainer, dev, size))
        checked = training._evaluate(trainer, validation, size)
        results[1].append(uar(checked.labels, checked.predicted))
    return results


def courses(table: pd.DataFrame, name: str, options: argparse.Namespace) -> list[Course]:
    """Return the course of a training for each fold."""
    model = models.get(name)
    rows, labels = inputs(table, model), table["emotion"].to_numpy(dtype=str)
    found = []
    for outer in split("speaker", table, 1)[: options.folds]:
        inner = np.union1d(outer.train, outer.dev)
        part = table.iloc[inner]
        validation = next(stratified(part["emotion"], speaker_blocks(part), 4, outer.fold))
        validation = inner[validation]
        rest = np.setdiff1d(inner, validation)
        speakers = table["speaker"].iloc[rest].unique()
        order = np.random.default_rng([outer.fold, 0]).permutation(speakers)
        spared = order[: max(1, round(len(order) / 8))]
        dev = rest[table["speaker"].iloc[rest].isin(spared)]
        settings = Settings(frame_pool=options.frame_pool)
        classifier = model.estimator(settings, 100 * outer.fold)
        three = (np.setdiff1d(rest, dev), dev, validation)
        parts = [(rows[chosen], labels[chosen]) for chosen in three]
        found.append(course(classifier, parts, options.epochs))
        print(f"{name}: fold {outer.fold}", flush=True)
    return found


def applied(stopping: Stopping, dev: Sequence[DevResult]) -> tuple[int, int]:
    """Return the epoch that a rule chooses, and the number of epochs until training is over."""
    for number, result in enumerate(dev, 1):
        stopping.improves(result)
        if stopping.is_over:
            return stopping.best_epoch, number
    return stopping.best_epoch, len(dev)


def table_of(trainings: list[Course]) -> pd.DataFrame:
    """Return a row for each rule, and for fixed numbers of epochs."""
    rows = {}
    for rule, make in RULES.items():
        chosen = [_row(validation, *applied(make(), dev)) for dev, validation in trainings]
        rows[rule] = np.mean(chosen, axis=0)
    for number in range(15, len(trainings[0][1]) + 1, 15):
        fixed = [_row(validation, number, number) for _, validation in trainings]
        rows[f"{number} epochs"] = np.mean(fixed, axis=0)
    columns = ["UAR", "UAR of 9 epochs", "chosen epoch", "epochs"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _row(validation: Sequence[float], epoch: int, epochs: int) -> list[float]:
    around = validation[max(0, epoch - 5) : epoch + 4]
    return [validation[epoch - 1], float(np.mean(around)), epoch, epochs]


def main() -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", metavar="NAME[=DIR]")
    parser.add_argument("--models", default="lstm")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--frame-pool", type=int)
    options = parser.parse_args()
    name, _, folder = options.corpus.partition("=")
    table = load_corpus(name, folder or None).utterances.reset_index(drop=True)
    table["group"] = table["utterance"]
    for model in options.models.split(","):
        print(f"\n{model}\n{table_of(courses(table, model, options)).round(3).to_string()}")


if __name__ == "__main__":
    main()
