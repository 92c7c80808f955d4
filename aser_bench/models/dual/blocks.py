"""The blocks that the four dual encoders are built from, and the network around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..recurrent import tensorflow
from .utterance import INPUTS

tf = tensorflow()
import keras  # noqa: E402 - behind TensorFlow's settings

from ..recurrent.gru import FusedGRU  # noqa: E402
from ..recurrent.packing import Packing  # noqa: E402

_AUTHORS_RANGE = 0.25  # of what follows the encoders, uniform
_AUTHORS_WORDS_SD, _WORDS_RANGE = 0.01, 0.05


@dataclass(frozen=True)
class NetworkShape:
    """What decides a network's size and style.

    Attributes
    ----------
    columns, values : int
        Columns of a frame, and values of an utterance's vector.
    words, dimension : int
        Rows of the embedding (special ones included), and the length of a word's vector.
    classes, units : int
        Emotions, and the size of each GRU's state.
    keep_audio, keep_text : float
        Share of values that dropout keeps, before and behind the GRU of each side.
    authors : bool
        Whether what the authors' code does differently from their paper is done.
    """

    columns: int
    values: int
    words: int
    dimension: int
    classes: int
    units: int
    keep_audio: float
    keep_text: float
    authors: bool


class NetworkInputs(NamedTuple):
    """A batch as a network takes it; None where its model does not read it.

    Attributes
    ----------
    frames : (longest, utterances, columns) float32, with ``frame_lengths`` (utterances,) int32
    vector : (utterances, values) float32
    words : (longest, utterances) int32, with ``word_lengths`` (utterances,) int32
    """

    frames: Any = None
    frame_lengths: Any = None
    vector: Any = None
    words: Any = None
    word_lengths: Any = None


_FIELDS = {
    "frames": ("frames", "frame_lengths"),
    "vector": ("vector",),
    "text": ("words", "word_lengths"),
}


class EncoderOutput(NamedTuple):
    """What an encoder makes: its state after each step, and after the last real one.

    Attributes
    ----------
    states : (longest, utterances, units)
    last : (utterances, units)
    """

    states: Any
    last: Any


class Encoder(keras.layers.Layer):
    """One GRU with dropout on its input and output; each step has a mask of its own.

    The authors' code wraps the cell in TensorFlow 1's ``DropoutWrapper``, which drops from the
    outputs but never from the state, and goes on with the last *state*: so theirs is not dropped
    from, and only MDREA's attention sees dropped outputs.
    """

    def __init__(
        self, width: int, keep: float, shape: NetworkShape, seeds: Iterator[int], draws: Any
    ):
        super().__init__()
        self._drop, self._authors, self._draws = 1 - keep, shape.authors, draws
        self.gru = FusedGRU(shape.units, next(seeds))
        self.gru.build((None, width))
        self.built = True

    def encoded(self, rows: Any, packing: Packing, training: bool) -> EncoderOutput:
        """Encode packed steps (rows, width); return an `EncoderOutput`."""
        states = self.gru(self._dropped(rows, training), packing.counts)
        last = packing.last(states)
        return EncoderOutput(
            packing.unpack(self._dropped(states, training)),
            last if self._authors else self._dropped(last, training),
        )

    def _dropped(self, values: Any, training: bool) -> Any:
        if not training or not self._drop:
            return values
        return keras.random.dropout(values, self._drop, seed=self._draws)


class AudioEncoder(Encoder):
    """The frames through a GRU; the last state is joined with the vector (prosody)."""

    def __init__(self, shape: NetworkShape, seeds: Iterator[int], draws: Any) -> None:
        super().__init__(shape.columns, shape.keep_audio, shape, seeds, draws)

    def call(self, heard: NetworkInputs, training: bool) -> Any:
        """Return the audio vector, shape (utterances, units + values)."""
        packing = Packing(heard.frame_lengths, tf.shape(heard.frames)[0])
        encoded = self.encoded(packing.pack(heard.frames), packing, training)
        return tf.concat([encoded.last, heard.vector], axis=1)


class TextEncoder(Encoder):
    """The words' vectors, which are trained too, through a GRU."""

    def __init__(self, shape: NetworkShape, seeds: Iterator[int], draws: Any) -> None:
        super().__init__(shape.dimension, shape.keep_text, shape, seeds, draws)
        initializers, seed = keras.initializers, next(seeds)
        self.embedding = self.add_weight(
            name="embedding",
            shape=(shape.words, shape.dimension),
            initializer=initializers.RandomNormal(0.0, _AUTHORS_WORDS_SD, seed)
            if shape.authors
            else initializers.RandomUniform(-_WORDS_RANGE, _WORDS_RANGE, seed),
        )

    def call(self, heard: NetworkInputs, training: bool) -> Any:
        """Return an `EncoderOutput`."""
        packing = Packing(heard.word_lengths, tf.shape(heard.words)[0])
        vectors = tf.gather(self.embedding, packing.pack(heard.words))
        return self.encoded(vectors, packing, training)


class Affine(keras.layers.Layer):
    """A matrix and a bias; the authors have one bias for all outputs, and weights of +-0.25."""

    def __init__(self, inputs: int, outputs: int, authors: bool, seed: int, activation: str = ""):
        super().__init__()
        initializers = keras.initializers
        self._activation = keras.activations.get(activation or "linear")
        self.kernel = self.add_weight(
            name="kernel",
            shape=(inputs, outputs),
            initializer=initializers.RandomUniform(-_AUTHORS_RANGE, _AUTHORS_RANGE, seed)
            if authors
            else initializers.GlorotUniform(seed),
        )
        self.bias = self.add_weight(
            name="bias", shape=(1 if authors else outputs,), initializer="zeros"
        )
        self.built = True

    def call(self, values: Any) -> Any:
        """Return shape (utterances, outputs)."""
        return self._activation(tf.matmul(values, self.kernel) + self.bias)


class LayerFactory:
    """What a dual encoder asks for its layers; each gets seeds and the shape's style.

    Attributes
    ----------
    shape : NetworkShape
    draws : keras.random.SeedGenerator
        Of all dropout of the network.
    audio_width, text_width : int
        Sizes of the audio vector and of a text state.
    """

    def __init__(self, shape: NetworkShape, seed: int) -> None:
        self.shape = shape
        self.draws = keras.random.SeedGenerator(seed)
        drawn = np.random.SeedSequence(seed).generate_state(16)
        self._seeds = iter(drawn.tolist())
        self.audio_width, self.text_width = shape.units + shape.values, shape.units

    def audio(self) -> AudioEncoder:
        """Return the encoder of frames and vector."""
        return AudioEncoder(self.shape, self._seeds, self.draws)

    def text(self) -> TextEncoder:
        """Return the encoder of words."""
        return TextEncoder(self.shape, self._seeds, self.draws)

    def forward(self, inputs: int, outputs: int) -> Affine:
        """Return a feed-forward layer: a tanh, or linear as in the authors' code."""
        authors = self.shape.authors
        return Affine(inputs, outputs, authors, next(self._seeds), "" if authors else "tanh")

    def linear(self, inputs: int, outputs: int) -> Affine:
        """Return a projection."""
        return Affine(inputs, outputs, self.shape.authors, next(self._seeds))

    def output(self, inputs: int) -> Affine:
        """Return what makes the classes' logits."""
        return self.linear(inputs, self.shape.classes)


def attend(query: Any, states: Any, lengths: Any) -> Any:
    """Return the states' sum, weighted by the softmax of their dot products with the query.

    Parameters
    ----------
    query : (utterances, units)
    states : (longest, utterances, units)
    lengths : (utterances,)
        What lies behind an utterance's end gets no weight.

    Returns
    -------
    (utterances, units)
    """
    scores = tf.einsum("bu,lbu->bl", query, states)
    real = tf.sequence_mask(lengths, tf.shape(states)[0])
    weights = tf.nn.softmax(tf.where(real, scores, scores.dtype.min), axis=1)
    return tf.einsum("bl,lbu->bu", weights, states)


class DualNetwork(keras.Model):
    """The network of one of the four models, which says its layers and its logits itself.

    Called with what its model reads, in the order of `utterance.INPUTS`.
    """

    def __init__(self, encoder: Any, shape: NetworkShape, seed: int) -> None:
        super().__init__()
        self.classes = shape.classes
        self._encoder, self._shape = encoder, shape
        build = LayerFactory(shape, seed)
        self.draws = build.draws
        self.parts = encoder.layers(build)
        self._fields = [
            field for kind in INPUTS if kind in encoder.inputs for field in _FIELDS[kind]
        ]
        self.built = True

    @property
    def signature(self) -> list[Any]:
        """What it is called with."""
        lengths = tf.TensorSpec((None,), tf.int32)
        specs = {
            "frames": tf.TensorSpec((None, None, self._shape.columns), tf.float32),
            "frame_lengths": lengths,
            "vector": tf.TensorSpec((None, self._shape.values), tf.float32),
            "words": tf.TensorSpec((None, None), tf.int32),
            "word_lengths": lengths,
        }
        return [specs[field] for field in self._fields]

    def call(self, *inputs: Any, training: bool = False) -> Any:
        """Return logits, shape (utterances, classes)."""
        heard = NetworkInputs(**dict(zip(self._fields, inputs, strict=True)))
        return self._encoder.logits(self.parts, heard, training)

    def set_word_vectors(self, rows: Any, vectors: Any) -> None:
        """Set the vectors (n, dimension) of some words (n,)."""
        embedding = self.parts["text"].embedding
        embedding.assign(tf.tensor_scatter_nd_update(embedding.value, rows[:, None], vectors))
