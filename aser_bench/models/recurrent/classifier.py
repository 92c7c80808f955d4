"""The study's LSTM as a scikit-learn classifier of utterances given as matrices of frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .batches import FrameSequences, Scaler, epoch_schedule, pool
from .early_stopping import EarlyStoppingClassifier


class LstmClassifier(EarlyStoppingClassifier):
    """Two uni-directional LSTM layers over the frames of an utterance, softmax over emotions.

    The state after an utterance's last real frame says what it is; dropout stands behind both
    layers. Trained by Adam on the cross-entropy, in batches of utterances of about one length
    (see `batches.epoch_batches`), until the loss on the dev part no longer falls; the weights of
    the epoch with the lowest one are kept. Columns are standardised by mean and standard deviation
    over the frames of the training part. The same seed gives the same weights on the same
    machine.

    Parameters
    ----------
    units : int
        Size of each layer's state.
    dropout, batch_size, learning_rate
        As the study has them.
    max_epochs : int
        Epochs at most.
    patience : int
        Epochs without a lower dev loss after which training ends.
    frame_pool : int
        So many frames are averaged in time into one before the first layer.
    class_weight : None or "balanced"
        Whether each class counts alike in the loss.
    random_state : int
        Seed of weights, batches and dropout.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The classes of the training part, sorted.
    epochs_, best_epoch_ : int
        Epochs trained, and the one whose weights were kept.
    stop_ : str
        ``patience`` or ``max_epochs``.
    losses_, dev_losses_ : list of float
        Mean loss of each epoch.

    Notes
    -----
    An utterance is a float array (frames, columns); ``X`` is a sequence of such. Utterances are
    never time steps.
    """

    def __init__(
        self,
        units: int = 128,
        dropout: float = 0.5,
        batch_size: int = 64,
        learning_rate: float = 0.001,
        max_epochs: int = 1000,
        patience: int = 10,
        frame_pool: int = 1,
        class_weight: str | None = None,
        random_state: int = 0,
    ) -> None:
        self.units = units
        self.dropout = dropout
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.patience = patience
        self.frame_pool = frame_pool
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(
        self, X: Sequence[np.ndarray], y: Any, dev: tuple[Sequence[np.ndarray], Any]
    ) -> LstmClassifier:
        """Train on utterances ``X`` with classes ``y``, watching ``dev``.

        Parameters
        ----------
        X : sequence of numpy.ndarray (frames, columns)
        y : array of shape (utterances,)
        dev : (utterances, classes)
            What is watched to end training; classes that training does not hold are left out.

        Raises
        ------
        ValueError
            If there is no dev utterance to stop by, or an utterance without frames.
        FloatingPointError
            If the loss becomes NaN.
        """
        from .training import train

        self.classes_ = np.unique(np.asarray(y))
        watched = self._known_dev(dev)
        self.scaler_ = Scaler(self._pooled(X))
        self.n_features_in_ = len(self.scaler_.mean)
        self._keep(
            train(
                self._trainer(),
                *self._sides((X, np.asarray(y)), watched),
                rounds=epoch_schedule(self.batch_size),
                batch_size=self.batch_size,
                max_epochs=self.max_epochs,
                patience=self.patience,
                seed=self.random_state,
            )
        )
        return self

    def _rows(self, X: Sequence[np.ndarray]) -> FrameSequences:
        return FrameSequences([self.scaler_(one) for one in self._pooled(X)])

    def _pooled(self, utterances: Sequence[np.ndarray]) -> list[np.ndarray]:
        if any(np.ndim(one) != 2 or not len(one) for one in utterances):
            raise ValueError("an utterance must be a matrix (frames, columns) with frames")
        return [pool(one, self.frame_pool) for one in utterances]

    def _trainer(self) -> Any:
        from .layers import TwoLayers
        from .training import shared_trainer

        shape = (self.n_features_in_, len(self.classes_), self.units, self.dropout)
        return shared_trainer(TwoLayers, self.learning_rate, *shape)
