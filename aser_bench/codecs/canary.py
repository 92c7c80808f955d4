"""The start-up canary: tell whether an encoder sounds like the one behind our figures.

A fixed signal is coded at 64 kbit/s and compared with reference samples that ship with the
package. Versions of LAME and of ffmpeg differ by far more than the tolerance, so an encoder
that passes is, for every purpose here, the reference encoder.

``python -m aser_bench.codecs.canary`` prints the verdict; with ``--write``, for maintainers,
it makes the present encoder the reference.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..tables import Condition
from .mp3 import COMPONENT as MP3

RATE = 16_000
KBPS = 64
TOLERANCE_DB = -60.0
"""An encoder is the reference when the error lies this far under the reference samples."""

REFERENCE = Path(__file__).with_name("data") / "canary.npy"
_SCALE = 32_768  # the reference is int16: its rounding lies 20 dB under the tolerance


@dataclass(frozen=True)
class Canary:
    """The verdict on an encoder.

    Attributes
    ----------
    reference : bool
        Whether it sounds like the reference encoder.
    deviation_db : float
        Power of the difference from the reference samples, over their power.
    encoder : str
        The encoder's name and version.
    """

    reference: bool
    deviation_db: float
    encoder: str

    def __str__(self) -> str:
        verdict = "is" if self.reference else "is NOT"
        return (
            f"{self.encoder} {verdict} the reference encoder "
            f"(deviation {self.deviation_db:.0f} dB, tolerance {TOLERANCE_DB:.0f} dB)"
        )


def check() -> Canary:
    """Code the canary with the present encoder and compare it with the reference.

    Raises
    ------
    CodecError
        If the encoder does not work at all.
    """
    expected = np.load(REFERENCE, allow_pickle=False).astype(np.float64) / _SCALE
    deviation = deviation_db(expected, _coded())
    return Canary(deviation <= TOLERANCE_DB, deviation, MP3.encoder())


def sing(conditions: Iterable[Condition], say: Callable[[str], None]) -> str:
    """Check the encoder where MP3 is among the conditions; say so if it is not the reference.

    Returns
    -------
    str
        The verdict; empty where there is no MP3.
    """
    if not any(re.search(r"\bmp3\b", condition.codec) for condition in conditions):
        return ""
    found = check()
    if not found.reference:
        say(f"warning: {found}; compare results only with those of the same encoder")
    return str(found)


def deviation_db(expected: np.ndarray, found: np.ndarray) -> float:
    """Return the power of the difference over the power of ``expected`` in dB.

    Both of shape (samples,); the smallest figure is some -80 dB, the reference's rounding.
    """
    error = float(np.sum((np.asarray(found, np.float64) - expected) ** 2))
    return 10 * float(np.log10(max(error, 1e-20) / np.sum(expected**2)))


def source() -> np.ndarray:
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
    return (np.round(signal * _SCALE) / _SCALE).astype(np.float32)


def _noise(n: int) -> np.ndarray:
    # A generator of our own: NumPy does not promise its streams for ever.
    state, found = 1, np.empty(n)
    for index in range(n):
        state = (1_664_525 * state + 1_013_904_223) % 2**32
        found[index] = state / 2**31 - 1
    return found


def write() -> None:
    """Make the present encoder the reference (for maintainers)."""
    samples = np.round(_coded().astype(np.float64) * _SCALE)
    REFERENCE.parent.mkdir(exist_ok=True)
    np.save(REFERENCE, samples.clip(-_SCALE, _SCALE - 1).astype(np.int16))


def _coded() -> np.ndarray:
    planned, _ = MP3.conditions([KBPS], RATE, "error")
    return MP3.with_files([source()], RATE, planned)[0][0].signal


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    print(check())
