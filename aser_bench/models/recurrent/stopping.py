"""Early stopping: rules by which training ends and the weights of an epoch are chosen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass

import numpy as np

from ..search import uar

WINDOW = 20
"""Number of epochs over which the dev UAR is averaged."""


@dataclass(frozen=True)
class DevResult:
    """Results on dev after an epoch.

    Attributes
    ----------
    loss : float
        Mean loss.
    labels, predicted : numpy.ndarray, shape (utterances,)
        Class indices.
    """

    loss: float
    labels: np.ndarray
    predicted: np.ndarray


class Stopping(ABC):
    """A rule of early stopping for one training.

    The epoch with the lowest cost is the best, the first one of equal epochs. Training is over
    ``patience`` epochs after it.

    Parameters
    ----------
    patience : int
        Epochs without a lower cost after which training ends.

    Attributes
    ----------
    first : int
        First epoch that can end training. Epochs before it are used only if there are no others.
    best_epoch : int
        Number of the best epoch; the first epoch has the number 1.
    """

    first = 1

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._lowest = np.inf
        self._epoch = 0
        self.best_epoch = 0

    @abstractmethod
    def _cost(self, result: DevResult) -> float:
        """Return the cost of the next epoch."""

    def improves(self, result: DevResult) -> bool:
        """Whether the next epoch, with these results, is the best until now."""
        self._epoch += 1
        cost = self._cost(result)
        if cost >= self._lowest and self._epoch != self.first:
            return False
        self._lowest, self.best_epoch = cost, self._epoch
        return True

    @property
    def is_over(self) -> bool:
        """Whether there was no better epoch for as long as the patience."""
        return self._epoch >= self.first and self._epoch - self.best_epoch >= self._patience


class LowestLoss(Stopping):
    """The best epoch has the lowest loss on dev."""

    def _cost(self, result: DevResult) -> float:
        return result.loss


class HighestUar(Stopping):
    """The best epoch ends the `WINDOW` epochs with the highest mean UAR on dev.

    The UAR of a dev part of few speakers is noisy, and its mean over epochs is steadier. Training
    has at least as many epochs as the window, unless ``max_epochs`` is lower. The rule was chosen
    on speakers held out of the training parts of RAVDESS and EmoDB (docs/models.md).
    """

    first = WINDOW

    def __init__(self, patience: int) -> None:
        super().__init__(patience)
        self._uars: deque[float] = deque(maxlen=WINDOW)

    def _cost(self, result: DevResult) -> float:
        self._uars.append(uar(result.labels, result.predicted))
        return -float(np.mean(self._uars))


def describe_stopping(rule: str, patience: int) -> str:
    """Describe a rule of early stopping in a few words for the captions."""
    return _DESCRIPTIONS[rule].format(patience=patience, window=WINDOW)


_DESCRIPTIONS = {
    "loss": "early stopping by the dev loss with patience {patience}",
    "uar": "early stopping by the dev UAR (mean of {window} epochs) with patience {patience}",
    "none": "no early stopping",
}

STOPPING: dict[str, type[Stopping] | None] = {"loss": LowestLoss, "uar": HighestUar, "none": None}
"""Rule of `aser_bench.models.base.EARLY_STOPPING` -> its class; None for no early stopping."""
