"""Base class of the classifiers with early stopping, with the parameters that they share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from ..search import uar
from .batches import BatchSchedule, SequenceSource, epoch_schedule
from .stopping import STOPPING, Stopping

if TYPE_CHECKING:
    from .training import Trainer, TrainingData, TrainingResult

Part = tuple[Sequence[Any], np.ndarray]
"""Utterances and their classes."""


# scikit-learn reads the parameters from the signature of __init__, which dataclass generates. Its
# own __repr__ and comparison by identity remain.
@dataclass(eq=False, repr=False, kw_only=True)
class EarlyStoppingClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """Base class of classifiers of sequences that stop training by the results on a dev part.

    A network is trained by Adam on the cross-entropy, in batches of utterances of similar lengths
    (see `batches.epoch_batches`), until the results on the dev part do not improve any more. The
    weights of the best epoch are used. The same seed gives the same weights on the same machine.

    Subclasses are dataclasses with further parameters; they define `_learn_inputs`, `_trainer` and
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
        Epochs without an improvement on dev after which training stops.
    early_stopping : str
        Rule of `stopping.STOPPING`: ``loss``, ``uar``, or ``none`` to train for ``max_epochs`` and
        use the last weights.
    refit_dev : bool
        Whether the network is trained again on training and dev part together, from the same seed,
        for the number of epochs that early stopping chose.
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
    epochs_, best_epoch_, stop_
        See `aser_bench.models.base.TrainingOutcome`.
    losses_, dev_losses_ : list of float
        Mean loss of each epoch of the training that was monitored on dev; ``dev_losses_`` is empty
        without early stopping.
    dev_uars_ : list of float
        UAR on dev after each epoch.
    """

    batch_size: int = 64
    learning_rate: float = 0.001
    max_epochs: int = 1000
    patience: int = 10
    early_stopping: str = "loss"
    refit_dev: bool = False
    frame_pool: int = 1
    class_weight: str | None = None
    random_state: int = 0

    @abstractmethod
    def _learn_inputs(self, X: Sequence[Any], others: Sequence[Any]) -> None:
        """Learn the conversion of utterances from the training part.

        Parameters
        ----------
        X : sequence
            The training part.
        others : sequence
            Utterances of which nothing is learnt, but which are known to be converted later.
        """

    @abstractmethod
    def _trainer(self) -> Trainer:
        """Return the trainer of this process for the shape of the network."""

    @abstractmethod
    def _sequences(self, X: Sequence[Any]) -> SequenceSource:
        """Return utterances in the form that the network takes, scaled as the training part."""

    def fit(
        self, X: Sequence[Any], y: Any, dev: tuple[Sequence[Any], Any] | None = None
    ) -> EarlyStoppingClassifier:
        """Train on utterances ``X`` with classes ``y``, monitoring ``dev``.

        Parameters
        ----------
        X : sequence of shape (utterances,)
        y : array of shape (utterances,)
        dev : (utterances, classes)
            Part by which training stops; classes without training data are left out. Not required
            if ``early_stopping`` is ``none``.

        Raises
        ------
        ValueError
            If there is no dev utterance to stop by, or an utterance lacks an input.
        UsageError
            If a file of word vectors cannot be read.
        FloatingPointError
            If the loss becomes NaN.
        """
        training = X, np.asarray(y)
        rule = STOPPING[self.early_stopping]
        everything = training if dev is None else _joined(training, dev)
        if rule is None:
            result = self._train(everything if self.refit_dev else training)
        else:
            result = self._train(training, dev, rule(self.patience))
        self.epochs_, self.best_epoch_, self.stop_ = result.epochs, result.best_epoch, result.stop
        self.losses_ = result.losses
        self.dev_losses_ = [epoch.loss for epoch in result.dev_results]
        self.dev_uars_ = [uar(epoch.labels, epoch.predicted) for epoch in result.dev_results]
        if rule is not None and self.refit_dev:
            result = self._train(everything, max_epochs=result.best_epoch)
        self.weights_ = result.weights
        return self

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

    def _prepare(self, network: Any) -> None:
        """Modify the initial network before the first step; by default, nothing."""

    def _train(
        self,
        training: Part,
        dev: tuple[Sequence[Any], Any] | None = None,
        stopping: Stopping | None = None,
        max_epochs: int | None = None,
    ) -> TrainingResult:
        """Learn the inputs and train the network; without ``stopping``, for ``max_epochs``."""
        from .training import train

        self.classes_ = np.unique(training[1])
        parts = [training] if stopping is None else [training, self._with_trained_classes(dev)]
        self._learn_inputs(training[0], [row for part in parts[1:] for row in part[0]])
        data = self._weighted(parts)
        return train(
            self._trainer(),
            data[0],
            data[1] if len(data) > 1 else None,
            schedule=self._schedule(),
            batch_size=self.batch_size,
            max_epochs=max_epochs or self.max_epochs,
            stopping=stopping,
            seed=self.random_state,
            prepare=self._prepare,
        )

    def _with_trained_classes(self, dev: tuple[Sequence[Any], Any] | None) -> Part:
        """Return the dev utterances with a class of the training part, and these classes.

        Raises
        ------
        ValueError
            If there is none.
        """
        rows = [] if dev is None else np.flatnonzero(np.isin(dev[1], self.classes_)).tolist()
        if dev is None or not rows:
            raise ValueError("there is no dev utterance by which training could stop early")
        return [dev[0][row] for row in rows], np.asarray(dev[1])[rows]

    def _weighted(self, parts: Sequence[Part]) -> list[TrainingData]:
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


def _joined(training: Part, dev: tuple[Sequence[Any], Any]) -> Part:
    """Return two parts as one."""
    return [*training[0], *dev[0]], np.concatenate([training[1], np.asarray(dev[1])])
