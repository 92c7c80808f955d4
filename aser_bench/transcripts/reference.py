"""The corpus's text as transcript; it does not depend on the audio or the codec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from .base import Transcriber

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Reference(Transcriber):
    """The text in the corpus's table of utterances."""

    name = "reference"
    title = "the corpus's text; no speech recognition, so codecs do not change it"
    from_audio = False

    def transcribe_one(self, signal: npt.NDArray[np.floating]) -> str:
        """Raise UsageError: the text is in the table of utterances, not in the audio."""
        raise UsageError("reference cannot transcribe audio: it is the text of the corpus's table")


COMPONENT = Reference()
