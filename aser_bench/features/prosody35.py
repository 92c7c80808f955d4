"""The 35 values per utterance that the audio encoder of Yoon, Byun and Jung (SLT 2018) appends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import opensmile, prosody
from .audio_signal import AudioSignal
from .front_end import OPTION_HELP, FrontEndFeatureSet

DESCRIPTORS = ("f0", "log_f0", "voicing", "hnr", "loudness")


@dataclass(frozen=True)
class Prosody35(FrontEndFeatureSet):
    """Seven functionals of F0, log F0, voicing, HNR and loudness.

    Those of the first four are computed over the concatenated frames in which the descriptor is
    defined; those of the loudness over all frames. The slope is per frame of 10 ms, the centroid
    a fraction of the frames. docs/dual-features.md compares the two front ends.

    Attributes
    ----------
    by : str
        Front end, ``built-in`` or ``opensmile``; see `front_end.FrontEndChoice`.
    """

    name = "prosody35"
    title = (
        "35 values per utterance, for the dual encoders: 7 functionals of F0, log F0, voicing, HNR "
        f"and loudness; {OPTION_HELP}"
    )
    version = 1
    columns = tuple(
        f"{descriptor}_{functional}"
        for descriptor in DESCRIPTORS
        for functional in prosody.FUNCTIONALS
    )

    def extract(self, signal: AudioSignal) -> npt.NDArray[np.float32]:
        """Return the 35 values of one utterance, float32; undefined values are 0."""
        if self.uses_opensmile:
            return opensmile.prosody35(signal.signal, signal.rate)
        contours = prosody.descriptors(signal.signal, signal.rate)
        pitched = [contours[name][contours[name] != 0] for name in DESCRIPTORS[:-1]]
        values = [prosody.functionals(contour) for contour in (*pitched, contours["loudness"])]
        return np.array(values, dtype=np.float32).ravel()


COMPONENT = Prosody35()
