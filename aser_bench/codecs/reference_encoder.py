"""Check whether the MP3 encoder in use is the reference encoder of the published results.

A fixed signal is coded at 64 kbit/s and compared with reference samples in the package. Versions
of LAME and of ffmpeg differ by far more than the tolerance, so an encoder that passes gives the
same results as the reference encoder.

``python -m aser_bench.codecs.reference_encoder`` prints the result. With ``--write``, for
maintainers, it makes the encoder in use the reference.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core.tables import Condition
from .mp3 import COMPONENT as MP3
from .reference_signal import RATE, SCALE, make_signal
from .signals import Signal

KBPS = 64
"""Bitrate of the check in kbit/s."""

TOLERANCE_DB = -60.0
"""Largest error, relative to the reference samples, of the reference encoder in dB."""

REFERENCE = Path(__file__).with_name("data") / "reference_encoder.npy"
"""File with the reference samples, int16."""


@dataclass(frozen=True)
class EncoderCheck:
    """Result of the comparison of an encoder with the reference encoder.

    Attributes
    ----------
    reference : bool
        Whether the encoder gives the samples of the reference encoder.
    deviation_db : float
        Power of the difference from the reference samples, relative to their power, in dB.
    encoder : str
        Name and version of the encoder.
    """

    reference: bool
    deviation_db: float
    encoder: str

    def __str__(self) -> str:
        verb = "is" if self.reference else "is NOT"
        return (
            f"{self.encoder} {verb} the reference encoder "
            f"(deviation {self.deviation_db:.0f} dB, tolerance {TOLERANCE_DB:.0f} dB)"
        )


def check() -> EncoderCheck:
    """Code the reference signal with the encoder in use and compare it with the reference.

    Raises
    ------
    CodecError
        If the encoder does not work.
    """
    expected = np.load(REFERENCE, allow_pickle=False).astype(np.float64) / SCALE
    deviation = deviation_db(expected, _coded_signal())
    return EncoderCheck(deviation <= TOLERANCE_DB, deviation, MP3.encoder())


def verify(conditions: Iterable[Condition], notify: Callable[[str], None]) -> str:
    """Check the encoder if MP3 is among the conditions, and warn if it is not the reference.

    Parameters
    ----------
    conditions : iterable of Condition
        Conditions of a run.
    notify : callable
        Receives the warning.

    Returns
    -------
    str
        The result of the check; empty without MP3.
    """
    if not any(re.search(r"\bmp3\b", condition.codec) for condition in conditions):
        return ""
    result = check()
    if not result.reference:
        notify(f"warning: {result}; compare results only with those of the same encoder")
    return str(result)


def deviation_db(expected: npt.NDArray[np.floating], actual: npt.NDArray[np.floating]) -> float:
    """Return the power of the difference relative to the power of ``expected``, in dB.

    Both have shape (samples,). Rounding of the reference limits the result to about -80 dB.
    """
    error = float(np.sum((np.asarray(actual, np.float64) - expected) ** 2))
    return 10 * float(np.log10(max(error, 1e-20) / np.sum(expected**2)))


def write() -> None:
    """Make the encoder in use the reference (for maintainers)."""
    samples = np.round(_coded_signal().astype(np.float64) * SCALE)
    REFERENCE.parent.mkdir(exist_ok=True)
    np.save(REFERENCE, samples.clip(-SCALE, SCALE - 1).astype(np.int16))


def _coded_signal() -> Signal:
    conditions, _ = MP3.conditions([KBPS], RATE, "error")
    return MP3.roundtrip_with_files([make_signal()], RATE, conditions)[0][0].signal


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    print(check())
