"""MFCC 1-12 and log energy with differences, compared with the HTK book and openSMILE."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aser_bench import features
from aser_bench.core.errors import UsageError
from aser_bench.corpora.audio import read
from aser_bench.features import cepstra
from aser_bench.features.audio_signal import AudioSignal

RATE = 16_000
ENERGY = 12  # the column of the log energy


def extract(signal: np.ndarray, rate: int = RATE, spec: str = "mfcc39") -> np.ndarray:
    return features.get(spec).extract(AudioSignal(signal, rate))


def htk_values(frame: np.ndarray) -> np.ndarray:
    """Return the values of one frame by the steps of the HTK book, in loops."""
    scaled = frame.astype(np.float64) * 32_768
    emphasised = scaled - 0.97 * np.concatenate([scaled[:1], scaled[:-1]])
    power = np.abs(np.fft.fft(emphasised * np.hamming(len(frame)), 512)) ** 2
    top = 2595 * np.log10(1 + 8000 / 700)
    bands = np.zeros(26)
    for k in range(257):
        mel = 2595 * np.log10(1 + k * RATE / 512 / 700)
        for band in range(26):
            distance = abs(mel - top * (band + 1) / 27) / (top / 27)
            bands[band] += power[k] * max(0, 1 - distance)
    logs = np.log(np.maximum(bands, 1))
    cepstra = []
    for i in range(1, 13):
        cosines = np.cos(np.pi * i / 26 * (np.arange(1, 27) - 0.5))
        lift = 1 + 22 / 2 * np.sin(np.pi * i / 22)
        cepstra.append(np.sqrt(2 / 26) * (logs @ cosines) * lift)
    return np.array([*cepstra, np.log(max(1, (scaled**2).sum()))])


def test_columns_are_static_first_and_second_differences():
    columns = features.get("mfcc39").columns
    assert len(columns) == 39
    assert columns[0] == "mfcc_01"
    assert columns[11:14] == ("mfcc_12", "log_energy", "mfcc_01_de")
    assert columns[-1] == "log_energy_de_de"


def test_static_values_equal_the_htk_book(tones):
    signal = tones(0.2)
    result = extract(signal)
    for i in (0, 7, 17):
        frame = signal[160 * i : 160 * i + 400]
        np.testing.assert_allclose(result[i, :13], htk_values(frame), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("samples", "n_frames"), [(1, 1), (400, 1), (559, 1), (560, 2), (720, 3)])
def test_number_of_complete_frames(samples, n_frames, tones):
    assert extract(tones(0.1)[:samples]).shape == (n_frames, 39)


def test_blocks_of_frames_are_joined_without_errors(tones):
    signal = tones(2.0)
    whole = extract(signal)
    assert len(whole) > 2 * cepstra._FRAMES
    later = cepstra._FRAMES - 3
    np.testing.assert_allclose(
        extract(signal[160 * later :])[5:30, :13], whole[later + 5 : later + 30, :13], atol=1e-4
    )


def test_gain_changes_only_the_energy(tones):
    soft, loud = extract(0.2 * tones(0.5)), extract(0.4 * tones(0.5))
    np.testing.assert_allclose(loud[:, ENERGY] - soft[:, ENERGY], 2 * np.log(2), atol=1e-4)
    rest = np.delete(np.arange(39), ENERGY)
    np.testing.assert_allclose(loud[:, rest], soft[:, rest], atol=1e-3)


def test_differences_are_slopes():
    time = np.arange(20.0)[:, None]
    slopes = cepstra.differences(np.hstack([3 * time, time**2, np.full_like(time, 7)]))
    np.testing.assert_allclose(slopes[2:-2, 0], 3)
    np.testing.assert_allclose(slopes[2:-2, 1], 2 * time[2:-2, 0])
    np.testing.assert_allclose(slopes[:, 2], 0)


def test_second_differences_are_differences_of_the_first(tones):
    result = extract(tones(0.5)).astype(np.float64)
    np.testing.assert_allclose(cepstra.differences(result[:, :13]), result[:, 13:26], atol=1e-4)
    np.testing.assert_allclose(cepstra.differences(result[:, 13:26]), result[:, 26:], atol=1e-4)


def test_silence_gives_zeros():
    np.testing.assert_array_equal(extract(np.zeros(4000)), 0)


@pytest.mark.parametrize("rate", [8000, 24_414, 48_000])
def test_other_rates_have_the_same_step(rate):
    rng = np.random.default_rng(0)
    result = extract(rng.standard_normal(rate), rate)
    assert len(result) == pytest.approx(98, abs=1)
    assert np.isfinite(result).all()


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, st.integers(1, 3000), elements=st.floats(-4, 4, width=32)))
def test_any_signal_gives_finite_frames(signal):
    result = extract(signal)
    assert result.dtype == np.float32
    assert result.shape == (1 + max(0, len(signal) - 400) // 160, 39)
    assert np.isfinite(result).all()


def test_can_be_pickled():
    component = features.get("mfcc39")
    assert pickle.loads(pickle.dumps(component)) == component


def test_rejects_other_front_ends():
    with pytest.raises(UsageError, match="by=praat must be built-in or opensmile"):
        features.get("mfcc39:by=praat")


def test_equals_opensmile_on_real_speech(shared_corpora, installed):
    files = sorted(shared_corpora.glob("ravdess/Actor_*/*.flac"))[5::180]
    assert len(files) >= 8
    differences = []
    for file in files:
        signal = read(file)
        ours, theirs = extract(signal), extract(signal, spec="mfcc39:by=opensmile")
        assert ours.shape == theirs.shape
        difference = np.abs(ours - theirs)
        # openSMILE computes the last second differences in another way.
        difference[-2:, 26:] = 0
        differences.append(difference.ravel())
    distances = np.concatenate(differences)
    # Its single precision is visible in bands that are 60 dB below another band of the frame.
    assert np.mean(distances > 2e-4) < 1e-3
    assert distances.max() < 1e-3
