"""The control for word length: 16-bit samples and nothing else."""

from __future__ import annotations

import numpy as np

from ..core.tables import Condition
from .control import Control
from .signals import to_int16


class Int16(Control):
    """Samples rounded to 16 bits and clipped at full scale, as a WAV file holds them."""

    name = "int16"
    title = "control: samples rounded to 16 bits"
    integer_samples = True

    def apply(self, signal: np.ndarray, rate: int, condition: Condition) -> np.ndarray:
        """Return the rounded signal."""
        return to_int16(signal).astype(np.float32) / np.float32(2**15)


COMPONENT = Int16()
