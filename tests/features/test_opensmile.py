"""openSMILE as a front end: what it is given, what it gives, and what a user without it is told."""

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
    """Have no package opensmile."""
    monkeypatch.setattr(opensmile, "find_spec", lambda package: None)


def made(name: str, signal: np.ndarray, rate: int = RATE) -> np.ndarray:
    return features.get(f"{name}:by=opensmile").extract(AudioSignal(signal, rate))


@each_set
def test_without_the_package_a_spec_says_what_to_install_and_the_licence(name, without):
    with pytest.raises(UsageError) as told:
        features.get(f"{name}:by=opensmile")
    text = str(told.value)
    assert "\n" not in text
    assert text.startswith(f"feature set {name}: by=opensmile needs the package opensmile")
    assert "pip install aser-bench[opensmile]" in text
    assert "audEERING" in text
    assert "research and other non-commercial use only" in text


@pytest.mark.parametrize("kind", [Mfcc39, Prosody35])
def test_without_the_package_no_object_is_made_either(kind, without):
    with pytest.raises(UsageError, match="pip install"):
        kind(by="opensmile")


@each_set
def test_without_the_package_all_else_works(name, without, tones):
    one = features.get(name)
    assert one.variants == ()
    assert features.get(f"{name}:by=built-in") == one
    assert np.isfinite(one.extract(AudioSignal(tones(0.2), RATE))).all()


@each_set
def test_its_version_is_in_the_key_and_only_where_it_is_used(name, installed):
    assert registry.versions(features.get(name).packages).keys() == {"numpy", "scipy"}
    packages = features.get(f"{name}:by=opensmile").packages
    assert registry.versions(packages) == {"opensmile": version("opensmile")}


def test_it_is_not_imported_before_it_is_used():
    code = (
        "import sys; from aser_bench import features;"
        f"[features.get(name) for name in {SETS}];"
        "features.get('mfcc39:by=opensmile') if __import__('importlib.util').util.find_spec("
        "'opensmile') else None;"
        "assert 'opensmile' not in sys.modules and 'librosa' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_it_works_behind_tensorflow(installed):
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
def test_it_says_nothing(name, installed, tones, capfd, recwarn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opensmile._smile.cache_clear()
    for signal in (tones(0.5), np.zeros(1), np.zeros(4000)):
        made(name, signal)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
    assert not list(tmp_path.iterdir())


@each_set
def test_it_is_made_once_a_process(name, installed, tones):
    made(name, tones(0.2))
    before = opensmile._smile.cache_info().misses
    made(name, tones(0.3))
    assert opensmile._smile.cache_info().misses == before


@each_set
def test_a_feature_set_survives_pickling_after_its_use(name, installed, tones):
    one = features.get(f"{name}:by=opensmile")
    first = one.extract(AudioSignal(tones(0.2), RATE))
    again = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(again.extract(AudioSignal(tones(0.2), RATE)), first)


@each_set
def test_full_scale_does_not_wrap_around(name, installed):
    time = np.arange(RATE) / RATE
    square = np.sign(np.sin(2 * np.pi * 150 * time))
    below, full, beyond = (made(name, level * square) for level in (0.999, 1.0, 1.5))
    np.testing.assert_allclose(full, below, rtol=0.02, atol=0.02)
    np.testing.assert_array_equal(beyond, full)


@pytest.mark.parametrize("samples", [1, 100, 399, 400, 879, 880, 881, 1200, 1599, 1601])
def test_short_signals_are_filled_up(samples, installed, tones):
    signal = tones(0.2)[:samples]
    assert made("mfcc39", signal).shape == (1 + max(0, samples - 400) // 160, 39)
    vector = made("prosody35", signal)
    assert vector.shape == (35,)
    assert np.isfinite(vector).all()


def test_its_values_stand_in_the_order_of_the_columns(installed, tones):
    """A voice with a pitch of its own is told by values of very different sizes."""
    signal = tones(1.0)
    ours = features.get("prosody35").extract(AudioSignal(signal, RATE))
    np.testing.assert_allclose(made("prosody35", signal), ours, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("rate", [8000, 48_000])
def test_it_takes_other_rates(rate, installed):
    rng = np.random.default_rng(0)
    assert made("mfcc39", 0.1 * rng.standard_normal(rate), rate).shape == (98, 39)
