"""librosa's features frame by frame, for models that read a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..core.options import choice
from .audio_signal import TUNINGS, AudioSignal
from .base import FeatureSet
from .librosa_parts import PACKAGES, PARTS, STFT

_CHOICES = ["+".join(some) for n in range(1, 4) for some in combinations(PARTS, n)]


@dataclass(frozen=True)
class Frames(FeatureSet):
    """MFCC (40), chroma (12) and mel bands (128) a frame of 32 ms steps (at 16 kHz).

    They equal what `librosa.feature.mfcc`, `chroma_stft` and `melspectrogram` give with their
    defaults within 1e-4, with time along the first axis.

    Attributes
    ----------
    parts : str
        Which of ``mfcc``, ``chroma`` and ``mel``, in this order and joined by ``+``.
    tuning : str
        Where the tuning of the chroma comes from, as in `functionals.Functionals`.
    """

    parts: str = "mfcc"
    tuning: str = "utterance"

    name = "frames"
    title = (
        "40 MFCC a frame, for models of sequences; options parts (mfcc+chroma+mel: 180 a frame), "
        "tuning (utterance, 0, original)"
    )
    version = 1
    packages = PACKAGES
    per_frame = True
    options = {"parts": choice(*_CHOICES), "tuning": choice(*TUNINGS)}
    variants = ("frames:parts=chroma", "frames:parts=mfcc+chroma+mel:tuning=original")

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names of the columns of the parts."""
        return tuple(column for part in self._parts() for column in PARTS[part].columns)

    def params(self) -> dict[str, object]:
        """Return all that decides the numbers."""
        return {**super().params(), **STFT}

    def extract(self, sound: AudioSignal) -> np.ndarray:
        """Return a matrix (frames, columns) of one utterance, float32."""
        made = [PARTS[part].frames(sound, self.tuning) for part in self._parts()]
        return np.concatenate(made, axis=1, dtype=np.float32, casting="same_kind")

    def _parts(self) -> list[str]:
        return self.parts.split("+")


COMPONENT = Frames()
