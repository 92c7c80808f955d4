"""librosa's features per frame, for sequence models."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from ..core.options import choice
from .audio_signal import TUNINGS, AudioSignal
from .base import FeatureSet
from .librosa_parts import PACKAGES, PARTS, STFT

_CHOICES = ["+".join(parts) for n in range(1, 4) for parts in combinations(PARTS, n)]


@dataclass(frozen=True)
class Frames(FeatureSet):
    """MFCC (40), chroma (12) and mel bands (128) of frames every 32 ms (at 16 kHz).

    They equal `librosa.feature.mfcc`, `chroma_stft` and `melspectrogram` with their defaults
    within 1e-4, with time along the first axis.

    Attributes
    ----------
    parts : str
        Selection of ``mfcc``, ``chroma`` and ``mel``, in this order and joined by ``+``.
    tuning : str
        Source of the chroma's tuning, as in `functionals.Functionals`.
    """

    parts: str = "mfcc"
    tuning: str = "utterance"

    name = "frames"
    title = (
        "40 MFCC per frame, for sequence models; options parts (mfcc+chroma+mel: 180 per frame), "
        "tuning (utterance, 0, original)"
    )
    version = 1
    packages = PACKAGES
    per_frame = True
    options = {"parts": choice(*_CHOICES), "tuning": choice(*TUNINGS)}
    variants = ("frames:parts=chroma", "frames:parts=mfcc+chroma+mel:tuning=original")

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]  # depends on the option parts
        """The names of the columns of the selected parts."""
        return tuple(column for part in self._parts() for column in PARTS[part].columns)

    def params(self) -> dict[str, object]:
        """Return all parameters that determine the numbers."""
        return {**super().params(), **STFT}

    def extract(self, signal: AudioSignal) -> npt.NDArray[np.float32]:
        """Return a matrix (frames, columns) of one utterance, float32."""
        parts = [PARTS[part].frames(signal, self.tuning) for part in self._parts()]
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

    def _parts(self) -> list[str]:
        return self.parts.split("+")


COMPONENT = Frames()
