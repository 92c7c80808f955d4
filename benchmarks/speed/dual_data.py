"""Synthetic utterances with the lengths of IEMOCAP, and their padding in `dual.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from dual_keras import SIZES

from aser_bench.models.dual.preprocessing import DualSequences, Preprocessor
from aser_bench.models.dual.utterance import Utterance
from aser_bench.models.recurrent import batches

MEAN, SD, SHORTEST, MOST_FRAMES = 444, 306, 50, 750
MEAN_WORDS, MOST_WORDS, VOCABULARY, CLASS_WORDS = 15, 128, 3000, 40


@cache
def data(n: int, shorter: int = 1) -> tuple[list[Utterance], np.ndarray]:
    """Return utterances and their classes; frames, vector and words depend on the class.

    Lengths have a gamma distribution with the mean and standard deviation of IEMOCAP. The number of
    words is Poisson-distributed with a mean proportional to the length.
    """
    rng = np.random.default_rng(0)
    lengths = rng.gamma((MEAN / SD) ** 2, SD**2 / MEAN, n)
    words = 1 + rng.poisson((MEAN_WORDS - 1) / MEAN * lengths)
    labels = rng.integers(0, SIZES.classes, n)
    on_frames, on_vector = (
        0.15 * rng.standard_normal((SIZES.classes, size)) for size in (SIZES.columns, SIZES.values)
    )
    frequency = 1 / np.arange(1, VOCABULARY + 1)
    utterances = []
    for length, count, label in zip(lengths, words, labels, strict=True):
        n_frames = int(np.clip(length, SHORTEST, MOST_FRAMES)) // shorter
        frames = rng.standard_normal((n_frames, SIZES.columns), dtype=np.float32)
        frames += on_frames[label] + 0.3 * rng.standard_normal(SIZES.columns)
        vector = rng.standard_normal(SIZES.values) + on_vector[label]
        spoken = rng.choice(VOCABULARY, count, p=frequency / frequency.sum())
        typical = 100 + CLASS_WORDS * label + rng.integers(0, CLASS_WORDS, count)
        spoken = np.where(rng.random(count) < 0.1, typical, spoken)
        text = " ".join(f"w{word}" for word in spoken)
        utterances.append(Utterance(frames, vector.astype(np.float32), text))
    return utterances, labels


def widened(array: np.ndarray, frames: int, words: int) -> np.ndarray:
    """Return an input of a network, time first, padded to this number of frames or words."""
    is_words = array.ndim == 2 and array.dtype == np.int32
    most = frames if array.ndim == 3 else words if is_words else 0
    room = max(0, most - len(array))
    return np.pad(array, [(0, room)] + [(0, 0)] * (array.ndim - 1)) if room else array


class Alike:
    """A `SequenceSource` that reports equal lengths, so that batches are random."""

    def __init__(self, rows: DualSequences, length: int, widen: Callable[..., Any]) -> None:
        self._rows, self._widen = rows, widen
        self.lengths = np.full(len(rows.lengths), length)

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the inputs of the network, padded further."""
        return tuple(map(self._widen, self._rows.padded(rows)))


class PaddedPreprocessor(Preprocessor):
    """A preprocessor that pads all utterances to the maximal length."""

    def __call__(self, utterances: Any) -> Any:
        """Return utterances in the form that a network takes."""
        widen = partial(widened, frames=MOST_FRAMES, words=MOST_WORDS)
        length = MOST_FRAMES if "frames" in self.inputs else MOST_WORDS
        return Alike(super().__call__(utterances), length, widen)


class RandomPreprocessor(Preprocessor):
    """A preprocessor that pads to the longest of a batch, with random batches."""

    def __call__(self, utterances: Any) -> Any:
        """Return utterances in the form that a network takes."""
        return Alike(super().__call__(utterances), 1, lambda array: array)


def preprocessor_for(inputs: tuple[str, ...], training: list[Utterance]) -> Preprocessor:
    """Return the preprocessor of the classifier, learnt from ``training``."""
    return Preprocessor.of(inputs, training, standardise=True, frame_pool=1, max_frames=MOST_FRAMES)


def shapes(inputs: tuple[str, ...], n: int, size: int) -> tuple[dict[str, float], int, int]:
    """Return the average padded lengths, and the number of sub-batches and of their shapes."""
    utterances = data(n + 1)[0][:n]
    rows = preprocessor_for(inputs, utterances)(utterances)
    sub_batches = [
        tuple(array.shape for array in rows.padded(batch[piece]))
        for batch in batches.epoch_batches(rows.lengths, size, np.random.default_rng(0))
        for piece in batches.sub_batches(rows.lengths[batch], len(batch))
    ]
    # Frames are first; words, their lengths, and the vectors of other words are last.
    index = {"frames": 0, "words": -3}
    units = [unit for unit in index if {"words": "text"}.get(unit, unit) in inputs]
    means = {
        unit: sum(shape[index[unit]][0] * shape[index[unit]][1] for shape in sub_batches) / n
        for unit in units
    }
    return means, len(sub_batches), len(set(sub_batches))
