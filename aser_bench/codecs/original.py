"""The uncompressed original: what every codec is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import UsageError
from ..tables import ORIGINAL, Alias, Condition
from .base import Codec, Coded
from .signals import checked


class Original(Codec):
    """No codec at all: signals come back as they are."""

    name = ORIGINAL
    title = "the uncompressed original"
    takes_bitrates = False

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Return the one condition ``original``; see `Codec.conditions`."""
        if len(bitrates):
            raise UsageError("the original has no bitrates")
        return [Condition(ORIGINAL, self.name)], []

    def encoder(self) -> str:
        """Return an empty string: nothing is encoded."""
        return ""

    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[Coded]]:
        """Return the signals themselves as float32, each in an array of its own."""
        found = checked(signals)
        return [[Coded(signal.copy()) for signal in found] for _ in conditions]


COMPONENT = Original()
