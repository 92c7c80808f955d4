"""Coverage of intervals over repeats in simulated studies in which models are retrained."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "retraining.py"


@pytest.fixture(scope="module")
def retraining() -> ModuleType:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("retraining", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_models_are_ridge_classifiers_of_the_chosen_speakers(retraining):
    population = retraining.Population(6, columns=4)
    original, _ = population.draw(6, np.random.default_rng(0))
    chosen = np.array([[1.0, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1]])
    weights = retraining.train(original, population.truth, chosen)
    for rows, result in zip(chosen, weights, strict=True):
        features = original[rows == 1].reshape(-1, 5)
        targets = np.tile(np.eye(4)[population.truth], (4, 1))
        expected = np.linalg.solve(features.T @ features + np.eye(5), features.T @ targets)
        np.testing.assert_allclose(result, expected)


@pytest.mark.parametrize("matched", [False, True])
def test_every_repeat_tests_every_utterance_with_a_model_of_other_speakers(retraining, matched):
    population = retraining.Population(10, matched=matched)
    coded, original = retraining.draw(population, 3, np.random.default_rng(0))
    for side in (coded, original):
        assert side.shape == (3, 10, 4, 4)
        assert (side.sum(axis=3) == population.takes).all()
    assert not np.array_equal(original[0], original[1])


def test_intervals_over_repeats_cover_most_true_losses(retraining):
    """Sixty studies cannot tell 93 % from 97; the slow test has a thousand."""
    population = retraining.Population(10)
    shares = retraining.coverage(population, 60, repeats=(3,), trainings=200)
    assert shares[3] > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("speakers", [10, 24])
@pytest.mark.parametrize("matched", [False, True])
def test_intervals_over_repeats_have_their_coverage(retraining, speakers, matched):
    population = retraining.Population(speakers, matched=matched)
    shares = retraining.coverage(population, 1000)
    for repeats in (3, 5, 10):
        assert shares[repeats] == pytest.approx(0.95, abs=0.02)
