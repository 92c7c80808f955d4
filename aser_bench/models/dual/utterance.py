"""What a dual encoder knows of an utterance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

INPUTS = ("frames", "vector", "text")
"""What a dual encoder may read, in the order in which its network takes it."""


class Utterance(NamedTuple):
    """One utterance; what a model does not read may be None.

    Attributes
    ----------
    frames : numpy.ndarray or None
        Shape (frames, columns), such as 39 MFCC each 10 ms.
    vector : numpy.ndarray or None
        Shape (values,), such as 35 of prosody.
    text : str or None
        What was said, or what a transcriber heard; may be empty.
    """

    frames: np.ndarray | None = None
    vector: np.ndarray | None = None
    text: str | None = None
