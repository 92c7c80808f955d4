"""The choice of the grid search, and the probabilities of predictions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import recall_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from aser_bench import models
from aser_bench.models import tuning
from aser_bench.models.base import Model, Settings

EMOTIONS = ["sad", "angry", "neutral"]
QUICK = Settings(effort="quick")


def make_data(per_class: int, classes=EMOTIONS, spread: float = 1.3, seed: int = 0):
    """Return overlapping clusters in five dimensions: (float32 features, labels)."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(classes, per_class)
    centres = {name: rng.normal(size=5) for name in sorted(EMOTIONS)}
    noise = rng.normal(scale=spread, size=(len(labels), 5))
    return (np.stack([centres[label] for label in labels]) + noise).astype(np.float32), labels


def inner(labels, number: int = 3):
    splitter = StratifiedKFold(number, shuffle=True, random_state=0)
    return list(splitter.split(np.zeros(len(labels)), labels))


class Counting(SVC):
    """An SVC that counts calls of fit."""

    fits = 0

    def fit(self, features, labels):
        Counting.fits += 1
        return super().fit(features, labels)


class Stub(Model):
    """A model with a given estimator and grid."""

    name = "stub"
    title = "a stub"

    def __init__(self, estimator, grid):
        self._estimator, self._grid = estimator, grid

    def estimator(self, settings, seed):
        return self._estimator

    def grid(self, settings):
        return self._grid


class LabelsOnly(ClassifierMixin, BaseEstimator):
    """A classifier without probabilities and decision values."""

    def fit(self, features, labels):
        self.classes_ = np.unique(labels)
        return self

    def predict(self, features):
        return self.classes_[(features[:, 0] > 0).astype(int)]


# The choice


@pytest.mark.parametrize("effort", ["quick", "standard"])
def test_choice_equals_grid_search_cv(effort):
    svm, settings = models.get("svm"), Settings(effort=effort)
    features, labels = make_data(8)
    folds = inner(labels, 2)
    search = GridSearchCV(
        svm.estimator(settings, 0),
        svm.grid(settings),
        scoring="balanced_accuracy",
        cv=folds,
    ).fit(features, labels)
    tuned = tuning.tune(svm, features, labels, folds, settings, 0)
    assert tuned.params == search.best_params_
    assert tuned.score == pytest.approx(search.best_score_)


def test_choice_has_the_highest_uar():
    candidates = [{"C": c, "kernel": kernel} for kernel in ("rbf", "linear") for c in (0.02, 1)]
    features, labels = make_data(15)
    features, labels = features[:38], labels[:38]  # uneven classes: UAR is not accuracy
    folds = inner(labels)

    def uar(settings):
        return np.mean(
            [
                recall_score(
                    labels[check],
                    SVC(**settings).fit(features[rows], labels[rows]).predict(features[check]),
                    average="macro",
                )
                for rows, check in folds
            ]
        )

    grid = [{key: [value] for key, value in settings.items()} for settings in candidates]
    tuned = tuning.tune(Stub(SVC(), grid), features, labels, folds, QUICK, 0)
    scores = [uar(settings) for settings in candidates]
    assert len({round(score, 6) for score in scores}) > 1
    assert tuned.params == candidates[int(np.argmax(scores))]
    assert tuned.score == pytest.approx(max(scores))


def test_single_candidate_is_not_searched():
    features, labels = make_data(6)
    Counting.fits = 0
    model = Stub(Counting(), [{"C": [0.5]}])
    tuned = tuning.tune(model, features, labels, inner(labels), QUICK, 0)
    assert tuned.params == {"C": 0.5}
    assert math.isnan(tuned.score)
    assert Counting.fits == 0


def test_first_candidate_is_chosen_without_folds():
    features, labels = make_data(6)
    model = Stub(SVC(), [{"C": [3, 1, 2]}])
    tuned = tuning.tune(model, features, labels, [], QUICK, 0)
    assert tuned.params == {"C": 3}
    assert math.isnan(tuned.score)


def test_folds_with_a_single_training_class_are_left_out():
    features, labels = make_data(10)
    whole = inner(labels)
    sad = np.flatnonzero(labels == "sad")
    broken = (sad, np.setdiff1d(np.arange(len(labels)), sad))
    svm = models.get("svm")
    tuned = tuning.tune(svm, features, labels, [broken, *whole], QUICK, 0)
    assert tuned == tuning.tune(svm, features, labels, whole, QUICK, 0)
    none = tuning.tune(svm, features, labels, [broken, broken], QUICK, 0)
    assert math.isnan(none.score)


def test_chosen_hyperparameters_are_fitted():
    features, labels = make_data(6)
    fitted = tuning.fit(models.get("svm"), {"svc__C": 0.07}, features, labels, Settings(), 0)
    assert fitted.get_params()["svc__C"] == 0.07
    assert set(fitted.predict(features)) <= set(EMOTIONS)


# The prediction


def fitted_model(name: str, features, labels):
    model = models.get(name)
    params = {"svc__kernel": "linear", "svc__C": 1} if name == "svm" else {}
    return tuning.fit(model, params, features, labels, Settings(), 0)


@pytest.mark.parametrize("name", ["svm", "mlp"])
@pytest.mark.parametrize("classes", [EMOTIONS, ["sad", "angry"]], ids=["three", "two"])
def test_probabilities_have_the_order_of_the_emotions(name, classes):
    fitted = fitted_model(name, *make_data(15, classes))
    test, _ = make_data(30, classes, seed=0)
    emotions = ["happy", *EMOTIONS]
    predicted, probabilities = tuning.predict(fitted, test, emotions)
    assert (predicted.dtype, probabilities.dtype) == (np.int16, np.float32)
    assert probabilities.shape == (len(test), 4)
    assert np.all((probabilities >= 0) & (probabilities <= 1))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    for column, emotion in enumerate(emotions):
        assert np.any(probabilities[:, column] > 0) == (emotion in classes)
    np.testing.assert_array_equal([emotions[i] for i in predicted], fitted.predict(test))
    agree = predicted == probabilities.argmax(axis=1)
    assert agree.all() if name == "mlp" or len(classes) == 2 else agree.mean() > 0.95


def test_order_of_emotions_only_permutes_the_columns():
    features, labels = make_data(10)
    fitted = fitted_model("svm", features, labels)
    predicted, probabilities = tuning.predict(fitted, features, EMOTIONS)
    backwards, columns = tuning.predict(fitted, features, EMOTIONS[::-1])
    np.testing.assert_array_equal(columns[:, ::-1], probabilities)
    np.testing.assert_array_equal(2 - backwards, predicted)


def test_probabilities_rank_as_decision_values():
    features, labels = make_data(10)
    fitted = fitted_model("svm", features, labels)
    _, probabilities = tuning.predict(fitted, features, sorted(EMOTIONS))
    values = fitted.decision_function(features)
    np.testing.assert_array_equal(probabilities.argsort(axis=1), values.argsort(axis=1))
    np.testing.assert_allclose(
        np.log(probabilities[:, 0] / probabilities[:, 1]), values[:, 0] - values[:, 1], atol=1e-4
    )


def test_probabilities_of_the_estimator_are_not_changed():
    features, labels = make_data(10)
    fitted = KNeighborsClassifier(4).fit(features, labels)
    _, probabilities = tuning.predict(fitted, features, sorted(EMOTIONS))
    np.testing.assert_allclose(probabilities, fitted.predict_proba(features), atol=1e-7)


def test_estimator_without_scores_has_probabilities_zero_and_one():
    features, labels = make_data(10, ["sad", "angry"])
    predicted, probabilities = tuning.predict(
        LabelsOnly().fit(features, labels), features, EMOTIONS
    )
    assert set(predicted) == {0, 1}
    np.testing.assert_array_equal(probabilities, np.eye(3, dtype=np.float32)[predicted])


def test_no_rows_give_no_predictions():
    features, labels = make_data(10, ["sad", "angry"])
    predicted, probabilities = tuning.predict(
        LabelsOnly().fit(features, labels), features[:0], EMOTIONS
    )
    assert (predicted.shape, probabilities.shape) == ((0,), (0, 3))


def test_expected_warnings_are_suppressed(recwarn):
    features, labels = make_data(10)
    mlp = models.get("mlp")
    tuning.tune(mlp, features, labels, inner(labels, 2), Settings(), 0)
    tuning.fit(mlp, {"mlp__max_iter": 2}, features, labels, Settings(), 0)
    assert not recwarn.list
