"""Contract tests of every registered feature set; registration is enough to be tested."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from aser_bench import features
from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.features import opensmile
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.base import FeatureBundle, FeatureSet
from aser_bench.pipeline.cache import key

RATE = 16_000
COMPONENTS = registry.names("features")
BUNDLES = [name for name in COMPONENTS if isinstance(features.resolve(name), FeatureBundle)]
NAMES = [name for name in COMPONENTS if name not in BUNDLES]
SPECS = [spec for name in NAMES for spec in (name, *getattr(features.get(name), "variants", ()))]
every_set = pytest.mark.parametrize("spec", SPECS)


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
    "0.1 s": noise(1600),
    "60 s": np.tile(tone(4000), 240),
    "constant": np.full(4000, 0.25),
    "a click": np.eye(1, 5000, 2500)[0],
    "very quiet": noise(4000, 1e-9),
    "smallest float32": np.full(4000, 1e-45),
    "overshooting": 1.5 * np.sign(noise(4000)),
    "half silent": np.concatenate([np.zeros(6000), tone(6000)]),
}
every_signal = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)


def extract(spec: str, signal: np.ndarray, original: np.ndarray | None = None) -> np.ndarray:
    reference = None if original is None else AudioSignal(original, RATE)
    return features.get(spec).extract(AudioSignal(signal, RATE, reference))


def test_built_in_feature_sets_are_registered():
    assert {"functionals", "frames", "robust"} <= set(NAMES)


@every_set
def test_metadata(spec):
    component = features.get(spec)
    assert isinstance(component, FeatureSet)
    assert component.name == spec.split(":")[0]
    assert component.title
    assert "\n" not in component.title
    assert component.version >= 1
    assert isinstance(component.per_frame, bool)
    assert set(registry.versions(component.packages)) == set(component.packages)


@every_set
def test_spec_is_read_back(spec):
    component = features.get(spec)
    assert component.spec == spec
    assert features.get(component.spec) == component


@pytest.mark.parametrize("name", NAMES)
def test_options_are_fields_and_named_in_the_title(name):
    component = features.get(name)
    assert set(component.options) == {field.name for field in dataclasses.fields(component)}
    assert all(option in component.title for option in component.options)
    tried = {
        option for spec in component.variants for option in features.get(spec).changed_options()
    }
    # The variant with openSMILE exists only if it is installed.
    assert tried == set(component.options) - (set() if opensmile.installed() else {"by"})


@every_set
def test_column_names_are_unique(spec):
    columns = features.get(spec).columns
    assert columns
    assert len(set(columns)) == len(columns)
    assert all(isinstance(column, str) and column.strip() == column != "" for column in columns)


@every_set
def test_params_can_be_a_cache_key(spec):
    params = features.get(spec).params()
    assert all(isinstance(param, str) for param in params)
    assert key(params) == key(features.get(spec).params())


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_part_of_the_cache_key(name):
    specs = [spec for spec in SPECS if spec.split(":")[0] == name]
    assert len({key(features.get(spec).params()) for spec in specs}) == len(specs)
    for spec in specs:
        component = features.get(spec)
        assert {option: getattr(component, option) for option in component.options}.items() <= (
            component.params().items()
        )


@every_set
@every_signal
def test_any_signal_gives_finite_numbers(spec, signal):
    component = features.get(spec)
    signal = signal.astype(np.float32)
    signal.flags.writeable = False
    result = extract(spec, signal)
    assert result.dtype == np.float32
    if component.per_frame:
        assert result.ndim == 2
        assert len(result) >= 1
        assert result.shape[1] == len(component.columns)
    else:
        assert result.shape == (len(component.columns),)
    assert np.isfinite(result).all()


@every_set
def test_equal_signals_give_equal_numbers(spec):
    first, again = (extract(spec, tone(9000)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@every_set
def test_different_signals_give_different_numbers(spec):
    first, other = (extract(spec, signal) for signal in (tone(9000), noise(9000)))
    assert not np.allclose(first, other)


@every_set
def test_result_does_not_depend_on_previous_signals(spec):
    alone = extract(spec, tone(5000))
    extract(spec, noise(20_000))
    np.testing.assert_array_equal(extract(spec, tone(5000)), alone)


@every_set
def test_accepts_a_silent_original(spec):
    result = extract(spec, tone(5000), np.zeros(5000))
    assert np.isfinite(result).all()


@every_set
def test_result_is_not_shared(spec):
    audio = AudioSignal(tone(5000), RATE)
    first = features.get(spec).extract(audio)
    copy = first.copy()
    first[...] = -1
    np.testing.assert_array_equal(features.get(spec).extract(audio), copy)


@pytest.mark.parametrize("spec", [s for n in BUNDLES for s in (n, *features.resolve(n).variants)])
def test_bundle_has_feature_sets_of_different_types(spec):
    bundle = features.resolve(spec)
    assert bundle.spec == spec
    assert bundle.title
    assert all(option in bundle.title for option in bundle.options)
    parts = {type_: features.get(part) for type_, part in bundle.feature_sets.items()}
    assert len(parts) > 1
    assert all(type_ in part.feature_sets for type_, part in parts.items())
    columns = [column for part in parts.values() for column in part.columns]
    assert list(features.columns(spec)) == columns
    assert len(set(columns)) == len(columns)
    for part in parts.values():
        assert f"{part.spec} {part.version}" in str(features.version(spec))
    with pytest.raises(UsageError, match=rf"{spec} is not one feature set but {len(parts)}"):
        features.get(spec)
