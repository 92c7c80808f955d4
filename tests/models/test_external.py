"""A scikit-learn classifier from anywhere becomes a model."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB

from aser_bench import models
from aser_bench.core.errors import UsageError
from aser_bench.models import tuning
from aser_bench.models.base import Model, Settings
from aser_bench.models.external import ExternalClassifier, as_model
from aser_bench.models.svm import Svm
from aser_bench.pipeline.cache import key

SOURCE = '''
from sklearn.base import BaseEstimator, ClassifierMixin

class Always(ClassifierMixin, BaseEstimator):
    """Always says the same."""

    def fit(self, features, labels):
        self.classes_ = sorted(set(labels))
        return self

    def predict(self, features):
        return [self.classes_[{which}]] * len(features)

ready = Always()
number = 3
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Make a module of somebody's; returns its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, which: int = 0) -> str:
        (tmp_path / f"{name}.py").write_text(SOURCE.replace("{which}", str(which)))
        return name

    return make


class Free(ClassifierMixin, BaseEstimator):
    """Takes no random_state."""

    def fit(self, features, labels):
        self.classes_ = np.unique(labels)
        return self

    def predict(self, features):
        return self.classes_[np.zeros(len(features), dtype=int)]


def test_a_class_of_scikit_learn():
    model = models.get("sklearn.linear_model:RidgeClassifier")
    assert model.name == "sklearn.linear_model:RidgeClassifier"
    assert isinstance(model, Model)
    estimator = model.estimator(Settings(), 5)
    assert isinstance(estimator[-1], RidgeClassifier)
    assert estimator.get_params()["model__random_state"] == 5
    assert model.grid(Settings("paper", "paper")) == [{}]


def test_it_is_trained_and_scaled():
    rng = np.random.default_rng(0)
    labels = np.repeat(["angry", "sad"], 20)
    features = rng.normal(size=(40, 3)).astype(np.float32)
    features[:, 1] = features[:, 1] * 1e-3 + 1e-2 * (labels == "sad")
    model = models.get("sklearn.linear_model:RidgeClassifier")
    tuned = tuning.tune(model, features, labels, [], Settings(), 0)
    fitted = tuning.fit(model, tuned.params, features, labels, Settings(), 0)
    predicted, _ = tuning.predict(fitted, features, ["angry", "sad"])
    assert np.mean(predicted == (labels == "sad")) > 0.95


@pytest.mark.parametrize(
    ("name", "random"),
    [
        ("sklearn.linear_model:RidgeClassifier", True),
        ("sklearn.ensemble:RandomForestClassifier", True),
        ("sklearn.neighbors:KNeighborsClassifier", False),
        ("sklearn.naive_bayes:GaussianNB", False),
    ],
)
def test_it_is_random_iff_it_takes_a_random_state(name, random):
    assert models.get(name).is_random is random


def test_a_module_of_ones_own(module):
    name = module("ones_own_models")
    model = models.get(f"{name}:Always")
    assert not model.is_random
    assert model.estimator(Settings(), 0)[-1].__class__.__name__ == "Always"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("sklearn.preprocessing:StandardScaler", "no classifier"),
        ("math:pi", "no classifier"),
        ("os.path:join", "no classifier"),
        ("sklearn.svm:Nothing", "Nothing"),
        ("sklearn.svm:SVC.nothing", "nothing"),
        ("no_such_package.models:Thing", "no_such_package"),
        ("sklearn.no_such_module:Thing", "no_such_module"),
        ("sklearn.svm:", "cannot be loaded"),
        (":SVC", "cannot be loaded"),
        (":", "cannot be loaded"),
    ],
)
def test_what_is_no_classifier_is_refused(name, why):
    with pytest.raises(UsageError, match=why) as caught:
        models.get(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    "name", ["sklearn.linear_model:LinearRegression", "sklearn.cluster:KMeans"]
)
def test_a_regressor_is_no_classifier(name):
    with pytest.raises(UsageError, match="no classifier"):
        models.get(name)


def test_an_instance_is_refused(module):
    with pytest.raises(UsageError, match="ready"):
        models.get(f"{module('models_with_an_instance')}:ready")


def test_an_edited_class_is_another_one(module):
    one, same, other = (
        ExternalClassifier("x", __import__(module(name, which)).Always)
        for name, which in (("always_one", 0), ("always_same", 0), ("always_other", -1))
    )
    assert (
        key(one.identity(Settings()))
        == key(same.identity(Settings()))
        != key(other.identity(Settings()))
    )


def test_the_name_is_in_the_identity():
    one, renamed, other = (
        ExternalClassifier("a", Free),
        ExternalClassifier("b", Free),
        ExternalClassifier("a", GaussianNB),
    )
    assert one.identity(Settings()) != renamed.identity(Settings())
    assert one.identity(Settings()) != other.identity(Settings())


def test_what_has_no_source_has_an_identity():
    made = type("Made", (Free,), {})
    assert key(ExternalClassifier("made", made).identity(Settings())) == key(
        ExternalClassifier("made", made).identity(Settings())
    )


def test_a_model_is_left_as_it_is():
    model = Svm()
    assert as_model("svm", model) is model
    assert isinstance(as_model("x:Svm", Svm), Svm)
    assert isinstance(models.get("aser_bench.models.svm:Svm"), Svm)
    assert models.get("aser_bench.models:svm") is models.get("svm")


@pytest.mark.parametrize(("target", "weighs"), [(RidgeClassifier, True), (GaussianNB, False)])
def test_class_weights_are_used_or_said_to_be_inert(target, weighs):
    model, balanced = ExternalClassifier("a:b", target), Settings(class_weight="balanced")
    assert model.estimator(Settings(), 0)[-1].get_params().get("class_weight") is None
    given = model.estimator(balanced, 0)[-1].get_params()
    assert (given.get("class_weight") == "balanced") == weighs
    assert model.ignored_settings(Settings()) == ()
    assert model.ignored_settings(balanced) == (
        () if weighs else ("a:b: GaussianNB knows no class weights",)
    )
