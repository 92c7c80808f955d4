"""Spectrograms of an utterance are computed once and cached until they are cleared."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench.core.errors import AudioError
from aser_bench.features import spectral
from aser_bench.features.audio_signal import TUNINGS, AudioSignal

RATE = 16_000


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """Return a list that records the names of the expensive steps as they run."""
    steps: list[str] = []

    def counted(name, function):
        def call(*values):
            steps.append(name)
            return function(*values)

        return call

    for name in ("power_spectrogram", "mel_spectrogram", "decibels", "chroma", "estimate_tuning"):
        monkeypatch.setattr(spectral, name, counted(name, getattr(spectral, name)))
    return steps


def test_spectrograms_are_computed_once(calls, tones):
    audio = AudioSignal(tones(0.5), RATE)
    for _ in range(3):
        audio.mfcc(40), audio.mfcc(13), audio.mel(), audio.log_mel(40), audio.chroma("utterance")
    assert sorted(calls) == [
        "chroma",
        "decibels",
        "estimate_tuning",
        "mel_spectrogram",
        "power_spectrogram",
    ]


def test_spectrograms_are_computed_on_first_use(calls, tones):
    audio = AudioSignal(tones(0.5), RATE)
    assert calls == []
    audio.chroma("0")
    assert calls == ["power_spectrogram", "chroma"]


def test_tuning_estimate_remains_after_clear_cache(calls, tones):
    audio = AudioSignal(tones(0.5), RATE)
    before = audio.tuning
    audio.clear_cache()
    assert audio.tuning == before
    assert calls == ["power_spectrogram", "estimate_tuning"]
    audio.mel()
    assert calls.count("power_spectrogram") == 2


def test_tuning_of_the_original_is_estimated_on_use(calls, tones):
    original = AudioSignal(tones(0.5), RATE)
    audio = AudioSignal(tones(0.5, seed=1), RATE, original)
    audio.chroma("0")
    assert "estimate_tuning" not in calls
    np.testing.assert_array_equal(
        audio.chroma("original"), spectral.chroma(audio.power, RATE, 12, original.tuning)
    )
    assert calls.count("estimate_tuning") == 1


def test_signal_is_its_own_original_by_default(tones):
    audio = AudioSignal(tones(0.5), RATE)
    assert audio.original is audio
    np.testing.assert_array_equal(audio.chroma("original"), audio.chroma("utterance"))


def test_tuning_options():
    assert list(TUNINGS) == ["utterance", "0", "original"]


@pytest.mark.parametrize("floor", [10.0, 20.0, 40.0])
def test_log_mel_floor_is_relative_to_the_peak(floor, tones):
    log_mel = AudioSignal(tones(0.5), RATE).log_mel(floor)
    assert log_mel.max() - log_mel.min() == pytest.approx(floor)
    softer = AudioSignal(tones(0.5) * np.float32(0.1), RATE).log_mel(floor)
    np.testing.assert_allclose(softer, log_mel - 20, atol=1e-3)


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros(0),
        np.zeros((2, 100)),
        np.array(0.5),
        np.array([0.0, np.nan]),
        np.array([np.inf]),
    ],
)
def test_rejects_invalid_signals(signal):
    with pytest.raises(AudioError, match=r"mono|not finite"):
        AudioSignal(signal, RATE)


def test_signal_is_not_modified(tones):
    signal = tones(0.3)
    signal.flags.writeable = False
    before = signal.copy()
    audio = AudioSignal(signal, RATE)
    audio.mfcc(40), audio.chroma("utterance")
    np.testing.assert_array_equal(signal, before)
    np.testing.assert_array_equal(audio.signal, before)
