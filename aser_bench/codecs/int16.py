"""The control for word length: 16-bit samples."""

from __future__ import annotations

import numpy as np

from ..core.tables import Condition
from .control import Control
from .signals import Signal, to_int16


class Int16(Control):
    """Samples rounded to 16 bits and clipped at full scale, as in a WAV file."""

    name = "int16"
    title = "control: samples rounded to 16 bits"
    integer_samples = True

    def apply(self, signal: Signal, rate: int, condition: Condition) -> Signal:
        """Return the rounded signal."""
        return to_int16(signal).astype(np.float32) / np.float32(2**15)


COMPONENT = Int16()
