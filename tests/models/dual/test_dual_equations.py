"""The networks compared with the paper's equations in NumPy, with random weights."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench import models

COLUMNS, VALUES, WORDS, DIMENSION, CLASSES, UNITS = 3, 2, 11, 4, 3, 6
OTHER_VECTORS = np.random.default_rng(5).normal(size=(3, DIMENSION)).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(steps, gates, candidate, gates_bias, candidate_bias):
    """Return the state after each step of one utterance (steps, columns)."""
    h, states = np.zeros(UNITS), []
    for x in steps:
        r, u = np.split(sigmoid(np.concatenate([x, h]) @ gates + gates_bias), 2)
        c = np.tanh(np.concatenate([x, r * h]) @ candidate + candidate_bias)
        h = u * h + (1 - u) * c
        states.append(h)
    return np.array(states)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


class Equations:
    """The four models for a single utterance."""

    def __init__(self, weights, authors):
        self.w, self.authors = weights, authors
        self.activation = (lambda x: x) if authors else np.tanh

    def affine(self, name, x):
        return x @ self.w[name]["kernel"] + self.w[name]["bias"]

    def audio(self, frames, vector):
        states = gru(frames, *(self.w["audio"][k] for k in GRU))
        return np.concatenate([states[-1], vector])

    def text(self, words):
        table = np.concatenate([self.w["text"]["embedding"], OTHER_VECTORS[::-1]])
        return gru(table[words], *(self.w["text"][k] for k in GRU))  # -1 - i: other word i

    def are(self, frames, vector, words):
        return self.affine("output", self.audio(frames, vector))

    def tre(self, frames, vector, words):
        return self.affine("output", self.text(words)[-1])

    def mdre(self, frames, vector, words):
        audio = self.activation(self.affine("audio_half", self.audio(frames, vector)))
        text = self.activation(self.affine("text_half", self.text(words)[-1]))
        return self.affine("output", np.concatenate([audio, text]))

    def mdrea(self, frames, vector, words):
        e = self.audio(frames, vector)
        query, states = self.affine("query", e), self.text(words)
        z = softmax(states @ query) @ states
        reduced = query if self.authors else self.activation(self.affine("audio_half", e))
        return self.affine("output", np.concatenate([z, reduced]))


GRU = ("gates", "candidate", "gates_bias", "candidate_bias")


def weights_of(network):
    """Set random weights in a network and return them by layer and name."""
    rng = np.random.default_rng(1)
    weights: dict = {}
    for name, layer in network.parts.items():
        weights[name] = {}
        for variable in layer.weights:
            value = rng.normal(0, 0.5, variable.shape).astype(np.float32)
            variable.assign(value)
            weights[name][variable.path.rpartition("/")[2]] = value.astype(np.float64)
    return weights


@pytest.mark.parametrize("authors", [False, True])
@pytest.mark.parametrize("name", ["are", "tre", "mdre", "mdrea"])
def test_network_computes_the_equations_of_the_paper(name, authors):
    from aser_bench.models.dual.blocks import DualNetwork, NetworkShape
    from aser_bench.models.dual.preprocessing import DualSequences, EncodedTexts

    encoder = models.get(name)
    shape = NetworkShape(COLUMNS, VALUES, WORDS, DIMENSION, CLASSES, UNITS, 0.7, 0.3, authors)
    network = DualNetwork(encoder, shape, seed=0)
    equations = getattr(Equations(weights_of(network), authors), name)
    rng = np.random.default_rng(2)
    lengths = [(5, 1), (1, 7), (9, 4), (3, 3)]
    utterances = [
        (
            rng.normal(size=(n, COLUMNS)).astype(np.float32),
            rng.normal(size=VALUES).astype(np.float32),
            rng.integers(-len(OTHER_VECTORS), WORDS, words).astype(np.int32),
        )
        for n, words in lengths
    ]
    frames, vectors, words = zip(*utterances, strict=True)
    texts = EncodedTexts(list(words), OTHER_VECTORS)
    parts = {"frames": list(frames), "vector": np.array(vectors), "text": texts}
    sequences = DualSequences({part: parts[part] for part in encoder.inputs})
    logits = network(*sequences.padded(np.arange(len(lengths))), training=False).numpy()
    expected = np.array([equations(*utterance) for utterance in utterances])
    np.testing.assert_allclose(logits, expected, atol=2e-5)


def test_attention_ignores_padding():
    from aser_bench.models.dual.blocks import attend

    states = np.random.default_rng(0).normal(size=(4, 2, UNITS)).astype(np.float32)
    query = np.full((2, UNITS), 50, np.float32)  # dot products far from zero
    attended = attend(query, states, np.array([1, 3])).numpy()
    np.testing.assert_allclose(attended[0], states[0, 0], atol=1e-6)
    weights = softmax(states[:3, 1].astype(float) @ query[1])
    np.testing.assert_allclose(attended[1], weights @ states[:3, 1], atol=1e-5)


def test_network_of_the_authors_code():
    from aser_bench.models.dual.blocks import DualNetwork, NetworkShape

    sizes = COLUMNS, VALUES, WORDS, DIMENSION, CLASSES, UNITS
    theirs, ours = (
        DualNetwork(models.get("mdre"), NetworkShape(*sizes, 0.7, 0.3, authors), seed=0)
        for authors in (True, False)
    )
    assert theirs.parts["output"].bias.shape == (1,)
    assert ours.parts["output"].bias.shape == (CLASSES,)
    assert np.abs(theirs.parts["output"].kernel.numpy()).max() <= 0.25
    assert theirs.parts["audio_half"].kernel.shape == (UNITS + VALUES, (UNITS + VALUES) // 2)
    gates = [net.parts["audio"].gru.gates.numpy() for net in (theirs, ours)]
    np.testing.assert_array_equal(*gates)  # orthogonal, gate bias 1
    np.testing.assert_allclose(gates[0] @ gates[0].T, np.eye(COLUMNS + UNITS), atol=1e-5)
    assert (theirs.parts["text"].gru.gates_bias.numpy() == 1).all()


def test_last_state_has_no_dropout_in_the_authors_code():
    from aser_bench.models.dual.blocks import DualNetwork, NetworkInputs, NetworkShape, tf

    frames = tf.ones((6, 3, COLUMNS))
    inputs = NetworkInputs(frames, tf.constant([6, 6, 6]), tf.zeros((3, VALUES)))
    for authors in (True, False):
        shape = NetworkShape(COLUMNS, VALUES, WORDS, DIMENSION, CLASSES, UNITS, 0.5, 0.5, authors)
        encoder = DualNetwork(models.get("are"), shape, seed=0).parts["audio"]
        vector = encoder(inputs, training=True).numpy()[:, :UNITS]
        assert (vector == 0).any() != authors
