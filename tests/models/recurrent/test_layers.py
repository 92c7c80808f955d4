"""The fused LSTM compared with the masked LSTM of Keras: outputs, gradients, last states."""

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
    """Return the layer of Keras with the same weights (the order of its gates differs)."""
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


def test_states_and_gradients_equal_those_of_keras(layers):
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
    for ours, theirs in zip(*gradients, strict=True):
        np.testing.assert_allclose(in_keras_order(ours), theirs, atol=2e-5)


def test_last_states_equal_those_of_a_masked_layer(layers):
    frames, lengths = pad(utterances())
    fused = layers.FusedLSTM(UNITS, seed=1)
    last = layers.last_states(fused(frames), lengths).numpy()
    plain = keras_lstm(layers, fused)
    mask = np.arange(len(frames))[None, :] < lengths[:, None]
    masked = plain(frames.transpose(1, 0, 2), mask=mask)[:, -1].numpy()
    np.testing.assert_allclose(last, masked, atol=1e-6)


def test_initial_weights_have_the_distributions_of_keras(layers):
    fused = layers.FusedLSTM(64, seed=0)
    fused.build((None, None, 30))
    kernel, recurrent, bias = fused.get_weights()
    limit = np.sqrt(6 / (30 + 4 * 64))
    assert limit * 0.95 < np.abs(kernel).max() <= limit
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(64), atol=1e-5)
    np.testing.assert_array_equal(np.split(bias, 4), [[0] * 64, [0] * 64, [1] * 64, [0] * 64])


def network(layers, seed: int = 0):
    return layers.TwoLayers(COLUMNS, 3, UNITS, 0.5, seed)


def test_padding_does_not_change_the_logits(layers):
    frames, lengths = pad(utterances())
    longer = np.concatenate([frames, np.full_like(frames, 9.0)])
    model = network(layers)
    np.testing.assert_array_equal(model(frames, lengths), model(longer, lengths))


def test_dropout_is_random_and_only_in_training(layers):
    frames, lengths = pad(utterances())
    model = network(layers)
    np.testing.assert_array_equal(model(frames, lengths), model(frames, lengths))
    first, second = (model(frames, lengths, training=True).numpy() for _ in range(2))
    assert not np.allclose(first, second)


def test_initial_weights_depend_on_the_seed(layers):
    same, again, other = (network(layers, seed).get_weights() for seed in (1, 1, 2))
    for first, second in zip(same, again, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.allclose(same[0], other[0])
    assert not np.allclose(same[1], same[4])  # the two layers differ
