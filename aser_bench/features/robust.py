"""The recipe with floors, so that it survives what lossy codecs take away.

MP3 at 16 kHz leaves some mel bands with no power at all. In the recipe a model that is trained on
such speech divides by a standard deviation of nothing, and falls to chance on the original. In
dB and floored not far under an utterance's peak, such bands differ from others by little.
docs/features.md says how the floors and the columns were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.options import choice
from .audio_signal import TUNINGS, AudioSignal
from .base import FeatureSet
from .librosa_parts import N_MFCC, PACKAGES, PARTS, STFT

_FLOOR_DB, _MFCC_FLOOR_DB = 40.0, 60.0


@dataclass(frozen=True)
class Robust(FeatureSet):
    """Means of MFCC (40), chroma (12) and mel bands in dB (128), and spreads of MFCC (40).

    The mel bands are floored under the utterance's largest value: 60 dB under it for the means
    of the MFCC, 40 dB for all else. The spreads are standard deviations over time.

    Attributes
    ----------
    tuning : str
        Where the tuning of the chroma comes from, as in `functionals.Functionals`.
    """

    tuning: str = "utterance"

    name = "robust"
    title = (
        "220 values that survive codecs: means of 40 MFCC, 12 chroma, 128 mel bands in dB with a "
        "floor, spreads of the MFCC; option tuning (utterance, 0, original)"
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
        """Return all that decides the numbers."""
        floors = {"floor_db": _FLOOR_DB, "mfcc_floor_db": _MFCC_FLOOR_DB}
        return {**super().params(), **STFT, **floors}

    def extract(self, sound: AudioSignal) -> np.ndarray:
        """Return the 220 values of one utterance, float32."""
        floored = sound.log_mel(_FLOOR_DB)
        means = (sound.mfcc(N_MFCC, _MFCC_FLOOR_DB), sound.chroma(self.tuning), floored)
        spread = sound.mfcc(N_MFCC, _FLOOR_DB).std(axis=0)
        found = [part.mean(axis=0, dtype=np.float64) for part in means]
        return np.concatenate([*found, spread]).astype(np.float32)


COMPONENT = Robust()
