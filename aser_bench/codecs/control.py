"""Base class of controls: changes of the signal that codecs also cause, without any coding.

Compared with a codec's condition, a control shows which part of the codec's effect is due to the
bandwidth, the sample rate, the level or the word length.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from ..core.errors import UsageError
from ..core.tables import Alias, Condition
from .base import Codec, CodedSignal
from .signals import Signal, check_signals


class Control(Codec):
    """A control: one condition, computed by a function of the signal."""

    takes_bitrates = False

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Return the condition of the control; see `Codec.conditions`."""
        if len(bitrates):
            raise UsageError(f"{self.name} has no bitrates")
        return [self.condition(rate)], []

    def encoder(self) -> str:
        """Return an empty string: a control has no encoder."""
        return ""

    def roundtrip(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Return the changed signals; see `Codec.roundtrip`."""
        sources = check_signals(signals)
        return [
            [CodedSignal(self.apply(source, rate, condition)) for source in sources]
            for condition in conditions
        ]

    def condition(self, rate: int) -> Condition:
        """Return the condition for signals at a sample rate (Hz)."""
        return Condition(self.label, self.spec)

    @abstractmethod
    def apply(self, signal: Signal, rate: int, condition: Condition) -> Signal:
        """Return a new signal (float32, (samples,)) of the same length, at the same rate (Hz)."""
