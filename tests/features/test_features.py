"""Feature sets by name and option, and all that are wanted of a batch in one pass."""

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
from aser_bench.features.base import FeatureSet
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
    """Somebody's feature set: no options, nothing of librosa's."""

    name = "level"
    title = "the level"
    version = 1
    columns = ("level",)

    def extract(self, sound: AudioSignal) -> np.ndarray:
        return np.array([np.sqrt(np.mean(sound.signal**2))], dtype=np.float32)


@pytest.fixture
def package(monkeypatch):
    """Somebody else's package with feature sets in it, and something that is none."""
    module = types.ModuleType("somebodys_features")
    module.Level = Level()
    module.Tuned = Functionals()
    module.number = 5
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


# By name


def test_a_name_alone_is_the_component_itself():
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
def test_options_stand_behind_the_name(spec, expected):
    assert features.get(spec) == expected


@pytest.mark.parametrize(
    ("one", "spec"),
    [
        (Functionals(), "functionals"),
        (Functionals("original"), "functionals:tuning=original"),
        (Frames("mfcc+mel", "0"), "frames:parts=mfcc+mel:tuning=0"),
        (Frames(tuning="0"), "frames:tuning=0"),
    ],
)
def test_a_spec_names_what_differs_from_the_default(one, spec):
    assert one.spec == spec
    assert features.get(spec) == one


def test_a_module_names_somebody_elses(package):
    assert features.get("somebodys_features:Level") is package.Level
    assert features.get("somebodys_features:Tuned:tuning=0") == Functionals("0")


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
        ("somebodys_features:Level:tuning=0", "level has no option 'tuning'; it has no options"),
        ("somebodys_features:number", "number is not a feature set"),
        ("somebodys_features:Loudness", "cannot be loaded: AttributeError"),
    ],
)
def test_what_is_no_feature_set_is_said_in_one_line(spec, message, package):
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
        found = features.get(text)
    except UsageError:
        return
    assert features.get(found.spec) == found
    assert found.columns


def test_looking_up_a_name_loads_nothing_heavy():
    code = (
        "import sys; from aser_bench import features; features.get('functionals:tuning=0');"
        "print([name for name in ('numba', 'librosa', 'scipy.signal') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# In one pass


@pytest.fixture
def batch(tones) -> list[np.ndarray]:
    return [tones(0.7, seed=1), tones(0.1, seed=2), tones(1.3, seed=3)]


def test_each_set_says_what_it_says_alone(batch):
    found = features.extract(SETS, batch, RATE)
    assert list(found) == list(SETS)
    for spec, rows in found.items():
        for signal, row in zip(batch, rows, strict=True):
            np.testing.assert_array_equal(
                row, features.get(spec).extract(AudioSignal(signal, RATE))
            )


def test_an_utterance_is_transformed_once_for_all_sets(batch, monkeypatch):
    transformed = []
    power = spectral.power_spectrogram
    monkeypatch.setattr(
        spectral,
        "power_spectrogram",
        lambda signal: transformed.append(len(signal)) or power(signal),
    )
    features.extract(SETS, batch, RATE)
    assert transformed == [len(signal) for signal in batch]


def test_originals_are_estimated_once_for_all_conditions(batch, monkeypatch):
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


def test_without_originals_the_signals_are_the_originals(batch):
    found = features.extract(["functionals", "functionals:tuning=original"], batch, RATE)
    np.testing.assert_array_equal(*found.values())


def test_the_original_decides_the_tuning(batch):
    originals = features.audio_signals([batch[0][::-1], *batch[1:]], RATE)
    sets = ["functionals:tuning=original"]
    (found,) = features.extract(sets, batch, RATE, originals).values()
    pairs = zip(batch, originals, strict=True)
    for row, (signal, original) in zip(found, pairs, strict=True):
        expected = Functionals("original").extract(AudioSignal(signal, RATE, original))
        np.testing.assert_array_equal(row, expected)


def test_what_an_original_has_made_is_given_back(batch):
    originals = features.audio_signals(batch, RATE)
    features.extract(SETS, batch, RATE, originals)
    features.extract(SETS, [0.5 * signal for signal in batch], RATE, originals)
    assert [original._arrays for original in originals] == [{}] * len(batch)


def test_the_shortest_and_the_longest_utterance_stand_in_one_batch(tones):
    batch = [tones(0.1), tones(60.0, seed=1), tones(0.1, seed=2), np.zeros(1, np.float32)]
    found = features.extract(SETS, batch, RATE)
    assert [len(rows) for rows in found["frames"]] == [4, 1876, 4, 1]
    assert all(np.isfinite(row).all() for rows in found.values() for row in rows)
    alone = features.extract(SETS, batch[:1], RATE)
    for spec in SETS:
        np.testing.assert_array_equal(found[spec][0], alone[spec][0])


def test_an_empty_batch_has_no_features():
    assert features.extract(["functionals"], [], RATE) == {"functionals": []}


def test_somebody_elses_set_needs_the_signal_only(batch, package):
    found = features.extract(["somebodys_features:Level", "functionals"], batch, RATE)
    levels = [np.sqrt(np.mean(signal**2)) for signal in batch]
    np.testing.assert_allclose(np.ravel(found["somebodys_features:Level"]), levels, rtol=1e-6)


def test_what_is_no_signal_is_refused(batch):
    with pytest.raises(AudioError):
        features.extract(["functionals"], [*batch, np.zeros(0)], RATE)


def test_as_many_originals_as_signals(batch):
    with pytest.raises(ValueError, match="zip"):
        features.extract(["functionals"], batch, RATE, features.audio_signals(batch[:2], RATE))
