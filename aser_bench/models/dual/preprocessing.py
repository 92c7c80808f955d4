"""Utterances of sound and words made ready for a network: scaled, encoded, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..recurrent.batches import BatchSchedule, Scaler, pad, pool
from ..text.tokens import tokenise
from ..text.vocabulary import PADDING, Vocabulary
from .utterance import Utterance

tokens_of = lru_cache(maxsize=1 << 16)(lambda text: tuple(tokenise(text)))
"""The tokens of a text, split once however often an utterance is trained on."""


@dataclass(frozen=True)
class Preprocessor:
    """How utterances become a network's inputs; all of it learnt from a training part.

    Attributes
    ----------
    kinds : tuple of str
        What the model reads, of `utterance.INPUTS`.
    frames, vector : Scaler or None
        None where a model does not read it or nothing is standardised.
    vocabulary : Vocabulary or None
    frame_pool, max_frames : int
        So many frames are averaged into one, and no more than so many of these are read.
    """

    kinds: tuple[str, ...]
    frames: Scaler | None
    vector: Scaler | None
    vocabulary: Vocabulary | None
    frame_pool: int
    max_frames: int

    @classmethod
    def of(
        cls,
        kinds: tuple[str, ...],
        training: Sequence[Utterance],
        *,
        standardise: bool,
        frame_pool: int,
        max_frames: int,
    ) -> Preprocessor:
        """Learn means, standard deviations and vocabulary from the training part."""
        plain = cls(kinds, None, None, None, frame_pool, max_frames)
        scalers = {
            "frames": lambda: Scaler(plain.matrices(training)),
            "vector": lambda: Scaler([one[None] for one in _vectors(training)]),
        }
        found = {
            kind: scalers[kind]() if standardise and kind in kinds else None for kind in scalers
        }
        words = Vocabulary.of(map(tokens_of, _texts(training))) if "text" in kinds else None
        return cls(kinds, found["frames"], found["vector"], words, frame_pool, max_frames)

    def __call__(self, utterances: Sequence[Utterance]) -> DualSequences:
        """Return utterances as a network takes them."""
        made = {
            "frames": lambda: self.matrices(utterances),
            "vector": lambda: self._scaled_vectors(utterances),
            "text": lambda: self._encoded(utterances),
        }
        return DualSequences({kind: made[kind]() for kind in self.kinds})

    def matrices(self, utterances: Sequence[Utterance]) -> list[np.ndarray]:
        """Return pooled, cut and scaled frames.

        Raises
        ------
        ValueError
            If an utterance has none.
        """
        found = []
        for one in utterances:
            if one.frames is None or one.frames.ndim != 2 or not len(one.frames):
                raise ValueError("an utterance must have a matrix (frames, columns) with frames")
            frames = pool(one.frames, self.frame_pool)[: self.max_frames]
            found.append(frames if self.frames is None else self.frames(frames))
        return found

    def _scaled_vectors(self, utterances: Sequence[Utterance]) -> np.ndarray:
        vectors = _vectors(utterances)
        return vectors if self.vector is None else self.vector(vectors)

    def _encoded(self, utterances: Sequence[Utterance]) -> list[np.ndarray]:
        assert self.vocabulary is not None
        return [self.vocabulary.encode(tokens_of(text)) for text in _texts(utterances)]


def _vectors(utterances: Sequence[Utterance]) -> np.ndarray:
    found = [one.vector for one in utterances if one.vector is not None and one.vector.ndim == 1]
    if len(found) < len(utterances):
        raise ValueError("an utterance must have a vector of values")
    return np.stack(found).astype(np.float32) if found else np.zeros((0, 0), dtype=np.float32)


def _texts(utterances: Sequence[Utterance]) -> list[str]:
    found = [one.text for one in utterances if one.text is not None]
    if len(found) < len(utterances):
        raise ValueError("an utterance must have a text, if an empty one")
    return found


class DualSequences:
    """Utterances as a dual encoder's network takes them; a `batches.SequenceSource`.

    Parameters
    ----------
    parts : dict
        Of ``frames`` (list of matrices), ``vector`` (array) and ``text`` (list of word numbers)
        those that the model reads, in its order.
    """

    def __init__(self, parts: dict) -> None:
        self._parts = parts
        sorted_by = parts["frames"] if "frames" in parts else parts["text"]
        self.lengths = np.array([len(one) for one in sorted_by])

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return what the network takes: time first, padded to the longest of these rows."""
        return tuple(
            array for kind, values in self._parts.items() for array in _PADDED[kind](values, rows)
        )


def _padded_frames(values: list[np.ndarray], rows: np.ndarray) -> tuple[np.ndarray, ...]:
    return pad([values[row] for row in rows])


def _padded_words(values: list[np.ndarray], rows: np.ndarray) -> tuple[np.ndarray, ...]:
    lengths = np.array([len(values[row]) for row in rows], dtype=np.int32)
    words = np.full((lengths.max(), len(rows)), PADDING, dtype=np.int32)
    for column, row in enumerate(rows):
        words[: lengths[column], column] = values[row]
    return words, lengths


_PADDED = {
    "frames": _padded_frames,
    "vector": lambda values, rows: (values[rows],),
    "text": _padded_words,
}


def random_batches(size: int, share: float) -> BatchSchedule:
    """Return rounds as the authors train: batches drawn with replacement, a look at dev each
    ``int(share * n / size) + 1`` steps.
    """

    def rounds(lengths: np.ndarray, rng: np.random.Generator) -> Iterator[Iterable[np.ndarray]]:
        n = len(lengths)
        while True:
            yield [rng.integers(0, n, size) for _ in range(int(share * n / size) + 1)]

    return rounds
