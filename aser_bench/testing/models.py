"""Contract checks of models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import registry
from ..models import tuning
from ..models.base import CLASS_WEIGHTS, EFFORTS, Model, Settings, TrainingSize
from ..models.dual.utterance import INPUTS, Utterance
from .checks import assert_one_line, run_checks

EMOTIONS = ("sad", "angry", "neutral")
DIMENSIONS = 12
STOPS = ("", "converged", "patience", "max_epochs", "max_steps")

Labels = npt.NDArray[np.str_]


@cache
def example_data(seed: int, per_class: int = 20) -> tuple[npt.NDArray[np.float32], Labels]:
    """Return vectors and labels of three overlapping classes, in dimensions of unequal scale.

    Shapes (3 * per_class, 12) and (3 * per_class,); the classes are the same for every seed.
    """
    rng = np.random.default_rng(seed)
    labels = np.tile(np.array(EMOTIONS), per_class)
    centres = np.random.default_rng(99).normal(size=(len(EMOTIONS), DIMENSIONS))
    deviations = rng.normal(scale=1.2, size=(len(labels), DIMENSIONS))
    vectors = np.tile(centres, (per_class, 1)) + deviations
    scaled = (vectors * 10.0 ** np.linspace(-2, 2, DIMENSIONS)).astype(np.float32)
    scaled.flags.writeable = labels.flags.writeable = False
    return scaled, labels


def as_input(
    model: Model, vectors: npt.NDArray[np.float32], scale: npt.ArrayLike = 1.0
) -> npt.NDArray[Any]:
    """Return example vectors as the inputs of a model.

    Unchanged for models of vectors; each as 3 to 6 noisy frames for models of frames; for dual
    models as an `Utterance` of frames, a vector and a text with one word for each large dimension.
    ``scale`` multiplies the dimensions of the features.
    """
    factor = np.broadcast_to(np.asarray(scale, np.float32), DIMENSIONS)
    if model.feature_type == "vector":
        return (vectors * factor).astype(np.float32)
    inputs = np.empty(len(vectors), dtype=object)
    for number, vector in enumerate(vectors):
        inputs[number] = _sequence(model, number, vector, factor)
    return inputs


def _sequence(
    model: Model, number: int, vector: npt.NDArray[np.float32], factor: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32] | Utterance:
    rng = np.random.default_rng(number)
    variation = 1 + 0.1 * rng.standard_normal((rng.integers(3, 7), len(vector)))
    if model.feature_type == "frames":
        return (variation * vector * factor).astype(np.float32)
    # Dimensions of equal scale, because the authors of the dual encoders standardise nothing.
    equal = (vector * 10.0 ** -np.linspace(-2, 2, DIMENSIONS)).astype(np.float32)
    text = " ".join(f"dimension{place}" for place in np.flatnonzero(equal > 0.5))
    return Utterance((variation * equal * factor).astype(np.float32), equal * factor, text)


@dataclass(frozen=True)
class ModelUnderTest:
    """A model with the settings under which it is checked.

    Attributes
    ----------
    model : Model
    settings : Settings
        Few epochs, so that no training takes long.
    """

    model: Model
    settings: Settings = field(
        default_factory=lambda: Settings(effort="quick", max_epochs=30, patience=30)
    )

    @cached_property
    def candidate(self) -> dict[str, Any]:
        """The first candidate of the grid."""
        from sklearn.model_selection import ParameterGrid

        return dict(next(iter(ParameterGrid(self.model.grid(self.settings)))))

    @cached_property
    def fitted(self) -> Any:
        """The estimator with the first candidate, fitted on example data with seed 1."""
        return self.fit(*example_data(1), seed=1)

    def fit(
        self,
        vectors: npt.NDArray[np.float32],
        labels: Labels,
        seed: int,
        scale: npt.ArrayLike = 1.0,
    ) -> Any:
        """Return a fitted estimator; models with early stopping get a dev part."""
        dev_vectors, dev_labels = example_data(3)
        used = np.isin(dev_labels, labels)
        dev = (as_input(self.model, dev_vectors, scale)[used], dev_labels[used])
        inputs = as_input(self.model, vectors, scale)
        return tuning.fit(self.model, self.candidate, inputs, labels, self.settings, seed, dev)

    def predict(
        self, estimator: Any, vectors: npt.NDArray[np.float32], scale: npt.ArrayLike = 1.0
    ) -> tuple[Labels, npt.NDArray[np.float32]]:
        """Return predicted labels and probabilities of shape (n, 3), in the order of `EMOTIONS`."""
        inputs = as_input(self.model, vectors, scale)
        indices, probabilities = tuning.predict(estimator, inputs, list(EMOTIONS))
        return np.array(EMOTIONS)[indices], probabilities


def check_model(model: Model, settings: Settings | None = None) -> None:
    """Check that a model fulfils the contract of `aser_bench.models.base.Model`.

    Parameters
    ----------
    model : Model
    settings : Settings, optional
        Default: effort ``quick`` with at most 30 epochs.

    Raises
    ------
    AssertionError
        With one line per check that failed.
    """
    subject = ModelUnderTest(model) if settings is None else ModelUnderTest(model, settings)
    run_checks(MODEL_CHECKS, subject)


def check_description(subject: ModelUnderTest) -> None:
    """Name and title are single lines, inputs and version are valid, packages are installed."""
    model = subject.model
    assert isinstance(model, Model), "must be a Model"
    assert_one_line(model.name, "name")
    assert_one_line(model.title, "title")
    assert model.version >= 1, "version must be at least 1"
    assert isinstance(model.is_random, bool), "is_random must be a bool"
    assert isinstance(model.uses_dev, bool), "uses_dev must be a bool"
    assert model.inputs, "inputs must not be empty"
    assert model.inputs == tuple(name for name in INPUTS if name in model.inputs), (
        f"inputs must be of {', '.join(INPUTS)}, in this order"
    )
    assert model.packages, "packages must not be empty"
    assert set(registry.versions(model.packages)) == set(model.packages)


def check_identity(subject: ModelUnderTest) -> None:
    """The identity is serialisable as JSON, starts with the name and is always the same."""
    identity = subject.model.identity(Settings())
    assert identity["name"] == subject.model.name
    assert json.loads(json.dumps(identity)) == identity, "identity() must be JSON"
    assert identity == subject.model.identity(Settings()), "identity() must not change"


def check_settings(subject: ModelUnderTest) -> None:
    """Settings that are ignored are named; class weights are used or named.

    Early stopping concerns models that use dev only.
    """
    model = subject.model
    for weight in CLASS_WEIGHTS:
        lines = model.ignored_settings(replace(subject.settings, class_weight=weight))
        assert isinstance(lines, tuple), "ignored_settings() must return a tuple"
        for line in lines:
            assert line.startswith(f"{model.name}: "), f"must start with the name: {line}"
            assert "\n" not in line, f"must be one line: {line}"
    plain = replace(subject.settings, class_weight="none")
    balanced = replace(subject.settings, class_weight="balanced")
    used = model.identity(plain) != model.identity(balanced)
    named = any("class weights" in line for line in model.ignored_settings(balanced))
    assert used != named, "class weights must be used or named in ignored_settings()"
    if not model.uses_dev:
        stopping = replace(subject.settings, early_stopping="none", refit_dev=True)
        assert model.identity(stopping) == model.identity(subject.settings), (
            "identity() must not depend on early stopping without uses_dev"
        )
    budget = model.budget(Settings())
    assert all(isinstance(text, str) and "\n" not in text for text in budget), "budget()"


def check_grid(subject: ModelUnderTest) -> None:
    """Every candidate can be set; more effort searches no fewer candidates."""
    from sklearn.model_selection import ParameterGrid

    model, sizes = subject.model, []
    for effort in EFFORTS:
        settings = replace(subject.settings, effort=effort)
        grid = model.grid(settings)
        assert isinstance(grid, list), "grid() must return a list"
        candidates: list[Mapping[str, Any]] = list(ParameterGrid(grid))
        assert candidates, f"no candidate for effort {effort}"
        unique = {str(sorted(candidate.items())) for candidate in candidates}
        assert len(unique) == len(candidates), f"equal candidates for effort {effort}"
        estimator = model.estimator(settings, 0)
        for candidate in candidates:
            params = estimator.set_params(**candidate).get_params()
            assert {name: params[name] for name in candidate} == candidate, f"{candidate}"
        sizes.append(len(candidates))
    assert sizes == sorted(sizes), f"candidates by effort: {sizes}"


def check_estimator(subject: ModelUnderTest) -> None:
    """An estimator can be cloned, and two estimators share no state."""
    from sklearn.base import clone
    from sklearn.model_selection import ParameterGrid

    model = subject.model
    estimator = model.estimator(subject.settings, 3)
    copy = clone(estimator)
    assert copy is not estimator
    before = str(estimator.get_params())
    assert str(copy.get_params()) == before, "a clone has other parameters"
    grid = model.grid(replace(subject.settings, effort="paper"))
    candidates: list[Mapping[str, Any]] = list(ParameterGrid(grid))
    model.estimator(subject.settings, 3).set_params(**candidates[-1])
    assert str(estimator.get_params()) == before, "estimators share parameters"


def check_predictions(subject: ModelUnderTest) -> None:
    """A fitted model is above chance, with probabilities that sum to one."""
    vectors, labels = example_data(2)
    predicted, probabilities = subject.predict(subject.fitted, vectors)
    share = float(np.mean(predicted == labels))
    assert share > 0.6, f"{share:.2f} of the predictions are right, chance is .33"
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6), "probabilities must sum to 1"


def check_seed(subject: ModelUnderTest) -> None:
    """The same seed gives the same predictions; another changes those of random models only."""
    vectors = example_data(2)[0]
    labels, first = subject.predict(subject.fitted, vectors)
    same_labels, same = subject.predict(subject.fit(*example_data(1), seed=1), vectors)
    other = subject.predict(subject.fit(*example_data(1), seed=2), vectors)[1]
    assert np.array_equal(labels, same_labels), "the same seed gives other predictions"
    assert np.array_equal(first, same), "the same seed gives other probabilities"
    equal = np.array_equal(first, other)
    assert equal is not subject.model.is_random, f"is_random is {subject.model.is_random}"


def check_scale(subject: ModelUnderTest) -> None:
    """Features of another scale give the same predictions: scaling is part of the estimator."""
    scale = 2.0 ** np.arange(-6, 6)
    vectors = example_data(2)[0]
    plain = subject.predict(subject.fitted, vectors)[0]
    fitted = subject.fit(*example_data(1), seed=1, scale=scale)
    scaled = subject.predict(fitted, vectors, scale)[0]
    share = float(np.mean(plain == scaled))
    assert share > 0.98, f"only {share:.2f} of the predictions are equal"


def check_missing_class(subject: ModelUnderTest) -> None:
    """A class that is absent from training has probability zero."""
    vectors, labels = example_data(1)
    two = labels != "sad"
    fitted = subject.fit(vectors[two], labels[two], seed=0)
    predicted, probabilities = subject.predict(fitted, vectors[two])
    share = float(np.mean(predicted == labels[two]))
    assert share > 0.75, f"{share:.2f} of the predictions on training data are right"
    assert not probabilities[:, EMOTIONS.index("sad")].any(), "an absent class is predicted"


def check_training_outcome(subject: ModelUnderTest) -> None:
    """The outcome of training names a known reason, and epochs where there are some."""
    outcome = subject.model.training_outcome(subject.fitted)
    assert outcome.stop in STOPS, f"stop must be one of {STOPS}, not {outcome.stop!r}"
    assert (outcome.epochs is None) == (outcome.stop == ""), "epochs without a reason to stop"
    assert (outcome.epochs is None) == (outcome.best_epoch is None), "epochs without best_epoch"
    if outcome.epochs is not None and outcome.best_epoch is not None:
        assert 1 <= outcome.best_epoch <= outcome.epochs, "best_epoch must be at most epochs"


def check_estimated_seconds(subject: ModelUnderTest) -> None:
    """The estimated cost is positive and grows with the utterances and with their size."""
    model, settings = subject.model, Settings()
    small = model.estimated_seconds(TrainingSize(1000, 180, 110.0, 8, 10.0), settings)
    large = model.estimated_seconds(TrainingSize(2000, 180, 110.0, 8, 10.0), settings)
    assert model.estimated_seconds(TrainingSize(1, 1), settings) > 0, "must be positive"
    assert 0 < small < large, f"{small} s for 1000 utterances, {large} s for 2000"
    if model.inputs == ("text",):
        wide, situation = TrainingSize(1000, 180, 110.0, 8, 20.0), "20 words instead of 10"
    else:
        wide, situation = TrainingSize(1000, 360, 110.0, 8, 10.0), "360 columns instead of 180"
    seconds = model.estimated_seconds(wide, settings)
    assert seconds > small, f"{seconds} s with {situation}, {small} s otherwise"


MODEL_CHECKS = (
    check_description,
    check_identity,
    check_settings,
    check_grid,
    check_estimator,
    check_predictions,
    check_seed,
    check_scale,
    check_missing_class,
    check_training_outcome,
    check_estimated_seconds,
)
