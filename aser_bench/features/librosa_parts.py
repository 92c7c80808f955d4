"""The study's three features a frame (MFCC, chroma, mel), by name and in the order of columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .audio_signal import N_CHROMA, N_MELS, AudioSignal
from .spectral import HOP, N_FFT

N_MFCC = 40

PACKAGES = ("numba", "numpy", "scipy")
"""What makes the numbers."""

STFT: dict[str, object] = {"n_fft": N_FFT, "hop": HOP}
"""What decides the numbers beside the options."""


@dataclass(frozen=True)
class Part:
    """One of the features: its columns, and what makes it of a sound and a choice of tuning."""

    columns: tuple[str, ...]
    frames: Callable[[AudioSignal, str], np.ndarray]


PARTS = {
    "mfcc": Part(
        tuple(f"mfcc_{i:02d}" for i in range(N_MFCC)), lambda sound, tuning: sound.mfcc(N_MFCC)
    ),
    "chroma": Part(
        tuple(f"chroma_{i:02d}" for i in range(N_CHROMA)),
        lambda sound, tuning: sound.chroma(tuning),
    ),
    "mel": Part(tuple(f"mel_{i:03d}" for i in range(N_MELS)), lambda sound, tuning: sound.mel()),
}
"""The features by name, in the order in which they stand in every table."""
