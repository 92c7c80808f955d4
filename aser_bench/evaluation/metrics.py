"""Metrics of a classification, each a pure function of the true and the predicted labels.

All of them are computed from one confusion matrix: ``matrix[i, j]`` counts the utterances
of class i that were called class j.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
        If there is no label, or not as many predicted as true ones.

    Examples
    --------
    >>> wap(["sad", "sad", "angry", "angry"], ["sad", "angry", "angry", "angry"])
    0.8333333333333333
    """
    return float(_wap(_counts(truth, predicted)))


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Share of the utterances that were called what they are.

    .. math:: \frac{1}{N} \sum_i c_{ii}

    Parameters, returns and errors are those of `wap`.

    Examples
    --------
    >>> accuracy(["sad", "sad", "angry", "angry"], ["sad", "angry", "angry", "angry"])
    0.75
    """
    return float(_accuracy(_counts(truth, predicted)))


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
    return float(_uar(_counts(truth, predicted)))


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
    return float(_macro_f1(_counts(truth, predicted)))


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
        NaN for a class that does not occur in ``truth``: it has no recall, not one of 0.

    Raises
    ------
    ValueError
        As `confusion`.

    Examples
    --------
    >>> recalls(["sad", "sad", "angry"], ["sad", "angry", "angry"], ["angry", "happy", "sad"])
    array([1. , nan, 0.5])
    """
    matrix = confusion(truth, predicted, labels)
    return _ratio(np.diagonal(matrix), matrix.sum(axis=1), np.nan)


def confusion(truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]) -> Array:
    """Count how often each class was called each class.

    Parameters
    ----------
    truth, predicted : array_like of shape (n,)
        Labels, all of which must be in ``labels``.
    labels : sequence of length k
        The classes, in the order of rows and columns.

    Returns
    -------
    numpy.ndarray of shape (k, k), int64
        Rows are true, columns are predicted.

    Raises
    ------
    ValueError
        If there is no label, not as many predicted as true ones, a label that is not in
        ``labels``, or a class that stands in ``labels`` twice.

    Examples
    --------
    >>> confusion(["sad", "sad", "angry"], ["sad", "angry", "angry"], ["angry", "sad"])
    array([[1, 0],
           [1, 1]])
    """
    true, called = _pair(truth, predicted)
    index = {label: position for position, label in enumerate(labels)}
    if len(index) != len(labels):
        raise ValueError("a class stands in the labels twice")
    unknown = sorted({str(label) for label in [*true.tolist(), *called.tolist()]
                      if label not in index})  # fmt: skip
    if unknown:
        raise ValueError(f"not among the labels: {', '.join(unknown)}")
    rows = np.array([index[label] for label in true.tolist()])
    columns = np.array([index[label] for label in called.tolist()])
    return _tally(rows, columns, len(index))


def scores(truth: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Return every metric of `METRICS` by its name, from one confusion matrix.

    Examples
    --------
    >>> scores(["sad", "angry"], ["sad", "sad"])["uar"]
    0.5
    """
    matrix = _counts(truth, predicted)
    return {name: float(metric.of_confusion(matrix)) for name, metric in METRICS.items()}


def _pair(truth: ArrayLike, predicted: ArrayLike) -> tuple[Array, Array]:
    true, called = np.asarray(truth), np.asarray(predicted)
    if true.ndim != 1 or true.shape != called.shape:
        raise ValueError(
            f"expected two lists of labels of one length, got {true.shape} and {called.shape}"
        )
    if true.size == 0:
        raise ValueError("a metric of no utterance is not defined")
    return true, called


def _counts(truth: ArrayLike, predicted: ArrayLike) -> Array:
    """Return the confusion matrix over the classes that occur in either list."""
    true, called = _pair(truth, predicted)
    both = np.concatenate([true, called])
    classes, codes = np.unique(both, return_inverse=True)
    return _tally(codes[: true.size], codes[true.size :], classes.size)


def _tally(rows: Array, columns: Array, size: int) -> Array:
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)


# What follows takes matrices of shape (..., k, k), so that a bootstrap may pass thousands at
# once. A class of which a matrix holds nothing (an empty row and column) changes no metric.


def _ratio(part: Array, whole: Array, otherwise: float) -> Array:
    out = np.full(np.broadcast(part, whole).shape, otherwise)
    return np.divide(part, whole, out=out, where=whole > 0)


def _wap(matrix: Array) -> Array:
    precision = _ratio(_hits(matrix), matrix.sum(axis=-2), 0.0)
    true = matrix.sum(axis=-1)
    return (precision * true).sum(axis=-1) / true.sum(axis=-1)


def _accuracy(matrix: Array) -> Array:
    return _hits(matrix).sum(axis=-1) / matrix.sum(axis=(-2, -1))


def _uar(matrix: Array) -> Array:
    true = matrix.sum(axis=-1)
    return _ratio(_hits(matrix), true, 0.0).sum(axis=-1) / (true > 0).sum(axis=-1)


def _macro_f1(matrix: Array) -> Array:
    occurs = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    return _ratio(2 * _hits(matrix), occurs, 0.0).sum(axis=-1) / (occurs > 0).sum(axis=-1)


def _hits(matrix: Array) -> Array:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


@dataclass(frozen=True)
class Metric:
    """A metric as it is listed.

    Attributes
    ----------
    name, title : str
        The column's name in the scores, and what stands in tables.
    function : callable
        (truth, predicted) -> float.
    of_confusion : callable
        The same for confusion matrices of shape (..., k, k) -> (...).
    better : str
        ``higher`` or ``lower``.
    """

    name: str
    title: str
    function: Callable[[ArrayLike, ArrayLike], float]
    of_confusion: Callable[[Array], Array]
    better: str = "higher"


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("wap", "WAP", wap, _wap),
        Metric("accuracy", "Accuracy", accuracy, _accuracy),
        Metric("uar", "UAR", uar, _uar),
        Metric("macro_f1", "Macro-F1", macro_f1, _macro_f1),
    )
}
"""The metrics of the scores, by name and in the order of their columns."""
