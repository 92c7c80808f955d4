"""openSMILE as a front end: its inputs and outputs, and errors without the package."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

from aser_bench import features
from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.features import opensmile
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.mfcc39 import Mfcc39
from aser_bench.features.prosody35 import Prosody35

RATE = 16_000
SETS = ("mfcc39", "prosody35")
each_set = pytest.mark.parametrize("name", SETS)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate that the package opensmile is not installed."""
    monkeypatch.setattr(opensmile, "find_spec", lambda package: None)


def extract(name: str, signal: np.ndarray, rate: int = RATE) -> np.ndarray:
    return features.get(f"{name}:by=opensmile").extract(AudioSignal(signal, rate))


@each_set
def test_error_without_the_package_names_requirement_and_licence(name, without):
    with pytest.raises(UsageError) as caught:
        features.get(f"{name}:by=opensmile")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"feature set {name}: by=opensmile needs the package opensmile")
    assert "pip install aser-bench[opensmile]" in message
    assert "audEERING" in message
    assert "research and other non-commercial use only" in message


@pytest.mark.parametrize("feature_set", [Mfcc39, Prosody35])
def test_cannot_be_instantiated_without_the_package(feature_set, without):
    with pytest.raises(UsageError, match="pip install"):
        feature_set(by="opensmile")


@each_set
def test_built_in_front_end_works_without_the_package(name, without, tones):
    component = features.get(name)
    assert component.variants == ()
    assert features.get(f"{name}:by=built-in") == component
    assert np.isfinite(component.extract(AudioSignal(tones(0.2), RATE))).all()


@each_set
def test_version_of_the_package_is_in_the_key_only_if_used(name, installed):
    assert registry.versions(features.get(name).packages).keys() == {"numpy", "scipy"}
    packages = features.get(f"{name}:by=opensmile").packages
    assert registry.versions(packages) == {"opensmile": version("opensmile")}


def test_package_is_imported_on_use():
    code = (
        "import sys; from aser_bench import features;"
        f"[features.get(name) for name in {SETS}];"
        "features.get('mfcc39:by=opensmile') if __import__('importlib.util').util.find_spec("
        "'opensmile') else None;"
        "assert 'opensmile' not in sys.modules and 'librosa' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_works_after_the_import_of_tensorflow(installed):
    code = (
        "import tensorflow, numpy;"
        "from aser_bench import features;"
        "from aser_bench.features.audio_signal import AudioSignal;"
        "noise = numpy.random.default_rng(0).standard_normal(16000).astype('float32') / 9;"
        f"[print(features.get(name + ':by=opensmile').extract(AudioSignal(noise, 16000)).shape)"
        f" for name in {SETS}]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "(98, 39)\n(35,)\n")


@each_set
def test_prints_and_writes_nothing(name, installed, tones, capfd, recwarn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opensmile._smile.cache_clear()
    for signal in (tones(0.5), np.zeros(1), np.zeros(4000)):
        extract(name, signal)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
    assert not list(tmp_path.iterdir())


@each_set
def test_is_created_once_per_process(name, installed, tones):
    extract(name, tones(0.2))
    before = opensmile._smile.cache_info().misses
    extract(name, tones(0.3))
    assert opensmile._smile.cache_info().misses == before


@each_set
def test_can_be_pickled_after_use(name, installed, tones):
    component = features.get(f"{name}:by=opensmile")
    first = component.extract(AudioSignal(tones(0.2), RATE))
    again = pickle.loads(pickle.dumps(component))
    np.testing.assert_array_equal(again.extract(AudioSignal(tones(0.2), RATE)), first)


@each_set
def test_full_scale_does_not_wrap_around(name, installed):
    time = np.arange(RATE) / RATE
    square = np.sign(np.sin(2 * np.pi * 150 * time))
    below, full, beyond = (extract(name, level * square) for level in (0.999, 1.0, 1.5))
    np.testing.assert_allclose(full, below, rtol=0.02, atol=0.02)
    np.testing.assert_array_equal(beyond, full)


@pytest.mark.parametrize("samples", [1, 100, 399, 400, 879, 880, 881, 1200, 1599, 1601])
def test_short_signals_are_padded(samples, installed, tones):
    signal = tones(0.2)[:samples]
    assert extract("mfcc39", signal).shape == (1 + max(0, samples - 400) // 160, 39)
    vector = extract("prosody35", signal)
    assert vector.shape == (35,)
    assert np.isfinite(vector).all()


def test_values_have_the_order_of_the_columns(installed, tones):
    # The values of a voice differ by orders of magnitude.
    signal = tones(1.0)
    ours = features.get("prosody35").extract(AudioSignal(signal, RATE))
    np.testing.assert_allclose(extract("prosody35", signal), ours, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("rate", [8000, 48_000])
def test_other_sample_rates(rate, installed):
    rng = np.random.default_rng(0)
    assert extract("mfcc39", 0.1 * rng.standard_normal(rate), rate).shape == (98, 39)
