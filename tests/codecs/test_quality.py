"""PESQ and STOI: values, signals that cannot be rated, and missing packages."""

from __future__ import annotations

import math
import sys
from functools import cache

import numpy as np
import pytest

from aser_bench.codecs import quality
from aser_bench.codecs.lowpass import LowPass

RATE = 16_000
MISSING = {name for name in quality.MEASURES if name not in quality.installed_measures()}
needs_pesq = pytest.mark.skipif("pesq" in MISSING, reason="needs aser-bench[quality]: pesq")
needs_stoi = pytest.mark.skipif("stoi" in MISSING, reason="needs aser-bench[quality]: pystoi")
every_measure = pytest.mark.parametrize(
    "measure",
    [pytest.param(quality.pesq, marks=needs_pesq), pytest.param(quality.stoi, marks=needs_stoi)],
)


@cache
def speech() -> np.ndarray:
    """Return three seconds of the demo corpus."""
    from aser_bench.corpora import load_corpus
    from aser_bench.corpora.audio import read

    files = load_corpus("demo").utterances["file"][:3]
    return np.concatenate([read(file) for file in files])[: 3 * RATE]


def noisy(snr_db: float) -> np.ndarray:
    signal = speech()
    noise = np.random.default_rng(0).standard_normal(len(signal)).astype(np.float32)
    return signal + noise * np.sqrt(np.mean(signal**2)) * np.float32(10 ** (-snr_db / 20))


@every_measure
def test_noise_lowers_the_score(measure):
    best = measure(speech(), speech(), RATE)
    scores = [measure(speech(), noisy(snr), RATE) for snr in (30, 15, 0)]
    assert best == pytest.approx(4.644 if measure is quality.pesq else 1, abs=1e-3)
    assert [best, *scores] == sorted([best, *scores], reverse=True)
    assert scores[-1] < best - 0.1


@every_measure
def test_score_is_repeatable_and_ignores_the_level(measure):
    score = measure(speech(), noisy(10), RATE)
    assert measure(speech(), noisy(10), RATE) == score
    quiet = measure(1e-6 * speech(), 1e-6 * noisy(10), RATE)
    assert quiet == pytest.approx(score, abs=0.01)


@needs_pesq
def test_pesq_is_wide_band():
    """Narrow-band PESQ would ignore the frequencies that a telephone removes."""
    narrow = LowPass(cutoff=3400.0)
    (condition,), _ = narrow.conditions([], RATE, "error")
    assert quality.pesq(speech(), narrow.apply(speech(), RATE, condition), RATE) < 4.3


@every_measure
@pytest.mark.parametrize("seconds", [0.001, 0.02, 0.1, 0.2])
def test_short_signals_are_not_rated(measure, seconds):
    short = speech()[8000 : 8000 + int(seconds * RATE)]
    assert math.isnan(measure(short, short, RATE))


@every_measure
def test_silent_sources_are_not_rated(measure):
    silence = np.zeros(RATE, np.float32)
    assert math.isnan(measure(silence, silence, RATE))
    assert math.isnan(measure(silence, speech()[:RATE], RATE))


@needs_pesq
def test_silent_results_have_no_pesq():
    assert math.isnan(quality.pesq(speech(), 0 * speech(), RATE))


@needs_stoi
def test_signals_with_little_speech_have_no_stoi():
    """The package returns 1e-5 with a warning, which is not a valid result."""
    click = np.zeros(2 * RATE, np.float32)
    click[5000:6000] = speech()[8000:9000] / np.abs(speech()[8000:9000]).max()
    assert math.isnan(quality.stoi(click, click, RATE))


@needs_pesq
def test_long_signals_and_other_rates_have_no_pesq():
    """The package has arrays for 50 stretches of speech; with these 60 it would crash."""
    burst = np.concatenate([speech()[8000:12_000], np.zeros(8000, np.float32)])
    long = np.tile(burst, 60)
    assert math.isnan(quality.pesq(long, long, RATE))
    assert math.isnan(quality.pesq(speech(), speech(), 48_000))


@pytest.mark.parametrize("absent", [("pesq",), ("pystoi",), ("pesq", "pystoi")])
def test_measures_of_missing_packages_are_left_out(monkeypatch, absent):
    for package in absent:
        monkeypatch.setitem(sys.modules, package, None)
    for package, name in (("pesq", "pesq"), ("pystoi", "stoi")):
        if package in absent:
            assert name not in quality.installed_measures()
        else:
            assert (name in quality.installed_measures()) == (name not in MISSING)
