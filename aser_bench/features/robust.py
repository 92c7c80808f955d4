"""Functionals in dB with floors, which are robust to lossy codecs and to inaudible noise.

MP3 at 16 kbit/s leaves some mel bands without any power. A model trained on such speech with
`functionals` divides by a standard deviation near zero, and its UAR on the original falls to
chance. In dB, with a floor not far below the utterance's peak, such bands differ little from
others.

Chroma are relative to the largest value of each frame, so that those of a nearly silent frame are
as large as those of a voice, and inaudible noise changes them completely. Their mean is therefore
weighted by the level of the frames, and the tuning is fixed: noise changes its estimate on half of
the utterances. docs/features.md describes how the floors, weights and columns were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.options import choice
from . import spectral
from .audio_signal import TUNINGS, AudioSignal
from .base import FeatureSet
from .librosa_parts import N_MFCC, PACKAGES, PARTS, STFT

_FLOOR_DB, _MFCC_FLOOR_DB = 40.0, 60.0
_CHROMA_FLOOR_DB = 40.0


@dataclass(frozen=True)
class Robust(FeatureSet):
    """Means of MFCC (40), chroma (12) and mel bands in dB (128), and deviations of MFCC (40).

    The mel bands are limited to a floor below the largest value of the utterance: 60 dB below it
    for the means of the MFCC, 40 dB for everything else. The deviations are standard deviations
    over time. In the means of the chroma, the weight of a frame is its level in dB above a floor 40
    dB below the loudest frame of the utterance, so that silence does not count.

    Attributes
    ----------
    tuning : str
        Source of the chroma's tuning, as in `functionals.Functionals`; 440 Hz by default.
    """

    tuning: str = "0"

    name = "robust"
    title = (
        "220 values robust to codecs: means of 40 MFCC, 12 chroma and 128 mel bands in dB with a "
        "floor, deviations of the MFCC; option tuning (0, utterance, original)"
    )
    version = 2
    packages = PACKAGES
    columns = (
        *PARTS["mfcc"].columns,
        *PARTS["chroma"].columns,
        *(f"log_{column}" for column in PARTS["mel"].columns),
        *(f"{column}_sd" for column in PARTS["mfcc"].columns),
    )
    options = {"tuning": choice(*TUNINGS)}
    variants = ("robust:tuning=utterance", "robust:tuning=original")

    def params(self) -> dict[str, object]:
        """Return all parameters that determine the numbers."""
        floors = {
            "floor_db": _FLOOR_DB,
            "mfcc_floor_db": _MFCC_FLOOR_DB,
            "chroma_floor_db": _CHROMA_FLOOR_DB,
        }
        return {**super().params(), **STFT, **floors}

    def extract(self, signal: AudioSignal) -> npt.NDArray[np.float32]:
        """Return the 220 values of one utterance, float32."""
        log_mel = signal.log_mel(_FLOOR_DB)
        mfcc, deviations = signal.mfcc(N_MFCC, _MFCC_FLOOR_DB), signal.mfcc(N_MFCC, _FLOOR_DB)
        chroma = signal.chroma(self.tuning).astype(np.float64)
        weights = _level_weights(signal)
        values = (
            mfcc.mean(axis=0, dtype=np.float64),
            weights @ chroma / weights.sum(),
            log_mel.mean(axis=0, dtype=np.float64),
            deviations.std(axis=0),
        )
        return np.concatenate(values).astype(np.float32)


def _level_weights(signal: AudioSignal) -> npt.NDArray[np.float64]:
    """Return the level of each frame in dB above the floor (frames,); all equal for silence."""
    decibels = spectral.decibels(signal.power.sum(axis=1, dtype=np.float64))
    above = spectral.floored(decibels, _CHROMA_FLOOR_DB) - decibels.max() + _CHROMA_FLOOR_DB
    return np.asarray(above, dtype=np.float64)


COMPONENT = Robust()
