"""Metrics of a classification, each a pure function of the true and the predicted labels.

All but those of probabilities are computed from one confusion matrix: ``matrix[i, j]`` counts
the utterances of class i that were called class j; `counts` does that for many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import counts

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
    return float(counts.wap(_counts(truth, predicted)))


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Share of the utterances that were called what they are.

    .. math:: \frac{1}{N} \sum_i c_{ii}

    Parameters, returns and errors are those of `wap`.

    Examples
    --------
    >>> accuracy(["sad", "sad", "angry", "angry"], ["sad", "angry", "angry", "angry"])
    0.75
    """
    return float(counts.accuracy(_counts(truth, predicted)))


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
    return float(counts.uar(_counts(truth, predicted)))


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
    return float(counts.macro_f1(_counts(truth, predicted)))


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
    return counts.recalls(matrix)


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
    return counts.precisions(confusion(truth, predicted, labels))


def ece(right: ArrayLike, confidence: ArrayLike, bins: int = 15) -> float:
    r"""Expected calibration error: how far confidence lies from the share that is right.

    .. math:: \sum_b \frac{n_b}{N} \, |\mathrm{right}_b - \mathrm{confidence}_b|

    over ``bins`` equal intervals (l, u] of confidence from 0 to 1 (Guo et al., On calibration of
    modern neural networks, ICML 2017).

    Parameters
    ----------
    right : array_like of shape (n,), bool
        Whether the predicted class is the true one.
    confidence : array_like of shape (n,)
        Probability of the predicted class.
    bins : int

    Returns
    -------
    float
        From 0 to 1, lower is better; NaN if a confidence is NaN.

    Raises
    ------
    ValueError
        If there is no utterance, the lengths differ, or a confidence is not from 0 to 1.

    Examples
    --------
    >>> round(ece([True, False], [0.9, 0.6]), 3)
    0.35
    """
    hit, sure = np.asarray(right, dtype=bool), np.asarray(confidence, dtype=float)
    if hit.ndim != 1 or hit.shape != sure.shape or not hit.size:
        raise ValueError(f"expected two lists of one length, got {hit.shape} and {sure.shape}")
    if np.isnan(sure).any():
        return float("nan")
    if (sure < 0).any() or (sure > 1 + 1e-6).any():
        raise ValueError("a confidence is not from 0 to 1")
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(place, hit - sure, minlength=bins)  # n_b times the gap of the bin
    return float(np.abs(gaps).sum() / hit.size)


def brier(truth: ArrayLike, probabilities: ArrayLike, labels: Sequence[Any]) -> float:
    r"""Brier score of several classes: mean squared distance from the truth.

    .. math:: \frac{1}{N} \sum_n \sum_i (p_{ni} - [y_n = i])^2

    The original definition (Brier, Monthly Weather Review 1950), from 0 to 2.

    Parameters
    ----------
    truth : array_like of shape (n,)
        Labels, all of which must be in ``labels``.
    probabilities : array_like of shape (n, k)
        Of each label, in their order.
    labels : sequence of length k

    Returns
    -------
    float
        Lower is better; NaN if a probability is NaN.

    Raises
    ------
    ValueError
        If there is no utterance, a shape does not fit, or a label is not in ``labels``.

    Examples
    --------
    >>> round(brier(["sad", "angry"], [[0.2, 0.8], [0.5, 0.5]], ["angry", "sad"]), 3)
    0.29
    """
    chances = np.asarray(probabilities, dtype=float)
    true = np.asarray(truth)
    if true.ndim != 1 or not true.size or chances.shape != (true.size, len(labels)):
        raise ValueError(f"expected ({true.size}, {len(labels)}) numbers, got {chances.shape}")
    confusion(true, true, labels)  # complains of labels that are not there
    index = {label: position for position, label in enumerate(labels)}
    hot = np.eye(len(labels))[[index[label] for label in true.tolist()]]
    return float(((chances - hot) ** 2).sum(axis=1).mean())


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
    unknown = sorted(
        {str(label) for label in [*true.tolist(), *called.tolist()] if label not in index}
    )
    if unknown:
        raise ValueError(f"not among the labels: {', '.join(unknown)}")
    rows = np.array([index[label] for label in true.tolist()])
    columns = np.array([index[label] for label in called.tolist()])
    return counts.tally(rows, columns, len(index))


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
    return counts.tally(codes[: true.size], codes[true.size :], classes.size)


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
        Metric("wap", "WAP", wap, counts.wap),
        Metric("accuracy", "Accuracy", accuracy, counts.accuracy),
        Metric("uar", "UAR", uar, counts.uar),
        Metric("macro_f1", "Macro-F1", macro_f1, counts.macro_f1),
    )
}
"""The metrics of the scores, by name and in the order of their columns."""
