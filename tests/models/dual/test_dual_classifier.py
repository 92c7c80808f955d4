"""The four dual encoders: what they learn, what padding does to them, and what bad data does."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from aser_bench import models
from aser_bench.models.base import Settings
from aser_bench.models.dual.classifier import DualClassifier
from aser_bench.models.dual.utterance import Utterance
from aser_bench.pipeline.model_inputs import object_array

NAMES = ("are", "tre", "mdre", "mdrea")
READ_TEXT = ("tre", "mdre", "mdrea")
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


def made_up(seed: int, number: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """Utterances whose class is a little in each of frames, vector and words."""
    rng = np.random.default_rng(seed)
    labels = np.array([list(WORDS)[i % 3] for i in range(number)])
    found = []
    for label in labels:
        place = list(WORDS).index(label)
        frames = rng.normal(size=(rng.integers(4, 12), 3)).astype(np.float32)
        frames[:, place] += 1
        vector = rng.normal(size=3).astype(np.float32)
        vector[place] += 1
        said = rng.choice([*WORDS[label].split(), "the", "is", "was"], rng.integers(1, 6))
        found.append(Utterance(frames, vector, " ".join(said)))
    return object_array(found), labels


def classifier(name: str, **settings) -> DualClassifier:
    return DualClassifier(models.get(name), **{**SMALL, **settings})


def fitted(name: str, seed: int = 0, **settings) -> DualClassifier:
    one = classifier(name, random_state=seed, **settings)
    return one.fit(*made_up(1), dev=made_up(2))


def changed(data: np.ndarray, **parts) -> np.ndarray:
    return object_array([one._replace(**parts) for one in data])


@every_model
@pytest.mark.parametrize("authors", [False, True])
def test_it_can_learn_thirty_two_utterances_by_heart(name, authors):
    data, labels = made_up(1, 32)
    unlike = [one._replace(text=f"{one.text} word{i}") for i, one in enumerate(data)]
    data = object_array(unlike)
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
def test_the_same_seed_gives_the_same_bits_whatever_came_between(name):
    one = fitted(name, 7)
    fitted(name, 8)
    again = fitted(name, 7)
    test, _ = made_up(3)
    assert one.losses_ == again.losses_
    np.testing.assert_array_equal(one.predict_proba(test), again.predict_proba(test))
    assert fitted(name, 8).losses_ != one.losses_


@every_model
def test_company_changes_no_prediction(name):
    """Alone, or padded to a far longer utterance: the same but for the order of sums."""
    model = fitted(name)
    test, _ = made_up(3)
    long = Utterance(np.zeros((90, 3), np.float32), np.zeros(3, np.float32), "the " * 60)
    together = model.predict_proba(object_array([*test, long]))[: len(test)]
    for i in range(4):
        np.testing.assert_allclose(model.predict_proba(test[i : i + 1])[0], together[i], atol=1e-6)


@every_model
def test_padding_further_changes_no_logit(name):
    model = fitted(name)
    steps = model._trainer()
    steps.network.set_weights(model.weights_)
    rows = model.preprocessor_(made_up(3)[0])
    given = rows.padded(np.arange(8))
    further = [
        np.pad(one, [(0, 25), *[(0, 0)] * (one.ndim - 1)]) if i in padded(name) else one
        for i, one in enumerate(given)
    ]
    # What stands in the padding is nobody's business either.
    for i in padded(name):
        further[i][len(given[i]) :] = 1
    np.testing.assert_allclose(steps.logits(*further), steps.logits(*given), atol=1e-6)


def padded(name: str) -> list[int]:
    """Return which of a model's inputs are padded in time."""
    return {"are": [0], "tre": [0]}.get(name, [0, 3])


@every_model
@pytest.mark.parametrize("authors", [False, True])
def test_gradients_reach_every_weight(name, authors):
    from aser_bench.models.recurrent import tensorflow

    tf = tensorflow()
    model = fitted(name, max_epochs=1, authors=authors)
    steps = model._trainer()
    steps.reset(3)
    data, labels = made_up(1)
    given = model.preprocessor_(data).padded(np.arange(12))
    numbers = np.searchsorted(model.classes_, labels[:12]).astype(np.int32)
    weights = {
        f"{part} {variable.path}": variable
        for part, layer in steps.network.parts.items()
        for variable in layer.trainable_variables
    }
    assert len(weights) == len(steps.network.trainable_variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(
            steps.loss.in_tensorflow(numbers, steps.network(*given, training=False))
        )
    gradients = tape.gradient(loss, [variable.value for variable in weights.values()])
    sizes = {
        path: float(tf.norm(tf.convert_to_tensor(one)))
        for path, one in zip(weights, gradients, strict=True)
    }
    assert all(np.isfinite(size) and size > 0 for size in sizes.values()), sizes
    read = {part for part in ("audio", "text") if any(path.startswith(part) for path in sizes)}
    assert read == {"are": {"audio"}, "tre": {"text"}}.get(name, {"audio", "text"})


@pytest.mark.parametrize("name", READ_TEXT)
def test_nothing_heard_is_no_crash_and_no_number_lost(name):
    model = fitted(name)
    test, _ = made_up(3)
    for text in ("", "   ", "?!", "zebra unheard of"):
        chances = model.predict_proba(changed(test, text=text))
        assert np.isfinite(chances).all()
        np.testing.assert_allclose(chances.sum(axis=1), 1)
    empty = classifier(name)
    empty.fit(changed(made_up(1)[0], text=""), made_up(1)[1], dev=made_up(2))
    assert np.isfinite(empty.predict_proba(test)).all()


@pytest.mark.parametrize("name", READ_TEXT)
def test_the_vocabulary_is_that_of_training_alone(name):
    words = set(fitted(name).preprocessor_.vocabulary.words)
    assert words == {word for one in made_up(1)[0] for word in one.text.split()}


@every_model
def test_it_does_not_look_at_what_it_does_not_read(name):
    model = fitted(name)
    test, _ = made_up(3)
    kept = {kind: getattr(test[0], kind) for kind in model.encoder.inputs}
    alone = object_array([Utterance(**{k: getattr(one, k) for k in kept}) for one in test])
    np.testing.assert_array_equal(model.predict_proba(alone), model.predict_proba(test))


@every_model
def test_what_it_reads_must_be_there(name):
    test, labels = made_up(1)
    for kind in models.get(name).inputs:
        with pytest.raises(ValueError, match="must have"):
            classifier(name).fit(changed(test, **{kind: None}), labels, dev=made_up(2))


def test_frames_beyond_the_limit_are_not_read():
    model = fitted("are", max_frames=6)
    test, _ = made_up(3)
    cut = object_array([one._replace(frames=one.frames[:6]) for one in test])
    np.testing.assert_allclose(model.predict_proba(cut), model.predict_proba(test), atol=1e-6)


def test_the_scale_of_a_feature_matters_to_the_authors_alone():
    def predictions(scale: float, **settings) -> np.ndarray:
        (train, y), (dev, y_dev), (test, _) = made_up(1), made_up(2), made_up(3)
        data = [
            object_array([one._replace(frames=one.frames * np.float32(scale)) for one in part])
            for part in (train, dev, test)
        ]
        one = classifier("are", **settings).fit(data[0], y, dev=(data[1], y_dev))
        return one.predict_proba(data[2])

    np.testing.assert_allclose(predictions(1), predictions(1024), atol=1e-4)
    as_they_are = {"standardise": False, "authors": True}
    assert np.abs(predictions(1, **as_they_are) - predictions(1024, **as_they_are)).max() > 0.1


def test_pretrained_vectors_are_where_training_starts(tmp_path):
    words = {"rage": 1.0, "joy": -1.0, "zebra": 9.0}
    file = tmp_path / "vectors.txt"
    file.write_text("".join(f"{word} {' '.join([str(v)] * 4)}\n" for word, v in words.items()))
    model = fitted("tre", embeddings=str(file), max_epochs=1, learning_rate=0.0)
    steps = model._trainer()
    steps.network.set_weights(model.weights_)
    embedding = steps.network.parts["text"].embedding.numpy()
    assert embedding.shape[1] == 4
    for word, value in (("rage", 1.0), ("joy", -1.0)):
        (row,) = model.preprocessor_.vocabulary.encode([word])
        np.testing.assert_array_equal(embedding[row], np.full(4, value, np.float32))
    (row,) = model.preprocessor_.vocabulary.encode(["rain"])
    assert 0 < np.abs(embedding[row]).max() < 0.1
    assert model.coverage_ == pytest.approx(2 / len(model.preprocessor_.vocabulary.words))


def test_vectors_are_told_apart_by_what_they_are_not_by_where_they_lie(tmp_path):
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
def test_a_class_that_training_lacks_is_left_out_of_dev(name):
    data, labels = made_up(1)
    dev, dev_labels = made_up(2)
    known, alone = labels != "b", dev_labels != "b"
    both = classifier(name).fit(data[known], labels[known], dev=(dev, dev_labels))
    only = classifier(name).fit(data[known], labels[known], dev=(dev[alone], dev_labels[alone]))
    assert both.classes_.tolist() == ["a", "c"]
    assert both.dev_losses_ == only.dev_losses_


@pytest.mark.parametrize("dev", [([], []), (made_up(2)[0], ["z"] * 48)], ids=["none", "unknown"])
def test_without_dev_there_is_nothing_to_stop_by(dev):
    with pytest.raises(ValueError, match="no dev utterance"):
        classifier("tre").fit(*made_up(1), dev=dev)


@every_model
def test_it_can_be_pickled_and_cloned(name):
    model = fitted(name)
    test, _ = made_up(3)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(test), model.predict_proba(test))
    assert clone(model).get_params()["encoder"] == models.get(name)


def test_no_utterance_gives_no_prediction():
    assert fitted("tre").predict_proba([]).shape == (0, 3)


def test_the_best_look_at_dev_is_kept_and_patience_ends_training():
    model = fitted("are", learning_rate=0.3, max_epochs=60, patience=3)
    assert model.stop_ == "patience"
    assert model.epochs_ == model.best_epoch_ + 3 == len(model.dev_losses_)
    dev, labels = made_up(2)
    chances = model.predict_proba(dev)[np.arange(len(dev)), np.searchsorted(model.classes_, labels)]
    assert -np.mean(np.log(chances)) == pytest.approx(min(model.dev_losses_), rel=1e-4)


def test_the_sigmoids_of_the_authors_are_the_loss_that_stops():
    model = fitted("are", authors=True, max_epochs=5)
    steps = model._trainer()
    steps.network.set_weights(model.weights_)
    dev, labels = made_up(2)
    logits = steps.predict(model.preprocessor_(dev), 16).astype(float)
    truth = np.eye(3)[np.searchsorted(model.classes_, labels)]
    sigmoid = 1 / (1 + np.exp(-logits))
    by_hand = -np.mean(truth * np.log(sigmoid) + (1 - truth) * np.log(1 - sigmoid))
    assert by_hand == pytest.approx(min(model.dev_losses_), rel=1e-4)
    np.testing.assert_allclose(
        model.predict_proba(dev), sigmoid / sigmoid.sum(axis=1, keepdims=True), rtol=1e-5
    )


def test_a_training_that_fails_leaves_nothing_to_the_next(monkeypatch):
    before = fitted("are", 7)
    steps = before._trainer()
    whole = steps.step
    # In two pieces, and an end after the gradients of both.
    monkeypatch.setattr(steps, "step", lambda batch: whole(batch * 2))
    monkeypatch.setattr(steps, "_apply", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fitted("are", 8)
    monkeypatch.undo()
    assert fitted("are", 7).losses_ == before.losses_
