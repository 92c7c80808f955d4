"""Metrics of a classification: pure functions of the true and the predicted labels.

All are computed from a confusion matrix c: ``c[i, j]`` is the number of utterances of class i
that were predicted as class j. `confusion` has the same metrics for many matrices at once.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import registry
from ..core.metrics import Metric, OfConfusion, all_metrics
from . import confusion
from .confusion import confusion_matrix

Array = NDArray[Any]


def wap(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Weighted average precision: precision of each class, weighted by its true share.

    .. math:: \sum_i \frac{n_i}{N} \cdot \frac{c_{ii}}{\sum_k c_{ki}}

    with c the confusion matrix, n_i the utterances of class i and N all utterances. The
    precision of a class that is never predicted counts as 0. The same as scikit-learn's
    ``precision_score(average="weighted", zero_division=0)``.

    Parameters
    ----------
    truth, predicted : array_like of shape (n,)
        Labels of any sortable type.

    Returns
    -------
    float
        From 0 to 1, higher is better.

    Raises
    ------
    ValueError
        If there are no labels, or the lists differ in length.

    Examples
    --------
    >>> wap(["sad", "sad", "angry", "angry"], ["sad", "angry", "angry", "angry"])
    0.8333333333333333
    """
    return float(confusion.wap(confusion_matrix(truth, predicted)))


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Share of correctly classified utterances.

    .. math:: \frac{1}{N} \sum_i c_{ii}

    Parameters, returns and errors are those of `wap`.

    Examples
    --------
    >>> accuracy(["sad", "sad", "angry", "angry"], ["sad", "angry", "angry", "angry"])
    0.75
    """
    return float(confusion.accuracy(confusion_matrix(truth, predicted)))


def uar(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Unweighted average recall: the mean recall of the classes that occur in ``truth``.

    .. math:: \frac{1}{|T|} \sum_{i \in T} \frac{c_{ii}}{n_i}, \quad T = \{i : n_i > 0\}

    A class that is predicted but never true has no recall and is left out of T, so chance is
    1 / |T| however unequal the classes are. The same as scikit-learn's
    ``balanced_accuracy_score``. Parameters, returns and errors are those of `wap`.

    Examples
    --------
    >>> uar(["sad", "angry", "angry", "angry"], ["angry", "angry", "angry", "angry"])
    0.5
    """
    return float(confusion.uar(confusion_matrix(truth, predicted)))


def macro_f1(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Unweighted mean of the F1 of the classes that occur in ``truth`` or ``predicted``.

    .. math:: \frac{1}{|L|} \sum_{i \in L} \frac{2 c_{ii}}{\sum_k c_{ik} + \sum_k c_{ki}}

    L holds every class that is true or predicted at least once; a class that is only true or
    only predicted counts as 0. The same as scikit-learn's
    ``f1_score(average="macro", zero_division=0)`` without ``labels``. Parameters, returns
    and errors are those of `wap`.

    Examples
    --------
    >>> macro_f1(["sad", "angry", "angry", "angry"], ["sad", "angry", "angry", "happy"])
    0.6
    """
    return float(confusion.macro_f1(confusion_matrix(truth, predicted)))


def recalls(truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]) -> Array:
    r"""Recall of each label, :math:`c_{ii} / n_i`.

    Parameters
    ----------
    truth, predicted : array_like of shape (n,)
        Labels, all of which must be in ``labels``.
    labels : sequence of length k
        The classes, in the order of the result.

    Returns
    -------
    numpy.ndarray of shape (k,)
        NaN for a class that does not occur in ``truth``: its recall is not defined, not 0.

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Examples
    --------
    >>> recalls(["sad", "sad", "angry"], ["sad", "angry", "angry"], ["angry", "happy", "sad"])
    array([1. , nan, 0.5])
    """
    matrix = confusion_matrix(truth, predicted, labels)
    return confusion.recalls(matrix)


def precisions(truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]) -> Array:
    r"""Precision of each label, :math:`c_{ii} / \sum_k c_{ki}`.

    Parameters and errors are those of `recalls`.

    Returns
    -------
    numpy.ndarray of shape (k,)
        NaN for a class that is never predicted. (`wap` counts it as 0.)

    Examples
    --------
    >>> precisions(["sad", "sad", "angry"], ["sad", "angry", "angry"], ["angry", "happy", "sad"])
    array([0.5, nan, 1. ])
    """
    return confusion.precisions(confusion_matrix(truth, predicted, labels))


METRICS = (
    Metric("wap", "WAP", wap, confusion.wap, bounds=(0, 1)),
    Metric("accuracy", "Accuracy", accuracy, confusion.accuracy, bounds=(0, 1)),
    Metric("uar", "UAR", uar, confusion.uar, bounds=(0, 1)),
    Metric("macro_f1", "Macro-F1", macro_f1, confusion.macro_f1, bounds=(0, 1)),
)
"""The built-in metrics, in the order of their columns in the scores."""


def scores(truth: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Return the value of each metric in the list, by name.

    A metric that raises an error has the value NaN, and a warning gives the error.

    Examples
    --------
    >>> scores(["sad", "angry"], ["sad", "sad"])["uar"]
    0.5
    """
    matrix = confusion_matrix(truth, predicted)
    return {
        name: _value(metric, metric.of_confusion, matrix)
        if metric.of_confusion
        else _value(metric, metric.function, truth, predicted)
        for name, metric in all_metrics().items()
    }


def on_confusions(metric: Metric, labels: Sequence[Any]) -> OfConfusion:
    """Return a metric as a function of many confusion matrices.

    Parameters
    ----------
    metric : Metric
        If it has no ``of_confusion``, its function is called once for each matrix, with labels
        that have this confusion matrix, sorted by the true label.
    labels : sequence of length k
        The classes of the rows and columns.

    Returns
    -------
    callable
        Confusion matrices (..., k, k) of whole numbers -> (...). NaN for a matrix without
        utterances, and where the metric raises an error (with a warning).
    """
    of_confusion = metric.of_confusion
    if of_confusion is not None:
        return lambda matrices: _values(metric, of_confusion, matrices)
    classes = np.asarray(labels)
    size = len(classes)
    true, called = np.repeat(classes, size), np.tile(classes, size)

    def loop(matrices: Array) -> Array:
        counts = np.rint(matrices).astype(int).reshape(-1, size * size)
        values = [
            _value(metric, metric.function, np.repeat(true, row), np.repeat(called, row))
            if row.any()
            else np.nan
            for row in counts
        ]
        return np.array(values, dtype=float).reshape(matrices.shape[:-2])

    return loop


def _values(metric: Metric, of_confusion: OfConfusion, matrices: Array) -> Array:
    try:
        values = np.asarray(of_confusion(matrices), dtype=float)
        if values.shape != matrices.shape[:-2]:
            raise ValueError(f"shape {values.shape} instead of {matrices.shape[:-2]}")
        return values
    except Exception as error:  # a metric of another package may raise anything
        _warn(metric, error)
        return np.full(matrices.shape[:-2], np.nan)


def _value(metric: Metric, function: Callable[..., Any], *arguments: Any) -> float:
    try:
        return float(function(*arguments))
    except Exception as error:  # a metric of another package may raise anything
        _warn(metric, error)
        return float("nan")


def _warn(metric: Metric, error: Exception) -> None:
    warnings.warn(
        f"metric {metric.name!r} has no value for some predictions: {registry.reason(error)}",
        RuntimeWarning,
        stacklevel=3,
    )
