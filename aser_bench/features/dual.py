"""What the dual encoders read of the sound, under one name; the words come from transcripts."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.options import choice
from . import opensmile
from .base import FeatureBundle


@dataclass(frozen=True)
class Dual(FeatureBundle):
    """39 MFCC a frame and 35 values of prosody an utterance, as Yoon et al. (2018) have them.

    Attributes
    ----------
    by : str
        Who makes both, ``built-in`` or ``opensmile``; see `mfcc39.Mfcc39`.
    """

    by: str = opensmile.BUILT_IN

    name = "dual"
    title = f"what the dual encoders read: mfcc39, prosody35 and the words; {opensmile.OPTION}"
    options = {"by": choice(*opensmile.FRONT_ENDS)}

    def __post_init__(self) -> None:
        opensmile.check(self.name, self.by)

    @property
    def variants(self) -> tuple[str, ...]:  # type: ignore[override]
        """The other front end, where it is installed."""
        return opensmile.variants(self.name)

    @property
    def feature_sets(self) -> dict[str, str]:
        """The two feature sets, each by the same front end."""
        by = "" if self.by == opensmile.BUILT_IN else f":by={self.by}"
        return {"frames": f"mfcc39{by}", "vector": f"prosody35{by}"}


COMPONENT = Dual()
