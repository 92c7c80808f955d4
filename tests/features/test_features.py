"""Feature sets by spec, and extraction of several sets of a batch in one pass."""

from __future__ import annotations

import subprocess
import sys
import types

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aser_bench import features
from aser_bench.core import registry
from aser_bench.core.errors import AudioError, UsageError
from aser_bench.features import spectral
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.base import FeatureBundle, FeatureSet
from aser_bench.features.frames import Frames
from aser_bench.features.functionals import COMPONENT, Functionals

RATE = 16_000
SETS = (
    "functionals",
    "functionals:tuning=0",
    "functionals:tuning=original",
    "frames",
    "frames:parts=mfcc+chroma+mel",
    "robust",
)


class Level(FeatureSet):
    """A feature set of another package, without options and spectrograms."""

    name = "level"
    title = "RMS level"
    version = 1
    columns = ("level",)

    def extract(self, signal: AudioSignal) -> np.ndarray:
        return np.array([np.sqrt(np.mean(signal.signal**2))], dtype=np.float32)


class Required(Level):
    """A feature set that cannot be created without arguments."""

    def __init__(self, order):
        self.order = order


class Bundle(FeatureBundle):
    """A bundle of another package."""

    name = "bundle"
    title = "two feature sets"
    feature_sets = {"frames": "mfcc39", "vector": "functionals"}  # noqa: RUF012


@pytest.fixture
def package(monkeypatch):
    """Return a module with feature sets, as class and instance, and another object."""
    module = types.ModuleType("other_features")
    module.Level = Level
    module.level = Level()
    module.Bundle = Bundle
    module.Mfcc = Required
    module.Tuned = Functionals()
    module.Functionals = Functionals
    module.number = 5
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


# By name


def test_name_without_options_is_the_component():
    assert features.get("functionals") is COMPONENT is registry.get("features", "functionals")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("functionals:tuning=0", Functionals("0")),
        ("functionals:tuning=utterance", COMPONENT),
        ("frames:parts=mfcc+mel:tuning=original", Frames("mfcc+mel", "original")),
        ("frames:tuning=original:parts=mfcc+mel", Frames("mfcc+mel", "original")),
    ],
)
def test_options_of_a_spec(spec, expected):
    assert features.get(spec) == expected


@pytest.mark.parametrize(
    ("component", "spec"),
    [
        (Functionals(), "functionals"),
        (Functionals("original"), "functionals:tuning=original"),
        (Frames("mfcc+mel", "0"), "frames:parts=mfcc+mel:tuning=0"),
        (Frames(tuning="0"), "frames:tuning=0"),
    ],
)
def test_spec_contains_options_that_differ_from_the_defaults(component, spec):
    assert component.spec == spec
    assert features.get(spec) == component


def test_dotted_path_may_name_a_class_or_an_instance(package):
    assert features.get("other_features:level") is package.level
    assert isinstance(features.get("other_features:Level"), Level)
    assert features.get("other_features:Functionals:tuning=0") == Functionals("0")
    assert features.get("other_features:Tuned:tuning=0") == Functionals("0")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("functional", "unknown feature set 'functional'; did you mean 'functionals'"),
        ("functionals:tunning=0", "functionals has no option 'tunning'; did you mean 'tuning'"),
        ("functionals:tuning=1", "functionals: tuning=1 must be utterance or 0 or original"),
        ("functionals:tuning=", "tuning= must be utterance or 0 or original"),
        ("functionals:=0", "functionals has no option ''"),
        ("functionals:tuning=0:tuning=0", "'functionals:tuning=0:tuning=0' gives .* twice"),
        ("functionals:0", "cannot be loaded"),
        ("", "unknown feature set ''"),
        ("tuning=0", "unknown feature set ''"),
        ("other_features:Level:tuning=0", "level has no option 'tuning'; it has no options"),
        ("other_features:number", "number is not a feature set"),
        ("other_features:Mfcc", "Mfcc' cannot be instantiated without arguments"),
        ("other_features:Bundle", "is not one feature set but 2"),
        ("other_features:Loudness", "cannot be loaded: AttributeError"),
    ],
)
def test_invalid_spec_is_reported_in_one_line(spec, message, package):
    with pytest.raises(UsageError, match=message) as caught:
        features.get(spec)
    assert "\n" not in str(caught.value)


WORDS = st.lists(
    st.sampled_from(
        [
            "functionals",
            "frames",
            "robust",
            ":",
            "=",
            "tuning",
            "parts",
            "0",
            "+",
            "original",
            "utterance",
            "mfcc",
            "mel",
            "chroma",
            " ",
            "\n",
            "é",
        ]
    ),
    max_size=9,
).map("".join)


@settings(deadline=None)
@given(st.text(max_size=12) | WORDS)
@example("frames:parts=mfcc+mel:tuning=original")
@example("functionals:tuning=\u0660")
def test_any_text_is_a_feature_set_or_a_usage_error(text):
    try:
        component = features.get(text)
    except UsageError:
        return
    assert features.get(component.spec) == component
    assert component.columns


def test_get_does_not_import_slow_packages():
    code = (
        "import sys; from aser_bench import features; features.get('functionals:tuning=0');"
        "print([name for name in ('numba', 'librosa', 'scipy.signal') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# In one pass


@pytest.fixture
def batch(tones) -> list[np.ndarray]:
    return [tones(0.7, seed=1), tones(0.1, seed=2), tones(1.3, seed=3)]


def test_sets_extracted_together_equal_single_sets(batch):
    result = features.extract(SETS, batch, RATE)
    assert list(result) == list(SETS)
    for spec, rows in result.items():
        for signal, row in zip(batch, rows, strict=True):
            np.testing.assert_array_equal(
                row, features.get(spec).extract(AudioSignal(signal, RATE))
            )


def test_spectrum_is_computed_once_for_all_sets(batch, monkeypatch):
    transformed = []
    power = spectral.power_spectrogram
    monkeypatch.setattr(
        spectral,
        "power_spectrogram",
        lambda signal: transformed.append(len(signal)) or power(signal),
    )
    features.extract(SETS, batch, RATE)
    assert transformed == [len(signal) for signal in batch]


def test_tuning_of_originals_is_estimated_once(batch, monkeypatch):
    estimated = []
    tuning = spectral.estimate_tuning
    monkeypatch.setattr(
        spectral, "estimate_tuning", lambda *values: estimated.append(1) or tuning(*values)
    )
    originals = features.audio_signals(batch, RATE)
    for gain in (1, 0.5, 0.25):
        versions = [signal * np.float32(gain) for signal in batch]
        features.extract(["functionals:tuning=original"], versions, RATE, originals)
    assert len(estimated) == len(batch)


def test_signals_are_the_originals_by_default(batch):
    result = features.extract(["functionals", "functionals:tuning=original"], batch, RATE)
    np.testing.assert_array_equal(*result.values())


def test_tuning_is_that_of_the_original(batch):
    originals = features.audio_signals([batch[0][::-1], *batch[1:]], RATE)
    sets = ["functionals:tuning=original"]
    (result,) = features.extract(sets, batch, RATE, originals).values()
    pairs = zip(batch, originals, strict=True)
    for row, (signal, original) in zip(result, pairs, strict=True):
        expected = Functionals("original").extract(AudioSignal(signal, RATE, original))
        np.testing.assert_array_equal(row, expected)


def test_caches_of_originals_are_cleared(batch):
    originals = features.audio_signals(batch, RATE)
    features.extract(SETS, batch, RATE, originals)
    features.extract(SETS, [0.5 * signal for signal in batch], RATE, originals)
    assert [original._arrays for original in originals] == [{}] * len(batch)


def test_batch_of_short_and_long_utterances(tones):
    batch = [tones(0.1), tones(60.0, seed=1), tones(0.1, seed=2), np.zeros(1, np.float32)]
    result = features.extract(SETS, batch, RATE)
    assert [len(rows) for rows in result["frames"]] == [4, 1876, 4, 1]
    assert all(np.isfinite(row).all() for rows in result.values() for row in rows)
    alone = features.extract(SETS, batch[:1], RATE)
    for spec in SETS:
        np.testing.assert_array_equal(result[spec][0], alone[spec][0])


def test_empty_batch_has_no_features():
    assert features.extract(["functionals"], [], RATE) == {"functionals": []}


def test_feature_set_of_another_package_is_extracted(batch, package):
    result = features.extract(["other_features:Level", "functionals"], batch, RATE)
    levels = [np.sqrt(np.mean(signal**2)) for signal in batch]
    np.testing.assert_allclose(np.ravel(result["other_features:Level"]), levels, rtol=1e-6)


def test_rejects_invalid_signals(batch):
    with pytest.raises(AudioError):
        features.extract(["functionals"], [*batch, np.zeros(0)], RATE)


def test_rejects_another_number_of_originals(batch):
    with pytest.raises(ValueError, match="zip"):
        features.extract(["functionals"], batch, RATE, features.audio_signals(batch[:2], RATE))
