"""Contract tests of every registered model; registration is enough to be tested."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any, ClassVar

import pytest

from aser_bench import models
from aser_bench.core import registry
from aser_bench.models.base import EFFORTS, Settings, TrainingSize
from aser_bench.study.config import PRESETS
from aser_bench.testing import MODEL_CHECKS, ModelUnderTest
from aser_bench.testing.models import (
    check_estimator,
    check_grid,
    check_predictions,
    check_seed,
    check_settings,
    example_data,
)

NAMES = registry.names("models")
PRESET_CHECKS = (check_settings, check_grid, check_estimator, check_predictions, check_seed)

every_model = pytest.mark.parametrize("name", NAMES)


class SharedModel(ModelUnderTest):
    """A model under test that shares its fitted estimator with equal ones.

    The first candidate is often the same for several efforts and presets.
    """

    _fitted: ClassVar[dict[tuple[str, str], Any]] = {}

    @cached_property
    def fitted(self) -> Any:
        estimator = self.model.estimator(self.settings, 1).set_params(**self.candidate)
        key = self.model.name, str(estimator.get_params())
        if key not in self._fitted:
            self._fitted[key] = self.fit(*example_data(1), seed=1)
        return self._fitted[key]


@cache
def subject(name: str, preset: str = "default", effort: str = "quick") -> ModelUnderTest:
    """Return a model with settings for short trainings, equally long for every effort."""
    return SharedModel(models.get(name), Settings(preset, effort, max_epochs=30, patience=30))


def test_built_in_models_are_registered():
    assert {"are", "lstm", "mdre", "mdrea", "mlp", "svm", "tre"} <= set(NAMES)


@every_model
def test_name_is_the_registered_one(name):
    assert models.get(name).name == name


@every_model
@pytest.mark.parametrize("check", MODEL_CHECKS)
def test_contract(check, name):
    check(subject(name))


@every_model
@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset != "default"])
@pytest.mark.parametrize("check", PRESET_CHECKS)
def test_contract_of_a_preset(check, preset, name):
    check(subject(name, preset))


@every_model
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("effort", [effort for effort in EFFORTS if effort != "quick"])
def test_first_candidate_is_above_chance(effort, preset, name):
    check_predictions(subject(name, preset, effort))


@every_model
def test_a_small_training_is_estimated_at_less_than_five_minutes(name):
    size = TrainingSize(1000, 180, 110.0, 8, 10.0)
    assert models.get(name).estimated_seconds(size, Settings()) < 300
