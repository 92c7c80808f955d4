"""Signals, real speech, and features computed by librosa."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pytest

from aser_bench.corpora.audio import read
from aser_bench.features import opensmile

RATE = 16_000
CORPORA = {
    "ravdess": "ravdess/Actor_*/*-0[1-8]-*.flac",
    "emodb": "emodb/wav/*.flac",
    "tess": "tess/*/*.flac",
}


def _plain(signal: np.ndarray, tuning: float | None = None) -> dict[str, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of very short and silent signals
        return {
            "mfcc": librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=40).T,
            "chroma": librosa.feature.chroma_stft(y=signal, sr=RATE, tuning=tuning).T,
            "mel": librosa.feature.melspectrogram(y=signal, sr=RATE).T,
        }


@pytest.fixture
def installed() -> None:
    """Skip the test if the package opensmile is not installed; it is not imported here."""
    if not opensmile.installed():
        pytest.skip("needs aser-bench[opensmile]")


@pytest.fixture(scope="session")
def plain() -> Callable[..., dict[str, np.ndarray]]:
    """Return librosa's features: (signal, tuning=None) -> feature -> array (frames, columns)."""
    return _plain


@pytest.fixture(scope="session")
def means() -> Callable[..., np.ndarray]:
    """Return the 180 time means of librosa's features, with means in float64."""

    def compute(signal: np.ndarray, tuning: float | None = None) -> np.ndarray:
        parts = _plain(signal, tuning).values()
        return np.concatenate([part.mean(axis=0, dtype=np.float64) for part in parts])

    return compute


@pytest.fixture(scope="session")
def tones() -> Callable[..., np.ndarray]:
    """Return a function (seconds, seed=0) -> signal of gliding harmonics in noise."""

    def make(seconds: float, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        time = np.arange(int(seconds * RATE)) / RATE
        pitch = 120 + 60 * rng.random() + 30 * np.sin(2 * np.pi * 3 * time)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        voice = sum(np.sin(k * phase) / k for k in range(1, 20))
        return (0.1 * voice + 0.003 * rng.standard_normal(len(time))).astype(np.float32)

    return make


@pytest.fixture(params=CORPORA)
def speech(request: pytest.FixtureRequest, shared_corpora: Path) -> Callable[[int], list]:
    """Return a function that gives about n recordings spread over a real corpus."""

    def spread(n: int) -> list[tuple[str, np.ndarray]]:
        files = sorted(shared_corpora.glob(CORPORA[request.param]))
        return [(file.name, read(file)) for file in files[:: max(1, len(files) // n)]]

    return spread
