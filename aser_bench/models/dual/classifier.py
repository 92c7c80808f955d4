"""A dual encoder as a scikit-learn classifier of utterances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..recurrent.batches import BatchSchedule
from ..recurrent.early_stopping import EarlyStoppingClassifier
from ..recurrent.losses import SIGMOID, SOFTMAX
from ..text.embeddings import Embeddings
from ..text.vocabulary import UNKNOWN
from . import embedding_cache
from .preprocessing import DualSequences, Preprocessor, random_batches, tokens_of
from .utterance import Utterance

if TYPE_CHECKING:
    from ..recurrent.training import Trainer
    from .blocks import Architecture

_WORDS_STEP = 512
"""The number of rows of an embedding is a multiple of this, so that folds share one compiled
network. Rows beyond the vocabulary are never read."""

_CHECK_SHARE = 0.3  # of an epoch, after which the authors' code evaluates dev


@dataclass(eq=False, repr=False, kw_only=True)
class DualClassifier(EarlyStoppingClassifier):
    """A recurrent encoder of audio, of text, or of both, softmax over the emotions.

    Batches are padded to their longest utterance. Means, standard deviations and vocabulary are
    learnt from the training part only.

    Parameters
    ----------
    encoder : Architecture
        A `base.DualEncoder`, which defines the inputs, the layers and the logits.
    units : int
        Size of the state of each GRU.
    keep_audio, keep_text : float
        Share of values that dropout keeps, on the input and the output of each GRU.
    clip : float
        Limit for the absolute value of each element of a gradient.
    max_frames : int
        Maximal number of frames; further frames are ignored.
    dimension : int
        Length of a word vector without ``embeddings``.
    embeddings : str or None
        File of pretrained word vectors, which are trained further. Words without a pretrained
        vector, or all words for None, are randomly initialised.
    standardise : bool
        Whether each column and value is scaled to mean 0 and standard deviation 1 in training.
    authors : bool
        Whether the differences between the authors' code and their paper are applied: a sigmoid
        per class, one bias for all classes, linear feed-forward layers, no dropout on the last
        state, weights within 0.25 of zero, batches drawn with replacement, and an evaluation of
        dev after each 0.3 of an epoch, which then counts as an epoch.
    batch_size, learning_rate, max_epochs, patience, frame_pool, class_weight, random_state
        See `EarlyStoppingClassifier`; batch size and learning rate are those of the authors.

    Attributes
    ----------
    preprocessor_ : Preprocessor
        Conversion of utterances, learnt from the training part.
    sizes_ : tuple of int
        Columns of a frame, values of a vector, rows of the embedding, length of a word vector.
    coverage_ : float
        Share of the training part's distinct words with a vector in ``embeddings``; NaN without
        embeddings.

    Notes
    -----
    ``X`` is a sequence of `Utterance`. For further fitted attributes see
    `EarlyStoppingClassifier`.
    """

    encoder: Architecture
    units: int = 200
    keep_audio: float = 0.7
    keep_text: float = 0.3
    batch_size: int = 128
    clip: float = 10.0
    max_frames: int = 750
    dimension: int = 300
    embeddings: str | None = None
    standardise: bool = True
    authors: bool = False

    def fit(
        self, X: Sequence[Utterance], y: Any, dev: tuple[Sequence[Utterance], Any]
    ) -> DualClassifier:
        """Train on utterances ``X`` with classes ``y``, monitoring ``dev``.

        Parameters
        ----------
        X : sequence of Utterance
        y : array of shape (utterances,)
        dev : (utterances, classes)
            Part by which training stops; classes without training data are left out.

        Raises
        ------
        ValueError
            If there is no dev utterance to stop by, or an utterance lacks an input.
        UsageError
            If ``embeddings`` cannot be read.
        FloatingPointError
            If the loss becomes NaN.
        """
        self.classes_ = np.unique(np.asarray(y))
        dev = self._with_trained_classes(dev)
        self.preprocessor_ = Preprocessor.of(
            self.encoder.inputs,
            X,
            standardise=self.standardise,
            frame_pool=self.frame_pool,
            max_frames=self.max_frames,
        )
        vectors = self._pretrained_vectors([*X, *dev[0]])
        self.sizes_ = self._input_sizes(X[0], vectors)
        self._train((X, np.asarray(y)), dev, partial(self._set_word_vectors, vectors))
        return self

    def _sequences(self, X: Sequence[Utterance]) -> DualSequences:
        return self.preprocessor_(X)

    def _pretrained_vectors(self, utterances: Sequence[Utterance]) -> Embeddings | None:
        """Return the pretrained vectors of the utterances' words, or None; set `coverage_`."""
        self.coverage_ = float("nan")
        vocabulary = self.preprocessor_.vocabulary
        if self.embeddings is None or vocabulary is None:
            return None
        words = {word for utterance in utterances for word in tokens_of(utterance.text or "")}
        vectors = embedding_cache.vectors(self.embeddings, words)
        self.coverage_ = vectors.coverage(vocabulary.words)
        return vectors

    def _set_word_vectors(self, vectors: Embeddings | None, network: Any) -> None:
        vocabulary = self.preprocessor_.vocabulary
        if vocabulary is None:
            return
        # No word of the training part is unknown, so this vector would stay at its random values.
        zeros = np.zeros((1, self.sizes_[3]), dtype=np.float32)
        network.set_word_vectors(np.array([UNKNOWN]), zeros)
        if vectors is None:
            return
        position = {word: i for i, word in enumerate(vectors.words)}
        pretrained = [word for word in vocabulary.words if word in position]
        if pretrained:
            rows = np.concatenate([vocabulary.encode([word]) for word in pretrained])
            values = vectors.vectors[[position[word] for word in pretrained]]
            network.set_word_vectors(rows, values)

    def _input_sizes(
        self, first: Utterance, vectors: Embeddings | None
    ) -> tuple[int, int, int, int]:
        columns = values = words = 0
        if "frames" in self.encoder.inputs and first.frames is not None:
            columns = first.frames.shape[1]
        if "vector" in self.encoder.inputs and first.vector is not None:
            values = len(first.vector)
        if self.preprocessor_.vocabulary is not None:
            words = len(self.preprocessor_.vocabulary)
        rows = -(-words // _WORDS_STEP) * _WORDS_STEP
        return columns, values, rows, vectors.dimension if vectors else self.dimension

    def _schedule(self) -> BatchSchedule:
        if self.authors:
            return random_batches(self.batch_size, _CHECK_SHARE)
        return super()._schedule()

    def _trainer(self) -> Trainer:
        from ..recurrent.training import shared_trainer
        from .blocks import DualNetwork, NetworkShape

        shape = NetworkShape(
            *self.sizes_,
            len(self.classes_),
            self.units,
            self.keep_audio,
            self.keep_text,
            self.authors,
        )
        loss = SIGMOID if self.authors else SOFTMAX
        return shared_trainer(
            DualNetwork, self.learning_rate, self.encoder, shape, loss=loss, clip=self.clip
        )
