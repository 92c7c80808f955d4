"""The four dual encoders: learning, padding, missing inputs, early stopping."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from aser_bench import models
from aser_bench.models.base import Settings
from aser_bench.models.dual.classifier import DualClassifier
from aser_bench.models.dual.preprocessing import random_batches
from aser_bench.models.dual.utterance import Utterance
from aser_bench.models.dual.word_vectors import WordVectors
from aser_bench.pipeline.model_inputs import object_array

NAMES = ("are", "tre", "mdre", "mdrea")
TEXT_MODELS = ("tre", "mdre", "mdrea")
WORDS = {"a": "rage shout now", "b": "joy smile sun", "c": "rain grey alone"}
SMALL = {
    "units": 12,
    "dimension": 10,
    "batch_size": 16,
    "learning_rate": 0.02,
    "max_epochs": 8,
    "patience": 8,
}

every_model = pytest.mark.parametrize("name", NAMES)


def make_data(seed: int, number: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """Return utterances in which frames, vector and words each depend weakly on the class."""
    rng = np.random.default_rng(seed)
    labels = np.array([list(WORDS)[i % 3] for i in range(number)])
    utterances = []
    for label in labels:
        column = list(WORDS).index(label)
        frames = rng.normal(size=(rng.integers(4, 12), 3)).astype(np.float32)
        frames[:, column] += 1
        vector = rng.normal(size=3).astype(np.float32)
        vector[column] += 1
        words = rng.choice([*WORDS[label].split(), "the", "is", "was"], rng.integers(1, 6))
        utterances.append(Utterance(frames, vector, " ".join(words)))
    return object_array(utterances), labels


def classifier(name: str, **settings) -> DualClassifier:
    return DualClassifier(encoder=models.get(name), **{**SMALL, **settings})


def fitted(name: str, seed: int = 0, **settings) -> DualClassifier:
    model = classifier(name, random_state=seed, **settings)
    return model.fit(*make_data(1), dev=make_data(2))


def replaced(data: np.ndarray, **parts) -> np.ndarray:
    return object_array([utterance._replace(**parts) for utterance in data])


@every_model
@pytest.mark.parametrize("authors", [False, True])
def test_overfits_thirty_two_utterances(name, authors):
    data, labels = make_data(1, 32)
    data = object_array([u._replace(text=f"{u.text} word{i}") for i, u in enumerate(data)])
    shuffled = np.random.default_rng(0).permutation(labels)
    model = classifier(
        name,
        units=24,
        keep_audio=1.0,
        keep_text=1.0,
        authors=authors,
        batch_size=32,
        max_epochs=200,
        patience=40,
    )
    model.fit(data, shuffled, dev=(data, shuffled))
    assert np.mean(model.predict(data) == shuffled) == 1


@every_model
def test_same_seed_gives_equal_bits_after_other_trainings(name):
    first = fitted(name, 7)
    fitted(name, 8)
    again = fitted(name, 7)
    test, _ = make_data(3)
    assert first.losses_ == again.losses_
    np.testing.assert_array_equal(first.predict_proba(test), again.predict_proba(test))
    assert fitted(name, 8).losses_ != first.losses_


@every_model
def test_prediction_does_not_depend_on_the_batch(name):
    """Alone or padded to a much longer utterance: equal up to the order of sums."""
    model = fitted(name)
    test, _ = make_data(3)
    long = Utterance(np.zeros((90, 3), np.float32), np.zeros(3, np.float32), "the " * 60)
    together = model.predict_proba(object_array([*test, long]))[: len(test)]
    for i in range(4):
        np.testing.assert_allclose(model.predict_proba(test[i : i + 1])[0], together[i], atol=1e-6)


@every_model
def test_logits_do_not_depend_on_padding(name):
    model = fitted(name)
    trainer = model._trainer()
    trainer.network.set_weights(model.weights_)
    sequences = model.preprocessor_(make_data(3)[0])
    inputs = sequences.padded(np.arange(8))
    longer = [
        np.pad(array, [(0, 25), *[(0, 0)] * (array.ndim - 1)])
        if i in padded_inputs(name)
        else array
        for i, array in enumerate(inputs)
    ]
    for i in padded_inputs(name):  # the values of the padding do not matter, either
        longer[i][len(inputs[i]) :] = 1
    np.testing.assert_allclose(trainer.logits(*longer), trainer.logits(*inputs), atol=1e-6)


def padded_inputs(name: str) -> list[int]:
    """Return the indices of a model's inputs that are padded in time."""
    return {"are": [0], "tre": [0]}.get(name, [0, 3])


@every_model
@pytest.mark.parametrize("authors", [False, True])
def test_gradients_reach_every_weight(name, authors):
    from aser_bench.models.recurrent import tensorflow

    tf = tensorflow()
    model = fitted(name, max_epochs=1, authors=authors)
    trainer = model._trainer()
    trainer.reset(3)
    data, labels = make_data(1)
    inputs = model.preprocessor_(data).padded(np.arange(12))
    numbers = np.searchsorted(model.classes_, labels[:12]).astype(np.int32)
    weights = {
        f"{part} {variable.path}": variable
        for part, layer in trainer.network.parts.items()
        for variable in layer.trainable_variables
    }
    assert len(weights) == len(trainer.network.trainable_variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(
            trainer.loss.in_tensorflow(numbers, trainer.network(*inputs, training=False))
        )
    gradients = tape.gradient(loss, [variable.value for variable in weights.values()])
    sizes = {
        path: float(tf.norm(tf.convert_to_tensor(gradient)))
        for path, gradient in zip(weights, gradients, strict=True)
    }
    assert all(np.isfinite(size) and size > 0 for size in sizes.values()), sizes
    read = {part for part in ("audio", "text") if any(path.startswith(part) for path in sizes)}
    assert read == {"are": {"audio"}, "tre": {"text"}}.get(name, {"audio", "text"})


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_empty_and_unknown_texts_have_finite_probabilities(name):
    model = fitted(name)
    test, _ = make_data(3)
    for text in ("", "   ", "?!", "zebra unheard of"):
        probabilities = model.predict_proba(replaced(test, text=text))
        assert np.isfinite(probabilities).all()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    empty = classifier(name)
    empty.fit(replaced(make_data(1)[0], text=""), make_data(1)[1], dev=make_data(2))
    assert np.isfinite(empty.predict_proba(test)).all()


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_vocabulary_has_only_words_of_the_training_part(name):
    words = set(fitted(name).preprocessor_.vocabulary.words)
    assert words == {word for utterance in make_data(1)[0] for word in utterance.text.split()}


@every_model
def test_ignores_inputs_that_it_does_not_declare(name):
    model = fitted(name)
    test, _ = make_data(3)
    reduced = object_array(
        [Utterance(**{name: getattr(u, name) for name in model.encoder.inputs}) for u in test]
    )
    np.testing.assert_array_equal(model.predict_proba(reduced), model.predict_proba(test))


@every_model
def test_rejects_missing_inputs(name):
    test, labels = make_data(1)
    for part in models.get(name).inputs:
        with pytest.raises(ValueError, match="must have"):
            classifier(name).fit(replaced(test, **{part: None}), labels, dev=make_data(2))


def test_frames_after_the_limit_are_ignored():
    model = fitted("are", max_frames=6)
    test, _ = make_data(3)
    truncated = object_array([u._replace(frames=u.frames[:6]) for u in test])
    np.testing.assert_allclose(model.predict_proba(truncated), model.predict_proba(test), atol=1e-6)


def test_feature_scale_matters_only_in_the_authors_code():
    def predictions(scale: float, **settings) -> np.ndarray:
        (train, y), (dev, y_dev), (test, _) = make_data(1), make_data(2), make_data(3)
        data = [
            object_array([u._replace(frames=u.frames * np.float32(scale)) for u in part])
            for part in (train, dev, test)
        ]
        model = classifier("are", **settings).fit(data[0], y, dev=(data[1], y_dev))
        return model.predict_proba(data[2])

    np.testing.assert_allclose(predictions(1), predictions(1024), atol=1e-4)
    authors_code = {"standardise": False, "authors": True}
    assert np.abs(predictions(1, **authors_code) - predictions(1024, **authors_code)).max() > 0.1


def test_training_starts_from_pretrained_vectors(tmp_path):
    words = {"rage": 1.0, "joy": -1.0, "zebra": 9.0}
    file = tmp_path / "vectors.txt"
    file.write_text("".join(f"{word} {' '.join([str(v)] * 4)}\n" for word, v in words.items()))
    model = fitted("tre", embeddings=str(file), max_epochs=1, learning_rate=0.0)
    trainer = model._trainer()
    trainer.network.set_weights(model.weights_)
    embedding = trainer.network.parts["text"].embedding.numpy()
    assert embedding.shape[1] == 4
    for word, value in (("rage", 1.0), ("joy", -1.0)):
        (row,) = model.preprocessor_.vocabulary.encode([word])
        np.testing.assert_array_equal(embedding[row], np.full(4, value, np.float32))
    (row,) = model.preprocessor_.vocabulary.encode(["rain"])
    assert 0 < np.abs(embedding[row]).max() < 0.1
    assert model.coverage_ == pytest.approx(2 / len(model.preprocessor_.vocabulary.words))


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_words_outside_of_the_training_part_have_the_vectors_of_the_file(name, tmp_path):
    rng = np.random.default_rng(0)
    vectors = {word: rng.normal(size=4) for word in ("rage", "joy")}
    vectors["zebra"] = vectors["rage"]
    file = tmp_path / "vectors.txt"
    lines = (f"{word} {' '.join(map(str, vector))}\n" for word, vector in vectors.items())
    file.write_text("".join(lines))
    model = fitted(name, embeddings=str(file), max_epochs=1, learning_rate=0.0)
    assert "zebra" not in model.preprocessor_.vocabulary
    test, _ = make_data(3)

    def probabilities(word):
        return model.predict_proba(replaced(test, text=f"the {word} was"))

    np.testing.assert_array_equal(probabilities("zebra"), probabilities("rage"))
    assert np.abs(probabilities("zebra") - probabilities("gnu")).max() > 0
    np.testing.assert_array_equal(probabilities("gnu"), probabilities("yak"))  # both unknown


def test_words_of_dev_have_the_vectors_of_the_file(tmp_path):
    file = tmp_path / "vectors.txt"
    losses = []
    for value in (1, 2):
        file.write_text(f"zebra {value} 0 0 0\nrage 1 1 1 1\n")
        model = classifier("tre", embeddings=str(file), max_epochs=1)
        dev, labels = make_data(2)
        model.fit(*make_data(1), dev=(replaced(dev, text="zebra"), labels))
        losses.append((model.losses_, model.dev_losses_))
    assert losses[0][0] == losses[1][0]
    assert losses[0][1] != losses[1][1]


@pytest.mark.parametrize("pretrained", [False, True])
def test_initial_word_vectors_of_the_authors_code(pretrained, tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text(f"rage {' '.join(['1'] * 50)}\n")
    source = WordVectors(str(file) if pretrained else None, 50, authors=True, seed=3)
    words = ("rage", *(f"word{i}" for i in range(200)))
    found = source.of(words)
    assert found.words == words
    others = found.vectors[1:]
    if pretrained:
        assert (found.vectors[0] == 1).all()
        assert 0.24 < np.abs(others).max() <= 0.25
        assert np.std(others) == pytest.approx(0.25 / np.sqrt(3), rel=0.02)
    else:
        assert np.std(found.vectors) == pytest.approx(0.01, rel=0.02)
    np.testing.assert_array_equal(source.of(["word7"]).vectors[0], found.vectors[8])
    other_seed = WordVectors(source.path, 50, authors=True, seed=4)
    assert not np.array_equal(other_seed.of(["word7"]).vectors[0], found.vectors[8])


def test_authors_code_trains_with_the_vocabulary_of_the_whole_corpus():
    model = fitted("tre", authors=True, max_epochs=1)
    test, _ = make_data(3)
    outside = [model.predict_proba(replaced(test, text=word)) for word in ("gnu", "yak")]
    assert not np.array_equal(*outside)


def test_batches_of_the_authors_code():
    def rounds(n, most):
        schedule = random_batches(128, 0.3, most)(np.ones(n), np.random.default_rng(0))
        return [len(batches) for batches in schedule]

    assert rounds(4425, 100) == [11] * 9  # 99 batches; one more would not be evaluated
    assert sum(rounds(4425, 10_000)) == 9999
    assert rounds(100, 5) == [2, 1, 1, 1]  # no evaluation after the first batch


def test_authors_code_ends_at_the_largest_number_of_batches(monkeypatch):
    from aser_bench.models.dual import classifier as module

    monkeypatch.setattr(module, "_AUTHORS_BATCHES", 5)
    model = fitted("are", authors=True, early_stopping="none", max_epochs=99)
    # Evaluations after 2, 3, 4 and 5 batches.
    assert (model.stop_, model.epochs_, model.best_epoch_) == ("max_steps", 4, 4)


def test_epsilon_of_adam():
    assert fitted("are", max_epochs=1)._trainer().optimizer.epsilon == 1e-7
    assert fitted("are", max_epochs=1, authors=True)._trainer().optimizer.epsilon == 1e-8


def test_refit_learns_the_words_of_dev():
    (train, y), (dev, y_dev) = make_data(1), make_data(2)
    dev = replaced(dev, text="zebra")
    model = classifier("tre", refit_dev=True, max_epochs=3).fit(train, y, dev=(dev, y_dev))
    assert "zebra" in model.preprocessor_.vocabulary


def test_identity_depends_on_the_content_of_embeddings_not_on_their_path(tmp_path):
    for name, value in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / f"{name}.txt").write_text(f"rage {value} 0\n")
    a, b, c = (
        models.get("tre").identity(Settings(embeddings=str(tmp_path / f"{name}.txt")))
        for name in "abc"
    )
    assert a == b != c
    assert models.get("are").identity(Settings()) == models.get("are").identity(
        Settings(embeddings=str(tmp_path / "a.txt"))
    )


@every_model
def test_dev_utterances_of_untrained_classes_are_left_out(name):
    data, labels = make_data(1)
    dev, dev_labels = make_data(2)
    trained, in_dev = labels != "b", dev_labels != "b"
    both = classifier(name).fit(data[trained], labels[trained], dev=(dev, dev_labels))
    only = classifier(name).fit(
        data[trained], labels[trained], dev=(dev[in_dev], dev_labels[in_dev])
    )
    assert both.classes_.tolist() == ["a", "c"]
    assert both.dev_losses_ == only.dev_losses_


@pytest.mark.parametrize("dev", [([], []), (make_data(2)[0], ["z"] * 48)], ids=["none", "unknown"])
def test_rejects_dev_without_trained_classes(dev):
    with pytest.raises(ValueError, match="no dev utterance"):
        classifier("tre").fit(*make_data(1), dev=dev)


@every_model
def test_can_be_pickled_and_cloned(name):
    model = fitted(name)
    test, _ = make_data(3)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(test), model.predict_proba(test))
    assert clone(model).get_params()["encoder"] == models.get(name)


def test_no_utterances_give_no_predictions():
    assert fitted("tre").predict_proba([]).shape == (0, 3)


def test_patience_stops_training_and_the_best_weights_are_used():
    model = fitted("are", learning_rate=0.3, max_epochs=60, patience=3)
    assert model.stop_ == "patience"
    assert model.epochs_ == model.best_epoch_ + 3 == len(model.dev_losses_)
    dev, labels = make_data(2)
    probabilities = model.predict_proba(dev)[
        np.arange(len(dev)), np.searchsorted(model.classes_, labels)
    ]
    assert -np.mean(np.log(probabilities)) == pytest.approx(min(model.dev_losses_), rel=1e-4)


def test_authors_code_stops_by_the_loss_of_sigmoids():
    model = fitted("are", authors=True, max_epochs=5)
    trainer = model._trainer()
    trainer.network.set_weights(model.weights_)
    dev, labels = make_data(2)
    logits = trainer.predict(model.preprocessor_(dev), 16).astype(float)
    truth = np.eye(3)[np.searchsorted(model.classes_, labels)]
    sigmoid = 1 / (1 + np.exp(-logits))
    expected = -np.mean(truth * np.log(sigmoid) + (1 - truth) * np.log(1 - sigmoid))
    assert expected == pytest.approx(min(model.dev_losses_), rel=1e-4)
    np.testing.assert_allclose(
        model.predict_proba(dev), sigmoid / sigmoid.sum(axis=1, keepdims=True), rtol=1e-5
    )


def test_failed_training_does_not_affect_the_next(monkeypatch):
    before = fitted("are", 7)
    trainer = before._trainer()
    train_batch = trainer.train_batch
    # Two parts of a batch, and a failure after the gradients of both.
    monkeypatch.setattr(trainer, "train_batch", lambda batch: train_batch(batch * 2))
    monkeypatch.setattr(trainer, "_apply", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fitted("are", 8)
    monkeypatch.undo()
    assert fitted("are", 7).losses_ == before.losses_
