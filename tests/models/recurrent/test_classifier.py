"""The LSTM classifier: learning, early stopping, and invalid data."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from aser_bench.models.recurrent.classifier import LstmClassifier

SMALL = {"units": 8, "batch_size": 16, "learning_rate": 0.02, "max_epochs": 12, "patience": 4}


def make_data(seed: int, number: int = 48, classes=("a", "b", "c")):
    """Return utterances with a slow drift; its direction is the class, which no frame shows."""
    rng = np.random.default_rng(seed)
    labels = np.array([classes[i % len(classes)] for i in range(number)])
    utterances = np.empty(number, dtype=object)
    for i, label in enumerate(labels):
        length = int(rng.integers(6, 20))
        drift = np.linspace(-1, 1, length) * (classes.index(label) - 1)
        utterances[i] = (drift[:, None] + 0.3 * rng.normal(size=(length, 3))).astype(np.float32)
    return utterances, labels


def fitted(seed: int = 0, **settings) -> LstmClassifier:
    return LstmClassifier(**{**SMALL, "random_state": seed, **settings}).fit(
        *make_data(1), dev=make_data(2)
    )


def test_learns_the_order_of_frames():
    model = fitted(max_epochs=40, patience=40)
    test, labels = make_data(3)
    assert np.mean(model.predict(test) == labels) > 0.9
    backwards = np.array([*map(np.flipud, test), None], dtype=object)[:-1]
    assert np.mean(model.predict(backwards) == labels) < 0.5


def test_overfits_thirty_two_utterances():
    data, labels = make_data(1, 32)
    shuffled = np.random.default_rng(0).permutation(labels)
    model = LstmClassifier(units=64, dropout=0.0, learning_rate=0.005, max_epochs=300, patience=300)
    model.fit(data, shuffled, dev=(data, shuffled))
    assert np.mean(model.predict(data) == shuffled) == 1


def test_same_seed_gives_equal_bits_after_other_trainings():
    first = fitted(7)
    fitted(8)
    again = fitted(7)
    test, _ = make_data(3)
    assert first.losses_ == again.losses_
    np.testing.assert_array_equal(first.predict_proba(test), again.predict_proba(test))
    assert fitted(8).losses_ != first.losses_


def test_models_of_the_same_shape_are_independent():
    one, other = fitted(1), fitted(2)
    test, _ = make_data(3)
    before = one.predict_proba(test)
    other.predict_proba(test)
    np.testing.assert_array_equal(one.predict_proba(test), before)


def test_weights_of_the_best_epoch_are_used():
    from scipy.special import xlogy

    model = fitted(max_epochs=30, patience=3, learning_rate=0.2)
    dev, labels = make_data(2)
    probabilities = model.predict_proba(dev)[
        np.arange(len(dev)), np.searchsorted(model.classes_, labels)
    ]
    assert -np.mean(xlogy(1, probabilities)) == pytest.approx(min(model.dev_losses_), rel=1e-4)
    assert model.best_epoch_ == 1 + int(np.argmin(model.dev_losses_))


def test_stops_by_patience_or_at_the_last_epoch():
    patient = fitted(max_epochs=100, patience=2, learning_rate=0.3)
    assert patient.stop_ == "patience"
    assert patient.epochs_ == patient.best_epoch_ + 2 == len(patient.losses_)
    short = fitted(max_epochs=2, patience=50)
    assert (short.stop_, short.epochs_) == ("max_epochs", 2)


def test_weights_of_the_best_smoothed_uar_are_used():
    from sklearn.metrics import balanced_accuracy_score

    model = fitted(early_stopping="uar", max_epochs=30, patience=4, learning_rate=0.1)
    assert len(model.dev_uars_) == model.epochs_
    dev, labels = make_data(2)
    expected = model.dev_uars_[model.best_epoch_ - 1]
    assert balanced_accuracy_score(labels, model.predict(dev)) == pytest.approx(expected)


def test_without_early_stopping_all_epochs_are_trained_and_dev_is_not_used():
    model = fitted(early_stopping="none", max_epochs=9, patience=1, learning_rate=0.3)
    assert (model.epochs_, model.best_epoch_, model.stop_) == (9, 9, "max_epochs")
    assert model.dev_losses_ == []
    without_dev = clone(model).fit(*make_data(1))
    watched = fitted(max_epochs=9, patience=9, learning_rate=0.3)
    assert model.losses_ == without_dev.losses_ == watched.losses_
    test, _ = make_data(3)
    np.testing.assert_array_equal(model.predict_proba(test), without_dev.predict_proba(test))


@pytest.mark.parametrize("rule", ["loss", "uar", "none"])
def test_refit_trains_on_train_and_dev_for_the_best_number_of_epochs(rule):
    settings = {"early_stopping": rule, "max_epochs": 10, "patience": 2, "learning_rate": 0.1}
    refitted, first = fitted(refit_dev=True, **settings), fitted(**settings)
    assert (refitted.epochs_, refitted.best_epoch_) == (first.epochs_, first.best_epoch_)
    (train, y), (dev, y_dev) = make_data(1), make_data(2)
    both = [*train, *dev], np.concatenate([y, y_dev])
    number = {"early_stopping": "none", "max_epochs": first.best_epoch_, "learning_rate": 0.1}
    expected = LstmClassifier(**{**SMALL, **number}).fit(*both)
    test, _ = make_data(3)
    np.testing.assert_array_equal(refitted.predict_proba(test), expected.predict_proba(test))
    assert not np.array_equal(refitted.predict_proba(test), first.predict_proba(test))


def test_refit_has_the_classes_of_dev():
    (train, y), dev = make_data(1), make_data(2)
    kept = y != "b"
    model = LstmClassifier(**SMALL, refit_dev=True).fit(train[kept], y[kept], dev=dev)
    assert model.classes_.tolist() == ["a", "b", "c"]


def test_nan_loss_raises():
    data, labels = make_data(1)
    data[0] = np.full((4, 3), np.nan, dtype=np.float32)
    with pytest.raises(FloatingPointError, match="after epoch 1"):
        LstmClassifier(**SMALL).fit(data, labels, dev=make_data(2))


def test_dev_utterances_of_untrained_classes_are_left_out():
    data, labels = make_data(1)
    dev, dev_labels = make_data(2)
    trained = labels != "b"
    both = LstmClassifier(**SMALL).fit(data[trained], labels[trained], dev=(dev, dev_labels))
    in_dev = dev_labels != "b"
    only = LstmClassifier(**SMALL).fit(
        data[trained], labels[trained], dev=(dev[in_dev], dev_labels[in_dev])
    )
    assert both.classes_.tolist() == ["a", "c"]
    assert both.dev_losses_ == only.dev_losses_
    assert both.predict_proba(dev).shape == (len(dev), 2)


@pytest.mark.parametrize("dev", [([], []), (make_data(2)[0], ["z"] * 48)], ids=["none", "unknown"])
def test_rejects_dev_without_trained_classes(dev):
    with pytest.raises(ValueError, match="no dev utterance"):
        LstmClassifier(**SMALL).fit(*make_data(1), dev=dev)


@pytest.mark.parametrize("bad", [np.zeros((0, 3)), np.zeros(3)], ids=["no frames", "a vector"])
def test_rejects_utterances_that_are_not_matrices(bad):
    data, labels = make_data(1)
    data[3] = bad.astype(np.float32)
    with pytest.raises(ValueError, match="must be a matrix"):
        LstmClassifier(**SMALL).fit(data, labels, dev=make_data(2))


def test_batch_of_short_and_long_utterances():
    data, labels = make_data(1)
    rng = np.random.default_rng(0)
    data[0] = rng.normal(size=(4, 3)).astype(np.float32)
    data[1] = rng.normal(size=(1876, 3)).astype(np.float32)
    model = LstmClassifier(**{**SMALL, "max_epochs": 1}).fit(data, labels, dev=(data, labels))
    together = model.predict_proba(data)
    alone = np.concatenate([model.predict_proba(data[i : i + 1]) for i in range(len(data))])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_sub_batches_give_the_loss_of_the_batch(monkeypatch):
    from aser_bench.models.recurrent import training

    whole = fitted(dropout=0.0, max_epochs=2)
    split = training.sub_batches
    monkeypatch.setattr(training, "sub_batches", lambda lengths, size: split(lengths, size, 30))
    in_parts = fitted(dropout=0.0, max_epochs=2)
    np.testing.assert_allclose(in_parts.losses_, whole.losses_, rtol=1e-4)
    np.testing.assert_allclose(in_parts.dev_losses_, whole.dev_losses_, rtol=1e-4)


def test_corpus_smaller_than_a_batch():
    data, labels = make_data(1, 5)
    model = LstmClassifier(**{**SMALL, "batch_size": 64}).fit(data, labels, dev=(data, labels))
    assert model.predict(data).shape == (5,)


def test_no_utterances_give_no_predictions():
    data, _ = make_data(1)
    assert fitted(max_epochs=1).predict_proba(data[:0]).shape == (0, 3)


def test_balanced_class_weights_raise_a_rare_class():
    data, labels = make_data(1)
    rare = np.flatnonzero((labels != "a") | (np.arange(48) < 6))
    losses = {}
    for weight in (None, "balanced"):
        model = LstmClassifier(**{**SMALL, "class_weight": weight, "max_epochs": 12})
        model.fit(data[rare], labels[rare], dev=(data[rare], labels[rare]))
        losses[weight] = model.predict_proba(data[labels == "a"])[:, 0].mean()
    assert losses["balanced"] > losses[None]


def test_frame_pool_changes_the_training():
    assert fitted(frame_pool=3, max_epochs=1).losses_ != fitted(max_epochs=1).losses_


def test_can_be_cloned_and_pickled():
    model = fitted(max_epochs=1)
    test, _ = make_data(3)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict_proba(test), again.predict_proba(test))
    assert clone(model).get_params() == model.get_params()
