"""A dual encoder as a scikit-learn classifier of utterances."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ..recurrent.batches import epoch_schedule
from ..recurrent.early_stopping import EarlyStoppingClassifier
from ..recurrent.losses import SIGMOID, SOFTMAX
from ..text.embeddings import Embeddings
from ..text.vocabulary import UNKNOWN
from . import embedding_cache
from .preprocessing import DualSequences, Preprocessor, random_batches, tokens_of
from .utterance import Utterance

_WORDS_STEP = 512
"""Embeddings have a multiple of so many rows, so that folds share one compiled network; what is
beyond the vocabulary is never read."""

_CHECK_SHARE = 0.3  # of an epoch, after which the authors look at dev


class DualClassifier(EarlyStoppingClassifier):
    """A recurrent encoder of sound, of words, or both, softmax over the emotions.

    Trained by Adam on the cross-entropy, in batches of utterances of about one length (see
    `aser_bench.models.recurrent.batches.epoch_batches`) that are padded to their own longest, until
    the loss on the dev part no longer falls; the weights of the best look at dev are kept.
    Means, standard deviations and vocabulary are learnt from the training part alone. The same
    seed gives the same weights on the same machine.

    Parameters
    ----------
    encoder : DualEncoder
        Which of the four; says what is read, the layers and the logits.
    units : int
        Size of each GRU's state.
    keep_audio, keep_text : float
        Share of values that dropout keeps, on the input and the output of each GRU.
    batch_size, learning_rate
        As the authors have them.
    clip : float
        Each value of a gradient is cut to this range about zero.
    max_frames : int
        Frames beyond are not read.
    frame_pool : int
        So many frames are averaged in time into one before the GRU.
    dimension : int
        Length of a word's vector, where ``embeddings`` does not decide it.
    embeddings : str or None
        A file of pretrained vectors; they are trained further. Words that it lacks start from
        chance, as all do without it.
    standardise : bool
        Whether each column and value gets mean 0 and standard deviation 1 in training.
    authors : bool
        Whether what the authors' code does differently from their paper is done: a sigmoid for
        each class, one bias for all of them, linear feed-forward layers, no dropout on the last
        state, weights of +-0.25, batches drawn with replacement, and a look at dev after each
        0.3 of an epoch, which then counts as an epoch.
    max_epochs, patience : int
        Epochs at most, and epochs without a lower dev loss after which training ends.
    class_weight : None or "balanced"
        Whether each class counts alike in the loss.
    random_state : int
        Seed of weights, batches and dropout.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The classes of the training part, sorted.
    epochs_, best_epoch_ : int
        Epochs trained, and the one whose weights were kept.
    stop_ : str
        ``patience`` or ``max_epochs``.
    losses_, dev_losses_ : list of float
        Mean loss of each epoch.
    preprocessor_ : Preprocessor
        What was learnt of the training part to read others by.
    coverage_ : float
        Share of the training part's distinct words that ``embeddings`` holds; NaN without it.

    Notes
    -----
    ``X`` is a sequence of `Utterance`.
    """

    def __init__(
        self,
        encoder: Any,
        units: int = 200,
        keep_audio: float = 0.7,
        keep_text: float = 0.3,
        batch_size: int = 128,
        learning_rate: float = 0.001,
        clip: float = 10.0,
        max_frames: int = 750,
        frame_pool: int = 1,
        dimension: int = 300,
        embeddings: str | None = None,
        standardise: bool = True,
        authors: bool = False,
        max_epochs: int = 1000,
        patience: int = 10,
        class_weight: str | None = None,
        random_state: int = 0,
    ) -> None:
        self.encoder = encoder
        self.units = units
        self.keep_audio = keep_audio
        self.keep_text = keep_text
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.clip = clip
        self.max_frames = max_frames
        self.frame_pool = frame_pool
        self.dimension = dimension
        self.embeddings = embeddings
        self.standardise = standardise
        self.authors = authors
        self.max_epochs = max_epochs
        self.patience = patience
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(
        self, X: Sequence[Utterance], y: Any, dev: tuple[Sequence[Utterance], Any]
    ) -> DualClassifier:
        """Train on utterances ``X`` with classes ``y``, watching ``dev``.

        Parameters
        ----------
        X : sequence of Utterance
        y : array of shape (utterances,)
        dev : (utterances, classes)
            What is watched to end training; classes that training does not hold are left out.

        Raises
        ------
        ValueError
            If there is no dev utterance to stop by, or an utterance lacks what is read.
        UsageError
            If ``embeddings`` cannot be read.
        FloatingPointError
            If the loss becomes NaN.
        """
        from ..recurrent.training import train

        self.classes_ = np.unique(np.asarray(y))
        watched = self._known_dev(dev)
        self.preprocessor_ = Preprocessor.of(
            self.encoder.inputs,
            X,
            standardise=self.standardise,
            frame_pool=self.frame_pool,
            max_frames=self.max_frames,
        )
        vectors = self._vectors([*X, *watched[0]])
        self._set_sizes(X[0], vectors)
        self._keep(
            train(
                self._trainer(),
                *self._sides((X, np.asarray(y)), watched),
                rounds=self._rounds(),
                batch_size=self.batch_size,
                max_epochs=self.max_epochs,
                patience=self.patience,
                seed=self.random_state,
                prepare=partial(self._put_words, vectors),
            )
        )
        return self

    def _rows(self, X: Sequence[Utterance]) -> DualSequences:
        return self.preprocessor_(X)

    def _vectors(self, utterances: Sequence[Utterance]) -> Embeddings | None:
        """Return pretrained vectors of the vocabulary, or None."""
        self.coverage_ = float("nan")
        vocabulary = self.preprocessor_.vocabulary
        if self.embeddings is None or vocabulary is None:
            return None
        words = {word for one in utterances for word in tokens_of(one.text or "")}
        found = embedding_cache.vectors(self.embeddings, words)
        self.coverage_ = found.coverage(vocabulary.words)
        return found

    def _put_words(self, vectors: Embeddings | None, network: Any) -> None:
        vocabulary = self.preprocessor_.vocabulary
        if vocabulary is None:
            return
        # No word of training is unknown, so nothing would move this one from where chance put it.
        network.set_word_vectors(
            np.array([UNKNOWN]), np.zeros((1, self.sizes_[3]), dtype=np.float32)
        )
        if vectors is None:
            return
        place = {word: i for i, word in enumerate(vectors.words)}
        known = [word for word in vocabulary.words if word in place]
        if known:
            rows = np.concatenate([vocabulary.encode([word]) for word in known])
            network.set_word_vectors(rows, vectors.vectors[[place[word] for word in known]])

    def _set_sizes(self, one: Utterance, vectors: Embeddings | None) -> None:
        words = (
            len(self.preprocessor_.vocabulary) if self.preprocessor_.vocabulary is not None else 0
        )
        self.sizes_ = (
            one.frames.shape[1]
            if "frames" in self.encoder.inputs and one.frames is not None
            else 0,
            len(one.vector) if "vector" in self.encoder.inputs and one.vector is not None else 0,
            -(-words // _WORDS_STEP) * _WORDS_STEP,
            vectors.dimension if vectors is not None else self.dimension,
        )

    def _rounds(self) -> Any:
        return (
            random_batches(self.batch_size, _CHECK_SHARE)
            if self.authors
            else epoch_schedule(self.batch_size)
        )

    def _trainer(self) -> Any:
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
