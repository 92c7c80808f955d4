"""The fused layer is Keras's LSTM under a mask: outputs, gradients, and last real states."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench.models.recurrent.batches import pad

UNITS, COLUMNS = 6, 5


@pytest.fixture(scope="module")
def layers():
    from aser_bench.models.recurrent import layers

    return layers


def keras_lstm(layers, fused):
    """Return Keras's own layer with the same weights (its gates stand in another order)."""
    import keras

    plain = keras.layers.LSTM(UNITS, return_sequences=True)
    plain.build((None, None, fused.kernel.shape[0]))
    plain.set_weights([in_keras_order(weights) for weights in fused.get_weights()])
    return plain


def in_keras_order(weights: np.ndarray) -> np.ndarray:
    first, candidate, forget, output = np.split(np.asarray(weights), 4, axis=-1)
    return np.concatenate([first, forget, candidate, output], axis=-1)


def utterances(seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [3 * rng.normal(size=(n, COLUMNS)).astype(np.float32) for n in (4, 1, 9, 20)]


def test_states_and_gradients_are_keras_own(layers):
    tf = layers.tf
    frames, _ = pad(utterances())
    fused = layers.FusedLSTM(UNITS, seed=3)
    fused(frames)
    plain = keras_lstm(layers, fused)
    gradients = []
    for layer, x in ((fused, frames), (plain, frames.transpose(1, 0, 2))):
        with tf.GradientTape() as tape:
            states = layer(x)
            loss = tf.reduce_sum(tf.sin(states) * 2)
        gradients.append(tape.gradient(loss, layer.trainable_variables))
    np.testing.assert_allclose(
        fused(frames).numpy(), np.transpose(plain(frames.transpose(1, 0, 2)), (1, 0, 2)), atol=1e-6
    )
    for ours, keras_own in zip(*gradients, strict=True):
        np.testing.assert_allclose(in_keras_order(ours), keras_own, atol=2e-5)


def test_last_states_are_those_of_a_masked_layer(layers):
    frames, lengths = pad(utterances())
    fused = layers.FusedLSTM(UNITS, seed=1)
    found = layers.last_states(fused(frames), lengths).numpy()
    plain = keras_lstm(layers, fused)
    mask = np.arange(len(frames))[None, :] < lengths[:, None]
    masked = plain(frames.transpose(1, 0, 2), mask=mask)[:, -1].numpy()
    np.testing.assert_allclose(found, masked, atol=1e-6)


def test_the_initial_weights_are_keras_own_kind(layers):
    fused = layers.FusedLSTM(64, seed=0)
    fused.build((None, None, 30))
    kernel, recurrent, bias = fused.get_weights()
    limit = np.sqrt(6 / (30 + 4 * 64))
    assert limit * 0.95 < np.abs(kernel).max() <= limit
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(64), atol=1e-5)
    np.testing.assert_array_equal(np.split(bias, 4), [[0] * 64, [0] * 64, [1] * 64, [0] * 64])


def network(layers, seed: int = 0):
    return layers.TwoLayers(COLUMNS, 3, UNITS, 0.5, seed)


def test_padding_further_changes_nothing(layers):
    frames, lengths = pad(utterances())
    longer = np.concatenate([frames, np.full_like(frames, 9.0)])
    one = network(layers)
    np.testing.assert_array_equal(one(frames, lengths), one(longer, lengths))


def test_dropout_is_in_training_only_and_falls_otherwise_each_time(layers):
    frames, lengths = pad(utterances())
    one = network(layers)
    np.testing.assert_array_equal(one(frames, lengths), one(frames, lengths))
    first, second = (one(frames, lengths, training=True).numpy() for _ in range(2))
    assert not np.allclose(first, second)


def test_a_seed_is_a_network(layers):
    same, again, other = (network(layers, seed).get_weights() for seed in (1, 1, 2))
    for one, two in zip(same, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.allclose(same[0], other[0])
    assert not np.allclose(same[1], same[4])  # the two layers do not start alike
