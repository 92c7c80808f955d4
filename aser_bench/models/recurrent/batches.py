"""Utterances of unequal length in batches with little padding (numpy alone)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

_CHUNK = 8
"""Batches that are sorted by length together."""

MAX_PADDED_FRAMES = 64 * 512
"""Padded frames that go through the network at once: some 250 MB for two layers of 128 units."""


class SequenceSource(Protocol):
    """Utterances as a network takes them.

    Attributes
    ----------
    lengths : numpy.ndarray
        Shape (utterances,): what batches are sorted by, in frames or words.
    """

    @property
    def lengths(self) -> np.ndarray: ...  # noqa: D102 - said above

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the network's inputs for utterances of these positions."""


class FrameSequences:
    """Utterances that are matrices (frames, columns) and nothing else; a `SequenceSource`."""

    def __init__(self, utterances: Sequence[np.ndarray]) -> None:
        self._utterances = utterances
        self.lengths = np.array([len(one) for one in utterances])

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return frames (longest, utterances, columns) and lengths; see `padded`."""
        return pad([self._utterances[row] for row in rows])


def epoch_batches(lengths: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield one epoch's batches: positions of utterances, each once.

    The utterances are shuffled; each ``_CHUNK * size`` of them are sorted by length and cut
    into batches of ``size``; the batches are shuffled. So a batch holds utterances of about
    one length, but which ones changes from epoch to epoch. The last batch of a chunk may be
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
"""What comes between two looks at dev: takes the utterances' lengths and a generator, and yields
rounds without end, each the batches (positions of utterances) to train on."""


def epoch_schedule(size: int) -> BatchSchedule:
    """Return rounds of one epoch each, in batches of ``size``; see `epoch`."""

    def rounds(lengths: np.ndarray, rng: np.random.Generator) -> Iterator[Iterable[np.ndarray]]:
        while True:
            yield epoch_batches(lengths, size, rng)

    return rounds


def sub_batches(
    lengths: np.ndarray, size: int, frames: int = MAX_PADDED_FRAMES
) -> Iterator[np.ndarray]:
    """Yield positions in pieces of at most ``size`` utterances and ``frames`` padded frames.

    They come sorted by length, so that a minute of speech does not pad what is short. An
    utterance that is longer than ``frames`` is a piece of its own.
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
        Zero behind an utterance's end.
    lengths : numpy.ndarray of int32, shape (utterances,)
    """
    lengths = np.array([len(one) for one in utterances], dtype=np.int32)
    frames = np.zeros((lengths.max(), len(utterances), utterances[0].shape[1]), dtype=np.float32)
    for column, one in enumerate(utterances):
        frames[: len(one), column] = one
    return frames, lengths


def pool(frames: np.ndarray, number: int) -> np.ndarray:
    """Return frames (frames, columns) averaged in time, ``number`` into one.

    The last mean may be over fewer.

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
    """Mean and standard deviation of every column over all frames of a training set.

    Attributes
    ----------
    mean, scale : numpy.ndarray of float32, shape (columns,)
        A column that never changes has scale 1.
    """

    def __init__(self, utterances: Sequence[np.ndarray]) -> None:
        frames = np.concatenate(list(utterances))
        self.mean = frames.mean(axis=0, dtype=np.float64).astype(np.float32)
        deviation = frames.std(axis=0, dtype=np.float64).astype(np.float32)
        self.scale = np.where(deviation > 0, deviation, np.float32(1))

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Return standardised frames, float32."""
        return ((frames - self.mean) / self.scale).astype(np.float32)
