"""What classifiers that a dev part stops early have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from .batches import SequenceSource

if TYPE_CHECKING:
    from .training import Trainer, TrainingData, TrainingResult


class EarlyStoppingClassifier(ClassifierMixin, BaseEstimator):
    """A classifier over a `training.Trainer`; what is fitted is told by the classes below it.

    They have the parameters ``batch_size`` and ``class_weight``.
    """

    @abstractmethod
    def _trainer(self) -> Trainer:
        """Return this process's network of the fitted shape."""

    @abstractmethod
    def _rows(self, X: Sequence[Any]) -> SequenceSource:
        """Return utterances as the network takes them, by what was learnt of the training part."""

    def predict_proba(self, X: Sequence[Any]) -> np.ndarray:
        """Return the classes' probabilities, shape (utterances, classes)."""
        check_is_fitted(self)
        if not len(X):
            return np.zeros((0, len(self.classes_)))
        steps = self._trainer()
        steps.network.set_weights(self.weights_)
        logits = steps.predict(self._rows(X), self.batch_size).astype(np.float64)
        return steps.loss.probabilities(logits)

    def predict(self, X: Sequence[Any]) -> np.ndarray:
        """Return the likeliest class of each utterance."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _known_dev(self, dev: tuple[Sequence[Any], Any]) -> tuple[list[Any], np.ndarray]:
        """Return the dev utterances whose classes training holds, with their classes.

        Raises
        ------
        ValueError
            If there is none.
        """
        known = np.flatnonzero(np.isin(dev[1], self.classes_)).tolist()
        if not known:
            raise ValueError("there is no dev utterance by which training could stop early")
        return [dev[0][i] for i in known], np.asarray(dev[1])[known]

    def _sides(self, *sides: tuple[Sequence[Any], np.ndarray]) -> list[TrainingData]:
        """Return the training part, given first, and others as `training.train` takes them."""
        from sklearn.utils.class_weight import compute_class_weight

        from .training import TrainingData

        weights = compute_class_weight(
            self.class_weight, classes=self.classes_, y=sides[0][1]
        ).astype(np.float32)
        found = []
        for utterances, labels in sides:
            numbers = np.searchsorted(self.classes_, labels).astype(np.int32)
            found.append(TrainingData(self._rows(utterances), numbers, weights[numbers]))
        return found

    def _keep(self, fitted: TrainingResult) -> None:
        self.weights_ = fitted.weights
        self.epochs_, self.best_epoch_, self.stop_ = fitted.epochs, fitted.best_epoch, fitted.stop
        self.losses_, self.dev_losses_ = fitted.losses, fitted.dev_losses
