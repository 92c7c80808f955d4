"""The three per-frame features of the study (MFCC, chroma, mel) in the order of their columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .audio_signal import N_CHROMA, N_MELS, AudioSignal
from .spectral import HOP, N_FFT

N_MFCC = 40

PACKAGES = ("numba", "numpy", "scipy")
"""Distributions that compute the numbers."""

STFT: dict[str, object] = {"n_fft": N_FFT, "hop": HOP}
"""Parameters that determine the numbers, in addition to the options."""


@dataclass(frozen=True)
class Part:
    """One feature.

    Attributes
    ----------
    columns : tuple of str
        Name of each value.
    frames : callable
        Signal and tuning option (a key of `audio_signal.TUNINGS`) -> array (frames, columns).
    """

    columns: tuple[str, ...]
    frames: Callable[[AudioSignal, str], npt.NDArray[np.floating]]


def _columns(name: str, number: int, digits: int) -> tuple[str, ...]:
    return tuple(f"{name}_{i:0{digits}d}" for i in range(number))


PARTS = {
    "mfcc": Part(_columns("mfcc", N_MFCC, 2), lambda signal, tuning: signal.mfcc(N_MFCC)),
    "chroma": Part(_columns("chroma", N_CHROMA, 2), lambda signal, tuning: signal.chroma(tuning)),
    "mel": Part(_columns("mel", N_MELS, 3), lambda signal, tuning: signal.mel()),
}
"""The features by name, in the order of their columns in every table."""
