"""Signals, real speech, and the recipe as people write it with librosa."""

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
        warnings.simplefilter("ignore")  # very short or silent: librosa pads and says so
        return {
            "mfcc": librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=40).T,
            "chroma": librosa.feature.chroma_stft(y=signal, sr=RATE, tuning=tuning).T,
            "mel": librosa.feature.melspectrogram(y=signal, sr=RATE).T,
        }


@pytest.fixture
def installed() -> None:
    """Skip where openSMILE's package is not; it is for the code to import it, and how."""
    if not opensmile.installed():
        pytest.skip("needs aser-bench[opensmile]")


@pytest.fixture(scope="session")
def plain() -> Callable[..., dict[str, np.ndarray]]:
    """Return librosa's own three calls: (signal, tuning=None) -> feature -> (frames, columns)."""
    return _plain


@pytest.fixture(scope="session")
def means() -> Callable[..., np.ndarray]:
    """Return the recipe of 180 time means by librosa's own three calls, means in float64."""

    def recipe(signal: np.ndarray, tuning: float | None = None) -> np.ndarray:
        parts = _plain(signal, tuning).values()
        return np.concatenate([part.mean(axis=0, dtype=np.float64) for part in parts])

    return recipe


@pytest.fixture(scope="session")
def tones() -> Callable[..., np.ndarray]:
    """Return what makes a few gliding harmonics in noise: (seconds, seed=0) -> signal."""

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
    """Return what gives some n recordings spread over each real corpus."""

    def some(n: int) -> list[tuple[str, np.ndarray]]:
        files = sorted(shared_corpora.glob(CORPORA[request.param]))
        return [(file.name, read(file)) for file in files[:: max(1, len(files) // n)]]

    return some
