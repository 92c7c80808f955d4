"""Training over batches of unequal length until the dev loss no longer falls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from . import tensorflow
from .batches import epoch, padded, pieces

tf = tensorflow()
import keras  # noqa: E402 - behind TensorFlow's settings

Piece = tuple[np.ndarray, ...]


class Stepper:
    """A network with an optimizer and compiled steps, used again by every training of its shape.

    Tracing takes seconds, a training may take as many: so one network a shape is made in a
    process, and `begin` puts it back to where a new one would start.

    Parameters
    ----------
    build : callable
        Takes a seed and returns the network: called with (frames, lengths, training) it returns
        logits; its ``draws`` is the `keras.random.SeedGenerator` of its dropout.
    learning_rate : float
        Of Adam.
    """

    def __init__(self, build: Callable[[int], Any], learning_rate: float) -> None:
        self._build = build
        self.network = build(0)
        self.optimizer = keras.optimizers.Adam(learning_rate)
        variables = self.network.trainable_variables
        self.optimizer.build(variables)
        self._sums = [tf.Variable(tf.zeros_like(one.value)) for one in variables]
        frames = tf.TensorSpec((None, None, self.network.columns), tf.float32)
        lengths, labels = (tf.TensorSpec((None,), tf.int32) for _ in range(2))
        weights = tf.TensorSpec((None,), tf.float32)
        compiled = partial(tf.function, autograph=False)
        self._add = compiled(self._add_gradients, [frames, lengths, labels, weights])
        self._apply = compiled(self._apply_gradients, [])
        self.logits = compiled(self._logits, [frames, lengths])

    def begin(self, seed: int) -> None:
        """Start anew: weights and dropout as ``seed`` has them, an optimizer that knows nothing."""
        fresh = self._build(seed)
        self.network.set_weights(fresh.get_weights())
        for variable in self.optimizer.variables:
            if variable.path.endswith("learning_rate"):
                continue
            variable.assign(tf.zeros_like(variable.value))
        self.network.draws.state.assign(fresh.draws.state)

    def step(self, batch: list[Piece]) -> float:
        """Change the weights by one batch, given in pieces that fit into memory.

        Each piece is frames, lengths, labels and weights; a weight is an utterance's share of
        the batch's loss. Returns the batch's loss.
        """
        loss = sum(float(self._add(*piece)) for piece in batch)
        self._apply()
        return loss

    def _add_gradients(self, frames: Any, lengths: Any, labels: Any, weights: Any) -> Any:
        variables = [variable.value for variable in self.network.trainable_variables]
        with tf.GradientTape() as tape:
            logits = self.network(frames, lengths, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_sum(losses * weights)
        for total, gradient in zip(self._sums, tape.gradient(loss, variables), strict=True):
            total.assign_add(gradient)
        return loss

    def _apply_gradients(self) -> None:
        self.optimizer.apply(list(self._sums), self.network.trainable_variables)
        for total in self._sums:
            total.assign(tf.zeros_like(total))

    def _logits(self, frames: Any, lengths: Any) -> Any:
        return self.network(frames, lengths, training=False)

    def predict(self, utterances: list[np.ndarray], size: int) -> np.ndarray:
        """Return the logits of utterances (frames, columns), shape (utterances, classes)."""
        lengths = np.array([len(one) for one in utterances])
        found = np.empty((len(utterances), self.network.classes), dtype=np.float32)
        for piece in pieces(lengths, size):
            found[piece] = self.logits(*padded([utterances[i] for i in piece])).numpy()
        return found


@lru_cache(maxsize=4)
def stepper(make: Callable[..., Any], learning_rate: float, *shape: Any) -> Stepper:
    """Return this process's `Stepper` for ``make(*shape, seed)``, made once."""
    return Stepper(lambda seed: make(*shape, seed), learning_rate)


@dataclass(frozen=True)
class Fitted:
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
class Data:
    """Utterances (frames, columns), their classes as numbers, and their weights in the loss."""

    utterances: list[np.ndarray]
    labels: np.ndarray
    weights: np.ndarray


def train(
    steps: Stepper, data: Data, dev: Data, *, batch_size: int, max_epochs: int, patience: int,
    seed: int,
) -> Fitted:  # fmt: skip
    """Train until the dev loss has not fallen for ``patience`` epochs, or ``max_epochs`` are over.

    Raises
    ------
    FloatingPointError
        If the loss becomes NaN or infinite.
    """
    steps.begin(seed)
    rng = np.random.default_rng(seed)
    lengths = np.array([len(one) for one in data.utterances])
    losses: list[float] = []
    dev_losses: list[float] = []
    best: list[np.ndarray] = []
    for number in range(1, max_epochs + 1):
        total = 0.0
        for batch in epoch(lengths, batch_size, rng):
            total += steps.step(_cut(data, lengths, batch)) * len(batch)
        losses.append(total / len(lengths))
        dev_losses.append(_loss(steps, dev, batch_size))
        if not np.isfinite([losses[-1], dev_losses[-1]]).all():
            raise FloatingPointError(f"the loss was no number after epoch {number}")
        if dev_losses[-1] < min(dev_losses[:-1], default=np.inf):
            best = steps.network.get_weights()
        best_epoch = int(np.argmin(dev_losses)) + 1
        if number - best_epoch >= patience:
            break
    stop = "patience" if number - best_epoch >= patience else "max_epochs"
    return Fitted(best, number, best_epoch, stop, losses, dev_losses)


def _cut(data: Data, lengths: np.ndarray, batch: np.ndarray) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces(lengths[batch], len(batch)):
        rows = batch[piece]
        frames, own = padded([data.utterances[row] for row in rows])
        found.append((frames, own, data.labels[rows], data.weights[rows] / np.float32(len(batch))))
    return found


def _loss(steps: Stepper, data: Data, size: int) -> float:
    """Return the mean cross-entropy of utterances in float64, dropout off."""
    from scipy.special import log_softmax

    logits = steps.predict(data.utterances, size).astype(np.float64)
    chances = log_softmax(logits, axis=1)[np.arange(len(data.labels)), data.labels]
    return float(-np.mean(chances * data.weights))
