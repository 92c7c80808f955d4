"""What a feature set is: a signal in, numbers with names out."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np


class FeatureSet(ABC):
    """One feature set.

    Attributes
    ----------
    name, title : str
        The name on the command line, and one line for ``list``.
    version : int
        Raised whenever the numbers change: a part of the key in the store.
    packages : tuple of str
        Distributions whose version may change the numbers: their versions are in the key too.
    columns : tuple of str
        The name of each value.
    frames : bool
        Whether a signal gives a matrix (frames, len(columns)) instead of a vector.
    """

    name: str
    title: str
    version: int
    packages: tuple[str, ...] = ()
    columns: tuple[str, ...]
    frames: bool = False

    @abstractmethod
    def params(self) -> dict[str, object]:
        """Return all that decides the numbers; a part of the key in the store."""

    @abstractmethod
    def extract(self, signal: np.ndarray, rate: int) -> np.ndarray:
        """Return float32 features of one mono signal (samples,) at ``rate`` Hz.

        Shape (len(columns),), or (frames, len(columns)) where ``frames`` is true.
        """
