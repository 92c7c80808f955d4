"""The control for sample rate: to another rate and back, with nothing coded in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.options import number
from ..core.tables import Condition
from .control import Control
from .lowpass import format_khz
from .signals import RESAMPLER, from_codec_rate, to_codec_rate


@dataclass(frozen=True)
class Resample(Control):
    """To 8 kHz and back: what every 8 kHz codec does to a signal before it codes anything.

    Attributes
    ----------
    rate : float
        The other rate in Hz.
    """

    rate: float = 8000.0

    name = "resample"
    title = "control: to another sample rate and back; option rate (default 8000 Hz)"
    options = {"rate": lambda word: float(round(number(1000, 192_000, "Hz")(word)))}
    variants = ("resample:rate=12000", "resample:rate=48000")

    @property
    def label(self) -> str:
        """The name of the condition: ``resample-8k0``."""
        return f"{self.name}-{format_khz(self.rate)}"

    def condition(self, rate: int) -> Condition:
        """Return the condition, whose codec rate is the other rate."""
        params = (("resampler", RESAMPLER),)
        return Condition(self.label, self.spec, None, int(self.rate), params)

    def apply(self, signal: np.ndarray, rate: int, condition: Condition) -> np.ndarray:
        """Return the signal after it has been at the other rate."""
        there = to_codec_rate(signal, rate, int(self.rate))
        if rate == int(self.rate):
            return signal.copy()
        return from_codec_rate(there, int(self.rate), rate, len(signal))


COMPONENT = Resample()
