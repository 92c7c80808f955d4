"""Metrics of a classification, each a pure function of the true and the predicted labels.

All but those of probabilities are computed from one confusion matrix: ``matrix[i, j]`` counts
the utterances of class i that were called class j; `counts` does that for many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike, NDArray

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
        If there is no label, or not as many predicted as true ones.

    Examples
    --------
    >>> wap(["sad", "sad", "angry", "angry"], ["sad", "angry", "angry", "angry"])
    0.8333333333333333
    """
    return float(confusion.wap(confusion_matrix(truth, predicted)))


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Share of the utterances that were called what they are.

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
        NaN for a class that does not occur in ``truth``: it has no recall, not one of 0.

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


def scores(truth: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Return every metric of `METRICS` by its name, from one confusion matrix.

    Examples
    --------
    >>> scores(["sad", "angry"], ["sad", "sad"])["uar"]
    0.5
    """
    matrix = confusion_matrix(truth, predicted)
    return {name: float(metric.of_confusion(matrix)) for name, metric in METRICS.items()}


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
        Metric("wap", "WAP", wap, confusion.wap),
        Metric("accuracy", "Accuracy", accuracy, confusion.accuracy),
        Metric("uar", "UAR", uar, confusion.uar),
        Metric("macro_f1", "Macro-F1", macro_f1, confusion.macro_f1),
    )
}
"""The metrics of the scores, by name and in the order of their columns."""
