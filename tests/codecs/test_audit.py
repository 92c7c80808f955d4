"""The measures of a coded signal, on signals whose answer is known and on real speech."""

from __future__ import annotations

import math

import numpy as np
import pytest

from aser_bench.codecs import audit
from aser_bench.codecs.mp3 import COMPONENT as MP3

NOISE = np.random.default_rng(1).standard_normal(20_000).astype(np.float32)


@pytest.mark.parametrize("factor", [1.0, 0.95, 0.001, 30.0])
def test_gain(factor):
    assert audit.gain_db(NOISE, factor * NOISE) == pytest.approx(20 * math.log10(factor), abs=1e-4)


def test_gain_is_not_moved_by_noise_of_its_own():
    other = np.random.default_rng(2).standard_normal(len(NOISE))
    assert audit.gain_db(NOISE, 0.5 * NOISE + 0.1 * other) == pytest.approx(-6.02, abs=0.1)


@pytest.mark.parametrize("lag", [0, 1, -1, 22, 1105, -1105, 2000])
def test_lag(lag):
    late = np.roll(np.pad(NOISE, 2500), lag)
    assert audit.lag_samples(np.pad(NOISE, 2500), 0.3 * late) == lag


def test_lag_of_a_very_quiet_signal():
    assert audit.lag_samples(1e-20 * NOISE, 1e-22 * np.roll(NOISE, 3)) == 3


def test_lag_of_one_sample():
    assert audit.lag_samples(np.ones(1), np.ones(1)) == 0


@pytest.mark.parametrize("edge", [1000, 3007, 7265])
def test_bandwidth_of_a_filtered_noise(edge):
    spectrum = np.fft.rfft(NOISE)
    spectrum[np.fft.rfftfreq(len(NOISE), 1 / 16000) > edge] *= 0.03
    filtered = np.fft.irfft(spectrum, len(NOISE))
    assert audit.bandwidth_hz(NOISE, filtered, 16000) == pytest.approx(edge, abs=32)


def test_bandwidth_of_everything_and_nothing():
    assert audit.bandwidth_hz(NOISE, 0.1 * NOISE, 16000) == 8000
    assert math.isnan(audit.bandwidth_hz(np.zeros(3000), np.zeros(3000), 16000))


def test_bandwidth_looks_only_where_the_source_has_energy():
    tone = np.sin(2 * np.pi * 1000 * np.arange(20_000) / 16_000)
    assert audit.bandwidth_hz(tone, 0.9 * tone, 16000) == 8000


def test_snr():
    error = np.random.default_rng(3).standard_normal(len(NOISE)) * 10 ** (-30 / 20)
    assert audit.snr_db(NOISE, 0.95 * (NOISE + error)) == pytest.approx(30, abs=0.2)
    assert audit.snr_db(NOISE, NOISE) == math.inf


def test_a_silent_source_has_no_measures():
    found = audit.audit(np.zeros(500), np.zeros(500), 16000)
    assert all(
        math.isnan(value)
        for value in (found.gain_db, found.lag_samples, found.bandwidth_hz, found.snr_db)
    )


def test_a_silent_result_has_no_level():
    assert audit.gain_db(NOISE, 0 * NOISE) == -math.inf
    assert audit.snr_db(NOISE, 0 * NOISE) == -math.inf
    assert math.isnan(audit.lag_samples(NOISE, 0 * NOISE))


def test_the_measures_together_are_the_measures_alone():
    coded = 0.9 * NOISE + 0.01 * NOISE[::-1]
    assert audit.audit(NOISE, coded, 16000) == audit.Audit(
        audit.gain_db(NOISE, coded),
        audit.lag_samples(NOISE, coded),
        audit.bandwidth_hz(NOISE, coded, 16000),
        audit.snr_db(NOISE, coded),
    )


@pytest.mark.parametrize("shapes", [((3,), (4,)), ((0,), (0,)), ((2, 2), (2, 2))])
def test_signals_that_cannot_be_compared(shapes):
    with pytest.raises(ValueError, match="cannot compare"):
        audit.gain_db(np.ones(shapes[0]), np.ones(shapes[1]))


def test_the_published_figures_on_ravdess(shared_corpora):
    """Bandwidths, level and SNR of MP3 at 16 kHz, as measured independently before."""
    import soundfile

    files = sorted((shared_corpora / "ravdess").glob("Actor_*/*.flac"))[5::180]
    signals = [soundfile.read(file, dtype="float32")[0] for file in files]
    bandwidth = {8: 3007, 16: 5515, 24: 5790, 32: 7250, 160: 7265}
    snr = {8: 8.5, 16: 12.3, 24: 15.0, 32: 17.9, 160: 32.4}
    conditions, _ = MP3.conditions(list(bandwidth), 16_000, "error")
    for condition, row in zip(conditions, MP3.roundtrip(signals, 16_000, conditions), strict=True):
        found = [audit.audit(x, y.signal, 16_000) for x, y in zip(signals, row, strict=True)]
        middle = np.median([one.bandwidth_hz for one in found])
        assert middle == pytest.approx(bandwidth[condition.kbps], abs=60)
        # SNR differs from speaker to speaker by several dB, and these are few.
        assert np.median([one.snr_db for one in found]) == pytest.approx(snr[condition.kbps], abs=5)
        assert {one.lag_samples for one in found} == {0}
        if condition.kbps >= 32:
            assert np.median([one.gain_db for one in found]) == pytest.approx(-0.45, abs=0.05)


# --- log-spectral distance, SI-SDR -----------------------------------------------------------


@pytest.mark.parametrize("factor", [1.0, -1.0, 0.95, 0.001, 30.0])
def test_no_spectral_distance_where_only_the_level_differs(factor):
    assert audit.log_spectral_distance_db(NOISE, factor * NOISE, 16000) == pytest.approx(
        0, abs=1e-3
    )


def test_the_spectral_distance_is_that_of_the_bands():
    """Half of the band 6 dB down: with the level out, every bin is off by one of two amounts."""
    spectrum = np.fft.rfft(NOISE)
    spectrum[len(spectrum) // 2 :] *= 0.5
    shaped = np.fft.irfft(spectrum, len(NOISE))
    upper, lower = 10 * math.log10(1 / 0.625), 10 * math.log10(0.25 / 0.625)
    expected = math.sqrt((upper**2 + lower**2) / 2)
    found = audit.log_spectral_distance_db(NOISE, shaped, 16000)
    assert found == pytest.approx(expected, abs=0.15)


def test_what_is_left_out_is_finitely_far_away():
    silence = audit.log_spectral_distance_db(NOISE, 0 * NOISE, 16000)
    assert 30 < silence < audit.QUIET_DB
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    other = np.sin(2 * np.pi * 3000 * np.arange(16_000) / 16_000)
    assert 30 < audit.log_spectral_distance_db(tone, other, 16000) <= audit.QUIET_DB


def test_the_spectral_distance_is_deaf_to_what_is_far_under_the_source():
    loud = np.concatenate([NOISE[:8000], 1e-5 * NOISE[8000:16_000]])
    changed = np.concatenate([NOISE[:8000], 1e-7 * NOISE[8000:16_000]])
    assert audit.log_spectral_distance_db(loud, changed, 16000) < 0.01
    assert audit.log_spectral_distance_db(loud[::-1], loud, 16000) > 10


def test_the_spectral_distance_of_very_quiet_and_very_short_signals():
    coded = NOISE + 0.1 * NOISE[::-1]
    once = audit.log_spectral_distance_db(NOISE, coded, 16000)
    assert audit.log_spectral_distance_db(1e-20 * NOISE, 1e-25 * coded, 16000) == pytest.approx(
        once
    )
    assert audit.log_spectral_distance_db(np.ones(9), np.ones(9), 16000) == pytest.approx(0)
    assert math.isnan(audit.log_spectral_distance_db(np.ones(1), np.ones(1), 16000))
    assert math.isnan(audit.log_spectral_distance_db(np.zeros(900), NOISE[:900], 16000))


def test_si_sdr_is_the_formula_of_its_authors():
    """Le Roux et al. 2019: |a s|^2 over |a s - x|^2, a = <x, s> / |s|^2; no mean is taken away."""
    source = NOISE.astype(np.float64) + 0.3
    coded = 0.7 * source + 0.2 * NOISE[::-1] - 0.1
    wanted = np.dot(coded, source) / np.dot(source, source) * source
    expected = 10 * math.log10(np.sum(wanted**2) / np.sum((wanted - coded) ** 2))
    assert audit.si_sdr_db(source, coded) == pytest.approx(expected, abs=1e-9)
    assert audit.snr_db is audit.si_sdr_db
