"""The acoustic inputs of the dual encoders under one name; the text comes from transcripts."""

from __future__ import annotations

from dataclasses import dataclass

from .base import FeatureBundle
from .front_end import BUILT_IN, OPTION_HELP, FrontEndChoice


@dataclass(frozen=True)
class Dual(FrontEndChoice, FeatureBundle):
    """39 MFCC per frame and 35 prosody values per utterance, as in Yoon et al. (2018).

    Attributes
    ----------
    by : str
        Front end of both, ``built-in`` or ``opensmile``; see `front_end.FrontEndChoice`.
    """

    name = "dual"
    title = f"inputs of the dual encoders: mfcc39, prosody35 and the text; {OPTION_HELP}"

    @property
    def feature_sets(self) -> dict[str, str]:
        """The two feature sets, both with the same front end."""
        option = "" if self.by == BUILT_IN else f":by={self.by}"
        return {"frames": f"mfcc39{option}", "vector": f"prosody35{option}"}


COMPONENT = Dual()
