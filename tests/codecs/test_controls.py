"""Controls: bandwidth, sample rate, level and word length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.codecs import audit, roundtrip, specs
from aser_bench.core.errors import UsageError

RATE = 16_000
NOISE = (0.1 * np.random.default_rng(3).standard_normal(3 * RATE)).astype(np.float32)


def condition(spec: str, rate: int = RATE):
    return specs.get(spec).conditions([], rate, "promote")[0][0]


@pytest.mark.parametrize("cutoff", [1200, 3040, 5500, 7300])
def test_lowpass_has_the_given_bandwidth_and_no_delay(cutoff):
    filtered = roundtrip(NOISE, RATE, f"lowpass:cutoff={cutoff}")
    assert audit.bandwidth_hz(NOISE, filtered, RATE) == pytest.approx(cutoff, abs=20)
    assert audit.lag_samples(NOISE, filtered) in (0, pytest.approx(np.nan, nan_ok=True))
    low = np.sin(2 * np.pi * 0.5 * cutoff * np.arange(RATE) / RATE).astype(np.float32)
    middle = slice(2000, -2000)
    passed = roundtrip(low, RATE, f"lowpass:cutoff={cutoff}")
    np.testing.assert_allclose(passed[middle], low[middle], atol=2e-3)


def test_lowpass_has_the_bandwidth_of_a_codec():
    coded = roundtrip(NOISE, RATE, "mp3", 8)
    filtered = roundtrip(NOISE, RATE, "lowpass:like=mp3-8k")
    expected = audit.bandwidth_hz(NOISE, coded, RATE)
    assert audit.bandwidth_hz(NOISE, filtered, RATE) == pytest.approx(expected, abs=40)
    assert condition("lowpass").name == condition("lowpass:like=mp3-8k").name == "lowpass-3k02"
    assert condition("lowpass:like=amr-wb-12k65").params != condition("lowpass").params


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("lowpass:cutoff=8000", "only frequencies up to 8000 Hz"),
        ("lowpass:cutoff=no", "a number from 100"),
        ("lowpass:like=mp3", "must be a codec and a bitrate"),
        ("lowpass:like=mp4-8k", "unknown codec 'mp4'"),
        ("lowpass:like=mp3-20k", "mp3 cannot code 20 kbit/s"),
        ("lowpass:like=opus-256k", "only frequencies up to 8000 Hz"),
    ],
)
def test_rejects_invalid_lowpass(spec, message):
    with pytest.raises(UsageError, match=message):
        condition(spec)


def test_resampling_removes_frequencies_above_half_the_rate():
    resampled = roundtrip(NOISE, RATE, "resample")
    assert 3600 < audit.bandwidth_hz(NOISE, resampled, RATE) <= 4000
    assert condition("resample").codec_rate_hz == 8000
    np.testing.assert_array_equal(roundtrip(NOISE, 8000, "resample"), NOISE)
    with pytest.raises(UsageError, match="a number from 1000"):
        specs.get("resample:rate=10")


def test_resampling_explains_most_of_the_effect_of_g711():
    """G.711 is nearly transparent, so its main effect is that of the resampling."""
    resampled, coded = roundtrip(NOISE, RATE, "resample"), roundtrip(NOISE, RATE, "g711")
    assert audit.si_sdr_db(resampled, coded) > 30


@settings(max_examples=20, deadline=None)
@given(db=st.floats(-60, 60).map(lambda x: round(x, 3)))
def test_gain_is_a_factor(db):
    louder = roundtrip(NOISE[:1000], RATE, f"gain:db={db}")
    np.testing.assert_allclose(louder, NOISE[:1000] * 10 ** (db / 20), rtol=1e-5)


def test_default_gain_is_that_of_lame():
    gain_db = audit.gain_db(NOISE, roundtrip(NOISE, RATE, "gain"))
    assert gain_db == pytest.approx(20 * np.log10(0.95), abs=1e-3)
    assert condition("gain").name == "gain-down0.45dB"
    assert condition("gain:db=3").name == "gain-up3dB"


def test_int16_rounds_and_clips():
    ramp = np.linspace(-1.2, 1.2, 50_000).astype(np.float32)
    rounded = roundtrip(ramp, RATE, "int16")
    steps = rounded * 2**15
    np.testing.assert_array_equal(steps, np.rint(steps))
    assert (steps.min(), steps.max()) == (-(2**15), 2**15 - 1)
    inside = np.abs(ramp) < 0.999
    assert np.abs(rounded - ramp)[inside].max() <= 0.5 / 2**15 + 1e-7


SPEECH = np.concatenate([NOISE, np.zeros(2 * RATE, np.float32), 1e-4 * NOISE])
"""Three seconds at the level of NOISE, and pauses that do not count for the active level."""


@pytest.mark.parametrize(("spec", "db"), [("dither", 70), ("dither:db=50", 50)])
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_dither_is_below_the_active_level(spec, db, scale):
    signal = np.float32(scale) * SPEECH
    noise = roundtrip(signal, RATE, spec).astype(float) - signal
    distance = 10 * np.log10(np.mean((scale * NOISE) ** 2) / np.mean(noise**2))
    assert distance == pytest.approx(db, abs=0.3)
    assert abs(np.corrcoef(noise, signal)[0, 1]) < 0.02
    assert condition(spec).name == f"dither-{db}dB"


def test_dither_depends_on_the_samples_alone():
    alone = roundtrip(NOISE, RATE, "dither")
    codec = specs.get("dither")
    _, after_another = codec.roundtrip([SPEECH, NOISE], RATE, [condition("dither")])[0]
    np.testing.assert_array_equal(after_another.signal, alone)
    other = NOISE.copy()
    other[0] += np.float32(1e-3)
    noise, noise_of_other = alone - NOISE, roundtrip(other, RATE, "dither") - other
    assert abs(np.corrcoef(noise, noise_of_other)[0, 1]) < 0.02


def test_dither_of_a_fixed_signal_is_the_same_on_every_machine():
    """Noise is computed without functions that differ between mathematical libraries."""
    ramp = (np.arange(-500, 500) / 1000).astype(np.float32)
    expected = [4.756e-05, -0.00014037, -8.979e-05]
    np.testing.assert_allclose(roundtrip(ramp, RATE, "dither")[:3] - ramp[:3], expected, atol=1e-7)


@pytest.mark.parametrize("db", ["0", "200", "no"])
def test_rejects_invalid_dither(db):
    with pytest.raises(UsageError, match="a number from 10"):
        specs.get(f"dither:db={db}")
