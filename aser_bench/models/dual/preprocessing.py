"""Utterances of audio and text as inputs of a network: scaled, encoded, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..recurrent.batches import BatchSchedule, Scaler, pad, pool
from ..text.tokens import tokenise
from ..text.vocabulary import MAX_TOKENS, PADDING, Vocabulary
from .utterance import Utterance
from .word_vectors import WordVectors


@lru_cache(maxsize=1 << 16)  # an utterance is used in many trainings
def tokens_of(text: str) -> tuple[str, ...]:
    """Return the tokens of a text; see `tokenise`."""
    return tuple(tokenise(text))


_NO_VECTORS = WordVectors(None, 1)


class EncodedTexts(NamedTuple):
    """Texts as the input of a network.

    Attributes
    ----------
    words : list of numpy.ndarray of int32, each of shape (words,)
        Rows of the embedding, or ``-1 - i`` for row i of ``vectors``.
    vectors : numpy.ndarray of float32, shape (other words, dimension)
        Vectors of words that are not in the vocabulary; at least one row.
    """

    words: list[np.ndarray]
    vectors: np.ndarray


@dataclass(frozen=True)
class Preprocessor:
    """Conversion of utterances to a network's inputs, learnt from a training part.

    Attributes
    ----------
    inputs : tuple of str
        Inputs of the model, of `utterance.INPUTS`.
    frames, vector : Scaler or None
        None if the model does not read them or nothing is standardised.
    vocabulary : Vocabulary or None
        The words of the training part; None if the model does not read text.
    frame_pool, max_frames : int
        Number of consecutive frames that are averaged into one, and maximal number of averaged
        frames.
    word_vectors : WordVectors
        Source of the vectors of words that are not in the vocabulary.
    """

    inputs: tuple[str, ...]
    frames: Scaler | None
    vector: Scaler | None
    vocabulary: Vocabulary | None
    frame_pool: int
    max_frames: int
    word_vectors: WordVectors = _NO_VECTORS

    @classmethod
    def of(
        cls,
        inputs: tuple[str, ...],
        training: Sequence[Utterance],
        *,
        standardise: bool,
        frame_pool: int,
        max_frames: int,
    ) -> Preprocessor:
        """Learn means, standard deviations and vocabulary from the training part."""
        unscaled = cls(inputs, None, None, None, frame_pool, max_frames)
        frames = vector = vocabulary = None
        if standardise and "frames" in inputs:
            frames = Scaler(unscaled.matrices(training))
        if standardise and "vector" in inputs:
            vector = Scaler([values[None] for values in _vectors(training)])
        if "text" in inputs:
            vocabulary = Vocabulary.of(map(tokens_of, _texts(training)))
        return cls(inputs, frames, vector, vocabulary, frame_pool, max_frames)

    def __call__(self, utterances: Sequence[Utterance]) -> DualSequences:
        """Return utterances in the form that a network takes."""
        convert: dict[str, Callable[[Sequence[Utterance]], Any]] = {
            "frames": self.matrices,
            "vector": self._scaled_vectors,
            "text": self._encoded_texts,
        }
        return DualSequences({name: convert[name](utterances) for name in self.inputs})

    def matrices(self, utterances: Sequence[Utterance]) -> list[np.ndarray]:
        """Return averaged, truncated and scaled frames.

        Raises
        ------
        ValueError
            If an utterance has no frames.
        """
        matrices = []
        for utterance in utterances:
            values = utterance.frames
            if values is None or values.ndim != 2 or not len(values):
                raise ValueError("an utterance must have a matrix (frames, columns) with frames")
            frames = pool(values, self.frame_pool)[: self.max_frames]
            matrices.append(frames if self.frames is None else self.frames(frames))
        return matrices

    def _scaled_vectors(self, utterances: Sequence[Utterance]) -> np.ndarray:
        vectors = _vectors(utterances)
        return vectors if self.vector is None else self.vector(vectors)

    def _encoded_texts(self, utterances: Sequence[Utterance]) -> EncodedTexts:
        assert self.vocabulary is not None
        texts = [tokens_of(text)[:MAX_TOKENS] for text in _texts(utterances)]
        words = {word: None for tokens in texts for word in tokens if word not in self.vocabulary}
        others = self.word_vectors.of(words)
        rows = {word: row for row, word in enumerate(others.words)}
        vectors = others.vectors if rows else np.zeros((1, others.dimension), dtype=np.float32)
        return EncodedTexts([self.vocabulary.encode(tokens, rows) for tokens in texts], vectors)


def _vectors(utterances: Sequence[Utterance]) -> np.ndarray:
    vectors = [u.vector for u in utterances if u.vector is not None and u.vector.ndim == 1]
    if len(vectors) < len(utterances):
        raise ValueError("an utterance must have a vector of values")
    if not vectors:
        return np.zeros((0, 0), dtype=np.float32)
    return np.stack(vectors).astype(np.float32)


def _texts(utterances: Sequence[Utterance]) -> list[str]:
    texts = [utterance.text for utterance in utterances if utterance.text is not None]
    if len(texts) < len(utterances):
        raise ValueError("an utterance must have a text, if an empty one")
    return texts


class DualSequences:
    """A `batches.SequenceSource` for the network of a dual encoder.

    Parameters
    ----------
    parts : mapping
        The model's inputs in their order: of ``frames`` (list of matrices), ``vector`` (array) and
        ``text`` (`EncodedTexts`).
    """

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = parts
        sorted_by = parts["frames"] if "frames" in parts else parts["text"].words
        self.lengths = np.array([len(sequence) for sequence in sorted_by])

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the network's inputs: time first, padded to the longest of these rows."""
        return tuple(
            array for name, values in self._parts.items() for array in _PADDED[name](values, rows)
        )


def _padded_frames(values: list[np.ndarray], rows: np.ndarray) -> tuple[np.ndarray, ...]:
    return pad([values[row] for row in rows])


def _selected_vectors(values: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    return (values[rows],)


def _padded_words(texts: EncodedTexts, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    lengths = np.array([len(texts.words[row]) for row in rows], dtype=np.int32)
    words = np.full((lengths.max(), len(rows)), PADDING, dtype=np.int32)
    for column, row in enumerate(rows):
        words[: lengths[column], column] = texts.words[row]
    return words, lengths, texts.vectors


_PADDED: dict[str, Callable[[Any, np.ndarray], tuple[np.ndarray, ...]]] = {
    "frames": _padded_frames,
    "vector": _selected_vectors,
    "text": _padded_words,
}


def random_batches(size: int, share: float, most: int) -> BatchSchedule:
    """Return the schedule of the authors' code: batches drawn with replacement.

    Dev is evaluated after every ``int(share * n / size) + 1`` batches, for n utterances, but not
    after the very first batch. Training ends after ``most`` batches; those after the last
    evaluation are left out, since they affect no result.
    """

    def rounds(lengths: np.ndarray, rng: np.random.Generator) -> Iterator[Iterable[np.ndarray]]:
        n = len(lengths)
        between = int(share * n / size) + 1
        first = max(between, 2)
        yield [rng.integers(0, n, size) for _ in range(first)]
        for _ in range((most - first) // between):
            yield [rng.integers(0, n, size) for _ in range(between)]

    return rounds
