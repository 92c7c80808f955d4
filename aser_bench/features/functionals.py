"""The 180 values of the study: time means of librosa's MFCC, chromagram and mel spectrogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.options import choice
from .audio_signal import TUNINGS, AudioSignal
from .base import FeatureSet
from .librosa_parts import PACKAGES, PARTS, STFT


@dataclass(frozen=True)
class Functionals(FeatureSet):
    """Time means of librosa's MFCC (40), chroma (12) and mel spectrogram (128).

    They equal the time means of `librosa.feature.mfcc`, `chroma_stft` and `melspectrogram`
    with their defaults within 1e-4.

    Attributes
    ----------
    tuning : str
        Source of the chroma's tuning: ``utterance`` (estimated from the utterance, as in librosa),
        ``0`` (440 Hz) or ``original`` (estimated from the uncoded recording).
    """

    tuning: str = "utterance"

    name = "functionals"
    title = (
        "time means of 40 MFCC, 12 chroma and 128 mel bands (the 180 values of the study); "
        "option tuning (utterance, 0, original)"
    )
    version = 2
    packages = PACKAGES
    columns = tuple(column for part in PARTS.values() for column in part.columns)
    options = {"tuning": choice(*TUNINGS)}
    variants = ("functionals:tuning=0", "functionals:tuning=original")

    def params(self) -> dict[str, object]:
        """Return all parameters that determine the numbers."""
        return {**super().params(), **STFT}

    def extract(self, signal: AudioSignal) -> npt.NDArray[np.float32]:
        """Return the 180 values of one utterance, float32."""
        parts = [part.frames(signal, self.tuning) for part in PARTS.values()]
        means = [part.mean(axis=0, dtype=np.float64) for part in parts]
        return np.concatenate(means).astype(np.float32)


COMPONENT = Functionals()
