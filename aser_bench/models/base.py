"""What a model is: a scikit-learn estimator, the grid that it is tuned over, and its runs."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any

from .. import registry

EFFORTS = ("quick", "standard", "paper")

RUNS = {"quick": 3, "standard": 10, "paper": 10}
"""Trainings a fold of what has a random start, unless ``--runs`` says otherwise."""

INNER_FOLDS = {"quick": 3, "standard": 3, "paper": 5}
"""Folds of the grid search inside the training set."""


class Model(ABC):
    """One model.

    Attributes
    ----------
    name, title : str
        The name on the command line, and one line for ``list``.
    version : int
        Raised whenever the same data would give other predictions: part of the store's key.
    packages : tuple of str
        Distributions whose version may change the predictions: in the store's key too.
    uses_dev : bool
        Whether it watches a dev part while it trains (early stopping). A model that does not
        is trained on those utterances too.
    random : bool
        Whether training starts from chance, so that it is repeated (ten runs a fold).
    """

    name: str
    title: str
    version: int = 1
    packages: tuple[str, ...] = ("scikit-learn",)
    uses_dev: bool = False
    random: bool = False

    @abstractmethod
    def estimator(self, preset: str, seed: int) -> Any:
        """Return an unfitted estimator (scaling included) with ``fit``, ``predict`` and either
        ``predict_proba`` or ``decision_function``.
        """

    @abstractmethod
    def grid(self, preset: str, effort: str) -> list[dict[str, list]]:
        """Return what is searched, as scikit-learn's ``param_grid``; one candidate = no search."""

    def inert(self, preset: str) -> tuple[str, ...]:
        """Name the preset's settings that the library ignores, each with the reason."""
        return ()

    def identity(self, preset: str) -> dict[str, Any]:
        """Return what tells this model from another one of its name: part of the store's key.

        The settings are all of the estimator's own, the library's defaults included.
        """
        settings = self.estimator(preset, 0).get_params()
        return {
            "name": self.name,
            "version": self.version,
            "packages": registry.versions(self.packages),
            "settings": {name: _plain(value) for name, value in sorted(settings.items())},
        }

    def seconds(self, n_train: int, n_features: int) -> float:
        """Return roughly what one fit costs on one core, for the estimate of the time left."""
        return 1e-3 + 1e-9 * n_train**2 * n_features


def _plain(value: Any) -> str:
    """Return a setting as text that is the same in every process; an estimator by its class."""
    return type(value).__name__ if hasattr(value, "get_params") else _without_address(repr(value))


def _without_address(text: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", text)
