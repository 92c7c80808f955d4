"""The control for level: a factor and nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..core.options import number
from ..core.tables import Condition
from .control import Control

LAME_DB = round(20 * math.log10(0.95), 4)
"""What LAME does to the level at constant bitrates up to 160 kbit/s: a factor of .95."""


@dataclass(frozen=True)
class Gain(Control):
    """A change of level in dB; without options the one that MP3 brings along.

    Attributes
    ----------
    db : float
        Gain in dB; what it drives beyond full scale is not clipped.
    """

    db: float = LAME_DB

    name = "gain"
    title = "control: a change of level; option db (default what LAME does, -0.4455)"
    options = {"db": number(-60, 60, "dB")}
    variants = ("gain:db=-6",)

    @property
    def label(self) -> str:
        """The name of the condition: ``gain-down0.45dB``."""
        decibels = f"{abs(self.db):.2f}".rstrip("0").rstrip(".")
        return f"{self.name}-{'down' if self.db < 0 else 'up'}{decibels}dB"

    def condition(self, rate: int) -> Condition:
        """Return the condition, whose name rounds the gain."""
        return Condition(self.label, self.spec, params=(("db", f"{self.db:g}"),))

    def apply(self, signal: np.ndarray, rate: int, condition: Condition) -> np.ndarray:
        """Return the signal at the other level."""
        return signal * np.float32(10 ** (self.db / 20))


COMPONENT = Gain()
