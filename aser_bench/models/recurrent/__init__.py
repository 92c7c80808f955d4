"""What the recurrent models share: batches, layers, and training with an early stop.

Importing this package is cheap; `layers`, `training` and `classifier` import TensorFlow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@cache
def tensorflow() -> Any:
    """Import TensorFlow for a worker process: one thread, no GPU, no chatter; return it.

    Two processes with a thread each beat one with two, and with one thread the order of every
    sum, and so every bit of a result, depends on the seed alone. GPUs stay unused, since what
    is published here was made and tested on CPUs. Where a program has TensorFlow running
    already, its threads stay as they are.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _no_stderr():
        import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError:  # initialised before by the program that we are in
        pass
    return tf


@contextmanager
def _no_stderr() -> Iterator[None]:
    """Lose what C++ says of missing GPUs while it is imported; errors are exceptions."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
