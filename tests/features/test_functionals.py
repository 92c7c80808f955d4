"""The 180 values of the study: time means of librosa's features."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from aser_bench import features
from aser_bench.codecs import roundtrip
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.functionals import COMPONENT, Functionals

RATE = 16_000


def test_columns_are_mfcc_chroma_mel():
    parts = [column.split("_")[0] for column in COMPONENT.columns]
    assert parts == ["mfcc"] * 40 + ["chroma"] * 12 + ["mel"] * 128


@pytest.mark.parametrize("seconds", [0.01, 0.1, 2.0])
def test_equals_means_of_librosa(seconds, tones, means):
    result = COMPONENT.extract(AudioSignal(tones(seconds), RATE))
    assert result.dtype == np.float32
    assert result.shape == (180,) == (len(COMPONENT.columns),)
    np.testing.assert_allclose(result, means(tones(seconds)), rtol=1e-4, atol=1e-4)


def test_equals_means_of_librosa_on_real_speech(speech, means):
    for name, signal in speech(8):
        result = COMPONENT.extract(AudioSignal(signal, RATE))
        np.testing.assert_allclose(result, means(signal), rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.slow
def test_equals_means_of_librosa_on_many_recordings(speech, means):
    for name, signal in speech(150):
        result = COMPONENT.extract(AudioSignal(signal, RATE))
        np.testing.assert_allclose(result, means(signal), rtol=1e-4, atol=1e-4, err_msg=name)


def test_tuning_0_equals_librosa_without_estimate(tones, means):
    result = features.get("functionals:tuning=0").extract(AudioSignal(tones(1.0), RATE))
    np.testing.assert_allclose(result, means(tones(1.0), tuning=0.0), rtol=1e-4, atol=1e-4)


def test_tuning_original_uses_the_uncoded_recording(tones, means):
    signal = tones(1.5, seed=1)
    coded = roundtrip(signal, RATE, "mp3", 8)
    estimates = [librosa.estimate_tuning(y=y, sr=RATE) for y in (signal, coded)]
    assert estimates[0] != estimates[1]  # otherwise the test would show nothing
    result = Functionals("original").extract(AudioSignal(coded, RATE, AudioSignal(signal, RATE)))
    power = np.abs(librosa.stft(signal)) ** 2
    estimate = librosa.estimate_tuning(S=power, sr=RATE)
    np.testing.assert_allclose(result, means(coded, tuning=estimate), rtol=1e-4, atol=1e-4)


def test_only_the_chroma_depends_on_the_tuning(tones):
    signal = AudioSignal(tones(1.0), RATE)
    assert signal.tuning != 0
    differ = COMPONENT.extract(signal) != Functionals("0").extract(signal)
    assert {column.split("_")[0] for column in np.array(COMPONENT.columns)[differ]} == {"chroma"}
