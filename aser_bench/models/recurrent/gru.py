"""A GRU layer over TensorFlow's fused CPU kernels, with the gradient that they lack in Keras."""

from __future__ import annotations

from typing import Any

from . import tensorflow

tf = tensorflow()
import keras  # noqa: E402 - behind TensorFlow's settings


class FusedGRU(keras.layers.Layer):
    """A uni-directional GRU over (frames, utterances, columns), time first.

    The unit of Cho et al. (2014): reset and update gate, and the reset gate before the
    recurrent product, as TensorFlow 1's ``GRUCell`` has it:

        r, u = sigmoid([x, h] W_ru + b_ru)
        c = tanh([x, r * h] W_c + b_c)
        h' = u * h + (1 - u) * c

    The same as `keras.layers.GRU` with ``reset_after=False`` (a test compares outputs and
    gradients), by one kernel a frame (`tf.raw_ops.GRUBlockCell` and its gradient) instead of a
    dozen, and with the gradients of the weights summed over all frames in one product. It needs no
    mask: padding stands behind an utterance's end, and no state there reaches back.

    Parameters
    ----------
    units : int
        Size of the state.
    seed : int
        Of the initial weights: orthogonal over input and state together, as the authors of the
        dual encoders have it, gate bias 1, candidate bias 0.
    """

    def __init__(self, units: int, seed: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.units = units
        self._seed = seed

    def build(self, shape: Any) -> None:
        """Make the weights: input rows above state rows; reset gate, then update gate."""
        n = shape[-1] + self.units
        orthogonal = keras.initializers.Orthogonal
        self.gates = self.add_weight(
            name="gates", shape=(n, 2 * self.units), initializer=orthogonal(seed=self._seed)
        )
        self.candidate = self.add_weight(
            name="candidate", shape=(n, self.units), initializer=orthogonal(seed=self._seed + 1)
        )
        self.gates_bias = self.add_weight(
            name="gates_bias", shape=(2 * self.units,), initializer="ones"
        )
        self.candidate_bias = self.add_weight(
            name="candidate_bias", shape=(self.units,), initializer="zeros"
        )

    def call(self, frames: Any) -> Any:
        """Return the state after each frame, shape (frames, utterances, units)."""
        weights = (self.gates, self.candidate, self.gates_bias, self.candidate_bias)
        return _states(frames, *(tf.convert_to_tensor(weight) for weight in weights))

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the shape of the states."""
        return (*shape[:-1], self.units)


@tf.custom_gradient
def _states(x: Any, w_ru: Any, w_c: Any, b_ru: Any, b_c: Any) -> Any:
    """Run the cell over all frames; see `FusedGRU` for the equations."""
    weights = {"w_ru": w_ru, "w_c": w_c, "b_ru": b_ru, "b_c": b_c}
    frames, columns, units = tf.shape(x)[0], x.shape[2], b_c.shape[0]
    start = tf.zeros((tf.shape(x)[1], units))
    inputs = _array(frames, columns).unstack(x)

    def forward(t: Any, h: Any, *kept: Any) -> Any:
        r, u, c, h = tf.raw_ops.GRUBlockCell(x=inputs.read(t), h_prev=h, **weights)
        return t + 1, h, *(a.write(t, value) for a, value in zip(kept, (h, r, u, c), strict=True))

    arrays = [_array(frames, units) for _ in range(4)]
    found = tf.while_loop(lambda t, *_: t < frames, forward, (0, start, *arrays))
    h, r, u, c = (one.stack() for one in found[2:])

    def gradient(upstream: Any) -> Any:
        # What reaches the input is one product after the loop; the kernel sees the state alone.
        own = {**weights, "w_ru": w_ru[columns:], "w_c": w_c[columns:]}
        nothing = tf.zeros((tf.shape(x)[1], 0))
        before = tf.concat([start[None], h[:-1]], axis=0)
        given = [_array(frames, units).unstack(one) for one in (before, r, u, c, upstream)]

        def backward(t: Any, d_h: Any, d_c: Any, d_ru: Any) -> Any:
            h_prev, r_, u_, c_, d_own = (one.read(t - 1) for one in given)
            _, to_h, to_c, to_ru = tf.raw_ops.GRUBlockCellGrad(
                x=nothing, h_prev=h_prev, r=r_, u=u_, c=c_, d_h=d_h + d_own, **own
            )
            return t - 1, to_h, d_c.write(t - 1, to_c), d_ru.write(t - 1, to_ru)

        sums = _array(frames, units), _array(frames, 2 * units)
        found = tf.while_loop(lambda t, *_: t > 0, backward, (frames, start, *sums))
        d_c, d_ru = (one.stack() for one in found[2:])
        d_x = tf.matmul(_rows(d_ru), w_ru[:columns], transpose_b=True)
        d_x += tf.matmul(_rows(d_c), w_c[:columns], transpose_b=True)
        return (
            tf.reshape(d_x, tf.shape(x)),
            tf.matmul(_rows(tf.concat([x, before], axis=2)), _rows(d_ru), transpose_a=True),
            tf.matmul(_rows(tf.concat([x, before * r], axis=2)), _rows(d_c), transpose_a=True),
            tf.reduce_sum(_rows(d_ru), axis=0),
            tf.reduce_sum(_rows(d_c), axis=0),
        )

    return h, gradient


def _array(frames: Any, columns: int) -> Any:
    # Read forwards and backwards: outside of a graph, an array would be cleared by reading.
    return tf.TensorArray(
        tf.float32, size=frames, element_shape=(None, columns), clear_after_read=False
    )


def _rows(values: Any) -> Any:
    return tf.reshape(values, (-1, values.shape[2]))
