"""What a model is: a scikit-learn estimator, the grid that it is tuned over, and its runs."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import registry
from .search import score_grid

EFFORTS = ("quick", "standard", "paper")

CLASS_WEIGHTS = ("none", "balanced")

RUNS = {"quick": 3, "standard": 10, "paper": 10}
"""Trainings a fold of what has a random start, unless ``--runs`` says otherwise."""

INNER_FOLDS = {"quick": 3, "standard": 3, "paper": 5}
"""Folds of the grid search inside the training set."""


@dataclass(frozen=True)
class Settings:
    """What a study says to all of its models; each takes what concerns it.

    Attributes
    ----------
    preset, effort : str
        Which fixed settings, and how much is searched.
    max_epochs, patience : int or None
        For models that stop early: epochs at most, and epochs without a lower dev loss after
        which training ends. None: what the model says.
    frame_pool : int or None
        For models that read frames: so many are averaged in time into one. None: what the
        model says.
    class_weight : str
        ``none``, or ``balanced``: rare emotions count as much as frequent ones in training.
    embeddings : str or None
        For models that read text: a file of pretrained word vectors. None: they start from chance.
    """

    preset: str = "default"
    effort: str = "standard"
    max_epochs: int | None = None
    patience: int | None = None
    frame_pool: int | None = None
    class_weight: str = "none"
    embeddings: str | None = None


@dataclass(frozen=True)
class TrainingSize:
    """What decides the cost of a training.

    Attributes
    ----------
    utterances : int
        Of the training part, all pooled conditions counted.
    columns : int
        Values an utterance, or a frame.
    frames, words : float
        Frames and words an utterance, on average, for models that read them.
    emotions : int
        Classes.
    """

    utterances: int
    columns: int
    frames: float = 1.0
    emotions: int = 8
    words: float = 0.0


@dataclass(frozen=True)
class TrainingOutcome:
    """How one training went, as it stands in the scores.

    Attributes
    ----------
    epochs, best_epoch : int or None
        Epochs trained, and the one whose weights were kept; None where there are no epochs or
        they are not counted.
    stop : str
        Why training ended: ``converged``, ``patience`` (the dev loss no longer fell) or
        ``max_epochs``; empty where that means nothing.
    """

    epochs: int | None = None
    best_epoch: int | None = None
    stop: str = ""


class Model(ABC):
    """One model.

    Attributes
    ----------
    name, title : str
        The name on the command line, and one line for ``list``.
    version : int
        Raised whenever the same data would give other predictions: part of the cache's key.
    packages : tuple of str
        Distributions whose version may change the predictions: in the cache's key too.
    uses_dev : bool
        Whether it watches a dev part while it trains (early stopping). A model that does not
        is trained on those utterances too.
    is_random : bool
        Whether training starts from chance, so that it is repeated (ten runs a fold).
    inputs : tuple of str
        What it reads of an utterance: ``vector`` or ``frames`` alone, a row of features or a
        matrix (frames, columns); or, together in an `aser_bench.models.dual.utterance.Utterance`,
        what it names of ``frames``, ``vector`` and ``text``.
    """

    name: str
    title: str
    version: int = 1
    packages: tuple[str, ...] = ("scikit-learn",)
    uses_dev: bool = False
    is_random: bool = False
    inputs: tuple[str, ...] = ("vector",)

    @property
    def feature_type(self) -> str:
        """The kind of feature set that it takes: ``vector``, ``frames``, or ``dual``."""
        return self.inputs[0] if self.inputs in (("vector",), ("frames",)) else "dual"

    @abstractmethod
    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return an unfitted estimator (scaling included) with ``fit``, ``predict`` and either
        ``predict_proba`` or ``decision_function``.

        Its ``fit`` takes features and labels; that of a model that uses dev also takes
        ``dev=(features, labels)``. What is no vector comes as an object array, of matrices or
        of `Utterance`.
        """

    @abstractmethod
    def grid(self, settings: Settings) -> list[dict[str, list]]:
        """Return what is searched, as scikit-learn's ``param_grid``; one candidate = no search."""

    def search(
        self,
        candidates: Sequence[dict[str, Any]],
        features: np.ndarray,
        labels: np.ndarray,
        folds: Sequence[tuple[np.ndarray, np.ndarray]],
        settings: Settings,
        seed: int,
    ) -> np.ndarray:
        """Return the UAR of each candidate on each inner fold, shape (candidates, folds).

        Every candidate is fitted on every fold. A model that can share work among them does
        so here, and gives the same scores.

        Parameters
        ----------
        candidates : sequence of dict
            From `grid`; each is what the estimator's ``set_params`` takes.
        features, labels : numpy.ndarray
            The training set: shapes (rows, ...) and (rows,).
        folds : sequence of (train rows, validation rows)
        seed : int
            For `estimator`.
        """
        return score_grid(self.estimator(settings, seed), candidates, features, labels, folds)

    def training_outcome(self, estimator: Any) -> TrainingOutcome:
        """Return how the training of a fitted estimator went."""
        return TrainingOutcome()

    def budget(self, settings: Settings) -> tuple[str, ...]:
        """Say in a few words what ends training, for the captions."""
        return ()

    def ignored_settings(self, settings: Settings) -> tuple[str, ...]:
        """Name the settings that the library ignores, each with the reason."""
        return ()

    def identity(self, settings: Settings) -> dict[str, Any]:
        """Return what tells this model from another one of its name: part of the cache's key.

        The settings are all of the estimator's own, the library's defaults included.
        """
        params = self.estimator(settings, 0).get_params()
        return {
            "name": self.name,
            "version": self.version,
            "packages": registry.versions(self.packages),
            "settings": {name: _plain(value) for name, value in sorted(params.items())},
        }

    def estimated_seconds(self, size: TrainingSize, settings: Settings) -> float:
        """Return roughly what one fit costs on one core of a machine of reference.

        Only the order of costs matters to a run; `aser_bench.pipeline.estimate` measures how much
        slower or faster this machine is.
        """
        return 1e-3 + 1e-9 * size.utterances**2 * size.columns


def _plain(value: Any) -> str:
    """Return a setting as text that is the same in every process; an estimator by its class."""
    return type(value).__name__ if hasattr(value, "get_params") else _without_address(repr(value))


def _without_address(text: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", text)
