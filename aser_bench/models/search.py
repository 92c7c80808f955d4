"""Scores of a grid's candidates on inner folds, and the choice of one, as in GridSearchCV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def score_grid(
    estimator: Any,
    candidates: Sequence[dict[str, Any]],
    features: np.ndarray,
    labels: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Fit every candidate on every fold and return their UAR.

    Parameters
    ----------
    estimator : estimator
        Unfitted; it is cloned for each fit.
    candidates : sequence of dict
        Arguments of `set_params`.
    features, labels : numpy.ndarray
        Shapes (rows, ...) and (rows,).
    folds : sequence of (training rows, validation rows)

    Returns
    -------
    numpy.ndarray of float64, shape (candidates, folds)
    """
    from sklearn.base import clone

    scores = np.empty((len(candidates), len(folds)))
    for row, candidate in enumerate(candidates):
        for column, (train, check) in enumerate(folds):
            fitted = clone(estimator).set_params(**candidate).fit(features[train], labels[train])
            scores[row, column] = uar(labels[check], fitted.predict(features[check]))
    return scores


def uar(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean recall over the classes of ``truth`` (scikit-learn's balanced accuracy).

    Examples
    --------
    >>> uar(np.array(["sad", "sad", "angry"]), np.array(["sad", "angry", "angry"]))
    0.75
    """
    recalls = [np.mean(predicted[truth == label] == label) for label in np.unique(truth)]
    return float(np.mean(recalls))


def best_candidate(scores: np.ndarray) -> tuple[int, float]:
    """Return the index of the candidate with the highest mean over the folds, and that mean.

    As in GridSearchCV, the first of equal candidates is chosen, and NaN is the lowest score.

    Parameters
    ----------
    scores : numpy.ndarray, shape (candidates, folds)
    """
    means = np.average(scores, axis=1)
    chosen = int(np.argmax(np.where(np.isnan(means), -np.inf, means)))
    return chosen, float(means[chosen])
