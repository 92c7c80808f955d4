"""Parts that the recurrent models share: batches, layers, and training with early stopping.

Importing this package is cheap; `layers`, `training` and `gru` import TensorFlow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@cache
def tensorflow() -> Any:
    """Import TensorFlow for a worker process (one thread, no GPU, no messages) and return it.

    Two processes with one thread are faster than one process with two. With one thread the order
    of every sum, and so every bit of a result, depends on the seed only. GPUs are not used, since
    the published results were computed and tested on CPUs. If the program has initialised
    TensorFlow before, its number of threads remains.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _without_stderr():
        import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError:  # the program has initialised TensorFlow before
        pass
    return tf


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Discard the messages of C++ code about missing GPUs; errors are raised as exceptions."""
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
