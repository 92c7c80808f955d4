"""Contract tests of every registered feature set; registration is enough to be tested."""

from __future__ import annotations

import dataclasses

import pytest

from aser_bench import features
from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.features import opensmile
from aser_bench.features.base import FeatureBundle
from aser_bench.pipeline.cache import key
from aser_bench.testing import FEATURE_SET_CHECKS

COMPONENTS = registry.names("features")
BUNDLES = [name for name in COMPONENTS if isinstance(features.resolve(name), FeatureBundle)]
NAMES = [name for name in COMPONENTS if name not in BUNDLES]
SPECS = [spec for name in NAMES for spec in (name, *getattr(features.get(name), "variants", ()))]
every_set = pytest.mark.parametrize("spec", SPECS)


def test_built_in_feature_sets_are_registered():
    assert {"functionals", "frames", "robust"} <= set(NAMES)


@every_set
@pytest.mark.parametrize("check", FEATURE_SET_CHECKS)
def test_contract(check, spec):
    check(features.get(spec))


@every_set
def test_spec_is_read_back(spec):
    component = features.get(spec)
    assert component.name == spec.split(":")[0]
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
def test_params_can_be_a_cache_key(spec):
    params = features.get(spec).params()
    assert all(isinstance(param, str) for param in params)
    assert key(params) == key(features.get(spec).params())


@pytest.mark.parametrize("name", NAMES)
def test_variants_have_different_cache_keys(name):
    specs = [spec for spec in SPECS if spec.split(":")[0] == name]
    assert len({key(features.get(spec).params()) for spec in specs}) == len(specs)


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
