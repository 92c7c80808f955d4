"""Losses of the recurrent models, in TensorFlow and NumPy, and the probabilities that follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Loss:
    """A loss of logits (utterances, classes) against class indices (utterances,).

    Attributes
    ----------
    in_tensorflow : callable
        Tensors of class indices and logits -> loss of each utterance.
    in_numpy : callable
        The same for NumPy arrays, in their precision.
    probabilities : callable
        Logits -> probabilities of the same shape; each row sums to one.
    """

    in_tensorflow: Callable[[Any, Any], Any]
    in_numpy: Callable[[np.ndarray, np.ndarray], np.ndarray]
    probabilities: Callable[[np.ndarray], np.ndarray]


def _softmax_in_tensorflow(labels: Any, logits: Any) -> Any:
    import tensorflow as tf

    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


def _softmax_in_numpy(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    from scipy.special import log_softmax

    return np.asarray(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels])


def _softmax_probabilities(logits: np.ndarray) -> np.ndarray:
    from scipy.special import softmax

    return np.asarray(softmax(logits, axis=1))


def _sigmoid_in_tensorflow(labels: Any, logits: Any) -> Any:
    import tensorflow as tf

    truth = tf.one_hot(labels, logits.shape[1])
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(truth, logits), axis=1)


def _sigmoid_in_numpy(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    truth = np.eye(logits.shape[1])[labels]
    return np.asarray((np.logaddexp(0, logits) - truth * logits).mean(axis=1))


def _sigmoid_probabilities(logits: np.ndarray) -> np.ndarray:
    from scipy.special import log_expit, softmax

    # The sigmoids divided by their sum.
    return np.asarray(softmax(log_expit(logits), axis=1))


SOFTMAX = Loss(_softmax_in_tensorflow, _softmax_in_numpy, _softmax_probabilities)
"""Cross-entropy of a softmax."""

SIGMOID = Loss(_sigmoid_in_tensorflow, _sigmoid_in_numpy, _sigmoid_probabilities)
"""Mean over the classes of the cross-entropy of a sigmoid (one class against the others)."""
