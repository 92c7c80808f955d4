"""The 39 values a frame that the audio encoder of Yoon, Byun and Jung (SLT 2018) reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.options import choice
from . import cepstra, opensmile
from .audio_signal import AudioSignal
from .base import FeatureSet
from .framing import STEP_S

_STATIC = (*(f"mfcc_{i:02d}" for i in range(1, cepstra.N_CEPSTRA + 1)), "log_energy")


@dataclass(frozen=True)
class Mfcc39(FeatureSet):
    """MFCC 1-12 and log energy of 25 ms each 10 ms, with first and second differences.

    Attributes
    ----------
    by : str
        Who computes them: ``built-in``, or ``opensmile`` (the package ``opensmile``, whose licence
        is for research only). They agree within 2e-4 but for rare values up to 1e-3, where
        openSMILE's single precision shows, and for the second differences of the last two
        frames, which openSMILE computes otherwise.

    Raises
    ------
    UsageError
        For ``by="opensmile"`` where the package is not installed.
    """

    by: str = opensmile.BUILT_IN

    name = "mfcc39"
    title = (
        "39 a frame of 10 ms, for the dual encoder: MFCC 1-12 and log energy with two orders of "
        f"differences; {opensmile.OPTION}"
    )
    version = 1
    columns = tuple(f"{name}{order}" for order in ("", "_de", "_de_de") for name in _STATIC)
    per_frame = True
    hop_s = STEP_S
    options = {"by": choice(*opensmile.FRONT_ENDS)}

    def __post_init__(self) -> None:
        opensmile.check(self.name, self.by)

    @property
    def variants(self) -> tuple[str, ...]:  # type: ignore[override]
        """The other front end, where it is installed."""
        return opensmile.variants(self.name)

    @property
    def packages(self) -> tuple[str, ...]:  # type: ignore[override]
        """What makes the numbers."""
        return opensmile.packages(self.by)

    def params(self) -> dict[str, object]:
        """Return all that decides the numbers."""
        return {**super().params(), "frame_s": cepstra.FRAME_S, "step_s": STEP_S}

    def extract(self, sound: AudioSignal) -> np.ndarray:
        """Return a matrix (frames, 39) of one utterance, float32; one frame at least."""
        if self.by == opensmile.PACKAGE:
            return opensmile.mfcc39(sound.signal, sound.rate)
        values = cepstra.static(sound.signal, sound.rate)
        first = cepstra.differences(values)
        second = cepstra.differences(first)
        return np.concatenate([values, first, second], axis=1).astype(np.float32)


COMPONENT = Mfcc39()
