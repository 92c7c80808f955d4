"""Batches of utterances of different lengths with little padding (NumPy only)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

_CHUNK = 8
"""Number of batches of which the utterances are sorted by length together."""

MAX_PADDED_FRAMES = 64 * 512
"""Padded frames per pass of the network: about 250 MB for two layers of 128 units."""


class SequenceSource(Protocol):
    """Utterances in the form that a network takes.

    Attributes
    ----------
    lengths : numpy.ndarray
        Shape (utterances,): length of each in frames or words, by which batches are sorted.
    """

    @property
    def lengths(self) -> np.ndarray: ...  # noqa: D102 - see Attributes

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the network's inputs for the utterances at these positions."""


class FrameSequences:
    """A `SequenceSource` of utterances given as matrices (frames, columns)."""

    def __init__(self, utterances: Sequence[np.ndarray]) -> None:
        self._utterances = utterances
        self.lengths = np.array([len(utterance) for utterance in utterances])

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return frames (longest, utterances, columns) and lengths; see `pad`."""
        return pad([self._utterances[row] for row in rows])


def epoch_batches(lengths: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the batches of one epoch: positions of utterances, each once.

    The utterances are shuffled. Each ``_CHUNK * size`` of them are sorted by length and divided
    into batches of ``size``, and the batches are shuffled. So the utterances of a batch have
    similar lengths, but a batch differs from epoch to epoch. The last batch of a chunk may be
    smaller.

    Parameters
    ----------
    lengths : numpy.ndarray
        Shape (utterances,), in frames.
    """
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), _CHUNK * size):
        chunk = order[start : start + _CHUNK * size]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        batches += [chunk[first : first + size] for first in range(0, len(chunk), size)]
    for index in rng.permutation(len(batches)):
        yield batches[index]


BatchSchedule = Callable[[np.ndarray, np.random.Generator], Iterator[Iterable[np.ndarray]]]
"""Batches between two evaluations of dev: a function of the utterances' lengths and a random
generator. It yields rounds without end; each is the batches (positions of utterances) to train
on before the next evaluation."""


def epoch_schedule(size: int) -> BatchSchedule:
    """Return rounds of one epoch each, in batches of ``size``; see `epoch_batches`."""

    def rounds(lengths: np.ndarray, rng: np.random.Generator) -> Iterator[Iterable[np.ndarray]]:
        while True:
            yield epoch_batches(lengths, size, rng)

    return rounds


def sub_batches(
    lengths: np.ndarray, size: int, frames: int = MAX_PADDED_FRAMES
) -> Iterator[np.ndarray]:
    """Yield positions in parts of at most ``size`` utterances and ``frames`` padded frames.

    Utterances are sorted by length, so that a long utterance does not cause padding of short ones.
    An utterance longer than ``frames`` is a part by itself.
    """
    order = np.argsort(lengths, kind="stable")
    start = 0
    for end in range(1, len(order) + 1):
        last = end == len(order)
        full = end - start == size
        if last or full or (end - start + 1) * lengths[order[end]] > frames:
            yield order[start:end]
            start = end


def pad(utterances: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return utterances (frames, columns) as one array, time first, and their lengths.

    Returns
    -------
    frames : numpy.ndarray of float32, shape (longest, utterances, columns)
        Zero after the end of an utterance.
    lengths : numpy.ndarray of int32, shape (utterances,)
    """
    lengths = np.array([len(utterance) for utterance in utterances], dtype=np.int32)
    frames = np.zeros((lengths.max(), len(utterances), utterances[0].shape[1]), dtype=np.float32)
    for column, utterance in enumerate(utterances):
        frames[: len(utterance), column] = utterance
    return frames, lengths


def pool(frames: np.ndarray, number: int) -> np.ndarray:
    """Return frames (frames, columns) averaged in time, ``number`` into one.

    The last mean may be over fewer frames.

    Examples
    --------
    >>> pool(np.array([[1.0], [3.0], [5.0]]), 2).tolist()
    [[2.0], [5.0]]
    """
    if number == 1:
        return frames
    starts = np.arange(0, len(frames), number)
    sums = np.add.reduceat(frames, starts, axis=0)
    counts = np.diff(np.append(starts, len(frames)))
    return (sums / counts[:, None]).astype(frames.dtype)


class Scaler:
    """Standardisation of every column over all frames of a training set.

    Attributes
    ----------
    mean, scale : numpy.ndarray of float32, shape (columns,)
        Mean and standard deviation; the scale of a constant column is 1.
    """

    def __init__(self, utterances: Sequence[np.ndarray]) -> None:
        frames = np.concatenate(list(utterances))
        self.mean = frames.mean(axis=0, dtype=np.float64).astype(np.float32)
        deviation = frames.std(axis=0, dtype=np.float64).astype(np.float32)
        self.scale = np.where(deviation > 0, deviation, np.float32(1))

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Return standardised frames, float32."""
        return np.asarray((frames - self.mean) / self.scale, dtype=np.float32)
