"""Contract checks of feature sets."""

from __future__ import annotations

import json
import pickle

import numpy as np
import numpy.typing as npt

from ..core import registry
from ..core.tables import SAMPLE_RATE
from ..features.audio_signal import AudioSignal
from ..features.base import FeatureSet
from .checks import SIGNALS, Signal, assert_one_line, run_checks, tone


def check_feature_set(feature_set: FeatureSet) -> None:
    """Check that a feature set keeps the contract of `aser_bench.features.base.FeatureSet`.

    Raises
    ------
    AssertionError
        With one line per check that failed.
    """
    run_checks(FEATURE_SET_CHECKS, feature_set)


def extract(
    feature_set: FeatureSet, signal: Signal, original: Signal | None = None
) -> npt.NDArray[np.float32]:
    """Return the features of a signal at 16 kHz; ``original`` is its uncoded version."""
    uncoded = None if original is None else AudioSignal(original, SAMPLE_RATE)
    return feature_set.extract(AudioSignal(signal, SAMPLE_RATE, uncoded))


def check_description(feature_set: FeatureSet) -> None:
    """Name and title are single lines, the version is positive, packages are installed."""
    assert_one_line(feature_set.name, "name")
    assert_one_line(feature_set.title, "title")
    assert feature_set.version >= 1, "version must be at least 1"
    assert isinstance(feature_set.per_frame, bool), "per_frame must be a bool"
    assert set(registry.versions(feature_set.packages)) == set(feature_set.packages)


def check_columns(feature_set: FeatureSet) -> None:
    """Columns have unique, non-empty names."""
    columns = feature_set.columns
    assert columns, "columns must not be empty"
    assert len(set(columns)) == len(columns), "columns must be unique"
    assert all(isinstance(name, str) and name.strip() == name != "" for name in columns)


def check_parameters(feature_set: FeatureSet) -> None:
    """The parameters are serialisable as JSON and include every option."""
    params = feature_set.params()
    assert json.loads(json.dumps(params)) == params, "params() must be serialisable as JSON"
    options = {option: getattr(feature_set, option) for option in feature_set.options}
    assert options.items() <= params.items(), "params() must include every option"


def check_pickling(feature_set: FeatureSet) -> None:
    """It can be sent to worker processes."""
    assert pickle.loads(pickle.dumps(feature_set)) == feature_set


def check_any_signal(feature_set: FeatureSet) -> None:
    """Every signal gives finite float32 values of the declared shape."""
    width = len(feature_set.columns)
    for name, signal in SIGNALS.items():
        values = extract(feature_set, signal)
        assert values.dtype == np.float32, f"{name}: {values.dtype} instead of float32"
        if feature_set.per_frame:
            assert values.ndim == 2, f"{name}: shape {values.shape}"
            assert len(values) >= 1, f"{name}: no frame"
            assert values.shape[1] == width, f"{name}: shape {values.shape}"
        else:
            assert values.shape == (width,), f"{name}: shape {values.shape}"
        assert np.isfinite(values).all(), f"{name}: not finite"


def check_repeatability(feature_set: FeatureSet) -> None:
    """The same signal gives the same values, also if its original is given as well."""
    signal = tone(9000)
    first, second = extract(feature_set, signal), extract(feature_set, signal)
    assert np.array_equal(first, second), "the same signal gives other values"
    coded = extract(feature_set, signal, tone(9000, frequency=330.0))
    assert coded.shape == first.shape, "the original changes the shape"


FEATURE_SET_CHECKS = (
    check_description,
    check_columns,
    check_parameters,
    check_pickling,
    check_any_signal,
    check_repeatability,
)
