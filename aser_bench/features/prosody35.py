"""The 35 values an utterance that the audio encoder of Yoon, Byun and Jung (SLT 2018) ends with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.options import choice
from . import opensmile, prosody
from .audio_signal import AudioSignal
from .base import FeatureSet

DESCRIPTORS = ("f0", "log_f0", "voicing", "hnr", "loudness")


@dataclass(frozen=True)
class Prosody35(FeatureSet):
    """Seven functionals of F0, log F0, voicing, HNR and loudness.

    Those of the first four are over the frames in which they are defined, set end to end; those
    of the loudness over all frames. The slope is per frame of 10 ms, the centroid a share of
    the frames.

    Attributes
    ----------
    by : str
        Who computes them: ``built-in``, or ``opensmile`` (the package ``opensmile``, whose licence
        is for research only). docs/dual-features.md says how closely they agree.

    Raises
    ------
    UsageError
        For ``by="opensmile"`` where the package is not installed.
    """

    by: str = opensmile.BUILT_IN

    name = "prosody35"
    title = (
        "35 of an utterance, for the dual encoder: 7 functionals of F0, log F0, voicing, HNR and "
        f"loudness; {opensmile.OPTION}"
    )
    version = 1
    columns = tuple(
        f"{descriptor}_{functional}"
        for descriptor in DESCRIPTORS
        for functional in prosody.FUNCTIONALS
    )
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

    def extract(self, sound: AudioSignal) -> np.ndarray:
        """Return the 35 values of one utterance, float32; 0 where nothing defines them."""
        if self.by == opensmile.PACKAGE:
            return opensmile.prosody35(sound.signal, sound.rate)
        contours = prosody.descriptors(sound.signal, sound.rate)
        pitched = [contours[name][contours[name] != 0] for name in DESCRIPTORS[:-1]]
        found = [prosody.functionals(values) for values in (*pitched, contours["loudness"])]
        return np.array(found, dtype=np.float32).ravel()


COMPONENT = Prosody35()
