"""The matrix products of an epoch of two LSTM layers: the lower bound in `lstm.py`.

Each function takes the sub-batches of an epoch as (padded frames, utterances), the columns of a
frame and the units of a layer, and returns the CPU and wall-clock seconds in one thread. The
numbers are random, since they do not affect the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from turns import cpu_s

from aser_bench.models.recurrent import tensorflow

Pieces = Sequence[tuple[int, int]]
# [x, h] and the gates' gradients (frames, utterances, ...), the weights, and the first column of
# [x, h] whose gradient is needed.
Layer = tuple[np.ndarray, np.ndarray, np.ndarray, int]


def now() -> tuple[float, float]:
    """Return the CPU seconds of this process and the time."""
    return cpu_s(), time.perf_counter()


def since(start: tuple[float, float]) -> tuple[float, float]:
    """Return the CPU and wall-clock seconds since `now` was called."""
    cpu, wall = now()
    return cpu - start[0], wall - start[1]


def frame_by_frame(pieces: Pieces, columns: int, units: int) -> tuple[float, float]:
    """Multiply by NumPy: [x, h] by the weights, and the two products of the backward pass."""

    def multiply(joined: np.ndarray, gates: np.ndarray, weights: np.ndarray, first: int) -> None:
        for inputs, back in zip(joined, gates, strict=True):
            np.matmul(inputs, weights)
            np.matmul(back, weights[first:].T)
            np.matmul(inputs.T, back)

    return _numpy(multiply, pieces, columns, units)


def at_once(pieces: Pieces, columns: int, units: int) -> tuple[float, float]:
    """Multiply by NumPy, all frames at once where they are independent."""

    def multiply(joined: np.ndarray, gates: np.ndarray, weights: np.ndarray, first: int) -> None:
        inputs = len(weights) - units
        flat, back = joined.reshape(-1, len(weights)), gates.reshape(-1, 4 * units)
        np.matmul(flat[:, :inputs], weights[:inputs])
        np.matmul(flat.T, back)
        if first == 0:
            np.matmul(back, weights[:inputs].T)
        for state, gate in zip(joined[:, :, inputs:], gates, strict=True):
            np.matmul(state, weights[inputs:])
            np.matmul(gate, weights[inputs:].T)

    return _numpy(multiply, pieces, columns, units)


def tensorflow_loop(pieces: Pieces, columns: int, units: int) -> tuple[float, float]:
    """Multiply as `frame_by_frame` in a compiled loop of TensorFlow."""
    tf = tensorflow()
    compiled: dict[int, Any] = {}
    spent = []
    for *arrays, first in _layers(pieces, columns, units):
        parts = [tf.constant(part) for part in (*arrays, arrays[-1][first:])]
        if first not in compiled:
            free = [tf.TensorSpec((None, None, part.shape[-1])) for part in arrays[:2]]
            fixed = [tf.TensorSpec(part.shape) for part in parts[2:]]
            compiled[first] = tf.function(_loop, [*free, *fixed], autograph=False)
            compiled[first](*parts)
        start = now()
        compiled[first](*parts)[1].numpy()
        spent.append(since(start))
    return _sum(spent)


def _numpy(multiply: Callable[..., None], pieces: Pieces, *sizes: int) -> tuple[float, float]:
    spent = []
    with threadpool_limits(limits=1):
        for layer in _layers(pieces, *sizes):
            start = now()
            multiply(*layer)
            spent.append(since(start))
    return _sum(spent)


def _sum(spent: list[tuple[float, float]]) -> tuple[float, float]:
    return sum(cpu for cpu, _ in spent), sum(wall for _, wall in spent)


def _loop(joined: Any, gates: Any, weights: Any, needed: Any) -> Any:
    tf = tensorflow()

    def frame(i: Any, *last: Any) -> Any:
        inputs, back = joined[i], gates[i]
        state = tf.matmul(back, needed, transpose_b=True)
        return i + 1, tf.matmul(inputs, weights), state, tf.matmul(inputs, back, transpose_a=True)

    # The results are loop variables, since TensorFlow does not compute unused results.
    n = tf.shape(joined)[1]
    sizes = (n, weights.shape[1]), (n, needed.shape[0]), weights.shape
    start = 0, *(tf.zeros(size) for size in sizes)
    return tf.while_loop(lambda i, *last: i < tf.shape(joined)[0], frame, start)


def _layers(pieces: Pieces, columns: int, units: int) -> Iterator[Layer]:
    """Yield the factors for each sub-batch and layer: slices of arrays that are created once."""
    rng = np.random.default_rng(0)
    frames, utterances = (max(sizes) for sizes in zip(*pieces, strict=True))
    whole = []
    # The input of the first layer needs no gradient.
    for inputs, first in ((columns, columns), (units, 0)):
        width, gates = inputs + units, 4 * units
        sizes = (frames, utterances, width), (frames, utterances, gates), (width, gates)
        whole.append((*(rng.standard_normal(size, dtype=np.float32) for size in sizes), first))
    for frames, utterances in pieces:
        for joined, back, weights, first in whole:
            parts = (np.ascontiguousarray(part[:frames, :utterances]) for part in (joined, back))
            yield *parts, weights, first
