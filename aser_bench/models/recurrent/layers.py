"""An LSTM layer with TensorFlow's fused CPU kernel, and the two-layer network of the study."""

from __future__ import annotations

from typing import Any

from . import tensorflow

tf = tensorflow()
import keras  # noqa: E402 - after TensorFlow is configured


class FusedLSTM(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A uni-directional LSTM over (frames, utterances, columns), time first.

    Equal to `keras.layers.LSTM` with its defaults (a test compares outputs and gradients), but with
    one kernel for all frames instead of a loop. The kernel is `tf.raw_ops.BlockLSTM`, since the
    registered gradient of `BlockLSTMV2` assumes the gate order of the first version and is wrong.
    No mask is needed: padding is after the end of an utterance and does not affect its states.

    Parameters
    ----------
    units : int
        Size of the state.
    seed : int
        Seed of the initial weights, which are those of Keras: Glorot uniform, orthogonal for the
        recurrent weights, forget bias 1.
    """

    def __init__(self, units: int, seed: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.units = units
        self._seed = seed

    def build(self, shape: Any) -> None:
        """Create the weights; gate order of the kernel: input, candidate, forget, output."""
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
    """Return the state after the last frame of each utterance, shape (utterances, units)."""
    positions = tf.stack([lengths - 1, tf.range(tf.shape(lengths)[0])], axis=1)
    return tf.gather_nd(states, positions)


class TwoLayers(keras.Model):  # type: ignore[misc]  # Keras has no types
    """Two LSTM layers with dropout after each, and the logits of the classes.

    Called with frames (frames, utterances, columns) and lengths (utterances,).
    """

    def __init__(self, columns: int, classes: int, units: int, dropout: float, seed: int) -> None:
        super().__init__()
        self.columns, self.classes = columns, classes
        self.first = FusedLSTM(units, seed)
        self.second = FusedLSTM(units, seed + 1)
        self.dropout = dropout
        self.dropout_seeds = keras.random.SeedGenerator(seed)
        self.logits = keras.layers.Dense(
            classes, kernel_initializer=keras.initializers.GlorotUniform(seed + 2)
        )
        self.first.build((None, None, columns))
        self.second.build((None, None, units))
        self.logits.build((None, units))
        self.built = True

    @property
    def signature(self) -> list[Any]:
        """Types of the inputs of `call`."""
        frames = tf.TensorSpec((None, None, self.columns), tf.float32)
        return [frames, tf.TensorSpec((None,), tf.int32)]

    def call(self, frames: Any, lengths: Any, training: bool = False) -> Any:
        """Return logits, shape (utterances, classes)."""
        states = self._with_dropout(self.first(frames), training)
        return self.logits(self._with_dropout(last_states(self.second(states), lengths), training))

    def _with_dropout(self, states: Any, training: bool) -> Any:
        if not training or not self.dropout:
            return states
        return keras.random.dropout(states, self.dropout, seed=self.dropout_seeds)
