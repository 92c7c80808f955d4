"""Contract tests of every registered model; registration is enough to be tested."""

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
    """Return settings with short trainings, which are equally long for every effort."""
    return Settings(preset, effort, max_epochs=30, patience=30)


@cache
def make_data(seed: int, per_class: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Return three adjacent clusters in twelve dimensions of different scale."""
    rng = np.random.default_rng(seed)
    labels = np.tile(EMOTIONS, per_class)
    centres = np.random.default_rng(99).normal(size=(3, 12))
    features = np.tile(centres, (per_class, 1)) + rng.normal(scale=1.2, size=(len(labels), 12))
    features = (features * 10.0 ** np.linspace(-2, 2, 12)).astype(np.float32)
    features.flags.writeable = False
    return features, labels


def as_inputs(model: Model, features: np.ndarray, scale: np.ndarray = ONES) -> np.ndarray:
    """Return vectors as inputs of the model: as vectors, as 3 to 6 frames each, or as utterances
    of frames, vector and words for the dimensions with large values.
    """
    if model.feature_type == "vector":
        return features * scale
    return model_inputs.object_array(
        [_as_input(model, i, vector, scale) for i, vector in enumerate(features)]
    )


def _as_input(model: Model, number: int, vector: np.ndarray, scale: np.ndarray):
    rng = np.random.default_rng(number)
    wobble = 1 + 0.1 * rng.standard_normal((rng.integers(3, 7), len(vector)))
    if model.feature_type == "frames":
        return (wobble * vector * scale).astype(np.float32)
    # Without the different scales: the preset yoon2018 does not standardise.
    even = (vector * 10.0 ** -np.linspace(-2, 2, 12)).astype(np.float32)
    words = " ".join(f"large{column}" for column in np.flatnonzero(even > 0.5))
    return Utterance((wobble * even * scale).astype(np.float32), even * scale, words)


def fitted_to(
    model: Model, params: dict, features, labels, settings: Settings, seed: int, *, scale=ONES
):
    """Fit a model to vectors; a model with uses_dev gets another set for dev."""
    dev = make_data(3)
    rows = np.isin(dev[1], labels)
    dev = as_inputs(model, dev[0][rows], scale), dev[1][rows]
    return tuning.fit(model, params, as_inputs(model, features, scale), labels, settings, seed, dev)


_fitted: dict = {}


def first_fitted(model: Model, preset: str, effort: str, seed: int):
    """Return the first candidate, fitted; equal estimators are fitted once."""
    settings, params = short(preset, effort), first_candidate(model, preset, effort)
    estimator = model.estimator(settings, seed).set_params(**params)
    name = model.name, str(estimator.get_params())
    if name not in _fitted:
        _fitted[name] = fitted_to(model, params, *make_data(1), settings, seed)
    return _fitted[name]


@cache
def predictions(name: str, preset: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the predictions for one set after training on another one."""
    model = models.get(name)
    fitted = first_fitted(model, preset, "quick", seed)
    return tuning.predict(fitted, as_inputs(model, make_data(2)[0]), EMOTIONS)


def first_candidate(model: Model, preset: str, effort: str) -> dict:
    return next(iter(ParameterGrid(model.grid(Settings(preset, effort)))))


def test_built_in_models_are_registered():
    assert {"are", "lstm", "mdre", "mdrea", "mlp", "svm", "tre"} <= set(NAMES)


@every_model
def test_metadata(name):
    model = models.get(name)
    assert model.name == name
    assert model.title
    assert "\n" not in model.title
    assert model.version >= 1
    assert isinstance(model.is_random, bool)
    assert set(model.inputs) <= set(INPUTS)
    assert model.inputs == tuple(name for name in INPUTS if name in model.inputs) != ()
    assert isinstance(model.uses_dev, bool)
    assert model.packages
    assert set(registry.versions(model.packages)) == set(model.packages)


@every_model
def test_identity_can_be_a_cache_key(name):
    identity = models.get(name).identity(Settings())
    assert identity["name"] == name
    assert key(identity) == key(models.get(name).identity(Settings()))


@every_model
@every_preset
@pytest.mark.parametrize("weight", CLASS_WEIGHTS)
def test_ignored_settings_are_single_lines(name, preset, weight):
    lines = models.get(name).ignored_settings(Settings(preset, class_weight=weight))
    assert isinstance(lines, tuple)
    assert all(line.startswith(f"{name}: ") and "\n" not in line for line in lines)


@every_model
def test_class_weights_are_used_or_reported_as_ignored(name):
    model = models.get(name)
    default, balanced = Settings(), Settings(class_weight="balanced")
    used = model.identity(default) != model.identity(balanced)
    reported = any("class weights" in line for line in model.ignored_settings(balanced))
    assert used != reported


@every_model
@every_preset
@pytest.mark.parametrize("effort", EFFORTS)
def test_candidates_of_the_grid_are_valid(name, preset, effort):
    model = models.get(name)
    grid = model.grid(Settings(preset, effort))
    assert isinstance(grid, list)
    candidates = list(ParameterGrid(grid))
    assert candidates
    assert len({str(sorted(candidate.items())) for candidate in candidates}) == len(candidates)
    estimator = model.estimator(Settings(preset), 0)
    for candidate in candidates:
        params = estimator.set_params(**candidate).get_params()
        assert {setting: params[setting] for setting in candidate} == candidate


@every_model
def test_grid_grows_with_the_effort(name):
    model = models.get(name)
    sizes = [len(ParameterGrid(model.grid(Settings(effort=effort)))) for effort in EFFORTS]
    assert sizes == sorted(sizes)


@every_model
@every_preset
@pytest.mark.parametrize("effort", EFFORTS)
def test_first_candidate_is_above_chance(name, preset, effort):
    model = models.get(name)
    fitted = first_fitted(model, preset, effort, 0)
    features, labels = make_data(2)
    predicted, probabilities = tuning.predict(fitted, as_inputs(model, features), EMOTIONS)
    assert np.mean(np.array(EMOTIONS)[predicted] == labels) > 0.6
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


@every_model
def test_feature_scale_does_not_matter(name):
    model = models.get(name)
    params = first_candidate(model, "default", "quick")
    results = []
    for scale in (np.ones(12), 2.0 ** np.arange(-6, 6)):
        (train, labels), (test, _) = make_data(1), make_data(2)
        scale = scale.astype(np.float32)
        fitted = fitted_to(model, params, train, labels, QUICK, 0, scale=scale)
        results.append(tuning.predict(fitted, as_inputs(model, test, scale), EMOTIONS)[0])
    assert np.mean(results[0] == results[1]) > 0.98


@every_model
@every_preset
def test_same_seed_gives_equal_predictions(name, preset):
    before = predictions(name, preset, 1)
    _fitted.clear()
    again = predictions.__wrapped__(name, preset, 1)
    for first, second in zip(before, again, strict=True):
        np.testing.assert_array_equal(first, second)


@every_model
def test_training_outcome(name):
    model = models.get(name)
    fitted = fitted_to(model, first_candidate(model, "default", "quick"), *make_data(1), QUICK, 0)
    outcome = model.training_outcome(fitted)
    assert outcome.stop in ("", "converged", "patience", "max_epochs")
    assert (outcome.epochs is None) == (outcome.stop == "")
    if outcome.epochs is not None:
        assert 1 <= outcome.best_epoch <= outcome.epochs


@every_model
def test_budget_is_single_lines(name):
    texts = models.get(name).budget(Settings())
    assert all(isinstance(text, str) and "\n" not in text for text in texts)


@every_model
@every_preset
def test_seed_changes_predictions_only_of_random_models(name, preset):
    first, second = (predictions(name, preset, seed)[1] for seed in (1, 2))
    assert np.array_equal(first, second) is not models.get(name).is_random


@every_model
@every_preset
def test_estimator_can_be_cloned(name, preset):
    estimator = models.get(name).estimator(Settings(preset), 3)
    copy = clone(estimator)
    assert copy is not estimator
    assert str(copy.get_params()) == str(estimator.get_params())


@every_model
def test_estimators_are_independent(name):
    model = models.get(name)
    before = str(model.estimator(Settings(), 0).get_params())
    candidate = list(ParameterGrid(model.grid(Settings(effort="paper"))))[-1]
    model.estimator(Settings(), 0).set_params(**candidate)
    assert str(model.estimator(Settings(), 0).get_params()) == before


@every_model
def test_two_emotions_are_sufficient(name):
    model = models.get(name)
    features, labels = make_data(1)
    rows = labels != "sad"
    params = first_candidate(model, "default", "quick")
    fitted = fitted_to(model, params, features[rows], labels[rows], QUICK, 0)
    predicted, probabilities = tuning.predict(fitted, as_inputs(model, features[rows]), EMOTIONS)
    assert np.mean(np.array(EMOTIONS)[predicted] == labels[rows]) > 0.75
    assert not probabilities[:, EMOTIONS.index("sad")].any()


@every_model
def test_estimated_seconds_grow_with_the_size(name):
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
