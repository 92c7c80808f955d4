"""The uncompressed original, with which every codec is compared."""

from __future__ import annotations

from ..core.tables import ORIGINAL, Condition
from .control import Control
from .signals import Signal


class Original(Control):
    """No codec: the signals are not changed."""

    name = ORIGINAL
    title = "the uncompressed original"

    def apply(self, signal: Signal, rate: int, condition: Condition) -> Signal:
        """Return a copy of the signal."""
        return signal.copy()


COMPONENT = Original()
