"""The kernels of scikit-learn's SVC, computed from one matrix of dot products.

libsvm computes kernel values one by one, and again for every C and every pair of classes. Here one
matrix product computes all dot products, and each kernel is a cheap function of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

GRAM_BYTES = 2**28
"""Maximal size of a kernel matrix (5792 rows). Each worker process has up to four of them in
memory."""


class Gram:
    """Dot products of rows with the training rows, in float64.

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
        Whether ``rows`` and ``train`` are the same object.
    """

    def __init__(self, rows: np.ndarray, train: np.ndarray) -> None:
        self.dots: np.ndarray = rows @ train.T
        self.left = np.einsum("ij,ij->i", rows, rows)[:, None]
        self.right = np.einsum("ij,ij->i", train, train)
        self.same_rows = rows is train

    def matrix(self, kernel: str, gamma: float) -> np.ndarray:
        """Return the kernel matrix, shape (rows, train); do not modify a linear one in place."""
        return KERNELS[kernel](self, gamma)


def _linear(gram: Gram, gamma: float) -> np.ndarray:
    return gram.dots


def _rbf(gram: Gram, gamma: float) -> np.ndarray:
    """Return exp(-gamma |a - b|^2), with |a - b|^2 = |a|^2 - 2 ab + |b|^2."""
    matrix = np.multiply(gram.dots, -2.0)
    matrix += gram.left
    matrix += gram.right
    np.maximum(matrix, 0.0, out=matrix)  # rounding may give negative distances
    if gram.same_rows:
        np.fill_diagonal(matrix, 0.0)  # and positive distances of a row to itself
    matrix *= -gamma
    return np.asarray(np.exp(matrix, out=matrix))


def _poly(gram: Gram, gamma: float) -> np.ndarray:
    """Return (gamma ab)^3 by the products of libsvm; NumPy's power is 20 times slower."""
    matrix = np.multiply(gamma, gram.dots)
    return np.asarray(np.multiply(matrix, matrix * matrix, out=matrix))


def _sigmoid(gram: Gram, gamma: float) -> np.ndarray:
    matrix = np.multiply(gamma, gram.dots)
    return np.asarray(np.tanh(matrix, out=matrix))


KERNELS: dict[str, Callable[[Gram, float], np.ndarray]] = {
    "linear": _linear,
    "rbf": _rbf,
    "poly": _poly,
    "sigmoid": _sigmoid,
}
"""Kernels by name, with scikit-learn's defaults for degree (3) and coef0 (0)."""


def gamma_of(gamma: float | str, rows: np.ndarray) -> float:
    """Return gamma as a number: ``scale`` is 1 / (features x variance of all values)."""
    if gamma != "scale":
        return float(gamma)
    variance = rows.var()
    return 1.0 / (rows.shape[1] * variance) if variance != 0 else 1.0


def matrix_fits(n_rows: int) -> bool:
    """Return whether the kernel matrix of ``n_rows`` training rows has an acceptable size."""
    return 8 * n_rows**2 <= GRAM_BYTES
