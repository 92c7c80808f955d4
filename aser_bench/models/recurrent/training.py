"""Training over batches of unequal length until the dev loss no longer falls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from . import tensorflow
from .batches import BatchSchedule, SequenceSource, sub_batches
from .losses import SOFTMAX, Loss

tf = tensorflow()
import keras  # noqa: E402 - behind TensorFlow's settings

SubBatch = tuple[np.ndarray, ...]


class Trainer:
    """A network with an optimizer and compiled steps, used again by every training of its shape.

    Tracing takes seconds, a training may take as many: so one network a shape is made in a
    process, and `reset` puts it back to where a new one would start.

    Parameters
    ----------
    build : callable
        Takes a seed and returns the network: called with its inputs and ``training`` it returns
        logits; ``signature`` says what its inputs are, ``classes`` how many logits there are, and
        ``draws`` is the `keras.random.SeedGenerator` of its dropout.
    learning_rate : float
        Of Adam.
    loss : Loss
    clip : float or None
        Each value of a batch's gradient is cut to this range about zero.
    """

    def __init__(
        self,
        build: Callable[[int], Any],
        learning_rate: float,
        loss: Loss = SOFTMAX,
        clip: float | None = None,
    ) -> None:
        self._build = build
        self.loss, self._clip = loss, clip
        self.network = build(0)
        self.optimizer = keras.optimizers.Adam(learning_rate)
        variables = self.network.trainable_variables
        self.optimizer.build(variables)
        self._sums = [tf.Variable(tf.zeros_like(one.value)) for one in variables]
        inputs = self.network.signature
        labels, weights = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.float32)
        compiled = partial(tf.function, autograph=False)
        self._once = compiled(self._whole_step, [*inputs, labels, weights])
        self._add = compiled(self._add_gradients, [*inputs, labels, weights])
        self._apply = compiled(self._apply_gradients, [])
        self.logits = compiled(self._logits, inputs)

    def reset(self, seed: int) -> None:
        """Start anew: weights and dropout as ``seed`` has them, an optimizer that knows nothing."""
        fresh = self._build(seed)
        self.network.set_weights(fresh.get_weights())
        for variable in self.optimizer.variables:
            if variable.path.endswith("learning_rate"):
                continue
            variable.assign(tf.zeros_like(variable.value))
        self.network.draws.state.assign(fresh.draws.state)
        for total in self._sums:  # a training that failed between two pieces left some
            total.assign(tf.zeros_like(total))

    def train_batch(self, batch: list[SubBatch]) -> float:
        """Change the weights by one batch, given in pieces that fit into memory.

        Each piece is the network's inputs, labels and weights; a weight is an utterance's share
        of the batch's loss. Returns the batch's loss.
        """
        if len(batch) == 1:
            return float(self._once(*batch[0]))
        loss = sum(float(self._add(*piece)) for piece in batch)
        self._apply()
        return loss

    def _gradients(self, *given: Any) -> tuple[Any, list[Any]]:
        *inputs, labels, weights = given
        variables = [variable.value for variable in self.network.trainable_variables]
        with tf.GradientTape() as tape:
            logits = self.network(*inputs, training=True)
            loss = tf.reduce_sum(self.loss.in_tensorflow(labels, logits) * weights)
        # That of an embedding names the rows of the words that occurred.
        return loss, [tf.convert_to_tensor(one) for one in tape.gradient(loss, variables)]

    def _whole_step(self, *given: Any) -> Any:
        loss, gradients = self._gradients(*given)
        self._change(gradients)
        return loss

    def _add_gradients(self, *given: Any) -> Any:
        loss, gradients = self._gradients(*given)
        for total, gradient in zip(self._sums, gradients, strict=True):
            total.assign_add(gradient)
        return loss

    def _apply_gradients(self) -> None:
        self._change([total.value() for total in self._sums])
        for total in self._sums:
            total.assign(tf.zeros_like(total))

    def _change(self, gradients: list[Any]) -> None:
        if self._clip is not None:
            gradients = [tf.clip_by_value(one, -self._clip, self._clip) for one in gradients]
        self.optimizer.apply(gradients, self.network.trainable_variables)

    def _logits(self, *inputs: Any) -> Any:
        return self.network(*inputs, training=False)

    def predict(self, rows: SequenceSource, size: int) -> np.ndarray:
        """Return the logits of utterances, shape (utterances, classes)."""
        found = np.empty((len(rows.lengths), self.network.classes), dtype=np.float32)
        for piece in sub_batches(rows.lengths, size):
            found[piece] = self.logits(*rows.padded(piece)).numpy()
        return found


@lru_cache(maxsize=12)  # a study of all dual encoders, and some vocabularies
def shared_trainer(
    make: Callable[..., Any],
    learning_rate: float,
    *shape: Any,
    loss: Loss = SOFTMAX,
    clip: float | None = None,
) -> Trainer:
    """Return this process's `Trainer` for ``make(*shape, seed)``, made once."""
    return Trainer(lambda seed: make(*shape, seed), learning_rate, loss, clip)


@dataclass(frozen=True)
class TrainingResult:
    """The weights of the epoch with the lowest dev loss, and how training got there.

    ``stop`` is ``patience`` or ``max_epochs``; the losses have one value an epoch.
    """

    weights: list[np.ndarray]
    epochs: int
    best_epoch: int
    stop: str
    losses: list[float]
    dev_losses: list[float]


@dataclass(frozen=True)
class TrainingData:
    """Utterances, their classes as numbers, and their weights in the loss."""

    rows: SequenceSource
    labels: np.ndarray
    weights: np.ndarray


def train(
    steps: Trainer,
    data: TrainingData,
    dev: TrainingData,
    *,
    rounds: BatchSchedule,
    batch_size: int,
    max_epochs: int,
    patience: int,
    seed: int,
    prepare: Callable[[Any], None] = lambda network: None,
) -> TrainingResult:
    """Train until the dev loss has not fallen for ``patience`` rounds, or ``max_epochs`` are over.

    Parameters
    ----------
    rounds : callable
        What an epoch is: usually `batches.epoch_schedule`.
    batch_size : int
        Utterances of dev that are looked at together.
    prepare : callable
        What is done to the fresh network before the first step.

    Raises
    ------
    FloatingPointError
        If the loss becomes NaN or infinite.
    """
    steps.reset(seed)
    prepare(steps.network)
    rng = np.random.default_rng(seed)
    lengths = data.rows.lengths
    losses: list[float] = []
    dev_losses: list[float] = []
    best: list[np.ndarray] = []
    for number, batches in zip(range(1, max_epochs + 1), rounds(lengths, rng), strict=False):
        total, seen = 0.0, 0
        for batch in batches:
            total += steps.train_batch(_cut(data, batch)) * len(batch)
            seen += len(batch)
        losses.append(total / seen)
        dev_losses.append(_loss(steps, dev, batch_size))
        if not np.isfinite([losses[-1], dev_losses[-1]]).all():
            raise FloatingPointError(f"the loss was no number after epoch {number}")
        if dev_losses[-1] < min(dev_losses[:-1], default=np.inf):
            best = steps.network.get_weights()
        best_epoch = int(np.argmin(dev_losses)) + 1
        if number - best_epoch >= patience:
            break
    stop = "patience" if number - best_epoch >= patience else "max_epochs"
    return TrainingResult(best, number, best_epoch, stop, losses, dev_losses)


def _cut(data: TrainingData, batch: np.ndarray) -> list[SubBatch]:
    found: list[SubBatch] = []
    for piece in sub_batches(data.rows.lengths[batch], len(batch)):
        rows = batch[piece]
        weights = data.weights[rows] / np.float32(len(batch))
        found.append((*data.rows.padded(rows), data.labels[rows], weights))
    return found


def _loss(steps: Trainer, data: TrainingData, size: int) -> float:
    """Return the mean loss of utterances in float64, dropout off."""
    logits = steps.predict(data.rows, size).astype(np.float64)
    return float(np.mean(steps.loss.in_numpy(data.labels, logits) * data.weights))
