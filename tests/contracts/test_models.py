"""One suite over every registered model: being registered is what puts a model under test."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from aser_bench import models
from aser_bench.core import registry
from aser_bench.models import tuning
from aser_bench.models.base import CLASS_WEIGHTS, EFFORTS, Model, Settings, TrainingSize
from aser_bench.models.dual.utterance import INPUTS, Utterance
from aser_bench.pipeline import model_inputs
from aser_bench.pipeline.cache import key
from aser_bench.study.config import PRESETS

NAMES = registry.names("models")
EMOTIONS = ["sad", "angry", "neutral"]
ONES = np.ones(12, dtype=np.float32)
QUICK = Settings(effort="quick", max_epochs=30)

every_model = pytest.mark.parametrize("name", NAMES)
every_preset = pytest.mark.parametrize("preset", PRESETS)


def short(preset: str, effort: str = "standard") -> Settings:
    """Return settings under which no model trains for long, and sequences as long by any effort."""
    return Settings(preset, effort, max_epochs=30, patience=30)


@cache
def made_up(seed: int, per_class: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds that touch, in twelve dimensions of very different size."""
    rng = np.random.default_rng(seed)
    labels = np.tile(EMOTIONS, per_class)
    centres = np.random.default_rng(99).normal(size=(3, 12))
    features = np.tile(centres, (per_class, 1)) + rng.normal(scale=1.2, size=(len(labels), 12))
    features = (features * 10.0 ** np.linspace(-2, 2, 12)).astype(np.float32)
    features.flags.writeable = False
    return features, labels


def shown(model: Model, features: np.ndarray, scale: np.ndarray = ONES) -> np.ndarray:
    """Return made-up vectors as the model reads them: as they are, each as 3 to 6 frames, or as
    an utterance of frames, vector and words that name the dimensions in which it is large.
    """
    if model.feature_type == "vector":
        return features * scale
    return model_inputs.object_array(
        [_shown(model, i, one, scale) for i, one in enumerate(features)]
    )


def _shown(model: Model, number: int, vector: np.ndarray, scale: np.ndarray):
    rng = np.random.default_rng(number)
    wobble = 1 + 0.1 * rng.standard_normal((rng.integers(3, 7), len(vector)))
    if model.feature_type == "frames":
        return (wobble * vector * scale).astype(np.float32)
    # Of one size but for the scale: the authors of the dual encoders standardise nothing.
    even = (vector * 10.0 ** -np.linspace(-2, 2, 12)).astype(np.float32)
    words = " ".join(f"much{place}" for place in np.flatnonzero(even > 0.5))
    return Utterance((wobble * even * scale).astype(np.float32), even * scale, words)


def fitted_to(
    model: Model, params: dict, features, labels, settings: Settings, seed: int, *, scale=ONES
):
    """Fit a model to made-up vectors; one that watches dev gets another made-up set."""
    dev = made_up(3)
    known = np.isin(dev[1], labels)
    watched = shown(model, dev[0][known], scale), dev[1][known]
    return tuning.fit(model, params, shown(model, features, scale), labels, settings, seed, watched)


_fitted: dict = {}


def first_fitted(model: Model, preset: str, effort: str, seed: int):
    """Fit the first candidate to a made-up set; what comes out the same is fitted once."""
    settings, params = short(preset, effort), first_candidate(model, preset, effort)
    estimator = model.estimator(settings, seed).set_params(**params)
    name = model.name, str(estimator.get_params())
    if name not in _fitted:
        _fitted[name] = fitted_to(model, params, *made_up(1), settings, seed)
    return _fitted[name]


@cache
def predictions(name: str, preset: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Predict one made-up set after training on another one."""
    model = models.get(name)
    fitted = first_fitted(model, preset, "quick", seed)
    return tuning.predict(fitted, shown(model, made_up(2)[0]), EMOTIONS)


def first_candidate(model: Model, preset: str, effort: str) -> dict:
    return next(iter(ParameterGrid(model.grid(Settings(preset, effort)))))


def test_the_models_of_the_package_are_registered():
    assert {"are", "lstm", "mdre", "mdrea", "mlp", "svm", "tre"} <= set(NAMES)


@every_model
def test_a_model_says_what_it_is(name):
    model = models.get(name)
    assert model.name == name
    assert model.title
    assert "\n" not in model.title
    assert model.version >= 1
    assert isinstance(model.is_random, bool)
    assert set(model.inputs) <= set(INPUTS)
    assert model.inputs == tuple(kind for kind in INPUTS if kind in model.inputs) != ()
    assert isinstance(model.uses_dev, bool)
    assert model.packages
    assert set(registry.versions(model.packages)) == set(model.packages)


@every_model
def test_its_identity_can_be_a_key(name):
    identity = models.get(name).identity(Settings())
    assert identity["name"] == name
    assert key(identity) == key(models.get(name).identity(Settings()))


@every_model
@every_preset
@pytest.mark.parametrize("weight", CLASS_WEIGHTS)
def test_what_is_inert_is_told_in_lines(name, preset, weight):
    lines = models.get(name).ignored_settings(Settings(preset, class_weight=weight))
    assert isinstance(lines, tuple)
    assert all(line.startswith(f"{name}: ") and "\n" not in line for line in lines)


@every_model
def test_class_weights_are_used_or_said_to_be_inert(name):
    model = models.get(name)
    plain, balanced = Settings(), Settings(class_weight="balanced")
    used = model.identity(plain) != model.identity(balanced)
    told = any("class weights" in line for line in model.ignored_settings(balanced))
    assert used != told


@every_model
@every_preset
@pytest.mark.parametrize("effort", EFFORTS)
def test_every_candidate_of_the_grid_can_be_set(name, preset, effort):
    model = models.get(name)
    grid = model.grid(Settings(preset, effort))
    assert isinstance(grid, list)
    candidates = list(ParameterGrid(grid))
    assert candidates
    assert len({str(sorted(candidate.items())) for candidate in candidates}) == len(candidates)
    estimator = model.estimator(Settings(preset), 0)
    for candidate in candidates:
        found = estimator.set_params(**candidate).get_params()
        assert {setting: found[setting] for setting in candidate} == candidate


@every_model
def test_more_effort_searches_no_less(name):
    model = models.get(name)
    sizes = [len(ParameterGrid(model.grid(Settings(effort=effort)))) for effort in EFFORTS]
    assert sizes == sorted(sizes)


@every_model
@every_preset
@pytest.mark.parametrize("effort", EFFORTS)
def test_the_first_candidate_beats_chance(name, preset, effort):
    model = models.get(name)
    fitted = first_fitted(model, preset, effort, 0)
    features, labels = made_up(2)
    predicted, probabilities = tuning.predict(fitted, shown(model, features), EMOTIONS)
    assert np.mean(np.array(EMOTIONS)[predicted] == labels) > 0.6
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


@every_model
def test_the_size_of_a_feature_does_not_matter(name):
    model = models.get(name)
    params = first_candidate(model, "default", "quick")
    found = []
    for scale in (np.ones(12), 2.0 ** np.arange(-6, 6)):
        (train, labels), (test, _) = made_up(1), made_up(2)
        scale = scale.astype(np.float32)
        fitted = fitted_to(model, params, train, labels, QUICK, 0, scale=scale)
        found.append(tuning.predict(fitted, shown(model, test, scale), EMOTIONS)[0])
    assert np.mean(found[0] == found[1]) > 0.98


@every_model
@every_preset
def test_the_same_seed_gives_the_same_predictions(name, preset):
    before = predictions(name, preset, 1)
    _fitted.clear()
    again = predictions.__wrapped__(name, preset, 1)
    for one, other in zip(before, again, strict=True):
        np.testing.assert_array_equal(one, other)


@every_model
def test_how_training_went_is_told(name):
    model = models.get(name)
    fitted = fitted_to(model, first_candidate(model, "default", "quick"), *made_up(1), QUICK, 0)
    training = model.training_outcome(fitted)
    assert training.stop in ("", "converged", "patience", "max_epochs")
    assert (training.epochs is None) == (training.stop == "")
    if training.epochs is not None:
        assert 1 <= training.best_epoch <= training.epochs


@every_model
def test_its_budget_is_told_in_words(name):
    words = models.get(name).budget(Settings())
    assert all(isinstance(word, str) and "\n" not in word for word in words)


@every_model
@every_preset
def test_another_seed_matters_iff_the_model_is_random(name, preset):
    one, other = (predictions(name, preset, seed)[1] for seed in (1, 2))
    assert np.array_equal(one, other) is not models.get(name).is_random


@every_model
@every_preset
def test_an_estimator_can_be_cloned(name, preset):
    estimator = models.get(name).estimator(Settings(preset), 3)
    copy = clone(estimator)
    assert copy is not estimator
    assert str(copy.get_params()) == str(estimator.get_params())


@every_model
def test_two_estimators_share_nothing(name):
    model = models.get(name)
    before = str(model.estimator(Settings(), 0).get_params())
    candidate = list(ParameterGrid(model.grid(Settings(effort="paper"))))[-1]
    model.estimator(Settings(), 0).set_params(**candidate)
    assert str(model.estimator(Settings(), 0).get_params()) == before


@every_model
def test_two_emotions_are_enough(name):
    model = models.get(name)
    features, labels = made_up(1)
    two = labels != "sad"
    params = first_candidate(model, "default", "quick")
    fitted = fitted_to(model, params, features[two], labels[two], QUICK, 0)
    predicted, probabilities = tuning.predict(fitted, shown(model, features[two]), EMOTIONS)
    assert np.mean(np.array(EMOTIONS)[predicted] == labels[two]) > 0.75
    assert not probabilities[:, EMOTIONS.index("sad")].any()


@every_model
def test_the_estimate_of_seconds_grows(name):
    model = models.get(name)
    small = TrainingSize(1000, 180, 110.0, 8, 10.0)
    assert model.estimated_seconds(TrainingSize(1, 1), Settings()) > 0
    wider = TrainingSize(1000, 360, 110.0, 8, 10.0)
    if model.inputs == ("text",):
        wider = TrainingSize(1000, 180, 110.0, 8, 20.0)
    for larger in (TrainingSize(2000, 180, 110.0, 8, 10.0), wider):
        assert model.estimated_seconds(larger, Settings()) > model.estimated_seconds(
            small, Settings()
        )
    assert model.estimated_seconds(small, Settings()) < 300
