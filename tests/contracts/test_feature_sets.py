"""One suite over every registered feature set: being registered is what puts it under test."""

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
EVERYTHING = registry.names("features")
BUNDLES = [name for name in EVERYTHING if isinstance(features.resolve(name), FeatureBundle)]
NAMES = [name for name in EVERYTHING if name not in BUNDLES]
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
    "as quiet as it gets": np.full(4000, 1e-45),
    "overshooting": 1.5 * np.sign(noise(4000)),
    "half silent": np.concatenate([np.zeros(6000), tone(6000)]),
}
every_signal = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)


def extracted(spec: str, signal: np.ndarray, original: np.ndarray | None = None) -> np.ndarray:
    whole = None if original is None else AudioSignal(original, RATE)
    return features.get(spec).extract(AudioSignal(signal, RATE, whole))


def test_the_feature_sets_of_the_package_are_registered():
    assert {"functionals", "frames", "robust"} <= set(NAMES)


@every_set
def test_a_feature_set_says_what_it_is(spec):
    one = features.get(spec)
    assert isinstance(one, FeatureSet)
    assert one.name == spec.split(":")[0]
    assert one.title
    assert "\n" not in one.title
    assert one.version >= 1
    assert isinstance(one.per_frame, bool)
    assert set(registry.versions(one.packages)) == set(one.packages)


@every_set
def test_a_spec_names_its_feature_set(spec):
    one = features.get(spec)
    assert one.spec == spec
    assert features.get(one.spec) == one


@pytest.mark.parametrize("name", NAMES)
def test_options_are_fields_and_the_title_names_them(name):
    one = features.get(name)
    assert set(one.options) == {field.name for field in dataclasses.fields(one)}
    assert all(option in one.title for option in one.options)
    tried = {option for spec in one.variants for option in features.get(spec).changed_options()}
    # What only openSMILE does cannot be tried without it.
    assert tried == set(one.options) - (set() if opensmile.installed() else {"by"})


@every_set
def test_columns_have_names_of_their_own(spec):
    columns = features.get(spec).columns
    assert columns
    assert len(set(columns)) == len(columns)
    assert all(isinstance(column, str) and column.strip() == column != "" for column in columns)


@every_set
def test_params_can_be_a_key(spec):
    params = features.get(spec).params()
    assert all(isinstance(param, str) for param in params)
    assert key(params) == key(features.get(spec).params())


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_a_part_of_the_key(name):
    specs = [spec for spec in SPECS if spec.split(":")[0] == name]
    assert len({key(features.get(spec).params()) for spec in specs}) == len(specs)
    for spec in specs:
        one = features.get(spec)
        assert {option: getattr(one, option) for option in one.options}.items() <= (
            one.params().items()
        )


@every_set
@every_signal
def test_any_signal_gives_finite_numbers(spec, signal):
    one = features.get(spec)
    signal = signal.astype(np.float32)
    signal.flags.writeable = False
    found = extracted(spec, signal)
    assert found.dtype == np.float32
    if one.per_frame:
        assert found.ndim == 2
        assert len(found) >= 1
        assert found.shape[1] == len(one.columns)
    else:
        assert found.shape == (len(one.columns),)
    assert np.isfinite(found).all()


@every_set
def test_the_same_signal_gives_the_same_numbers(spec):
    first, again = (extracted(spec, tone(9000)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@every_set
def test_another_signal_gives_other_numbers(spec):
    one, other = (extracted(spec, signal) for signal in (tone(9000), noise(9000)))
    assert not np.allclose(one, other)


@every_set
def test_one_signal_says_nothing_of_the_next(spec):
    alone = extracted(spec, tone(5000))
    extracted(spec, noise(20_000))
    np.testing.assert_array_equal(extracted(spec, tone(5000)), alone)


@every_set
def test_it_takes_a_silent_original(spec):
    found = extracted(spec, tone(5000), np.zeros(5000))
    assert np.isfinite(found).all()


@every_set
def test_what_is_given_back_is_nobodys_else(spec):
    sound = AudioSignal(tone(5000), RATE)
    first = features.get(spec).extract(sound)
    kept = first.copy()
    first[...] = -1
    np.testing.assert_array_equal(features.get(spec).extract(sound), kept)


@pytest.mark.parametrize("spec", [s for n in BUNDLES for s in (n, *features.resolve(n).variants)])
def test_a_bundle_is_feature_sets_of_different_kinds(spec):
    bundle = features.resolve(spec)
    assert bundle.spec == spec
    assert bundle.title
    assert all(option in bundle.title for option in bundle.options)
    kinds = {kind: features.get(part) for kind, part in bundle.feature_sets.items()}
    assert len(kinds) > 1
    assert all(kind in one.feature_sets for kind, one in kinds.items())
    columns = [column for one in kinds.values() for column in one.columns]
    assert list(features.columns(spec)) == columns
    assert len(set(columns)) == len(columns)
    for one in kinds.values():
        assert f"{one.spec} {one.version}" in str(features.version(spec))
    with pytest.raises(UsageError, match=rf"{spec} is not one feature set but {len(kinds)}"):
        features.get(spec)
