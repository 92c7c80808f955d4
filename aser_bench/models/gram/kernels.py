"""The kernels of scikit-learn's SVC, all of them made of one matrix of dot products by BLAS.

libsvm computes a kernel value at a time, again for every C and every pair of classes; one
matrix product computes all dot products at once, and each kernel is a cheap function of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

GRAM_BYTES = 2**28
"""A kernel matrix is made where it has at most so many bytes (5792 rows). Up to four of that
size are held at a time, in each worker process."""


class Gram:
    """Some rows against the training rows, in float64.

    Parameters
    ----------
    rows : numpy.ndarray of float64, shape (rows, features)
    train : numpy.ndarray of float64, shape (train, features)
        The training rows; ``rows`` may be the same object.

    Attributes
    ----------
    dots : numpy.ndarray of float64, shape (rows, train)
        Dot products.
    left, right : numpy.ndarray of float64, shapes (rows, 1) and (train,)
        Squared lengths.
    same_rows : bool
        Whether the rows are the training rows.
    """

    def __init__(self, rows: np.ndarray, train: np.ndarray) -> None:
        self.dots = rows @ train.T
        self.left = np.einsum("ij,ij->i", rows, rows)[:, None]
        self.right = np.einsum("ij,ij->i", train, train)
        self.same_rows = rows is train

    def matrix(self, kernel: str, gamma: float) -> np.ndarray:
        """Return the kernel matrix, shape (rows, train); a linear one is not to be changed."""
        return KERNELS[kernel](self, gamma)


def _linear(gram: Gram, gamma: float) -> np.ndarray:
    return gram.dots


def _rbf(gram: Gram, gamma: float) -> np.ndarray:
    """Return exp(-gamma |a - b|^2), with |a - b|^2 = |a|^2 - 2 ab + |b|^2."""
    matrix = gram.dots * -2.0
    matrix += gram.left
    matrix += gram.right
    np.maximum(matrix, 0.0, out=matrix)  # rounding may leave less than nothing
    if gram.same_rows:
        np.fill_diagonal(matrix, 0.0)  # and more than nothing
    matrix *= -gamma
    return np.exp(matrix, out=matrix)


def _poly(gram: Gram, gamma: float) -> np.ndarray:
    """Return (gamma ab)^3, multiplied as libsvm does it; NumPy's power is 20 times slower."""
    matrix = gamma * gram.dots
    return np.multiply(matrix, matrix * matrix, out=matrix)


def _sigmoid(gram: Gram, gamma: float) -> np.ndarray:
    matrix = gamma * gram.dots
    return np.tanh(matrix, out=matrix)


KERNELS: dict[str, Callable[[Gram, float], np.ndarray]] = {
    "linear": _linear,
    "rbf": _rbf,
    "poly": _poly,
    "sigmoid": _sigmoid,
}
"""With scikit-learn's own degree (3) and coef0 (0)."""


def gamma_of(gamma: float | str, rows: np.ndarray) -> float:
    """Return gamma as a number: ``scale`` is 1 / (features x variance of all values)."""
    if gamma != "scale":
        return float(gamma)
    variance = rows.var()
    return 1.0 / (rows.shape[1] * variance) if variance != 0 else 1.0


def matrix_fits(n_rows: int) -> bool:
    """Tell whether the kernel matrix of so many training rows may be made."""
    return 8 * n_rows**2 <= GRAM_BYTES
