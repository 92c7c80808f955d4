"""What feature sets share of an utterance is made once and kept as long as it is needed."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench.core.errors import AudioError
from aser_bench.features import spectral
from aser_bench.features.audio_signal import TUNINGS, AudioSignal

RATE = 16_000


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """Return the names of the costly steps, in the order in which they are taken."""
    taken: list[str] = []

    def counted(name, function):
        def call(*values):
            taken.append(name)
            return function(*values)

        return call

    for name in ("power_spectrogram", "mel_spectrogram", "decibels", "chroma", "estimate_tuning"):
        monkeypatch.setattr(spectral, name, counted(name, getattr(spectral, name)))
    return taken


def test_everything_is_made_once(calls, tones):
    sound = AudioSignal(tones(0.5), RATE)
    for _ in range(3):
        sound.mfcc(40), sound.mfcc(13), sound.mel(), sound.log_mel(40), sound.chroma("utterance")
    assert sorted(calls) == [
        "chroma",
        "decibels",
        "estimate_tuning",
        "mel_spectrogram",
        "power_spectrogram",
    ]


def test_nothing_is_made_before_it_is_asked_for(calls, tones):
    sound = AudioSignal(tones(0.5), RATE)
    assert calls == []
    sound.chroma("0")
    assert calls == ["power_spectrogram", "chroma"]


def test_the_tuning_estimate_outlives_the_arrays(calls, tones):
    sound = AudioSignal(tones(0.5), RATE)
    before = sound.tuning
    sound.clear_cache()
    assert sound.tuning == before
    assert calls == ["power_spectrogram", "estimate_tuning"]
    sound.mel()
    assert calls.count("power_spectrogram") == 2


def test_an_original_is_asked_for_its_tuning_only_where_that_is_wanted(calls, tones):
    original = AudioSignal(tones(0.5), RATE)
    sound = AudioSignal(tones(0.5, seed=1), RATE, original)
    sound.chroma("0")
    assert "estimate_tuning" not in calls
    np.testing.assert_array_equal(
        sound.chroma("original"), spectral.chroma(sound.power, RATE, 12, original.tuning)
    )
    assert calls.count("estimate_tuning") == 1


def test_a_recording_is_its_own_original(tones):
    sound = AudioSignal(tones(0.5), RATE)
    assert sound.original is sound
    np.testing.assert_array_equal(sound.chroma("original"), sound.chroma("utterance"))


def test_the_choices_of_tuning_are_these():
    assert list(TUNINGS) == ["utterance", "0", "original"]


@pytest.mark.parametrize("floor", [10.0, 20.0, 40.0])
def test_the_log_mel_spectrogram_is_floored_under_its_own_peak(floor, tones):
    found = AudioSignal(tones(0.5), RATE).log_mel(floor)
    assert found.max() - found.min() == pytest.approx(floor)
    softer = AudioSignal(tones(0.5) * np.float32(0.1), RATE).log_mel(floor)
    np.testing.assert_allclose(softer, found - 20, atol=1e-3)


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
def test_what_is_no_signal_is_refused(signal):
    with pytest.raises(AudioError, match=r"mono|not finite"):
        AudioSignal(signal, RATE)


def test_the_signal_is_not_changed(tones):
    signal = tones(0.3)
    signal.flags.writeable = False
    kept = signal.copy()
    sound = AudioSignal(signal, RATE)
    sound.mfcc(40), sound.chroma("utterance")
    np.testing.assert_array_equal(signal, kept)
    np.testing.assert_array_equal(sound.signal, kept)
