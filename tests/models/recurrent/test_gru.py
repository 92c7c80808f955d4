"""The fused GRU compared with the GRU of Keras: outputs and gradients."""

from __future__ import annotations

import numpy as np
import pytest

COLUMNS, UNITS = 5, 7


@pytest.fixture(scope="module")
def parts():
    from aser_bench.models.recurrent import tensorflow

    tf = tensorflow()
    import keras

    from aser_bench.models.recurrent.gru import FusedGRU

    ours = FusedGRU(UNITS, seed=3)
    ours.build((None, COLUMNS))
    rng = np.random.default_rng(0)
    ours.set_weights([rng.normal(0, 0.4, w.shape).astype(np.float32) for w in ours.weights])
    theirs = keras.layers.GRU(UNITS, reset_after=False, return_sequences=True)
    theirs.build((None, None, COLUMNS))
    theirs.set_weights(as_keras(*ours.get_weights()))
    return tf, ours, theirs


def as_keras(gates, candidate, gates_bias, candidate_bias):
    """Return the weights in the layout of Keras: update, reset, candidate; input, then state."""
    reset, update = np.split(gates, 2, axis=1)
    kernel = np.concatenate([update, reset, candidate], axis=1)
    reset_bias, update_bias = np.split(gates_bias, 2)
    bias = np.concatenate([update_bias, reset_bias, candidate_bias])
    return [kernel[:COLUMNS], kernel[COLUMNS:], bias]


def states_of(layer, frames, lengths):
    """Return the states of padded frames (frames, utterances, columns) by way of packing."""
    from aser_bench.models.recurrent.packing import Packing

    packing = Packing(lengths, len(frames))
    return packing.unpack(layer(packing.pack(frames), packing.counts))


def lengths_of(shape) -> np.ndarray:
    """Return different lengths, not sorted; the longest is the number of frames."""
    return np.array(
        [max(1, shape[0] - 2 * ((i * 2) % shape[1])) for i in range(shape[1])], np.int32
    )


def loss_weights(frames) -> np.ndarray:
    """Return random weights of the states in a loss, independent of the number of steps."""
    weights = np.random.default_rng(2).normal(size=(40, frames.shape[1], UNITS))
    return weights[: len(frames)].astype(np.float32)


def results(tf, layer, frames, states_from):
    """Return the states, and the gradients of input and weights for a weighted sum of states."""
    inputs = tf.constant(frames)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        states = states_from(inputs)
        loss = tf.reduce_sum(states * loss_weights(frames))
    to_input, *to_weights = tape.gradient(
        loss, [inputs, *(variable.value for variable in layer.trainable_variables)]
    )
    return states.numpy(), to_input.numpy(), [gradient.numpy() for gradient in to_weights]


def packed_results(tf, layer, frames, lengths):
    lengths = tf.constant(lengths)
    return results(tf, layer, frames, lambda inputs: states_of(layer, inputs, lengths))


def keras_results(tf, layer, frames, lengths):
    """Return the same of Keras: utterances first, a mask, and zeros after the end."""
    real = np.arange(len(frames))[:, None] < lengths

    def states(inputs):
        outputs = layer(tf.transpose(inputs, (1, 0, 2)), mask=tf.constant(real.T))
        return tf.transpose(outputs, (1, 0, 2)) * real[..., None].astype(np.float32)

    return results(tf, layer, frames, states)


@pytest.mark.parametrize("shape", [(9, 4), (1, 3), (30, 1), (12, 7)], ids=str)
def test_equals_the_gru_of_keras(parts, shape):
    tf, ours, theirs = parts
    frames = np.random.default_rng(1).normal(size=(*shape, COLUMNS)).astype(np.float32)
    lengths = lengths_of(frames.shape)
    states, into, weights = packed_results(tf, ours, frames, lengths)
    states_, into_, weights_ = keras_results(tf, theirs, frames, lengths)
    np.testing.assert_allclose(states, states_, atol=1e-5)
    np.testing.assert_allclose(into, into_, atol=2e-5)
    for one, other in zip(as_keras(*weights), weights_, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


def test_gradient_equals_finite_differences(parts):
    tf, ours, _ = parts
    frames = np.random.default_rng(4).normal(size=(6, 2, COLUMNS)).astype(np.float32)
    lengths = lengths_of(frames.shape)
    _, into, _ = packed_results(tf, ours, frames, lengths)
    weights = loss_weights(frames)
    step = 1e-2
    for place in [(0, 0, 0), (1, 1, 3), (5, 0, 4)]:
        sums = []
        for sign in (1, -1):
            moved = frames.copy()
            moved[place] += sign * step
            sums.append(
                float(np.sum(states_of(ours, tf.constant(moved), lengths).numpy() * weights))
            )
        assert (sums[0] - sums[1]) / (2 * step) == pytest.approx(into[place], abs=5e-3)


def test_compiles_for_any_number_of_steps(parts):
    tf, ours, _ = parts
    specs = [tf.TensorSpec((None, COLUMNS), tf.float32), tf.TensorSpec((None,), tf.int32)]
    compiled = tf.function(ours, input_signature=specs, autograph=False)
    for counts in ([1], [3, 3, 2, 1], [5] * 12):
        rows = np.random.default_rng(5).normal(size=(sum(counts), COLUMNS)).astype(np.float32)
        inputs = tf.constant(rows), tf.constant(counts)
        np.testing.assert_allclose(compiled(*inputs), ours(*inputs), atol=1e-6)


def test_padding_does_not_affect_states_and_gradients(parts):
    """Not even NaN after the end of an utterance, and for any amount of padding."""
    tf, ours, _ = parts
    frames = np.random.default_rng(6).normal(size=(8, 3, COLUMNS)).astype(np.float32)
    lengths = lengths_of(frames.shape)
    longer = np.concatenate([frames, np.empty((5, 3, COLUMNS), np.float32)])
    for i, length in enumerate(lengths):
        longer[length:, i] = np.nan
    states, into, weights = packed_results(tf, ours, longer, lengths)
    states_, into_, weights_ = packed_results(tf, ours, frames, lengths)
    np.testing.assert_array_equal(states[:8], states_)
    np.testing.assert_array_equal(into[:8], into_)
    assert not np.any(states[8:])
    assert not np.any(into[8:])
    for one, other in zip(weights, weights_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_states_do_not_depend_on_order_and_batch(parts):
    tf, ours, _ = parts
    frames = np.random.default_rng(7).normal(size=(9, 5, COLUMNS)).astype(np.float32)
    lengths = lengths_of(frames.shape)
    states = states_of(ours, tf.constant(frames), tf.constant(lengths)).numpy()
    permuted = np.array([3, 0, 4, 1, 2])
    again = states_of(
        ours, tf.constant(frames[:, permuted]), tf.constant(lengths[permuted])
    ).numpy()
    np.testing.assert_allclose(again, states[:, permuted], atol=1e-6)
    for i, length in enumerate(lengths):
        alone = states_of(
            ours, tf.constant(frames[:length, i : i + 1]), tf.constant([length])
        ).numpy()
        np.testing.assert_allclose(alone[:, 0], states[:length, i], atol=1e-6)
