"""An LSTM layer over TensorFlow's fused CPU kernel, and the study's network of two of them."""

from __future__ import annotations

from typing import Any

from . import tensorflow

tf = tensorflow()
import keras  # noqa: E402 - behind TensorFlow's settings


class FusedLSTM(keras.layers.Layer):
    """A uni-directional LSTM over (frames, utterances, columns), time first.

    The same as `keras.layers.LSTM` with its defaults (a test compares outputs and gradients),
    by one kernel for all frames (`tf.raw_ops.BlockLSTM`; the registered gradient of its
    second version takes the gates in the first one's order and is wrong) instead of a loop of
    small ones. It needs no mask: padding stands behind an utterance's end, and no state
    there reaches back.

    Parameters
    ----------
    units : int
        Size of the state.
    seed : int
        Of the initial weights (Glorot uniform, orthogonal for the recurrent ones, forget bias 1,
        as Keras has it).
    """

    def __init__(self, units: int, seed: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.units = units
        self._seed = seed

    def build(self, shape: Any) -> None:
        """Make the weights; gates in the kernel's order: input, candidate, forget, output."""
        n = self.units
        self.kernel = self.add_weight(
            name="kernel",
            shape=(shape[-1], 4 * n),
            initializer=keras.initializers.GlorotUniform(self._seed),
        )
        self.recurrent = self.add_weight(
            name="recurrent",
            shape=(n, 4 * n),
            initializer=keras.initializers.Orthogonal(seed=self._seed),
        )
        self.bias = self.add_weight(name="bias", shape=(4 * n,), initializer=_forget_bias)

    def call(self, frames: Any) -> Any:
        """Return the state after each frame, shape (frames, utterances, units)."""
        zeros = tf.zeros((tf.shape(frames)[1], self.units))
        unused = tf.zeros((self.units,))
        return tf.raw_ops.BlockLSTM(
            seq_len_max=tf.cast(tf.shape(frames)[0], tf.int64),
            x=frames,
            cs_prev=zeros,
            h_prev=zeros,
            w=tf.concat([self.kernel, self.recurrent], axis=0),
            b=self.bias,
            wci=unused,
            wcf=unused,
            wco=unused,  # peepholes
            forget_bias=0.0,
            cell_clip=-1.0,
        ).h

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the shape of the states."""
        return (*shape[:-1], self.units)


def _forget_bias(shape: Any, dtype: Any = None) -> Any:
    n = shape[0] // 4
    return tf.concat([tf.zeros(2 * n), tf.ones(n), tf.zeros(n)], axis=0)


def last_states(states: Any, lengths: Any) -> Any:
    """Return each utterance's state after its last real frame, shape (utterances, units)."""
    places = tf.stack([lengths - 1, tf.range(tf.shape(lengths)[0])], axis=1)
    return tf.gather_nd(states, places)


class TwoLayers(keras.Model):
    """Two LSTM layers, dropout behind each, and the logits of the classes.

    Called with frames (frames, utterances, columns) and lengths (utterances,).
    """

    def __init__(self, columns: int, classes: int, units: int, dropout: float, seed: int) -> None:
        super().__init__()
        self.columns, self.classes = columns, classes
        self.first = FusedLSTM(units, seed)
        self.second = FusedLSTM(units, seed + 1)
        self.dropout = dropout
        self.draws = keras.random.SeedGenerator(seed)
        self.logits = keras.layers.Dense(
            classes, kernel_initializer=keras.initializers.GlorotUniform(seed + 2)
        )
        self.first.build((None, None, columns))
        self.second.build((None, None, units))
        self.logits.build((None, units))
        self.built = True

    @property
    def signature(self) -> list[Any]:
        """What it is called with."""
        frames = tf.TensorSpec((None, None, self.columns), tf.float32)
        return [frames, tf.TensorSpec((None,), tf.int32)]

    def call(self, frames: Any, lengths: Any, training: bool = False) -> Any:
        """Return logits, shape (utterances, classes)."""
        states = self._dropped(self.first(frames), training)
        return self.logits(self._dropped(last_states(self.second(states), lengths), training))

    def _dropped(self, states: Any, training: bool) -> Any:
        if not training or not self.dropout:
            return states
        return keras.random.dropout(states, self.dropout, seed=self.draws)
