"""Choice of a model's hyperparameters inside the training set, fit, and prediction."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .base import Model, Settings
from .search import best_candidate


@dataclass(frozen=True)
class Tuned:
    """Hyperparameters chosen by a grid search.

    Attributes
    ----------
    params : dict
        The chosen candidate of the grid.
    score : float
        Its mean UAR over the inner folds; NaN if nothing was searched.
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
    """Search the model's grid by cross-validation (UAR) on the training set only.

    Candidates, folds and choice are those of scikit-learn's GridSearchCV: the highest mean over
    the folds, and the first of equal candidates.

    Parameters
    ----------
    features : numpy.ndarray
        Shape (utterances, features), or (rows, features) for pooled conditions.
    labels : numpy.ndarray
        Shape (rows,).
    folds : list of (training rows, validation rows)
        The inner folds. Without folds, the first candidate is chosen.
    """
    from sklearn.model_selection import ParameterGrid

    candidates = list(ParameterGrid(model.grid(settings)))
    # No model can be fitted on a training part with a single class.
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
    """Fit the model with the chosen hyperparameters and return the fitted estimator.

    ``dev`` are the features and labels that a model with ``uses_dev`` monitors during training.
    """
    estimator = model.estimator(settings, seed).set_params(**params)
    monitored = {"dev": dev} if model.uses_dev else {}
    with suppress_expected_warnings():
        return estimator.fit(features, labels, **monitored)


def predict(
    estimator: Any, features: np.ndarray, emotions: list[str]
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float32]]:
    """Predict utterances.

    Returns
    -------
    predicted : numpy.ndarray of int16, shape (rows,)
        Index into ``emotions``.
    probabilities : numpy.ndarray of float32, shape (rows, len(emotions))
        Each row sums to one; the probability of an emotion without training data is zero. For an
        estimator without ``predict_proba``, they are a softmax over its decision values.
    """
    column = {emotion: i for i, emotion in enumerate(emotions)}
    columns = [column[label] for label in estimator.classes_]
    probabilities = np.zeros((len(features), len(emotions)), dtype=np.float32)
    probabilities[:, columns] = _probabilities(estimator, features)
    predicted = np.array([column[label] for label in estimator.predict(features)], dtype=np.int16)
    return predicted, probabilities


def _probabilities(estimator: Any, features: np.ndarray) -> np.ndarray:
    from scipy.special import expit, softmax

    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(features))
    if hasattr(estimator, "decision_function"):
        values = estimator.decision_function(features)
        if values.ndim == 1:  # two classes have one value, positive for the second
            second = expit(values)
            return np.stack([1 - second, second], axis=1)
        return np.asarray(softmax(values, axis=1))
    labels = estimator.predict(features)
    return np.asarray(labels[:, None] == np.asarray(estimator.classes_)[None, :], dtype=np.float32)


@contextmanager
def suppress_expected_warnings() -> Iterator[None]:
    """Suppress warnings that every grid causes: epochs used up, reduced batches, rare classes."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="Got `batch_size`")
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        yield
