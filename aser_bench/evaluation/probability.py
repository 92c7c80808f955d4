"""Scores of predicted probabilities: calibration error and Brier score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .confusion import confusion_matrix


def ece(correct: ArrayLike, confidence: ArrayLike, bins: int = 15) -> float:
    r"""Expected calibration error: difference of confidence and accuracy.

    .. math:: \sum_b \frac{n_b}{N} \, |\mathrm{accuracy}_b - \mathrm{confidence}_b|

    over ``bins`` equal intervals (l, u] of confidence from 0 to 1 (Guo et al., On calibration of
    modern neural networks, ICML 2017).

    Parameters
    ----------
    correct : array_like of shape (n,), bool
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
        If there are no utterances, the lengths differ, or a confidence is not from 0 to 1.

    Examples
    --------
    >>> round(ece([True, False], [0.9, 0.6]), 3)
    0.35
    """
    hits, sure = np.asarray(correct, dtype=bool), np.asarray(confidence, dtype=float)
    if hits.ndim != 1 or hits.shape != sure.shape or not hits.size:
        raise ValueError(f"expected two lists of one length, got {hits.shape} and {sure.shape}")
    if np.isnan(sure).any():
        return float("nan")
    if (sure < 0).any() or (sure > 1 + 1e-6).any():
        raise ValueError("a confidence is not from 0 to 1")
    bins_of = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(bins_of, hits - sure, minlength=bins)  # n_b times the gap of the bin
    return float(np.abs(gaps).sum() / hits.size)


def brier(truth: ArrayLike, probabilities: ArrayLike, labels: Sequence[Any]) -> float:
    r"""Brier score of several classes: mean squared distance of probabilities and truth.

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
        If there are no utterances, a shape does not fit, or a label is not in ``labels``.

    Examples
    --------
    >>> round(brier(["sad", "angry"], [[0.2, 0.8], [0.5, 0.5]], ["angry", "sad"]), 3)
    0.29
    """
    chances = np.asarray(probabilities, dtype=float)
    true = np.asarray(truth)
    if true.ndim != 1 or not true.size or chances.shape != (true.size, len(labels)):
        raise ValueError(f"expected ({true.size}, {len(labels)}) numbers, got {chances.shape}")
    confusion_matrix(true, true, labels)  # raises ValueError for a label that is not in labels
    index = {label: position for position, label in enumerate(labels)}
    hot = np.eye(len(labels))[[index[label] for label in true.tolist()]]
    return float(((chances - hot) ** 2).sum(axis=1).mean())
