"""The LSTM of the study as a scikit-learn classifier of utterances given as frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .batches import FrameSequences, Scaler, pool
from .early_stopping import EarlyStoppingClassifier

if TYPE_CHECKING:
    from .training import Trainer


@dataclass(eq=False, repr=False, kw_only=True)
class LstmClassifier(EarlyStoppingClassifier):
    """Two uni-directional LSTM layers over the frames of an utterance, softmax over emotions.

    The class is predicted from the state after the last frame of an utterance; there is dropout
    after both layers. Columns are standardised by mean and standard deviation over the frames of
    the training part.

    Parameters
    ----------
    units : int
        Size of the state of each layer.
    dropout : float
        Share of values that dropout sets to zero.
    batch_size, learning_rate, max_epochs, patience, early_stopping, refit_dev, frame_pool,
    class_weight, random_state
        See `early_stopping.EarlyStoppingClassifier`; the defaults are those of the study.

    Notes
    -----
    An utterance is a float array (frames, columns); ``X`` is a sequence of utterances. Utterances
    are never time steps. For the fitted attributes see `EarlyStoppingClassifier`.
    """

    units: int = 128
    dropout: float = 0.5

    def _learn_inputs(self, X: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> None:
        self.scaler_ = Scaler(self._pooled(X))
        self.n_features_in_ = len(self.scaler_.mean)

    def _sequences(self, X: Sequence[np.ndarray]) -> FrameSequences:
        return FrameSequences([self.scaler_(frames) for frames in self._pooled(X)])

    def _pooled(self, utterances: Sequence[np.ndarray]) -> list[np.ndarray]:
        if any(np.ndim(frames) != 2 or not len(frames) for frames in utterances):
            raise ValueError("an utterance must be a matrix (frames, columns) with frames")
        return [pool(frames, self.frame_pool) for frames in utterances]

    def _trainer(self) -> Trainer:
        from .layers import TwoLayers
        from .training import shared_trainer

        shape = (self.n_features_in_, len(self.classes_), self.units, self.dropout)
        return shared_trainer(TwoLayers, self.learning_rate, *shape)
