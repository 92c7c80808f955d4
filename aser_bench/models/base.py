"""Base class of models: a scikit-learn estimator, its grid, and how often it is trained."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import registry
from .search import score_grid

Grid = list[dict[str, list[Any]]]
"""A grid in the form of scikit-learn's ``param_grid``."""

Folds = Sequence[tuple[np.ndarray, np.ndarray]]
"""Inner folds: pairs of training rows and validation rows."""

EFFORTS = ("quick", "standard", "paper")

CLASS_WEIGHTS = ("none", "balanced")

EARLY_STOPPING = ("loss", "uar", "none")
"""Rules by which a model with early stopping ends training and chooses the weights."""

RUNS = {"quick": 3, "standard": 10, "paper": 10}
"""Runs per fold for randomly initialised models, unless ``--runs`` is given."""

INNER_FOLDS = {"quick": 3, "standard": 3, "paper": 5}
"""Folds of the grid search inside the training set."""


@dataclass(frozen=True)
class Settings:
    """Settings of a study that apply to all of its models; each model uses the relevant ones.

    Attributes
    ----------
    preset, effort : str
        Fixed settings of the models, and extent of the grid search.
    max_epochs, patience : int or None
        For models with early stopping: maximal number of epochs, and epochs without an improvement
        on dev after which training stops. None: the default of the model.
    early_stopping : str or None
        For models with early stopping: a rule of `EARLY_STOPPING`. ``loss``: the weights of the
        lowest dev loss; ``uar``: of the highest dev UAR, averaged over epochs; ``none``: all of
        ``max_epochs``, and the last weights. None: the default of the model.
    refit_dev : bool
        For models with early stopping: whether the model is retrained on train and dev, from the
        same seed, for the number of epochs that early stopping chose.
    frame_pool : int or None
        For models that read frames: number of consecutive frames that are averaged into one.
        None: the default of the model.
    class_weight : str
        ``none``, or ``balanced``: each emotion has the same total weight in training.
    embeddings : str or None
        For models that read text: file of pretrained word vectors. None: word vectors are
        randomly initialised.
    """

    preset: str = "default"
    effort: str = "standard"
    max_epochs: int | None = None
    patience: int | None = None
    early_stopping: str | None = None
    refit_dev: bool = False
    frame_pool: int | None = None
    class_weight: str = "none"
    embeddings: str | None = None


@dataclass(frozen=True)
class TrainingSize:
    """Quantities that determine the cost of a training.

    Attributes
    ----------
    utterances : int
        Utterances of the training part, summed over pooled conditions.
    columns : int
        Values per utterance, or per frame.
    frames, words : float
        Average number of frames and words per utterance, for models that read them.
    emotions : int
        Number of classes.
    """

    utterances: int
    columns: int
    frames: float = 1.0
    emotions: int = 8
    words: float = 0.0


@dataclass(frozen=True)
class TrainingOutcome:
    """Course of one training, as recorded in the scores.

    Attributes
    ----------
    epochs, best_epoch : int or None
        Number of epochs, and the epoch of which the weights are used; None for models without
        epochs. After a refit on train and dev (`Settings.refit_dev`), ``epochs`` is the number of
        the training that was monitored on dev, and ``best_epoch`` the number of the refit.
    stop : str
        Reason why training ended; empty for models without epochs:

        - ``converged``: the training loss did not fall any more;
        - ``patience``: the results on dev, by the rule of early stopping, did not improve any more;
        - ``max_epochs``: the maximal number of epochs was reached;
        - ``max_steps``: the maximal number of batches of the preset ``yoon2018`` was reached.
    """

    epochs: int | None = None
    best_epoch: int | None = None
    stop: str = ""


class Model(ABC):
    """Base class of a model.

    Attributes
    ----------
    name, title : str
        Name on the command line, and one line for ``aser-bench list``.
    version : int
        Incremented whenever the same data would give other predictions; part of the cache key.
    packages : tuple of str
        Distributions of which the version may change the predictions; the versions are part of
        the cache key.
    uses_dev : bool
        Whether the model monitors a dev part during training (early stopping), and reads the
        settings `Settings.early_stopping` and `Settings.refit_dev`. A model that does not is
        trained on those utterances, too.
    is_random : bool
        Whether predictions depend on the seed (random initialisation); such a model is trained
        several times per fold.
    inputs : tuple of str
        Inputs of an utterance. ``("vector",)`` or ``("frames",)``: a row of features, or a matrix
        (frames, columns). Any other selection of ``frames``, ``vector`` and ``text``: a
        `aser_bench.models.dual.utterance.Utterance` of them.
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
        """The type of feature set that the model takes: ``vector``, ``frames`` or ``dual``."""
        return self.inputs[0] if self.inputs in (("vector",), ("frames",)) else "dual"

    @abstractmethod
    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return an unfitted estimator, scaling included.

        It has ``fit``, ``predict`` and either ``predict_proba`` or ``decision_function``. ``fit``
        takes features and labels, and for a model with ``uses_dev`` also ``dev=(features,
        labels)``. Inputs other than vectors are object arrays, of matrices or of `Utterance`.
        """

    @abstractmethod
    def grid(self, settings: Settings) -> Grid:
        """Return the grid to search, as scikit-learn's ``param_grid``.

        A grid with one candidate is not searched.
        """

    def search(
        self,
        candidates: Sequence[dict[str, Any]],
        features: np.ndarray,
        labels: np.ndarray,
        folds: Folds,
        settings: Settings,
        seed: int,
    ) -> np.ndarray:
        """Return the UAR of each candidate on each inner fold, shape (candidates, folds).

        By default every candidate is fitted on every fold. A model may override this method to
        share work between candidates; the scores must be the same.

        Parameters
        ----------
        candidates : sequence of dict
            Candidates of `grid`, each as arguments of the estimator's ``set_params``.
        features, labels : numpy.ndarray
            The training set: shapes (rows, ...) and (rows,).
        folds : sequence of (training rows, validation rows)
        seed : int
            Seed for `estimator`.
        """
        return score_grid(self.estimator(settings, seed), candidates, features, labels, folds)

    def training_outcome(self, estimator: Any) -> TrainingOutcome:
        """Return the course of a fitted estimator's training."""
        return TrainingOutcome()

    def budget(self, settings: Settings) -> tuple[str, ...]:
        """Describe when training ends, in a few words for the captions."""
        return ()

    def ignored_settings(self, settings: Settings) -> tuple[str, ...]:
        """Describe the settings that the library ignores, each with the reason."""
        return ()

    def identity(self, settings: Settings) -> dict[str, Any]:
        """Return the part of the cache key that identifies the model and its settings.

        It contains all parameters of the estimator, including the library's defaults.
        """
        params = self.estimator(settings, 0).get_params()
        return {
            "name": self.name,
            "version": self.version,
            "packages": registry.versions(self.packages),
            "settings": {name: _as_text(value) for name, value in sorted(params.items())},
        }

    def estimated_seconds(self, size: TrainingSize, settings: Settings) -> float:
        """Return the approximate cost of one fit on one core of a reference machine.

        Only the ratio between costs matters: `aser_bench.pipeline.estimate` measures the speed of
        this machine relative to the reference.
        """
        return 1e-3 + 1e-9 * size.utterances**2 * size.columns


def _as_text(value: Any) -> str:
    """Return a parameter as text that is equal in every process; an estimator by its class."""
    if hasattr(value, "get_params"):
        return type(value).__name__
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
