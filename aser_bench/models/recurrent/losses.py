"""What a recurrent model is trained on: the loss in the graph, on arrays, and its probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Loss:
    """One loss of logits (utterances, classes) against classes as numbers (utterances,).

    Attributes
    ----------
    in_tensorflow : callable
        Labels and logits, TensorFlow's -> loss of each utterance.
    in_numpy : callable
        The same of NumPy's, in their precision.
    probabilities : callable
        Logits -> probabilities of the same shape that sum to one.
    """

    in_tensorflow: Callable[[Any, Any], Any]
    in_numpy: Callable[[np.ndarray, np.ndarray], np.ndarray]
    probabilities: Callable[[np.ndarray], np.ndarray]


def _softmax_in_graph(labels: Any, logits: Any) -> Any:
    import tensorflow as tf

    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


def _softmax_of(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    from scipy.special import log_softmax

    return -log_softmax(logits, axis=1)[np.arange(len(labels)), labels]


def _softmax_probabilities(logits: np.ndarray) -> np.ndarray:
    from scipy.special import softmax

    return softmax(logits, axis=1)


def _sigmoid_in_graph(labels: Any, logits: Any) -> Any:
    import tensorflow as tf

    truth = tf.one_hot(labels, logits.shape[1])
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(truth, logits), axis=1)


def _sigmoid_of(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    truth = np.eye(logits.shape[1])[labels]
    return (np.logaddexp(0, logits) - truth * logits).mean(axis=1)


def _sigmoid_probabilities(logits: np.ndarray) -> np.ndarray:
    from scipy.special import log_expit, softmax

    return softmax(log_expit(logits), axis=1)  # the sigmoids, divided by their sum


SOFTMAX = Loss(_softmax_in_graph, _softmax_of, _softmax_probabilities)
"""The cross-entropy of a softmax."""

SIGMOID = Loss(_sigmoid_in_graph, _sigmoid_of, _sigmoid_probabilities)
"""The mean of a sigmoid's cross-entropy over the classes, each for itself against the rest."""
