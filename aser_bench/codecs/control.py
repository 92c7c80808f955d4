"""What controls share: they treat the signal as a codec would in one respect, and code nothing.

Beside a codec's condition, a control tells what of its effect is the band, the sample rate,
the level or the word length, and what is left for the coding itself.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from ..core.errors import UsageError
from ..core.tables import Alias, Condition
from .base import Codec, CodedSignal
from .signals import check_signals


class Control(Codec):
    """A codec stage without a codec: one condition, made by a function of the signal."""

    takes_bitrates = False

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Return the one condition; see `Codec.conditions`."""
        if len(bitrates):
            raise UsageError(f"{self.name} has no bitrates")
        return [self.condition(rate)], []

    def encoder(self) -> str:
        """Return an empty string: nothing is encoded."""
        return ""

    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Return the treated signals; see `Codec.roundtrip`."""
        sources = check_signals(signals)
        return [
            [CodedSignal(self.apply(source, rate, condition)) for source in sources]
            for condition in conditions
        ]

    def condition(self, rate: int) -> Condition:
        """Return the condition for signals at a sample rate (Hz)."""
        return Condition(self.label, self.spec)

    @abstractmethod
    def apply(self, signal: np.ndarray, rate: int, condition: Condition) -> np.ndarray:
        """Return a new signal (float32, (samples,)) of the same length at the same rate (Hz)."""
