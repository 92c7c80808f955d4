"""The uncompressed original: what every codec is compared with."""

from __future__ import annotations

import numpy as np

from ..core.tables import ORIGINAL, Condition
from .control import Control


class Original(Control):
    """No codec at all: signals come back as they are."""

    name = ORIGINAL
    title = "the uncompressed original"

    def apply(self, signal: np.ndarray, rate: int, condition: Condition) -> np.ndarray:
        """Return a copy of the signal."""
        return signal.copy()


COMPONENT = Original()
