"""The corpus's own text: nobody listens, so no codec can change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from .base import Transcriber

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Reference(Transcriber):
    """What the corpus says was said."""

    name = "reference"
    title = "the corpus's own text: nothing is recognised, no codec changes it"
    from_audio = False

    def transcribe_one(self, signal: np.ndarray) -> str:
        """Refuse: the words are in the corpus's table of utterances."""
        raise UsageError("reference hears nothing: it is the text of the corpus's table")


COMPONENT = Reference()
