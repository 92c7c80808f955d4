"""One utterance as the input of a dual encoder."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

INPUTS = ("frames", "vector", "text")
"""Possible inputs of a dual encoder, in the order in which its network takes them."""


class Utterance(NamedTuple):
    """One utterance; inputs that a model does not read may be None.

    Attributes
    ----------
    frames : numpy.ndarray or None
        Shape (frames, columns), such as 39 MFCC every 10 ms.
    vector : numpy.ndarray or None
        Shape (values,), such as 35 prosody values.
    text : str or None
        The spoken words, or those that a transcriber recognised; may be empty.
    """

    frames: np.ndarray | None = None
    vector: np.ndarray | None = None
    text: str | None = None
