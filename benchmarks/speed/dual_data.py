"""Utterances as long as IEMOCAP's, made up, and the ways in which `dual.py` pads them."""

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
MEAN_WORDS, MOST_WORDS, VOCABULARY, TELLING = 15, 128, 3000, 40


@cache
def data(n: int, shorter: int = 1) -> tuple[list[Utterance], np.ndarray]:
    """Draw utterances and their classes; each class leaves its mark on frames, vector and words.

    Lengths have a gamma distribution of IEMOCAP's mean and standard deviation; an utterance has
    as many words as there would be in its length at one rate, give or take a Poisson's deviation.
    """
    rng = np.random.default_rng(0)
    lengths = rng.gamma((MEAN / SD) ** 2, SD**2 / MEAN, n)
    words = 1 + rng.poisson((MEAN_WORDS - 1) / MEAN * lengths)
    labels = rng.integers(0, SIZES.classes, n)
    on_frames, on_vector = (
        0.15 * rng.standard_normal((SIZES.classes, size)) for size in (SIZES.columns, SIZES.values)
    )
    often = 1 / np.arange(1, VOCABULARY + 1)
    found = []
    for length, count, label in zip(lengths, words, labels, strict=True):
        n_frames = int(np.clip(length, SHORTEST, MOST_FRAMES)) // shorter
        frames = rng.standard_normal((n_frames, SIZES.columns), dtype=np.float32)
        frames += on_frames[label] + 0.3 * rng.standard_normal(SIZES.columns)
        vector = rng.standard_normal(SIZES.values) + on_vector[label]
        spoken = rng.choice(VOCABULARY, count, p=often / often.sum())
        telling = 100 + TELLING * label + rng.integers(0, TELLING, count)
        spoken = np.where(rng.random(count) < 0.1, telling, spoken)
        text = " ".join(f"w{word}" for word in spoken)
        found.append(Utterance(frames, vector.astype(np.float32), text))
    return found, labels


def widened(array: np.ndarray, frames: int, words: int) -> np.ndarray:
    """Return one of a network's inputs, time first, with frames or words padded to so many."""
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
        """Return what the network takes, widened."""
        return tuple(map(self._widen, self._rows.padded(rows)))


class PaddedPreprocessor(Preprocessor):
    """A reader whose utterances are all padded to the most that is read."""

    def __call__(self, utterances: Any) -> Any:
        """Return utterances as a network takes them."""
        widen = partial(widened, frames=MOST_FRAMES, words=MOST_WORDS)
        length = MOST_FRAMES if "frames" in self.inputs else MOST_WORDS
        return Alike(super().__call__(utterances), length, widen)


class RandomPreprocessor(Preprocessor):
    """A reader whose utterances are padded to a batch's longest, but in batches at random."""

    def __call__(self, utterances: Any) -> Any:
        """Return utterances as a network takes them."""
        return Alike(super().__call__(utterances), 1, lambda array: array)


def preprocessor_for(kinds: tuple[str, ...], training: list[Utterance]) -> Preprocessor:
    """Return what makes a network's inputs, as the classifier has it."""
    return Preprocessor.of(kinds, training, standardise=True, frame_pool=1, max_frames=MOST_FRAMES)


def shapes(kinds: tuple[str, ...], n: int, size: int) -> tuple[dict[str, float], int, int]:
    """Return to how much ours pads on average, and the pieces of an epoch and their shapes."""
    utterances = data(n + 1)[0][:n]
    rows = preprocessor_for(kinds, utterances)(utterances)
    found = [
        tuple(one.shape for one in rows.padded(batch[piece]))
        for batch in batches.epoch_batches(rows.lengths, size, np.random.default_rng(0))
        for piece in batches.sub_batches(rows.lengths[batch], len(batch))
    ]
    # Frames come first and have a lengths' array behind them; so do words, in the end.
    places = {"frames": 0, "words": -2}
    read = [what for what in places if {"words": "text"}.get(what, what) in kinds]
    means = {
        what: sum(piece[places[what]][0] * piece[places[what]][1] for piece in found) / n
        for what in read
    }
    return means, len(found), len(set(found))
