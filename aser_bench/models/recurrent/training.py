"""Training in batches of different lengths, with early stopping on dev."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from . import tensorflow
from .batches import BatchSchedule, SequenceSource, sub_batches
from .losses import SOFTMAX, Loss
from .stopping import DevResult, Stopping

tf = tensorflow()
import keras  # noqa: E402 - after TensorFlow is configured

SubBatch = tuple[np.ndarray, ...]
"""Inputs of the network, class indices, and weights of some utterances of a batch."""


class Trainer:
    """A network with an optimizer and compiled training steps, reusable for many trainings.

    Tracing takes seconds, as does a whole training. So a process has one network per shape, and
    `reset` restores the state of a new one.

    Parameters
    ----------
    build : callable
        Takes a seed and returns the network. The network is called with its inputs and
        ``training``, and returns logits. Its attribute ``signature`` is the types of its inputs,
        ``classes`` the number of logits, and ``dropout_seeds`` the `keras.random.SeedGenerator` of
        its dropout.
    learning_rate : float
        Learning rate of Adam.
    loss : Loss
    clip : float or None
        Limit for the absolute value of each element of a batch's gradient.
    epsilon : float
        Epsilon of Adam; the default is that of Keras.
    """

    def __init__(
        self,
        build: Callable[[int], Any],
        learning_rate: float,
        loss: Loss = SOFTMAX,
        clip: float | None = None,
        epsilon: float = 1e-7,
    ) -> None:
        self._build = build
        self.loss, self._clip = loss, clip
        self.network = build(0)
        self.optimizer = keras.optimizers.Adam(learning_rate, epsilon=epsilon)
        variables = self.network.trainable_variables
        self.optimizer.build(variables)
        self._sums = [tf.Variable(tf.zeros_like(variable.value)) for variable in variables]
        inputs = self.network.signature
        labels, weights = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.float32)
        compiled = partial(tf.function, autograph=False)
        self._train_at_once = compiled(self._whole_batch, [*inputs, labels, weights])
        self._add = compiled(self._add_gradients, [*inputs, labels, weights])
        self._apply = compiled(self._apply_gradients, [])
        self.logits = compiled(self._logits, inputs)

    def reset(self, seed: int) -> None:
        """Restore the initial state: weights and dropout from ``seed``, optimizer without steps."""
        fresh = self._build(seed)
        self.network.set_weights(fresh.get_weights())
        for variable in self.optimizer.variables:
            if variable.path.endswith("learning_rate"):
                continue
            variable.assign(tf.zeros_like(variable.value))
        self.network.dropout_seeds.state.assign(fresh.dropout_seeds.state)
        for total in self._sums:  # not zero if a training failed between two parts of a batch
            total.assign(tf.zeros_like(total))

    def train_batch(self, batch: list[SubBatch]) -> float:
        """Update the weights by one batch and return its loss.

        The batch is given in parts that fit into memory. The weight of an utterance is its share
        of the batch's loss.
        """
        if len(batch) == 1:
            return float(self._train_at_once(*batch[0]))
        loss = sum(float(self._add(*part)) for part in batch)
        self._apply()
        return loss

    def _gradients(self, *arguments: Any) -> tuple[Any, list[Any]]:
        *inputs, labels, weights = arguments
        variables = [variable.value for variable in self.network.trainable_variables]
        with tf.GradientTape() as tape:
            logits = self.network(*inputs, training=True)
            loss = tf.reduce_sum(self.loss.in_tensorflow(labels, logits) * weights)
        # The gradient of an embedding is sparse.
        return loss, [tf.convert_to_tensor(each) for each in tape.gradient(loss, variables)]

    def _whole_batch(self, *arguments: Any) -> Any:
        loss, gradients = self._gradients(*arguments)
        self._update(gradients)
        return loss

    def _add_gradients(self, *arguments: Any) -> Any:
        loss, gradients = self._gradients(*arguments)
        for total, gradient in zip(self._sums, gradients, strict=True):
            total.assign_add(gradient)
        return loss

    def _apply_gradients(self) -> None:
        self._update([total.value() for total in self._sums])
        for total in self._sums:
            total.assign(tf.zeros_like(total))

    def _update(self, gradients: list[Any]) -> None:
        if self._clip is not None:
            gradients = [tf.clip_by_value(each, -self._clip, self._clip) for each in gradients]
        self.optimizer.apply(gradients, self.network.trainable_variables)

    def _logits(self, *inputs: Any) -> Any:
        return self.network(*inputs, training=False)

    def predict(self, sequences: SequenceSource, size: int) -> np.ndarray:
        """Return the logits of utterances, ``size`` at a time, shape (utterances, classes)."""
        logits = np.empty((len(sequences.lengths), self.network.classes), dtype=np.float32)
        for rows in sub_batches(sequences.lengths, size):
            logits[rows] = self.logits(*sequences.padded(rows)).numpy()
        return logits


@lru_cache(maxsize=12)  # all dual encoders of a study, and several sizes of vocabulary
def shared_trainer(
    make: Callable[..., Any],
    learning_rate: float,
    *shape: Any,
    loss: Loss = SOFTMAX,
    clip: float | None = None,
    epsilon: float = 1e-7,
) -> Trainer:
    """Return the `Trainer` of this process for ``make(*shape, seed)``, created on first use."""
    return Trainer(lambda seed: make(*shape, seed), learning_rate, loss, clip, epsilon)


@dataclass(frozen=True)
class TrainingResult:
    """Result of a training.

    Attributes
    ----------
    weights : list of numpy.ndarray
        Weights of ``best_epoch``.
    epochs, best_epoch : int
        Number of epochs, and the epoch of ``weights``.
    stop : str
        ``patience``, ``max_epochs`` or ``max_steps``; see `aser_bench.models.base.TrainingOutcome`.
    losses : list of float
        Mean loss of each epoch.
    dev_results : list of DevResult
        Results on dev after each epoch; empty without early stopping.
    """

    weights: list[np.ndarray]
    epochs: int
    best_epoch: int
    stop: str
    losses: list[float]
    dev_results: list[DevResult]


@dataclass(frozen=True)
class TrainingData:
    """Utterances with their class indices and their weights in the loss.

    Attributes
    ----------
    sequences : SequenceSource
    labels : numpy.ndarray of int32, shape (utterances,)
    weights : numpy.ndarray of float32, shape (utterances,)
    """

    sequences: SequenceSource
    labels: np.ndarray
    weights: np.ndarray


def train(
    trainer: Trainer,
    data: TrainingData,
    dev: TrainingData | None,
    *,
    schedule: BatchSchedule,
    batch_size: int,
    max_epochs: int,
    stopping: Stopping | None,
    seed: int,
    prepare: Callable[[Any], None] = lambda network: None,
) -> TrainingResult:
    """Train until early stopping, for ``max_epochs``, or until the schedule ends.

    Parameters
    ----------
    dev : TrainingData or None
        Part that ``stopping`` monitors; required with it.
    schedule : callable
        Batches of an epoch: usually `batches.epoch_schedule`.
    batch_size : int
        Utterances of dev that are evaluated at a time.
    stopping : Stopping or None
        Rule of early stopping, new for each training. None: the weights of the last epoch are
        used, and dev is not evaluated.
    prepare : callable
        Modifies the initial network before the first step.

    Raises
    ------
    FloatingPointError
        If the loss becomes NaN or infinite.
    """
    trainer.reset(seed)
    prepare(trainer.network)
    rng = np.random.default_rng(seed)
    losses: list[float] = []
    dev_results: list[DevResult] = []
    best: list[np.ndarray] = []
    stop = "max_steps"
    for batches in schedule(data.sequences.lengths, rng):
        losses.append(_train_epoch(trainer, data, batches))
        watched = [losses[-1]]
        if dev is not None and stopping is not None:
            dev_results.append(_evaluate(trainer, dev, batch_size))
            watched.append(dev_results[-1].loss)
        if not np.isfinite(watched).all():
            raise FloatingPointError(f"the loss was no number after epoch {len(losses)}")
        if stopping is not None and stopping.improves(dev_results[-1]):
            best = trainer.network.get_weights()
        if stopping is not None and stopping.is_over:
            stop = "patience"
            break
        if len(losses) == max_epochs:
            stop = "max_epochs"
            break
    if stopping is None:
        return TrainingResult(
            trainer.network.get_weights(), len(losses), len(losses), stop, losses, []
        )
    return TrainingResult(best, len(losses), stopping.best_epoch, stop, losses, dev_results)


def _train_epoch(trainer: Trainer, data: TrainingData, batches: Iterable[np.ndarray]) -> float:
    """Train on the batches of an epoch and return the mean loss."""
    total, n_trained = 0.0, 0
    for batch in batches:
        total += trainer.train_batch(_split(data, batch)) * len(batch)
        n_trained += len(batch)
    return total / n_trained


def _split(data: TrainingData, batch: np.ndarray) -> list[SubBatch]:
    """Return a batch in parts that fit into memory."""
    parts: list[SubBatch] = []
    for positions in sub_batches(data.sequences.lengths[batch], len(batch)):
        rows = batch[positions]
        weights = data.weights[rows] / np.float32(len(batch))
        parts.append((*data.sequences.padded(rows), data.labels[rows], weights))
    return parts


def _evaluate(trainer: Trainer, data: TrainingData, size: int) -> DevResult:
    """Return the mean loss of utterances in float64, without dropout, and their classes."""
    logits = trainer.predict(data.sequences, size).astype(np.float64)
    losses = trainer.loss.in_numpy(data.labels, logits) * data.weights
    return DevResult(float(np.mean(losses)), data.labels, logits.argmax(axis=1))
