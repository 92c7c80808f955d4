"""A dual encoder as a scikit-learn classifier of utterances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..recurrent.batches import BatchSchedule
from ..recurrent.early_stopping import EarlyStoppingClassifier
from ..recurrent.losses import SIGMOID, SOFTMAX
from ..text.vocabulary import UNKNOWN
from . import embedding_cache
from .preprocessing import DualSequences, Preprocessor, random_batches, tokens_of
from .utterance import Utterance
from .word_vectors import WordVectors

if TYPE_CHECKING:
    from ..recurrent.training import Trainer
    from .blocks import Architecture

_WORDS_STEP = 512
"""The number of rows of an embedding is a multiple of this, so that folds share one compiled
network. Rows beyond the vocabulary are never read."""

_CHECK_SHARE = 0.3  # of an epoch, after which the authors' code evaluates dev
_AUTHORS_BATCHES = 10_000  # after which training ends
_AUTHORS_EPSILON = 1e-8  # of Adam, the default of TensorFlow 1


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
        File of pretrained word vectors. Words of the training part without a vector in it, or all
        of them for None, are randomly initialised; all of their vectors are trained further. Other
        words have the vector of the file, or zeros.
    standardise : bool
        Whether each column and value is scaled to mean 0 and standard deviation 1 in training.
    authors : bool
        Whether the differences between the authors' code and their paper are applied: a sigmoid
        per class, one bias for all classes, linear feed-forward layers, no dropout on the last
        state, weights within 0.25 of zero, an epsilon of 1e-8 for Adam, batches drawn with
        replacement, an evaluation of dev after each 0.3 of an epoch, which then counts as an
        epoch, and an end after 10,000 batches. In MDREA, the projected query takes the place of
        the feed-forward layer. The initial word vectors are those of `WordVectors`.
    batch_size, learning_rate, max_epochs, patience, early_stopping, refit_dev, frame_pool,
    class_weight, random_state
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

    def _learn_inputs(self, X: Sequence[Utterance], others: Sequence[Utterance]) -> None:
        preprocessor = Preprocessor.of(
            self.encoder.inputs,
            X,
            standardise=self.standardise,
            frame_pool=self.frame_pool,
            max_frames=self.max_frames,
        )
        dimension, self.coverage_ = self.dimension, float("nan")
        if self.embeddings is not None and preprocessor.vocabulary is not None:
            # The words of dev are requested together with them, so that the file is read once.
            words = {
                word for utterance in [*X, *others] for word in tokens_of(utterance.text or "")
            }
            file = embedding_cache.vectors(self.embeddings, words)
            dimension = file.dimension
            self.coverage_ = file.coverage(preprocessor.vocabulary.words)
        source = WordVectors(self.embeddings, dimension, self.authors, self.random_state)
        self.preprocessor_ = replace(preprocessor, word_vectors=source)
        self.sizes_ = self._input_sizes(X[0])

    def _sequences(self, X: Sequence[Utterance]) -> DualSequences:
        return self.preprocessor_(X)

    def _prepare(self, network: Any) -> None:
        vocabulary = self.preprocessor_.vocabulary
        if vocabulary is None:
            return
        # No word of the training part is unknown, so this vector would stay at its random values.
        zeros = np.zeros((1, self.sizes_[3]), dtype=np.float32)
        network.set_word_vectors(np.array([UNKNOWN]), zeros)
        initial = self.preprocessor_.word_vectors.of(vocabulary.words)
        if initial.words:
            network.set_word_vectors(vocabulary.rows(initial.words), initial.vectors)

    def _input_sizes(self, first: Utterance) -> tuple[int, int, int, int]:
        columns = values = words = 0
        if "frames" in self.encoder.inputs and first.frames is not None:
            columns = first.frames.shape[1]
        if "vector" in self.encoder.inputs and first.vector is not None:
            values = len(first.vector)
        if self.preprocessor_.vocabulary is not None:
            words = len(self.preprocessor_.vocabulary)
        rows = -(-words // _WORDS_STEP) * _WORDS_STEP
        return columns, values, rows, self.preprocessor_.word_vectors.dimension

    def _schedule(self) -> BatchSchedule:
        if self.authors:
            return random_batches(self.batch_size, _CHECK_SHARE, _AUTHORS_BATCHES)
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
        style: dict[str, Any] = {"loss": SOFTMAX, "clip": self.clip}
        if self.authors:
            style |= {"loss": SIGMOID, "epsilon": _AUTHORS_EPSILON}
        return shared_trainer(DualNetwork, self.learning_rate, self.encoder, shape, **style)
