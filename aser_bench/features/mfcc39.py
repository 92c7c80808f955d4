"""The 39 values per frame that the audio encoder of Yoon, Byun and Jung (SLT 2018) reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import cepstra, opensmile
from .audio_signal import AudioSignal
from .framing import STEP_S
from .front_end import OPTION_HELP, FrontEndFeatureSet

_STATIC = (*(f"mfcc_{i:02d}" for i in range(1, cepstra.N_CEPSTRA + 1)), "log_energy")


@dataclass(frozen=True)
class Mfcc39(FrontEndFeatureSet):
    """MFCC 1-12 and log energy of 25 ms every 10 ms, with first and second differences.

    The two front ends agree within 2e-4, except for rare values up to 1e-3 (openSMILE's single
    precision) and the second differences of the last two frames, which openSMILE computes in
    another way.

    Attributes
    ----------
    by : str
        Front end, ``built-in`` or ``opensmile``; see `front_end.FrontEndChoice`.
    """

    name = "mfcc39"
    title = (
        "39 values per frame of 10 ms, for the dual encoders: MFCC 1-12 and log energy with two "
        f"orders of differences; {OPTION_HELP}"
    )
    version = 1
    columns = tuple(f"{name}{order}" for order in ("", "_de", "_de_de") for name in _STATIC)
    per_frame = True
    hop_s = STEP_S

    def params(self) -> dict[str, object]:
        """Return all parameters that determine the numbers."""
        return {**super().params(), "frame_s": cepstra.FRAME_S, "step_s": STEP_S}

    def extract(self, signal: AudioSignal) -> npt.NDArray[np.float32]:
        """Return a matrix (frames, 39) of one utterance, float32, with at least one frame."""
        if self.uses_opensmile:
            return opensmile.mfcc39(signal.signal, signal.rate)
        values = cepstra.static(signal.signal, signal.rate)
        first = cepstra.differences(values)
        second = cepstra.differences(first)
        return np.concatenate([values, first, second], axis=1).astype(np.float32)


COMPONENT = Mfcc39()
