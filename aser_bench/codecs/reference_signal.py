"""The fixed signal by which encoders are compared."""

from __future__ import annotations

import numpy as np

RATE = 16_000
SCALE = 32_768
"""Full scale of 16-bit samples."""


def make_signal() -> np.ndarray:
    """Return the canary's signal: half a second of something like speech at 16 kHz, float32.

    A gliding voice with three formants, a pause and a hiss, from a formula and rounded to 16
    bits, so that it is the same everywhere.
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
    return (np.round(signal * SCALE) / SCALE).astype(np.float32)


def _noise(n: int) -> np.ndarray:
    # A generator of our own: NumPy does not promise its streams for ever.
    state, found = 1, np.empty(n)
    for index in range(n):
        state = (1_664_525 * state + 1_013_904_223) % 2**32
        found[index] = state / 2**31 - 1
    return found
