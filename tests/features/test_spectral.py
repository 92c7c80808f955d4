"""Features compared with librosa's, on synthetic signals and on real speech."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from scipy.signal import get_window

from aser_bench.codecs import roundtrip
from aser_bench.corpora.audio import read
from aser_bench.features import spectral
from aser_bench.features.audio_signal import AudioSignal

RATE = 16_000
SILENT = [np.zeros(8000), np.zeros(1), np.full(4000, 0.5)]


def assert_equal(
    signal: np.ndarray, expected: dict[str, np.ndarray], tuning: str = "utterance", name: str = ""
) -> None:
    audio = AudioSignal(signal, RATE)
    parts = {"mfcc": audio.mfcc(40), "chroma": audio.chroma(tuning), "mel": audio.mel()}
    for feature, values in parts.items():
        np.testing.assert_allclose(
            values, expected[feature], rtol=1e-4, atol=1e-4, err_msg=f"{feature} {name}"
        )


@pytest.mark.parametrize("seconds", [0.01, 0.1, 0.5, 2.0, 7.3])
def test_equals_librosa_on_synthetic_signals(seconds, tones, plain):
    assert_equal(tones(seconds), plain(tones(seconds)))


@pytest.mark.parametrize("signal", SILENT, ids=["silence", "a silent sample", "constant"])
def test_equals_librosa_without_pitch(signal, plain):
    signal = signal.astype(np.float32)
    assert_equal(signal, plain(signal))


def test_equals_librosa_on_real_speech(speech, plain):
    for name, signal in speech(10):
        assert_equal(signal, plain(signal), name=name)


def test_equals_librosa_without_tuning(speech, plain):
    for name, signal in speech(4):
        assert_equal(signal, plain(signal, tuning=0.0), "0", name)


def test_equals_librosa_on_coded_speech(tones, plain):
    coded = roundtrip(tones(1.5), RATE, "mp3", 16)
    assert_equal(coded, plain(coded))


def test_window_equals_scipy():
    np.testing.assert_array_equal(spectral._window(), get_window("hann", 2048))


def test_power_spectrogram_equals_librosa_to_the_last_bit(tones):
    for signal in (tones(2.0), tones(0.03), tones(3.0, seed=1) * np.float32(1e-4)):
        expected = np.abs(librosa.stft(signal)).T ** 2
        np.testing.assert_array_equal(spectral.power_spectrogram(signal), expected)


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000])
@pytest.mark.parametrize("n_mels", [1, 40, 100, 128])
def test_mel_banks_of_other_sizes_and_rates(rate, n_mels, tones):
    power = spectral.power_spectrogram(tones(0.5))
    bank = librosa.filters.mel(sr=rate, n_fft=2048, n_mels=n_mels)
    result = spectral.mel_spectrogram(power, rate, n_mels)
    np.testing.assert_allclose(result, power @ bank.T, rtol=1e-4)


def test_bands_without_bins_are_zero(tones):
    power = spectral.power_spectrogram(tones(0.5))
    mel = spectral.mel_spectrogram(power, 44_100, 512)
    assert (mel[:, 0] == 0).all()
    assert (mel[:, -1] > 0).all()


def expected_tuning(signal: np.ndarray, rate: int = RATE) -> float:
    power = np.abs(librosa.stft(signal)) ** 2
    return librosa.estimate_tuning(S=power, sr=rate, bins_per_octave=12)


def test_tuning_equals_librosa(speech):
    for name, signal in speech(10):
        result = spectral.estimate_tuning(spectral.power_spectrogram(signal), RATE, 12)
        assert result == expected_tuning(signal), name


@pytest.mark.parametrize("rate", [4000, 8000, 11_025, 22_050, 48_000])
def test_tuning_equals_librosa_at_other_rates(rate, tones):
    power = spectral.power_spectrogram(tones(1.0))
    assert spectral.estimate_tuning(power, rate, 12) == expected_tuning(tones(1.0), rate)


@pytest.mark.parametrize("cents", [-40, -7, 12, 33])
def test_tuning_of_a_detuned_tone(cents):
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * 2 ** (cents / 1200) * time)
    result = spectral.estimate_tuning(spectral.power_spectrogram(tone), RATE, 12)
    assert result == pytest.approx(cents / 100, abs=0.04)


@pytest.mark.slow
def test_tuning_equals_librosa_on_hundreds_of_utterances(shared_corpora):
    files = sorted(shared_corpora.glob("*/*/*.flac"))
    differ = []
    for file in files[:: len(files) // 300]:
        signal = read(file)
        result = spectral.estimate_tuning(spectral.power_spectrogram(signal), RATE, 12)
        if result != expected_tuning(signal):
            differ.append(file.name)
    assert differ == []
