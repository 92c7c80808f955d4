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
from .checks import SIGNALS, Signal, assert_one_line, noise, read_only, run_checks, tone


def check_feature_set(feature_set: FeatureSet) -> None:
    """Check that a feature set fulfils the contract of `aser_bench.features.base.FeatureSet`.

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
    assert isinstance(feature_set, FeatureSet), "must be a FeatureSet"
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
    assert feature_set.params() == params, "params() must not change"
    options = {option: getattr(feature_set, option) for option in feature_set.options}
    assert options.items() <= params.items(), "params() must include every option"


def check_pickling(feature_set: FeatureSet) -> None:
    """It can be sent to worker processes."""
    assert pickle.loads(pickle.dumps(feature_set)) == feature_set


def check_any_signal(feature_set: FeatureSet) -> None:
    """Every signal gives finite float32 values of the declared shape."""
    width = len(feature_set.columns)
    for name, signal in {**SIGNALS, "60 s": read_only(np.tile(tone(4000), 240))}.items():
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
    """The same signal gives the same values, whichever signal precedes it; another does not."""
    signal = tone(9000)
    first, second = extract(feature_set, signal), extract(feature_set, signal)
    assert np.array_equal(first, second), "the same signal gives other values"
    other = extract(feature_set, noise(9000))
    assert other.shape != first.shape or not np.allclose(other, first), (
        "a different signal gives the same values"
    )
    extract(feature_set, noise(20_000))
    third = extract(feature_set, signal)
    assert np.array_equal(first, third), "a longer signal before it changes the values"


def check_original(feature_set: FeatureSet) -> None:
    """The uncoded version of a signal may be given; that it is silent gives finite values."""
    signal = tone(5000)
    alone = extract(feature_set, signal)
    for original in (tone(5000, frequency=330.0), read_only(np.zeros(5000))):
        coded = extract(feature_set, signal, original)
        assert coded.shape == alone.shape, "the original changes the shape"
        assert np.isfinite(coded).all(), "not finite"


def check_independence(feature_set: FeatureSet) -> None:
    """A result can be modified without an effect on later results for the same signal."""
    audio = AudioSignal(tone(5000), SAMPLE_RATE)
    first = feature_set.extract(audio)
    before = first.copy()
    first[...] = -1
    assert np.array_equal(feature_set.extract(audio), before), "results share their memory"


FEATURE_SET_CHECKS = (
    check_description,
    check_columns,
    check_parameters,
    check_pickling,
    check_any_signal,
    check_repeatability,
    check_original,
    check_independence,
)
