"""One suite over every registered feature set: being registered is what puts it under test."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench import registry
from aser_bench.features.base import FeatureSet
from aser_bench.store import key

RATE = 16_000
NAMES = registry.names("features")
every_set = pytest.mark.parametrize("name", NAMES)


def noise(samples: int, level: float = 0.1) -> np.ndarray:
    return level * np.random.default_rng(samples).standard_normal(samples)


def tone(samples: int) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 220 / RATE * np.arange(samples))


SIGNALS = {
    "noise": noise(12_000),
    "tone": tone(9001),
    "silence": np.zeros(8000),
    "one sample": np.array([0.5]),
    "one silent sample": np.zeros(1),
    "25 ms": noise(400),
    "constant": np.full(4000, 0.25),
    "a click": np.eye(1, 5000, 2500)[0],
    "very quiet": noise(4000, 1e-9),
    "overshooting": 1.5 * np.sign(noise(4000)),
    "half silent": np.concatenate([np.zeros(6000), tone(6000)]),
}
every_signal = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)


def component(name: str) -> FeatureSet:
    return registry.get("features", name)


def test_the_feature_sets_of_the_package_are_registered():
    assert "functionals" in NAMES


@every_set
def test_a_feature_set_says_what_it_is(name):
    features = component(name)
    assert features.name == name
    assert features.title
    assert "\n" not in features.title
    assert features.version >= 1
    assert isinstance(features.frames, bool)
    assert set(registry.versions(features.packages)) == set(features.packages)


@every_set
def test_columns_have_names_of_their_own(name):
    columns = component(name).columns
    assert columns
    assert len(set(columns)) == len(columns)
    assert all(isinstance(column, str) and column.strip() == column != "" for column in columns)


@every_set
def test_params_can_be_a_key(name):
    params = component(name).params()
    assert all(isinstance(param, str) for param in params)
    assert key(params) == key(component(name).params())


@every_set
@every_signal
def test_any_signal_gives_finite_numbers(name, signal):
    features = component(name)
    signal = signal.astype(np.float32)
    signal.flags.writeable = False
    found = features.extract(signal, RATE)
    assert found.dtype == np.float32
    if features.frames:
        assert found.ndim == 2
        assert len(found) >= 1
        assert found.shape[1] == len(features.columns)
    else:
        assert found.shape == (len(features.columns),)
    assert np.isfinite(found).all()


@every_set
def test_the_same_signal_gives_the_same_numbers(name):
    first, again = (component(name).extract(tone(9000).astype(np.float32), RATE) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@every_set
def test_another_signal_gives_other_numbers(name):
    signals = (tone(9000), noise(9000))
    one, other = (component(name).extract(signal.astype(np.float32), RATE) for signal in signals)
    assert not np.allclose(one, other)


@every_set
def test_one_signal_says_nothing_of_the_next(name):
    features = component(name)
    alone = features.extract(tone(5000).astype(np.float32), RATE)
    features.extract(noise(20_000).astype(np.float32), RATE)
    np.testing.assert_array_equal(features.extract(tone(5000).astype(np.float32), RATE), alone)
