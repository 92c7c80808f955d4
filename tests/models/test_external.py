"""scikit-learn classifiers of other packages as models, by class and by instance."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from aser_bench import models
from aser_bench.core.errors import UsageError
from aser_bench.models import tuning
from aser_bench.models.base import Model, Settings
from aser_bench.models.external import ExternalClassifier, as_model
from aser_bench.models.svm import Svm
from aser_bench.pipeline.cache import key

SOURCE = '''
from sklearn.base import BaseEstimator, ClassifierMixin

class Constant(ClassifierMixin, BaseEstimator):
    """Predicts one class."""

    def __init__(self, ignored=0):
        self.ignored = ignored

    def fit(self, features, labels):
        self.classes_ = sorted(set(labels))
        return self

    def predict(self, features):
        return [self.classes_[{which}]] * len(features)

class NoParams:
    """Has no get_params."""

    fit, predict = Constant.fit, Constant.predict

ready = Constant(ignored=7)
no_params = NoParams()
number = 3
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that writes an importable module and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, which: int = 0) -> str:
        (tmp_path / f"{name}.py").write_text(SOURCE.replace("{which}", str(which)))
        return name

    return make


class Deterministic(ClassifierMixin, BaseEstimator):
    """Has no random_state."""

    def fit(self, features, labels):
        self.classes_ = np.unique(labels)
        return self

    def predict(self, features):
        return self.classes_[np.zeros(len(features), dtype=int)]


def test_class_of_scikit_learn():
    model = models.get("sklearn.linear_model:RidgeClassifier")
    assert model.name == "sklearn.linear_model:RidgeClassifier"
    assert isinstance(model, Model)
    estimator = model.estimator(Settings(), 5)
    assert isinstance(estimator[-1], RidgeClassifier)
    assert estimator.get_params()["model__random_state"] == 5
    assert model.grid(Settings("paper", "paper")) == [{}]


def test_is_trained_on_scaled_features():
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
    ("name", "is_random"),
    [
        ("sklearn.linear_model:RidgeClassifier", True),
        ("sklearn.ensemble:RandomForestClassifier", True),
        ("sklearn.neighbors:KNeighborsClassifier", False),
        ("sklearn.naive_bayes:GaussianNB", False),
    ],
)
def test_is_random_if_it_has_a_random_state(name, is_random):
    assert models.get(name).is_random is is_random


def test_class_of_another_module(module):
    model = models.get(f"{module('models_with_a_class')}:Constant")
    assert not model.is_random
    assert model.estimator(Settings(), 0)[-1].__class__.__name__ == "Constant"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("sklearn.preprocessing:StandardScaler", "not a classifier"),
        ("math:pi", "not a classifier"),
        ("os.path:join", "not a classifier"),
        ("sklearn.svm:Nothing", "Nothing"),
        ("sklearn.svm:SVC.nothing", "nothing"),
        ("no_such_package.models:Thing", "no_such_package"),
        ("sklearn.no_such_module:Thing", "no_such_module"),
        ("sklearn.svm:", "cannot be loaded"),
        (":SVC", "cannot be loaded"),
        (":", "cannot be loaded"),
    ],
)
def test_rejects_objects_that_are_not_classifiers(name, why):
    with pytest.raises(UsageError, match=why) as caught:
        models.get(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    "name", ["sklearn.linear_model:LinearRegression", "sklearn.cluster:KMeans"]
)
def test_rejects_other_estimators(name):
    with pytest.raises(UsageError, match="not a classifier"):
        models.get(name)


def test_instance_keeps_its_parameters(module):
    name = f"{module('models_with_an_instance')}:ready"
    estimator = models.get(name).estimator(Settings(), 0)
    assert estimator.get_params()["model__ignored"] == 7
    assert estimator[-1] is not models.get(name).estimator(Settings(), 0)[-1]
    default = models.get(f"{module('models_with_an_instance')}:Constant")
    assert key(models.get(name).identity(Settings())) != key(default.identity(Settings()))


def test_instance_is_trained_with_the_seed_and_class_weights():
    model = ExternalClassifier("a:b", RidgeClassifier(alpha=3.0, random_state=1))
    assert model.is_random
    params = model.estimator(Settings(class_weight="balanced"), 5)[-1].get_params()
    assert (params["alpha"], params["random_state"], params["class_weight"]) == (3.0, 5, "balanced")


def test_composite_instance_is_seeded_throughout():
    bagging = BaggingClassifier(RidgeClassifier(random_state=1), random_state=1)
    model = ExternalClassifier("a:b", make_pipeline(MinMaxScaler(), bagging))
    params = model.estimator(Settings(), 5)[-1].get_params()
    seeds = {name: value for name, value in params.items() if name.endswith("random_state")}
    assert len(seeds) == 2
    assert set(seeds.values()) == {5}


def test_instance_without_get_params_is_rejected(module):
    name = module("models_without_get_params")
    with pytest.raises(UsageError, match="without get_params"):
        models.get(f"{name}:no_params")
    assert models.get(f"{name}:NoParams").name == f"{name}:NoParams"


def test_instance_is_not_changed_by_training():
    instance = RidgeClassifier(alpha=3.0)
    features, labels = np.eye(4, dtype=np.float32), np.array(["angry", "sad"] * 2)
    tuning.fit(ExternalClassifier("a:b", instance), {}, features, labels, Settings(), 5)
    assert not hasattr(instance, "coef_")
    assert instance.random_state is None


def test_edited_class_has_another_identity(module):
    first, same, other = (
        ExternalClassifier("x", __import__(module(name, which)).Constant)
        for name, which in (("constant_first", 0), ("constant_same", 0), ("constant_other", -1))
    )
    assert (
        key(first.identity(Settings()))
        == key(same.identity(Settings()))
        != key(other.identity(Settings()))
    )


def test_identity_contains_the_name():
    first, renamed, other = (
        ExternalClassifier("a", Deterministic),
        ExternalClassifier("b", Deterministic),
        ExternalClassifier("a", GaussianNB),
    )
    assert first.identity(Settings()) != renamed.identity(Settings())
    assert first.identity(Settings()) != other.identity(Settings())


def test_class_without_source_has_an_identity():
    generated = type("Generated", (Deterministic,), {})
    assert key(ExternalClassifier("x", generated).identity(Settings())) == key(
        ExternalClassifier("x", generated).identity(Settings())
    )


class NeedsArguments(Svm):
    """A model that cannot be instantiated without arguments."""

    def __init__(self, required):
        self.required = required


def test_model_class_that_needs_arguments_is_rejected():
    with pytest.raises(UsageError, match=r"'x:NeedsArguments' cannot be instantiated"):
        as_model("x:NeedsArguments", NeedsArguments)


class ClassifierWithArguments(ClassifierMixin, BaseEstimator):
    """A classifier that cannot be instantiated without arguments."""

    def __init__(self, *, required, optional=1):
        self.required, self.optional = required, optional

    def fit(self, features, labels):
        return self

    def predict(self, features):
        return features


def test_classifier_that_needs_arguments_is_rejected():
    with pytest.raises(UsageError, match="without required: give an instance"):
        as_model("x:C", ClassifierWithArguments)
    assert as_model("x:C", ClassifierWithArguments(required=1)).name == "x:C"


def test_models_are_not_wrapped():
    model = Svm()
    assert as_model("svm", model) is model
    assert isinstance(as_model("x:Svm", Svm), Svm)
    assert isinstance(models.get("aser_bench.models.svm:Svm"), Svm)
    assert models.get("aser_bench.models:svm") is models.get("svm")


@pytest.mark.parametrize(("target", "weighs"), [(RidgeClassifier, True), (GaussianNB, False)])
def test_class_weights_are_used_or_reported_as_ignored(target, weighs):
    model, balanced = ExternalClassifier("a:b", target), Settings(class_weight="balanced")
    assert model.estimator(Settings(), 0)[-1].get_params().get("class_weight") is None
    params = model.estimator(balanced, 0)[-1].get_params()
    assert (params.get("class_weight") == "balanced") == weighs
    assert model.ignored_settings(Settings()) == ()
    assert model.ignored_settings(balanced) == (
        () if weighs else ("a:b: GaussianNB does not support class weights",)
    )
