"""The fixed signal for the comparison of encoders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .signals import Signal

RATE = 16_000
"""Sample rate in Hz."""

SCALE = 32_768
"""Full scale of 16-bit samples."""


def make_signal() -> Signal:
    """Return half a second of a speech-like signal at 16 kHz, float32, shape (8000,).

    A gliding voice with three formants, a pause and a hiss. The signal is computed from a formula
    and rounded to 16 bits, so that it is the same on all machines.
    """
    n = RATE // 2
    time = np.arange(n) / RATE
    pitch = 110 + 90 * time / time[-1] + 8 * np.sin(2 * np.pi * 5 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = np.zeros(n)
    for harmonic in range(1, 36):
        frequency = harmonic * pitch
        formants = sum(
            height / (1 + ((frequency - centre) / width) ** 2)
            for centre, width, height in ((600, 120, 1.0), (1500, 180, 0.5), (2700, 300, 0.25))
        )
        voice += (formants + 0.01) * (frequency < RATE / 2) * np.sin(harmonic * phase)
    voiced = np.clip(np.sin(2 * np.pi * 3 * time), 0, 1)
    hissing = np.clip(-np.sin(2 * np.pi * 3 * time), 0, 1) ** 4
    signal = 0.1 * voiced * voice + 0.05 * hissing * _noise(n)
    return np.asarray(np.round(signal * SCALE) / SCALE, dtype=np.float32)


def _noise(n: int) -> npt.NDArray[np.float64]:
    # A linear congruential generator, because NumPy's streams may change between versions.
    state, noise = 1, np.empty(n)
    for index in range(n):
        state = (1_664_525 * state + 1_013_904_223) % 2**32
        noise[index] = state / 2**31 - 1
    return noise
