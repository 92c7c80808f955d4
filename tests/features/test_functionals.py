"""The 180 values equal librosa's own calls, on made-up signals and on real speech."""

from __future__ import annotations

import warnings

import librosa
import numpy as np
import pytest

from aser_bench.codecs import roundtrip
from aser_bench.corpora.audio import read
from aser_bench.features import spectral
from aser_bench.features.functionals import COMPONENT

RATE = 16_000


def plain(signal: np.ndarray) -> np.ndarray:
    """The recipe as people write it, means in float64."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # very short or silent: librosa pads and says so
        parts = (
            librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=40),
            librosa.feature.chroma_stft(y=signal, sr=RATE),
            librosa.feature.melspectrogram(y=signal, sr=RATE),
        )
    return np.concatenate([part.mean(axis=1, dtype=np.float64) for part in parts])


def tones(seconds: float, seed: int = 0) -> np.ndarray:
    """A few gliding harmonics in noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 120 + 60 * rng.random() + 30 * np.sin(2 * np.pi * 3 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 20))
    return (0.1 * voice + 0.003 * rng.standard_normal(len(time))).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.01, 0.1, 0.5, 2.0, 7.3])
def test_equals_librosa_on_made_up_signals(seconds):
    signal = tones(seconds)
    found = COMPONENT.extract(signal, RATE)
    assert found.dtype == np.float32
    assert found.shape == (180,) == (len(COMPONENT.columns),)
    np.testing.assert_allclose(found, plain(signal), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("signal", [np.zeros(8000), np.zeros(1), np.full(4000, 0.5)])
def test_equals_librosa_where_there_is_no_pitch(signal):
    signal = signal.astype(np.float32)
    np.testing.assert_allclose(COMPONENT.extract(signal, RATE), plain(signal), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pattern", ["ravdess/Actor_*/*-0[1-8]-*.flac", "emodb/wav/*.flac",
                                     "tess/*/*.flac"])  # fmt: skip
def test_equals_librosa_on_real_speech(shared_corpora, pattern):
    files = sorted(shared_corpora.glob(pattern))
    for file in files[:: len(files) // 12]:
        signal = read(file)
        found = COMPONENT.extract(signal, RATE)
        np.testing.assert_allclose(found, plain(signal), rtol=1e-4, atol=1e-4, err_msg=file.name)


@pytest.mark.slow
def test_the_tuning_is_librosas_on_hundreds_of_utterances(shared_corpora):
    files = sorted(shared_corpora.glob("*/*/*.flac"))
    differ = []
    for file in files[:: len(files) // 300]:
        signal = read(file)
        found = spectral.tuning_of(spectral.power_spectrogram(signal), RATE, 12)
        power = np.abs(librosa.stft(signal)) ** 2
        expected = librosa.estimate_tuning(S=power, sr=RATE, bins_per_octave=12)
        if not np.isclose(found, expected):
            differ.append(file.name)
    assert differ == []


def test_coded_speech_equals_librosa_too():
    coded = roundtrip(tones(1.5), RATE, "mp3", 16)
    np.testing.assert_allclose(COMPONENT.extract(coded, RATE), plain(coded), rtol=1e-4, atol=1e-4)
