"""Choose a model's settings inside the training set, fit it, and predict."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .base import Model, Settings
from .search import best_candidate


@dataclass(frozen=True)
class Tuned:
    """The settings that a grid search chose.

    Attributes
    ----------
    params : dict
        The chosen candidate of the grid.
    score : float
        Its mean UAR over the inner folds; NaN where there was nothing to choose.
    """

    params: dict[str, Any]
    score: float


def tune(
    model: Model,
    features: np.ndarray,
    labels: np.ndarray,
    folds: list[tuple[np.ndarray, np.ndarray]],
    settings: Settings,
    seed: int,
) -> Tuned:
    """Search the model's grid by cross-validation (UAR) on the training set alone.

    Candidates, folds and choice are those of scikit-learn's GridSearchCV: the highest mean
    over the folds, and the first candidate of equals.

    Parameters
    ----------
    features : numpy.ndarray
        Shape (utterances, features) or, where conditions are pooled, (rows, features).
    labels : numpy.ndarray
        Shape (rows,).
    folds : list of (train rows, validation rows)
        The inner folds; with none there is nothing to choose by and the first candidate is
        taken.
    """
    from sklearn.model_selection import ParameterGrid

    candidates = list(ParameterGrid(model.grid(settings)))
    # A fold whose training part has one class cannot be fitted, and says nothing of a candidate.
    folds = [fold for fold in folds if len(np.unique(labels[fold[0]])) > 1]
    if len(candidates) == 1 or not folds:
        return Tuned(candidates[0], float("nan"))
    with suppress_expected_warnings():
        scores = model.search(candidates, features, labels, folds, settings, seed)
    chosen, score = best_candidate(scores)
    return Tuned(candidates[chosen], score)


def fit(
    model: Model,
    params: dict[str, Any],
    features: np.ndarray,
    labels: np.ndarray,
    settings: Settings,
    seed: int,
    dev: tuple[np.ndarray, np.ndarray] | None = None,
) -> Any:
    """Fit the model with the chosen settings; return the fitted estimator.

    ``dev`` are features and labels that a model with ``uses_dev`` watches while it trains.
    """
    estimator = model.estimator(settings, seed).set_params(**params)
    watched = {"dev": dev} if model.uses_dev else {}
    with suppress_expected_warnings():
        return estimator.fit(features, labels, **watched)


def predict(
    estimator: Any, features: np.ndarray, emotions: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Predict utterances.

    Returns
    -------
    predicted : numpy.ndarray of int16, shape (rows,)
        Index into ``emotions``.
    probabilities : numpy.ndarray of float32, shape (rows, len(emotions))
        Summing to one; zero for an emotion that the training set did not hold. Where the
        estimator has no ``predict_proba`` they are a softmax over its decision values.
    """
    column = {emotion: i for i, emotion in enumerate(emotions)}
    where = [column[label] for label in estimator.classes_]
    probabilities = np.zeros((len(features), len(emotions)), dtype=np.float32)
    probabilities[:, where] = _probabilities(estimator, features)
    predicted = np.array([column[label] for label in estimator.predict(features)], dtype=np.int16)
    return predicted, probabilities


def _probabilities(estimator: Any, features: np.ndarray) -> np.ndarray:
    from scipy.special import expit, softmax

    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(features)
    if hasattr(estimator, "decision_function"):
        values = estimator.decision_function(features)
        if values.ndim == 1:  # two classes: one value, positive for the second
            second = expit(values)
            return np.stack([1 - second, second], axis=1)
        return softmax(values, axis=1)
    words = estimator.predict(features)
    return (words[:, None] == np.asarray(estimator.classes_)[None, :]).astype(np.float32)


@contextmanager
def suppress_expected_warnings() -> Iterator[None]:
    """Silence what a grid always says of epochs used up, batches cut to size, rare classes."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="Got `batch_size`")
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        yield
