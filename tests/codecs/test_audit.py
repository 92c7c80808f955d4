"""Measures of coded signals, on signals with known results and on real speech."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from aser_bench.codecs import audit
from aser_bench.codecs.mp3 import COMPONENT as MP3

NOISE = np.random.default_rng(1).standard_normal(20_000).astype(np.float32)


@pytest.mark.parametrize("factor", [1.0, 0.95, 0.001, 30.0])
def test_gain_of_a_factor(factor):
    assert audit.gain_db(NOISE, factor * NOISE) == pytest.approx(20 * math.log10(factor), abs=1e-4)


def test_gain_ignores_independent_noise():
    other = np.random.default_rng(2).standard_normal(len(NOISE))
    assert audit.gain_db(NOISE, 0.5 * NOISE + 0.1 * other) == pytest.approx(-6.02, abs=0.1)


@pytest.mark.parametrize("lag", [0, 1, -1, 22, 1105, -1105, 2000])
def test_lag_of_a_shift(lag):
    shifted = np.roll(np.pad(NOISE, 2500), lag)
    assert audit.lag_samples(np.pad(NOISE, 2500), 0.3 * shifted) == lag


def test_lag_of_a_very_quiet_signal():
    assert audit.lag_samples(1e-20 * NOISE, 1e-22 * np.roll(NOISE, 3)) == 3


def test_lag_of_one_sample():
    assert audit.lag_samples(np.ones(1), np.ones(1)) == 0


@pytest.mark.parametrize("edge", [1000, 3007, 7265])
def test_bandwidth_of_filtered_noise(edge):
    spectrum = np.fft.rfft(NOISE)
    spectrum[np.fft.rfftfreq(len(NOISE), 1 / 16000) > edge] *= 0.03
    filtered = np.fft.irfft(spectrum, len(NOISE))
    assert audit.bandwidth_hz(NOISE, filtered, 16000) == pytest.approx(edge, abs=32)


def test_bandwidth_of_unfiltered_noise_and_of_silence():
    assert audit.bandwidth_hz(NOISE, 0.1 * NOISE, 16000) == 8000
    assert math.isnan(audit.bandwidth_hz(np.zeros(3000), np.zeros(3000), 16000))


def test_bandwidth_ignores_frequencies_without_energy_in_the_source():
    tone = np.sin(2 * np.pi * 1000 * np.arange(20_000) / 16_000)
    assert audit.bandwidth_hz(tone, 0.9 * tone, 16000) == 8000


def test_snr_after_removal_of_the_gain():
    error = np.random.default_rng(3).standard_normal(len(NOISE)) * 10 ** (-30 / 20)
    assert audit.snr_db(NOISE, 0.95 * (NOISE + error)) == pytest.approx(30, abs=0.2)
    assert audit.snr_db(NOISE, NOISE) == math.inf


def test_measures_of_a_silent_source_are_nan():
    audited = audit.audit(np.zeros(500), np.zeros(500), 16000)
    assert all(map(math.isnan, dataclasses.astuple(audited)))


def test_measures_of_a_silent_result():
    assert audit.gain_db(NOISE, 0 * NOISE) == -math.inf
    assert audit.snr_db(NOISE, 0 * NOISE) == -math.inf
    assert math.isnan(audit.lag_samples(NOISE, 0 * NOISE))


def test_audit_contains_all_measures():
    coded = 0.9 * NOISE + 0.01 * NOISE[::-1]
    assert audit.audit(NOISE, coded, 16000) == audit.Audit(
        audit.gain_db(NOISE, coded),
        audit.lag_samples(NOISE, coded),
        audit.bandwidth_hz(NOISE, coded, 16000),
        audit.snr_db(NOISE, coded),
    )


@pytest.mark.parametrize("shapes", [((3,), (4,)), ((0,), (0,)), ((2, 2), (2, 2))])
def test_rejects_signals_of_different_or_invalid_shapes(shapes):
    with pytest.raises(ValueError, match="cannot compare"):
        audit.gain_db(np.ones(shapes[0]), np.ones(shapes[1]))


def test_measures_of_mp3_on_ravdess(shared_corpora):
    """Bandwidth, level and SNR of MP3 at 16 kHz agree with independent measurements."""
    import soundfile

    files = sorted((shared_corpora / "ravdess").glob("Actor_*/*.flac"))[5::180]
    signals = [soundfile.read(file, dtype="float32")[0] for file in files]
    bandwidth = {8: 3007, 16: 5515, 24: 5790, 32: 7250, 160: 7265}
    snr = {8: 8.5, 16: 12.3, 24: 15.0, 32: 17.9, 160: 32.4}
    conditions, _ = MP3.conditions(list(bandwidth), 16_000, "error")
    for condition, row in zip(conditions, MP3.roundtrip(signals, 16_000, conditions), strict=True):
        audits = [audit.audit(x, y.signal, 16_000) for x, y in zip(signals, row, strict=True)]
        median = np.median([audited.bandwidth_hz for audited in audits])
        assert median == pytest.approx(bandwidth[condition.kbps], abs=60)
        # The SNR varies between speakers by several dB, and there are only a few speakers.
        median = np.median([audited.snr_db for audited in audits])
        assert median == pytest.approx(snr[condition.kbps], abs=5)
        assert {audited.lag_samples for audited in audits} == {0}
        if condition.kbps >= 32:
            median = np.median([audited.gain_db for audited in audits])
            assert median == pytest.approx(-0.45, abs=0.05)


# --- log-spectral distance, SI-SDR -----------------------------------------------------------


@pytest.mark.parametrize("factor", [1.0, -1.0, 0.95, 0.001, 30.0])
def test_spectral_distance_ignores_the_level(factor):
    assert audit.log_spectral_distance_db(NOISE, factor * NOISE, 16000) == pytest.approx(
        0, abs=1e-3
    )


def test_spectral_distance_of_two_bands():
    """The upper half of the band is 6 dB lower, so the bins differ by one of two amounts."""
    spectrum = np.fft.rfft(NOISE)
    spectrum[len(spectrum) // 2 :] *= 0.5
    shaped = np.fft.irfft(spectrum, len(NOISE))
    upper, lower = 10 * math.log10(1 / 0.625), 10 * math.log10(0.25 / 0.625)
    expected = math.sqrt((upper**2 + lower**2) / 2)
    distance = audit.log_spectral_distance_db(NOISE, shaped, 16000)
    assert distance == pytest.approx(expected, abs=0.15)


def test_spectral_distance_of_removed_bins_is_finite():
    silence = audit.log_spectral_distance_db(NOISE, 0 * NOISE, 16000)
    assert 30 < silence < audit.QUIET_DB
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    other = np.sin(2 * np.pi * 3000 * np.arange(16_000) / 16_000)
    assert 30 < audit.log_spectral_distance_db(tone, other, 16000) <= audit.QUIET_DB


def test_spectral_distance_ignores_bins_far_below_the_loudest():
    loud = np.concatenate([NOISE[:8000], 1e-5 * NOISE[8000:16_000]])
    changed = np.concatenate([NOISE[:8000], 1e-7 * NOISE[8000:16_000]])
    assert audit.log_spectral_distance_db(loud, changed, 16000) < 0.01
    assert audit.log_spectral_distance_db(loud[::-1], loud, 16000) > 10


def test_spectral_distance_of_very_quiet_and_very_short_signals():
    coded = NOISE + 0.1 * NOISE[::-1]
    distance = audit.log_spectral_distance_db(NOISE, coded, 16000)
    quiet = audit.log_spectral_distance_db(1e-20 * NOISE, 1e-25 * coded, 16000)
    assert quiet == pytest.approx(distance)
    assert audit.log_spectral_distance_db(np.ones(9), np.ones(9), 16000) == pytest.approx(0)
    assert math.isnan(audit.log_spectral_distance_db(np.ones(1), np.ones(1), 16000))
    assert math.isnan(audit.log_spectral_distance_db(np.zeros(900), NOISE[:900], 16000))


def test_si_sdr_follows_the_published_formula():
    """Le Roux et al. 2019: |a s|^2 over |a s - x|^2, a = <x, s> / |s|^2; the mean stays."""
    source = NOISE.astype(np.float64) + 0.3
    coded = 0.7 * source + 0.2 * NOISE[::-1] - 0.1
    target = np.dot(coded, source) / np.dot(source, source) * source
    expected = 10 * math.log10(np.sum(target**2) / np.sum((target - coded) ** 2))
    assert audit.si_sdr_db(source, coded) == pytest.approx(expected, abs=1e-9)
    assert audit.snr_db is audit.si_sdr_db
