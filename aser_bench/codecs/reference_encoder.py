"""The start-up canary: tell whether an encoder sounds like the one behind our figures.

A fixed signal is coded at 64 kbit/s and compared with reference samples that ship with the
package. Versions of LAME and of ffmpeg differ by far more than the tolerance, so an encoder
that passes is, for every purpose here, the reference encoder.

``python -m aser_bench.codecs.reference_encoder`` prints the verdict; with ``--write``, for
maintainers, it makes the present encoder the reference.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core.tables import Condition
from .mp3 import COMPONENT as MP3
from .reference_signal import RATE, SCALE, make_signal

KBPS = 64
TOLERANCE_DB = -60.0
"""An encoder is the reference when the error lies this far under the reference samples."""

REFERENCE = Path(__file__).with_name("data") / "reference_encoder.npy"


@dataclass(frozen=True)
class EncoderCheck:
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


def check() -> EncoderCheck:
    """Code the canary with the present encoder and compare it with the reference.

    Raises
    ------
    CodecError
        If the encoder does not work at all.
    """
    expected = np.load(REFERENCE, allow_pickle=False).astype(np.float64) / SCALE
    deviation = deviation_db(expected, _coded())
    return EncoderCheck(deviation <= TOLERANCE_DB, deviation, MP3.encoder())


def verify(conditions: Iterable[Condition], say: Callable[[str], None]) -> str:
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


def write() -> None:
    """Make the present encoder the reference (for maintainers)."""
    samples = np.round(_coded().astype(np.float64) * SCALE)
    REFERENCE.parent.mkdir(exist_ok=True)
    np.save(REFERENCE, samples.clip(-SCALE, SCALE - 1).astype(np.int16))


def _coded() -> np.ndarray:
    planned, _ = MP3.conditions([KBPS], RATE, "error")
    return MP3.roundtrip_with_files([make_signal()], RATE, planned)[0][0].signal


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    print(check())
