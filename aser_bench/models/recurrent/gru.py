"""A GRU layer with TensorFlow's fused CPU kernels and a gradient for them."""

from __future__ import annotations

from typing import Any

from . import tensorflow

tf = tensorflow()
import keras  # noqa: E402 - after TensorFlow is configured


class FusedGRU(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A uni-directional GRU over the packed steps of utterances (`packing.Packing`).

    The unit of Cho et al. (2014), with the reset gate before the recurrent product as in TensorFlow
    1's ``GRUCell``:

        r, u = sigmoid([x, h] W_ru + b_ru)
        c = tanh([x, r * h] W_c + b_c)
        h' = u * h + (1 - u) * c

    Equal to `keras.layers.GRU` with ``reset_after=False`` and a mask (a test compares outputs and
    gradients), but with one kernel per step (`tf.raw_ops.GRUBlockCell` and its gradient) instead of
    about twelve, and with the gradients of the weights summed over all steps in one product.
    Padding is not computed: the kernel of a step gets only the utterances that have this step.

    Parameters
    ----------
    units : int
        Size of the state.
    seed : int
        Seed of the initial weights: orthogonal over input and state together, as in the code of
        the authors of the dual encoders; gate bias 1, candidate bias 0.
    """

    def __init__(self, units: int, seed: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.units = units
        self._seed = seed

    def build(self, shape: Any) -> None:
        """Create the weights: input rows, then state rows; reset gate, then update gate."""
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

    def call(self, rows: Any, counts: Any) -> Any:
        """Return the state after each row, shape (rows, units).

        Parameters
        ----------
        rows : (rows, columns)
            As returned by `packing.Packing.pack`.
        counts : (steps,)
            Number of rows of each step; it never increases.
        """
        weights = (self.gates, self.candidate, self.gates_bias, self.candidate_bias)
        return _states(rows, counts, *(tf.convert_to_tensor(weight) for weight in weights))

    def compute_output_shape(self, shape: Any, *_: Any) -> Any:
        """Return the shape of the states."""
        return (*shape[:-1], self.units)


@tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
def _states(x: Any, counts: Any, w_ru: Any, w_c: Any, b_ru: Any, b_c: Any) -> Any:
    """Run the cell over packed steps; see `FusedGRU` for the equations."""
    weights = {"w_ru": w_ru, "w_c": w_c, "b_ru": b_ru, "b_c": b_c}
    steps, columns, units = tf.shape(counts)[0], x.shape[1], b_c.shape[0]
    inputs = _array(steps, columns).split(x, counts)

    def forward(t: Any, h: Any, *arrays: Any) -> Any:
        before = h[: counts[t]]
        r, u, c, h = tf.raw_ops.GRUBlockCell(x=inputs.read(t), h_prev=before, **weights)
        values = h, before, r, u, c
        return t + 1, h, *(a.write(t, value) for a, value in zip(arrays, values, strict=True))

    arrays = [_array(steps, units) for _ in range(5)]
    _, _, *arrays = _loop(lambda t, *_: t < steps, forward, 0, counts[0], units, arrays)
    h, before, r, u, c = arrays

    def gradient(upstream: Any) -> Any:
        from_output = _array(steps, units).split(tf.convert_to_tensor(upstream), counts)
        # The gradient of the input is one product after the loop; the kernel gets only the state.
        state_weights = {**weights, "w_ru": w_ru[columns:], "w_c": w_c[columns:]}

        def backward(t: Any, d_h: Any, d_c: Any, d_ru: Any) -> Any:
            n = counts[t - 1]
            d_h = tf.pad(d_h, [[0, n - tf.shape(d_h)[0]], [0, 0]])
            _, to_h, to_c, to_ru = tf.raw_ops.GRUBlockCellGrad(
                x=tf.zeros((n, 0)),
                h_prev=before.read(t - 1),
                r=r.read(t - 1),
                u=u.read(t - 1),
                c=c.read(t - 1),
                d_h=d_h + from_output.read(t - 1),
                **state_weights,
            )
            return t - 1, to_h, d_c.write(t - 1, to_c), d_ru.write(t - 1, to_ru)

        sums = [_array(steps, units), _array(steps, 2 * units)]
        _, _, *sums = _loop(lambda t, *_: t > 0, backward, steps, counts[-1], units, sums)
        d_c, d_ru = (array.concat() for array in sums)
        d_x = tf.matmul(d_ru, w_ru[:columns], transpose_b=True)
        d_x += tf.matmul(d_c, w_c[:columns], transpose_b=True)
        h_prev, reset = before.concat(), r.concat()
        return (
            d_x,
            None,
            tf.matmul(tf.concat([x, h_prev], axis=1), d_ru, transpose_a=True),
            tf.matmul(tf.concat([x, h_prev * reset], axis=1), d_c, transpose_a=True),
            tf.reduce_sum(d_ru, axis=0),
            tf.reduce_sum(d_c, axis=0),
        )

    return h.concat(), gradient


def _loop(
    condition: Any, body: Any, first: Any, rows: Any, units: int, arrays: list[Any]
) -> tuple[Any, ...]:
    """Loop over steps with a state of shape (rows, units), initially zero, and arrays."""
    scalar = tf.TensorShape([])
    shapes = (scalar, tf.TensorShape([None, units]), *(scalar for _ in arrays))
    start = tf.zeros((rows, units))
    return tuple(tf.while_loop(condition, body, (first, start, *arrays), shape_invariants=shapes))


def _array(steps: Any, columns: int) -> Any:
    # Each array is read in both directions; by default, reading clears it in eager mode.
    return tf.TensorArray(
        tf.float32,
        size=steps,
        element_shape=(None, columns),
        infer_shape=False,
        clear_after_read=False,
    )
