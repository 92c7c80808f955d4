"""Functionals in dB with floors, which are robust to lossy codecs.

MP3 at 16 kbit/s leaves some mel bands without any power. A model trained on such speech with
`functionals` divides by a standard deviation near zero, and its UAR on the original falls to
chance. In dB, with a floor not far below the utterance's peak, such bands differ little from
others. docs/features.md describes how the floors and the columns were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.options import choice
from .audio_signal import TUNINGS, AudioSignal
from .base import FeatureSet
from .librosa_parts import N_MFCC, PACKAGES, PARTS, STFT

_FLOOR_DB, _MFCC_FLOOR_DB = 40.0, 60.0


@dataclass(frozen=True)
class Robust(FeatureSet):
    """Means of MFCC (40), chroma (12) and mel bands in dB (128), and deviations of MFCC (40).

    The mel bands are limited to a floor below the largest value of the utterance: 60 dB below it
    for the means of the MFCC, 40 dB for everything else. The deviations are standard deviations
    over time.

    Attributes
    ----------
    tuning : str
        Source of the chroma's tuning, as in `functionals.Functionals`.
    """

    tuning: str = "utterance"

    name = "robust"
    title = (
        "220 values robust to codecs: means of 40 MFCC, 12 chroma and 128 mel bands in dB with a "
        "floor, deviations of the MFCC; option tuning (utterance, 0, original)"
    )
    version = 1
    packages = PACKAGES
    columns = (
        *PARTS["mfcc"].columns,
        *PARTS["chroma"].columns,
        *(f"log_{column}" for column in PARTS["mel"].columns),
        *(f"{column}_sd" for column in PARTS["mfcc"].columns),
    )
    options = {"tuning": choice(*TUNINGS)}
    variants = ("robust:tuning=0", "robust:tuning=original")

    def params(self) -> dict[str, object]:
        """Return all parameters that determine the numbers."""
        floors = {"floor_db": _FLOOR_DB, "mfcc_floor_db": _MFCC_FLOOR_DB}
        return {**super().params(), **STFT, **floors}

    def extract(self, signal: AudioSignal) -> npt.NDArray[np.float32]:
        """Return the 220 values of one utterance, float32."""
        log_mel = signal.log_mel(_FLOOR_DB)
        parts = (signal.mfcc(N_MFCC, _MFCC_FLOOR_DB), signal.chroma(self.tuning), log_mel)
        deviations = signal.mfcc(N_MFCC, _FLOOR_DB).std(axis=0)
        means = [part.mean(axis=0, dtype=np.float64) for part in parts]
        return np.concatenate([*means, deviations]).astype(np.float32)


COMPONENT = Robust()
