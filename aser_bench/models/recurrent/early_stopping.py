"""Base class of the classifiers with early stopping, with the parameters that they share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from .batches import BatchSchedule, SequenceSource, epoch_schedule

if TYPE_CHECKING:
    from .training import Trainer, TrainingData


# scikit-learn reads the parameters from the signature of __init__, which dataclass generates. Its
# own __repr__ and comparison by identity remain.
@dataclass(eq=False, repr=False, kw_only=True)
class EarlyStoppingClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """Base class of classifiers of sequences that stop training by the loss on a dev part.

    A network is trained by Adam on the cross-entropy, in batches of utterances of similar lengths
    (see `batches.epoch_batches`), until the loss on the dev part does not fall any more. The
    weights of the epoch with the lowest dev loss are used. The same seed gives the same weights on
    the same machine.

    Subclasses are dataclasses with further parameters; they define `fit`, `_trainer` and
    `_sequences`.

    Parameters
    ----------
    batch_size : int
        Utterances per batch.
    learning_rate : float
        Learning rate of Adam.
    max_epochs : int
        Maximal number of epochs.
    patience : int
        Epochs without a lower dev loss after which training stops.
    frame_pool : int
        Number of consecutive frames that are averaged into one before the first layer.
    class_weight : None or "balanced"
        Whether each class has the same total weight in the loss.
    random_state : int
        Seed of weights, batches and dropout.

    Attributes
    ----------
    classes_ : numpy.ndarray
        Classes of the training part, sorted.
    epochs_, best_epoch_ : int
        Number of epochs, and the epoch of which the weights are used.
    stop_ : str
        ``patience`` or ``max_epochs``.
    losses_, dev_losses_ : list of float
        Mean loss of each epoch.
    """

    batch_size: int = 64
    learning_rate: float = 0.001
    max_epochs: int = 1000
    patience: int = 10
    frame_pool: int = 1
    class_weight: str | None = None
    random_state: int = 0

    @abstractmethod
    def _trainer(self) -> Trainer:
        """Return the trainer of this process for the shape of the network."""

    @abstractmethod
    def _sequences(self, X: Sequence[Any]) -> SequenceSource:
        """Return utterances in the form that the network takes, scaled as the training part."""

    def predict_proba(self, X: Sequence[Any]) -> np.ndarray:
        """Return the probability of each class, shape (utterances, classes)."""
        check_is_fitted(self)
        if not len(X):
            return np.zeros((0, len(self.classes_)))
        trainer = self._trainer()
        trainer.network.set_weights(self.weights_)
        logits = trainer.predict(self._sequences(X), self.batch_size).astype(np.float64)
        return trainer.loss.probabilities(logits)

    def predict(self, X: Sequence[Any]) -> np.ndarray:
        """Return the most probable class of each utterance."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _schedule(self) -> BatchSchedule:
        """Return the batches between two evaluations of dev: an epoch, unless overridden."""
        return epoch_schedule(self.batch_size)

    def _with_trained_classes(self, dev: tuple[Sequence[Any], Any]) -> tuple[list[Any], np.ndarray]:
        """Return the dev utterances with a class of the training part, and these classes.

        Raises
        ------
        ValueError
            If there is none.
        """
        rows = np.flatnonzero(np.isin(dev[1], self.classes_)).tolist()
        if not rows:
            raise ValueError("there is no dev utterance by which training could stop early")
        return [dev[0][row] for row in rows], np.asarray(dev[1])[rows]

    def _train(
        self,
        training: tuple[Sequence[Any], np.ndarray],
        dev: tuple[Sequence[Any], np.ndarray],
        prepare: Callable[[Any], None] = lambda network: None,
    ) -> None:
        """Train on utterances and classes, and set the fitted attributes."""
        from .training import train

        result = train(
            self._trainer(),
            *self._weighted(training, dev),
            schedule=self._schedule(),
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            patience=self.patience,
            seed=self.random_state,
            prepare=prepare,
        )
        self.weights_ = result.weights
        self.epochs_, self.best_epoch_, self.stop_ = result.epochs, result.best_epoch, result.stop
        self.losses_, self.dev_losses_ = result.losses, result.dev_losses

    def _weighted(self, *parts: tuple[Sequence[Any], np.ndarray]) -> list[TrainingData]:
        """Return the training part, which is first, and other parts with the class weights."""
        from sklearn.utils.class_weight import compute_class_weight

        from .training import TrainingData

        weights = compute_class_weight(
            self.class_weight, classes=self.classes_, y=parts[0][1]
        ).astype(np.float32)
        data = []
        for utterances, labels in parts:
            numbers = np.searchsorted(self.classes_, labels).astype(np.int32)
            data.append(TrainingData(self._sequences(utterances), numbers, weights[numbers]))
        return data
