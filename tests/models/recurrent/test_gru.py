"""The fused GRU against Keras's, in outputs and gradients."""

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
    ours.set_weights([rng.normal(0, 0.4, one.shape).astype(np.float32) for one in ours.weights])
    theirs = keras.layers.GRU(UNITS, reset_after=False, return_sequences=True)
    theirs.build((None, None, COLUMNS))
    theirs.set_weights(as_keras(*ours.get_weights()))
    return tf, ours, theirs


def as_keras(gates, candidate, gates_bias, candidate_bias):
    """Keras has update, reset and candidate side by side, and input and state apart."""
    reset, update = np.split(gates, 2, axis=1)
    kernel = np.concatenate([update, reset, candidate], axis=1)
    reset_bias, update_bias = np.split(gates_bias, 2)
    bias = np.concatenate([update_bias, reset_bias, candidate_bias])
    return [kernel[:COLUMNS], kernel[COLUMNS:], bias]


def states_of(layer, frames, lengths):
    """The states of padded frames (frames, utterances, columns), packed and unpacked."""
    from aser_bench.models.recurrent.packing import Packing

    packing = Packing(lengths, len(frames))
    return packing.unpack(layer(packing.pack(frames), packing.counts))


def lengths_of(shape) -> np.ndarray:
    """Unequal lengths, not in order, the longest as long as there are frames."""
    return np.array(
        [max(1, shape[0] - 2 * ((i * 2) % shape[1])) for i in range(shape[1])], np.int32
    )


def wanted_of(frames) -> np.ndarray:
    """Return weights of the states in a made-up loss, the same however many steps there are."""
    wanted = np.random.default_rng(2).normal(size=(40, frames.shape[1], UNITS))
    return wanted[: len(frames)].astype(np.float32)


def results(tf, layer, frames, states_from):
    """Return states, gradient of the input, and gradients of the weights, for a made-up loss."""
    given = tf.constant(frames)
    with tf.GradientTape() as tape:
        tape.watch(given)
        states = states_from(given)
        loss = tf.reduce_sum(states * wanted_of(frames))
    into, *own = tape.gradient(loss, [given, *(one.value for one in layer.trainable_variables)])
    return states.numpy(), into.numpy(), [one.numpy() for one in own]


def ours_of(tf, layer, frames, lengths):
    lengths = tf.constant(lengths)
    return results(tf, layer, frames, lambda given: states_of(layer, given, lengths))


def theirs_of(tf, layer, frames, lengths):
    """Keras wants utterances first and a mask, and repeats the last state behind an end."""
    real = np.arange(len(frames))[:, None] < lengths

    def states(given):
        found = layer(tf.transpose(given, (1, 0, 2)), mask=tf.constant(real.T))
        return tf.transpose(found, (1, 0, 2)) * real[..., None].astype(np.float32)

    return results(tf, layer, frames, states)


@pytest.mark.parametrize("shape", [(9, 4), (1, 3), (30, 1), (12, 7)], ids=str)
def test_it_is_keras_gru(parts, shape):
    tf, ours, theirs = parts
    frames = np.random.default_rng(1).normal(size=(*shape, COLUMNS)).astype(np.float32)
    lengths = lengths_of(frames.shape)
    states, into, weights = ours_of(tf, ours, frames, lengths)
    states_, into_, weights_ = theirs_of(tf, theirs, frames, lengths)
    np.testing.assert_allclose(states, states_, atol=1e-5)
    np.testing.assert_allclose(into, into_, atol=2e-5)
    for one, other in zip(as_keras(*weights), weights_, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


def test_its_gradient_is_that_of_finite_differences(parts):
    tf, ours, _ = parts
    frames = np.random.default_rng(4).normal(size=(6, 2, COLUMNS)).astype(np.float32)
    lengths = lengths_of(frames.shape)
    _, into, _ = ours_of(tf, ours, frames, lengths)
    wanted = wanted_of(frames)
    step = 1e-2
    for place in [(0, 0, 0), (1, 1, 3), (5, 0, 4)]:
        sums = []
        for sign in (1, -1):
            moved = frames.copy()
            moved[place] += sign * step
            sums.append(
                float(np.sum(states_of(ours, tf.constant(moved), lengths).numpy() * wanted))
            )
        assert (sums[0] - sums[1]) / (2 * step) == pytest.approx(into[place], abs=5e-3)


def test_it_compiles_for_any_number_of_steps(parts):
    tf, ours, _ = parts
    specs = [tf.TensorSpec((None, COLUMNS), tf.float32), tf.TensorSpec((None,), tf.int32)]
    compiled = tf.function(ours, input_signature=specs, autograph=False)
    for counts in ([1], [3, 3, 2, 1], [5] * 12):
        rows = np.random.default_rng(5).normal(size=(sum(counts), COLUMNS)).astype(np.float32)
        given = tf.constant(rows), tf.constant(counts)
        np.testing.assert_allclose(compiled(*given), ours(*given), atol=1e-6)


def test_what_is_padded_is_nobody_s_business(parts):
    """Nothing behind an end reaches a state or a gradient, not even a NaN, however far it goes."""
    tf, ours, _ = parts
    frames = np.random.default_rng(6).normal(size=(8, 3, COLUMNS)).astype(np.float32)
    lengths = lengths_of(frames.shape)
    longer = np.concatenate([frames, np.empty((5, 3, COLUMNS), np.float32)])
    for i, length in enumerate(lengths):
        longer[length:, i] = np.nan
    states, into, weights = ours_of(tf, ours, longer, lengths)
    states_, into_, weights_ = ours_of(tf, ours, frames, lengths)
    np.testing.assert_array_equal(states[:8], states_)
    np.testing.assert_array_equal(into[:8], into_)
    assert not np.any(states[8:])
    assert not np.any(into[8:])
    for one, other in zip(weights, weights_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_order_and_company_change_no_state(parts):
    tf, ours, _ = parts
    frames = np.random.default_rng(7).normal(size=(9, 5, COLUMNS)).astype(np.float32)
    lengths = lengths_of(frames.shape)
    states = states_of(ours, tf.constant(frames), tf.constant(lengths)).numpy()
    turned = np.array([3, 0, 4, 1, 2])
    again = states_of(ours, tf.constant(frames[:, turned]), tf.constant(lengths[turned])).numpy()
    np.testing.assert_allclose(again, states[:, turned], atol=1e-6)
    for i, length in enumerate(lengths):
        alone = states_of(
            ours, tf.constant(frames[:length, i : i + 1]), tf.constant([length])
        ).numpy()
        np.testing.assert_allclose(alone[:, 0], states[:length, i], atol=1e-6)
