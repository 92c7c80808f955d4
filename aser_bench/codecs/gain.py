"""The control for level: multiplication by a factor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..core.options import number
from ..core.tables import Condition
from .control import Control
from .signals import Signal

LAME_DB = round(20 * math.log10(0.95), 4)
"""Gain of LAME at constant bitrates up to 160 kbit/s in dB: a factor of 0.95."""


@dataclass(frozen=True)
class Gain(Control):
    """A change of level in dB; by default that of MP3.

    Attributes
    ----------
    db : float
        Gain in dB. The result is not clipped at full scale.
    """

    db: float = LAME_DB

    name = "gain"
    title = "control: change of level; option: db (default: -0.4455, as by LAME)"
    options = {"db": number(-60, 60, "dB")}
    variants = ("gain:db=-6",)

    @property
    def label(self) -> str:
        """The name of the condition: ``gain-down0.45dB``."""
        decibels = f"{abs(self.db):.2f}".rstrip("0").rstrip(".")
        return f"{self.name}-{'down' if self.db < 0 else 'up'}{decibels}dB"

    def condition(self, rate: int) -> Condition:
        """Return the condition; its name has the rounded gain, its parameters the exact one."""
        return Condition(self.label, self.spec, params=(("db", f"{self.db:g}"),))

    def apply(self, signal: Signal, rate: int, condition: Condition) -> Signal:
        """Return the signal multiplied by the gain."""
        return signal * np.float32(10 ** (self.db / 20))


COMPONENT = Gain()
