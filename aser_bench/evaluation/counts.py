"""Metrics of many confusion matrices at once: arrays of shape (..., k, k) -> (...).

``matrix[..., i, j]`` counts the utterances of class i that were called class j. A resampling may
so pass thousands of them in one call. A class of which a matrix holds nothing (an empty row and
column) changes no metric. Formulas stand in `metrics`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def tally(rows: Array, columns: Array, size: int) -> Array:
    """Return the confusion matrix (size, size) of true (rows) and predicted (columns) codes."""
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)


def ratio(part: Array, whole: Array, otherwise: float) -> Array:
    """Return ``part / whole``, and ``otherwise`` where the whole is nothing."""
    out = np.full(np.broadcast(part, whole).shape, otherwise)
    return np.divide(part, whole, out=out, where=whole > 0)


def wap(matrix: Array) -> Array:
    """Return the weighted average precision."""
    precision = ratio(hits(matrix), called(matrix), 0.0)
    sizes = true(matrix)
    return (precision * sizes).sum(axis=-1) / sizes.sum(axis=-1)


def accuracy(matrix: Array) -> Array:
    """Return the share on the diagonal."""
    return hits(matrix).sum(axis=-1) / matrix.sum(axis=(-2, -1))


def uar(matrix: Array) -> Array:
    """Return the mean recall of the classes that occur."""
    sizes = true(matrix)
    return ratio(hits(matrix), sizes, 0.0).sum(axis=-1) / (sizes > 0).sum(axis=-1)


def macro_f1(matrix: Array) -> Array:
    """Return the mean F1 of the classes that occur or are predicted."""
    occurs = true(matrix) + called(matrix)
    return ratio(2 * hits(matrix), occurs, 0.0).sum(axis=-1) / (occurs > 0).sum(axis=-1)


def recalls(matrix: Array) -> Array:
    """Return the recall of each class (..., k), NaN where it does not occur."""
    return ratio(hits(matrix), true(matrix), np.nan)


def precisions(matrix: Array) -> Array:
    """Return the precision of each class (..., k), NaN where it is never predicted."""
    return ratio(hits(matrix), called(matrix), np.nan)


def true(matrix: Array) -> Array:
    """Return how many are each class (..., k); einsum is quicker than sum over few columns."""
    return np.einsum("...ij->...i", matrix)


def called(matrix: Array) -> Array:
    """Return how many are called each class (..., k)."""
    return np.einsum("...ij->...j", matrix)


def hits(matrix: Array) -> Array:
    """Return the diagonal (..., k)."""
    return np.diagonal(matrix, axis1=-2, axis2=-1)
