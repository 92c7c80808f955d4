"""Five prosody descriptors and their seven functionals, on synthetic voices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aser_bench import features
from aser_bench.core.errors import UsageError
from aser_bench.corpora.audio import read
from aser_bench.features import pitch, prosody
from aser_bench.features.audio_signal import AudioSignal

RATE = 16_000
COLUMNS = features.get("prosody35").columns


def extract(signal: np.ndarray, rate: int = RATE, spec: str = "prosody35") -> dict[str, float]:
    values = features.get(spec).extract(AudioSignal(signal, rate))
    return dict(zip(COLUMNS, values.astype(float), strict=True))


def voice(f0: float | np.ndarray, seconds: float = 1.0, noise: float = 0.0, rate: int = RATE):
    """Return harmonics up to 4 kHz that fall by 6 dB per octave, and white noise."""
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(f0, time.shape)) / rate
    highest = int(4000 / np.max(f0))
    tone = 0.1 * sum(np.sin(k * phase) / k for k in range(1, highest + 1))
    return tone + noise * np.random.default_rng(0).standard_normal(len(time))


def test_columns_are_functionals_of_each_descriptor():
    assert len(COLUMNS) == 35
    assert COLUMNS[:7] == (
        "f0_mean",
        "f0_sd",
        "f0_slope",
        "f0_centroid",
        "f0_p10",
        "f0_p90",
        "f0_range",
    )
    assert COLUMNS[7::7] == ("log_f0_mean", "voicing_mean", "hnr_mean", "loudness_mean")


@pytest.mark.parametrize("f0", [60, 85, 110, 165, 220, 330, 480, 610])
def test_f0_of_a_steady_voice(f0):
    result = extract(voice(f0, noise=0.001))
    assert result["f0_mean"] == pytest.approx(f0, rel=0.015)
    assert result["log_f0_mean"] == pytest.approx(12 * np.log2(f0 / 27.5), abs=0.25)
    assert result["f0_sd"] < 0.01 * f0
    assert result["voicing_mean"] > 0.7


@pytest.mark.parametrize("rate", [8000, 24_414, 48_000])
def test_f0_does_not_depend_on_the_rate(rate):
    assert extract(voice(150, noise=0.001, rate=rate), rate)["f0_mean"] == pytest.approx(
        150, rel=0.02
    )


def test_slope_and_percentiles_of_a_glide():
    glide = np.linspace(120, 240, RATE)
    result = extract(voice(glide, noise=0.001))
    assert result["f0_slope"] == pytest.approx(1.2, rel=0.05)  # Hz per frame of 10 ms
    assert result["f0_p10"] == pytest.approx(132, rel=0.03)
    assert result["f0_p90"] == pytest.approx(228, rel=0.03)
    assert result["f0_range"] == pytest.approx(result["f0_p90"] - result["f0_p10"], rel=1e-4)
    assert result["f0_centroid"] > 0.5


def test_only_voiced_frames_have_f0():
    rng = np.random.default_rng(1)
    hiss = 0.01 * rng.standard_normal(RATE)
    result = prosody.descriptors(np.concatenate([voice(200), hiss]), RATE)["f0"]
    assert np.median(result[result > 0]) == pytest.approx(200, rel=0.01)
    assert np.mean(result[:90] > 0) > 0.95
    assert np.mean(result[105:] > 0) < 0.15


def test_inaudible_signal_has_no_f0_and_voicing():
    result = prosody.descriptors(1e-3 * voice(200), RATE)
    assert not result["f0"].any()
    assert not result["voicing"].any()


@pytest.mark.parametrize("f0", [100, 150, 400])
def test_hnr_equals_the_expected_value(f0):
    signal, noise = voice(f0), np.random.default_rng(0).standard_normal(RATE)
    window = prosody._gauss(880).astype(np.float64)
    period = round(RATE / f0)
    overlap = window[period:] @ window[:-period] / (window @ window)
    for decibels in (5, 10, 20):
        noise_power = 10 ** (-decibels / 10)
        share = overlap / (1 + noise_power)
        noisy = signal + noise * np.sqrt(np.mean(signal**2) * noise_power)
        result = prosody.descriptors(noisy, RATE)["hnr"]
        expected = 10 * np.log10(share / (1 - share))
        assert np.median(result) == pytest.approx(expected, abs=1.0)


def test_hnr_of_a_quantisation_step_is_undefined():
    step = np.zeros((1, 513), np.float32)
    step[0] = 3e-5  # the flat spectrum of one sample, which may have an F0 but has no period
    assert prosody.harmonics_to_noise(step, np.array([468.0]), RATE) == 0


def test_loudness_is_compressed_power():
    rng = np.random.default_rng(2)
    hiss = 0.05 * rng.standard_normal(RATE)
    soft, loud = (prosody.loudness(gain * hiss, RATE).mean() for gain in (1, 4))
    assert loud / soft == pytest.approx(16**0.33, rel=1e-3)


def test_loudness_weights_are_largest_near_4_khz():
    time = np.arange(8000) / RATE
    tones = {
        f: prosody.loudness(0.1 * np.sin(2 * np.pi * f * time), RATE).mean()
        for f in (100, 500, 3000, 7800)
    }
    assert tones[3000] == max(tones.values())
    assert tones[100] < tones[500] < tones[3000] > tones[7800]


def test_functionals_equal_numpy():
    rng = np.random.default_rng(3)
    values = 100 + rng.standard_normal(57).cumsum()
    result = dict(zip(prosody.FUNCTIONALS, prosody.functionals(values), strict=True))
    time = np.arange(57)
    assert result["mean"] == pytest.approx(values.mean())
    assert result["sd"] == pytest.approx(values.std())
    assert result["slope"] == pytest.approx(np.polyfit(time, values, 1)[0])
    assert result["centroid"] == pytest.approx(np.average(time, weights=values) / 57)
    assert result["p10"] == pytest.approx(np.percentile(values, 10))
    assert result["range"] == pytest.approx(np.ptp(np.percentile(values, [10, 90])))


def test_functionals_of_no_values_and_one_value():
    assert prosody.functionals(np.zeros(0)) == [0] * 7
    assert prosody.functionals(np.array([3.0])) == [3, 0, 0, 0, 3, 3, 0]
    centroid_of_zero_sum = prosody.functionals(np.array([1.0, -1.0]))[3]
    assert centroid_of_zero_sum == 0


def test_path_does_not_jump_an_octave_for_one_frame():
    frequency = np.tile([[200.0, 100.0, 0, 0]], (20, 1))
    voicing = np.tile([[0.80, 0.78, 0, 0]], (20, 1))
    frequency[10, :2] = frequency[10, 1::-1]  # half the pitch has a higher voicing
    chosen = pitch.cheapest_path(frequency, voicing)
    np.testing.assert_array_equal(frequency[np.arange(20), chosen], 200)


def test_path_bridges_one_frame_but_not_a_pause():
    frequency, voicing = np.full((60, 4), [150.0, 0, 0, 0]), np.full((60, 4), [0.8, 0, 0, 0])
    voicing[10, 0] = 0.65
    voicing[30:50, 0] = 0.4
    voiced = pitch.cheapest_path(frequency, voicing) < 4
    assert voiced[:30].all()
    assert not voiced[30:50].any()
    assert voiced[50:].all()


def test_silence_has_no_f0_and_minimal_loudness():
    result = extract(np.zeros(8000))
    assert all(result[column] == 0 for column in COLUMNS[:28])
    assert 0 < result["loudness_mean"] < 0.002
    assert result["loudness_range"] == pytest.approx(0, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, st.integers(1, 3000), elements=st.floats(-4, 4, width=32)))
def test_any_signal_gives_finite_values(signal):
    result = extract(signal)
    assert np.isfinite(list(result.values())).all()
    assert result["f0_mean"] == 0 or 52 <= result["f0_mean"] <= 620
    assert 0 <= result["voicing_mean"] <= 1


def test_rejects_other_front_ends():
    with pytest.raises(UsageError, match="by=praat must be built-in or opensmile"):
        features.get("prosody35:by=praat")


def test_correlates_with_opensmile_on_real_speech(shared_corpora, installed):
    files = sorted(shared_corpora.glob("ravdess/Actor_*/*.flac"))[7::36]
    assert len(files) >= 36
    ours, theirs = (
        np.array([list(extract(read(file), spec=spec).values()) for file in files])
        for spec in ("prosody35", "prosody35:by=opensmile")
    )
    # Rounding errors of digital silence; see docs/dual-features.md.
    defined = theirs[:, COLUMNS.index("hnr_sd")] < 9
    assert defined.mean() > 0.8
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(ours[defined].T, theirs[defined].T, strict=True)]
    r = dict(zip(COLUMNS, r, strict=True))
    assert np.median(list(r.values())) > 0.98
    assert min(r.values()) > 0.7, r
    assert min(r["f0_mean"], r["log_f0_mean"], r["f0_p90"], r["voicing_mean"], r["hnr_p90"]) > 0.95
    assert min(value for name, value in r.items() if name.startswith("loudness")) > 0.99
    distances = np.median(np.abs(ours - theirs), axis=0) / theirs.std(axis=0)
    assert distances.max() < 0.05
