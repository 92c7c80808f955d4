"""Confusion matrices: how to count them, and metrics of many of them at once.

``matrix[..., i, j]`` is the number of utterances of class i that were predicted as class j. The
metrics take arrays of shape (..., k, k) and return arrays of shape (...), so that a resampling
evaluates thousands of matrices in one call. A class without utterances and without predictions
(an empty row and column) changes no metric. `metrics` has the formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

Counts = npt.NDArray[Any]
"""Numbers of utterances: integers, or floats where they are means over runs."""

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]


def from_codes(truth: Codes, predicted: Codes, classes: int) -> Counts:
    """Return the confusion matrix (classes, classes) of class codes from 0 to ``classes`` - 1."""
    flat = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return flat.reshape(classes, classes)


def by_cluster(truth: Codes, predicted: Codes, cluster: Codes, classes: int) -> Counts:
    """Return the confusion matrices of each run and cluster.

    Parameters
    ----------
    truth : numpy.ndarray of shape (n,)
        Codes of the true classes, 0 to ``classes`` - 1.
    predicted : numpy.ndarray of shape (runs, n)
        Codes of the predicted classes; -1 for an utterance that a run did not test, which is not
        counted.
    cluster : numpy.ndarray of shape (n,)
        Number of each utterance's speaker, from 0.
    classes : int

    Returns
    -------
    numpy.ndarray of shape (runs, clusters, classes, classes)
    """
    runs, groups = len(predicted), int(cluster.max()) + 1
    place = (np.arange(runs)[:, None] * groups + cluster) * classes + truth
    flat = (place * classes + predicted)[predicted >= 0]
    counts = np.bincount(flat, minlength=runs * groups * classes * classes)
    return counts.reshape(runs, groups, classes, classes)


def confusion_matrix(
    truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any] | None = None
) -> Counts:
    """Return the confusion matrix of two lists of labels.

    Parameters
    ----------
    truth, predicted : array_like of shape (n,)
        Labels of any sortable type, all of which must be in ``labels``.
    labels : sequence of length k, optional
        The classes, in the order of rows and columns; by default the classes that occur in
        either list, sorted.

    Returns
    -------
    numpy.ndarray of shape (k, k), int64
        Rows are true classes, columns are predicted classes.

    Raises
    ------
    ValueError
        If there are no labels, the lists differ in length, a label is not in ``labels``, or
        ``labels`` contains a class twice.

    Examples
    --------
    >>> confusion_matrix(["sad", "sad", "angry"], ["sad", "angry", "angry"], ["angry", "sad"])
    array([[1, 0],
           [1, 1]])
    """
    true, called = np.asarray(truth), np.asarray(predicted)
    if true.ndim != 1 or true.shape != called.shape:
        raise ValueError(
            f"expected two lists of labels of one length, got {true.shape} and {called.shape}"
        )
    if true.size == 0:
        raise ValueError("a metric of no utterances is not defined")
    if labels is None:
        classes, codes = np.unique(np.concatenate([true, called]), return_inverse=True)
        return from_codes(codes[: true.size], codes[true.size :], classes.size)
    index = {label: position for position, label in enumerate(labels)}
    if len(index) != len(labels):
        raise ValueError("the labels contain a class twice")
    unknown = sorted({str(x) for x in [*true.tolist(), *called.tolist()] if x not in index})
    if unknown:
        raise ValueError(f"not among the labels: {', '.join(unknown)}")
    rows, columns = (np.array([index[x] for x in side.tolist()]) for side in (true, called))
    return from_codes(rows, columns, len(index))


def ratio(part: Counts, whole: Counts, otherwise: float) -> Floats:
    """Return ``part / whole``, and ``otherwise`` where the whole is 0."""
    out = np.full(np.broadcast(part, whole).shape, otherwise)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def wap(matrix: Counts) -> Floats:
    """Return the weighted average precision."""
    precision = ratio(correct_counts(matrix), predicted_counts(matrix), 0.0)
    sizes = true_counts(matrix)
    return np.asarray((precision * sizes).sum(axis=-1) / sizes.sum(axis=-1))


def accuracy(matrix: Counts) -> Floats:
    """Return the share of the diagonal."""
    return np.asarray(correct_counts(matrix).sum(axis=-1) / matrix.sum(axis=(-2, -1)))


def uar(matrix: Counts) -> Floats:
    """Return the mean recall of the classes that occur."""
    sizes = true_counts(matrix)
    recall = ratio(correct_counts(matrix), sizes, 0.0)
    return np.asarray(recall.sum(axis=-1) / (sizes > 0).sum(axis=-1))


def macro_f1(matrix: Counts) -> Floats:
    """Return the mean F1 of the classes that occur or are predicted."""
    occurs = true_counts(matrix) + predicted_counts(matrix)
    f1 = ratio(2 * correct_counts(matrix), occurs, 0.0)
    return np.asarray(f1.sum(axis=-1) / (occurs > 0).sum(axis=-1))


def recalls(matrix: Counts) -> Floats:
    """Return the recall of each class (..., k), NaN where it does not occur."""
    return ratio(correct_counts(matrix), true_counts(matrix), np.nan)


def precisions(matrix: Counts) -> Floats:
    """Return the precision of each class (..., k), NaN where it is never predicted."""
    return ratio(correct_counts(matrix), predicted_counts(matrix), np.nan)


def true_counts(matrix: Counts) -> Counts:
    """Return the utterances of each class (..., k); einsum is faster than sum for few columns."""
    counts: Counts = np.einsum("...ij->...i", matrix)
    return counts


def predicted_counts(matrix: Counts) -> Counts:
    """Return the predictions of each class (..., k)."""
    counts: Counts = np.einsum("...ij->...j", matrix)
    return counts


def correct_counts(matrix: Counts) -> Counts:
    """Return the correct predictions of each class (..., k): the diagonal."""
    return np.diagonal(matrix, axis1=-2, axis2=-1)
