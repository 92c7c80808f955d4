"""The study's 180 values: time means of what librosa gives."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from aser_bench import features
from aser_bench.codecs import roundtrip
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.functionals import COMPONENT, Functionals

RATE = 16_000


def test_columns_are_of_the_three_features_in_order():
    kinds = [column.split("_")[0] for column in COMPONENT.columns]
    assert kinds == ["mfcc"] * 40 + ["chroma"] * 12 + ["mel"] * 128


@pytest.mark.parametrize("seconds", [0.01, 0.1, 2.0])
def test_equals_librosas_means(seconds, tones, means):
    found = COMPONENT.extract(AudioSignal(tones(seconds), RATE))
    assert found.dtype == np.float32
    assert found.shape == (180,) == (len(COMPONENT.columns),)
    np.testing.assert_allclose(found, means(tones(seconds)), rtol=1e-4, atol=1e-4)


def test_equals_librosas_means_on_real_speech(speech, means):
    for name, signal in speech(8):
        found = COMPONENT.extract(AudioSignal(signal, RATE))
        np.testing.assert_allclose(found, means(signal), rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.slow
def test_equals_librosas_means_on_many_recordings(speech, means):
    for name, signal in speech(150):
        found = COMPONENT.extract(AudioSignal(signal, RATE))
        np.testing.assert_allclose(found, means(signal), rtol=1e-4, atol=1e-4, err_msg=name)


def test_tuning_0_is_librosas_without_an_estimate(tones, means):
    found = features.get("functionals:tuning=0").extract(AudioSignal(tones(1.0), RATE))
    np.testing.assert_allclose(found, means(tones(1.0), tuning=0.0), rtol=1e-4, atol=1e-4)


def test_the_tuning_of_the_original_is_that_of_the_uncoded_recording(tones, means):
    signal = tones(1.5, seed=1)
    coded = roundtrip(signal, RATE, "mp3", 8)
    estimates = [librosa.estimate_tuning(y=one, sr=RATE) for one in (signal, coded)]
    assert estimates[0] != estimates[1]  # else this would show nothing
    found = Functionals("original").extract(AudioSignal(coded, RATE, AudioSignal(signal, RATE)))
    power = np.abs(librosa.stft(signal)) ** 2
    estimate = librosa.estimate_tuning(S=power, sr=RATE)
    np.testing.assert_allclose(found, means(coded, tuning=estimate), rtol=1e-4, atol=1e-4)


def test_only_the_chroma_depends_on_the_tuning(tones):
    sound = AudioSignal(tones(1.0), RATE)
    assert sound.tuning != 0
    differ = COMPONENT.extract(sound) != Functionals("0").extract(sound)
    assert {column.split("_")[0] for column in np.array(COMPONENT.columns)[differ]} == {"chroma"}
