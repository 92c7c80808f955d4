"""Building blocks of the four dual encoders, and their network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..recurrent import tensorflow
from .utterance import INPUTS

tf = tensorflow()
import keras  # noqa: E402 - after TensorFlow is configured

from ..recurrent.gru import FusedGRU  # noqa: E402
from ..recurrent.packing import Packing  # noqa: E402

_AUTHORS_RANGE = 0.25  # of the uniform weights of the layers after the encoders
_WORDS_RANGE = 0.05


@dataclass(frozen=True)
class NetworkShape:
    """Parameters that determine a network's layers.

    Attributes
    ----------
    columns, values : int
        Columns of a frame, and values of an utterance's vector.
    words, dimension : int
        Rows of the embedding (special rows included), and length of a word vector.
    classes, units : int
        Number of emotions, and size of the state of each GRU.
    keep_audio, keep_text : float
        Share of values that dropout keeps, on the input and the output of the GRU.
    authors : bool
        Whether the network follows the authors' code where it differs from their paper.
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
    """Inputs of a network for a batch; None for inputs that its model does not read.

    Attributes
    ----------
    frames : (longest, utterances, columns) float32, with ``frame_lengths`` (utterances,) int32
    vector : (utterances, values) float32
    words : (longest, utterances) int32, with ``word_lengths`` (utterances,) int32
        Rows of the embedding, or ``-1 - i`` for row i of ``other_vectors``.
    other_vectors : (other words, dimension) float32
        Vectors of the words that are not in the embedding.
    """

    frames: Any = None
    frame_lengths: Any = None
    vector: Any = None
    words: Any = None
    word_lengths: Any = None
    other_vectors: Any = None


_FIELDS = {
    "frames": ("frames", "frame_lengths"),
    "vector": ("vector",),
    "text": ("words", "word_lengths", "other_vectors"),
}


class EncoderOutput(NamedTuple):
    """Output of an encoder: its state after each step, and after the last step before padding.

    Attributes
    ----------
    states : (longest, utterances, units)
    last : (utterances, units)
    """

    states: Any
    last: Any


class Encoder(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A GRU with dropout on its input and output, with a separate mask for each step.

    The authors' code wraps the cell in TensorFlow 1's ``DropoutWrapper``, which applies dropout to
    the outputs but not to the state, and continues with the last *state*. So there the last state
    has no dropout, and only MDREA's attention reads outputs with dropout.
    """

    def __init__(
        self, width: int, keep: float, shape: NetworkShape, seeds: Iterator[int], dropout_seeds: Any
    ):
        super().__init__()
        self._drop, self._authors = 1 - keep, shape.authors
        self._dropout_seeds = dropout_seeds
        self.gru = FusedGRU(shape.units, next(seeds))
        self.gru.build((None, width))
        self.built = True

    def encode(self, rows: Any, packing: Packing, training: bool) -> EncoderOutput:
        """Encode packed steps (rows, width); return an `EncoderOutput`."""
        states = self.gru(self._with_dropout(rows, training), packing.counts)
        last = packing.last(states)
        return EncoderOutput(
            packing.unpack(self._with_dropout(states, training)),
            last if self._authors else self._with_dropout(last, training),
        )

    def _with_dropout(self, values: Any, training: bool) -> Any:
        if not training or not self._drop:
            return values
        return keras.random.dropout(values, self._drop, seed=self._dropout_seeds)


class AudioEncoder(Encoder):
    """A GRU over the frames; the last state is concatenated with the vector (prosody)."""

    def __init__(self, shape: NetworkShape, seeds: Iterator[int], dropout_seeds: Any) -> None:
        super().__init__(shape.columns, shape.keep_audio, shape, seeds, dropout_seeds)

    def call(self, inputs: NetworkInputs, training: bool) -> Any:
        """Return the audio vector, shape (utterances, units + values)."""
        packing = Packing(inputs.frame_lengths, tf.shape(inputs.frames)[0])
        encoded = self.encode(packing.pack(inputs.frames), packing, training)
        return tf.concat([encoded.last, inputs.vector], axis=1)


class TextEncoder(Encoder):
    """A GRU over word vectors; those of the embedding are trained, too."""

    def __init__(self, shape: NetworkShape, seeds: Iterator[int], dropout_seeds: Any) -> None:
        super().__init__(shape.dimension, shape.keep_text, shape, seeds, dropout_seeds)
        self.embedding = self.add_weight(
            name="embedding",
            shape=(shape.words, shape.dimension),
            initializer=keras.initializers.RandomUniform(-_WORDS_RANGE, _WORDS_RANGE, next(seeds)),
        )

    def call(self, inputs: NetworkInputs, training: bool) -> Any:
        """Return an `EncoderOutput`."""
        packing = Packing(inputs.word_lengths, tf.shape(inputs.words)[0])
        rows = packing.pack(inputs.words)
        # Every word of the training part is in the embedding.
        read = tf.gather(self.embedding, rows) if training else self._vectors(rows, inputs)
        return self.encode(read, packing, training)

    def _vectors(self, rows: Any, inputs: NetworkInputs) -> Any:
        """Return the vectors (rows, dimension) of words, of the embedding or of other words."""
        trained = tf.gather(self.embedding, tf.maximum(rows, 0))
        others = tf.gather(inputs.other_vectors, tf.maximum(-1 - rows, 0))
        return tf.where(rows[:, None] >= 0, trained, others)


class Affine(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """An affine layer; in the authors' code, one bias for all outputs, and weights within 0.25."""

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
    """Creates the layers of a dual encoder, each with its seed and in the style of the shape.

    Attributes
    ----------
    shape : NetworkShape
    dropout_seeds : keras.random.SeedGenerator
        Seeds of all dropout in the network.
    audio_width, text_width : int
        Sizes of the audio vector and of a state of the text encoder.
    """

    def __init__(self, shape: NetworkShape, seed: int) -> None:
        self.shape = shape
        self.dropout_seeds = keras.random.SeedGenerator(seed)
        seeds = np.random.SeedSequence(seed).generate_state(16)
        self._seeds = iter(seeds.tolist())
        self.audio_width, self.text_width = shape.units + shape.values, shape.units

    def audio_encoder(self) -> AudioEncoder:
        """Return the encoder of frames and vector."""
        return AudioEncoder(self.shape, self._seeds, self.dropout_seeds)

    def text_encoder(self) -> TextEncoder:
        """Return the encoder of the text."""
        return TextEncoder(self.shape, self._seeds, self.dropout_seeds)

    def feed_forward(self, inputs: int, outputs: int) -> Affine:
        """Return a feed-forward layer with a tanh, or a linear one as in the authors' code."""
        authors = self.shape.authors
        return Affine(inputs, outputs, authors, next(self._seeds), "" if authors else "tanh")

    def linear(self, inputs: int, outputs: int) -> Affine:
        """Return a linear projection."""
        return Affine(inputs, outputs, self.shape.authors, next(self._seeds))

    def output(self, inputs: int) -> Affine:
        """Return the output layer, which gives the logits of the classes."""
        return self.linear(inputs, self.shape.classes)


def attend(query: Any, states: Any, lengths: Any) -> Any:
    """Return the sum of the states, weighted by the softmax of their dot products with the query.

    Parameters
    ----------
    query : (utterances, units)
    states : (longest, utterances, units)
    lengths : (utterances,)
        Number of states before padding; padding has weight zero.

    Returns
    -------
    (utterances, units)
    """
    scores = tf.einsum("bu,lbu->bl", query, states)
    real = tf.sequence_mask(lengths, tf.shape(states)[0])
    weights = tf.nn.softmax(tf.where(real, scores, scores.dtype.min), axis=1)
    return tf.einsum("bl,lbu->bu", weights, states)


class Architecture(Protocol):
    """Inputs, layers and logits of a network, as `aser_bench.models.dual.base.DualEncoder` has."""

    inputs: tuple[str, ...]

    def layers(self, factory: LayerFactory) -> dict[str, Any]:
        """Return the layers by name."""

    def logits(self, layers: dict[str, Any], inputs: NetworkInputs, training: bool) -> Any:
        """Return the logits of a batch, shape (utterances, classes)."""

    def __hash__(self) -> int:
        """Return a hash, by which compiled networks are found again."""


class DualNetwork(keras.Model):  # type: ignore[misc]  # Keras has no types
    """The network of one of the four models, which defines the layers and the logits.

    Called with the inputs of its model, in the order of `utterance.INPUTS`.
    """

    def __init__(self, encoder: Architecture, shape: NetworkShape, seed: int) -> None:
        super().__init__()
        self.classes = shape.classes
        self._encoder, self._shape = encoder, shape
        factory = LayerFactory(shape, seed)
        self.dropout_seeds = factory.dropout_seeds
        self.parts = encoder.layers(factory)
        self._fields = [
            field for name in INPUTS if name in encoder.inputs for field in _FIELDS[name]
        ]
        self.built = True

    @property
    def signature(self) -> list[Any]:
        """Types of the inputs of `call`."""
        lengths = tf.TensorSpec((None,), tf.int32)
        specs = {
            "frames": tf.TensorSpec((None, None, self._shape.columns), tf.float32),
            "frame_lengths": lengths,
            "vector": tf.TensorSpec((None, self._shape.values), tf.float32),
            "words": tf.TensorSpec((None, None), tf.int32),
            "word_lengths": lengths,
            "other_vectors": tf.TensorSpec((None, self._shape.dimension), tf.float32),
        }
        return [specs[field] for field in self._fields]

    def call(self, *inputs: Any, training: bool = False) -> Any:
        """Return logits, shape (utterances, classes)."""
        batch = NetworkInputs(**dict(zip(self._fields, inputs, strict=True)))
        return self._encoder.logits(self.parts, batch, training)

    def set_word_vectors(self, rows: Any, vectors: Any) -> None:
        """Set the vectors (n, dimension) of the words in some rows (n,) of the embedding."""
        embedding = self.parts["text"].embedding
        embedding.assign(tf.tensor_scatter_nd_update(embedding.value, rows[:, None], vectors))
