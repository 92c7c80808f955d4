"""The control for sample rate: resampling to another rate and back."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.options import number
from ..core.tables import Condition
from .control import Control
from .lowpass import format_khz
from .signals import RESAMPLER, Signal, from_codec_rate, to_codec_rate


@dataclass(frozen=True)
class Resample(Control):
    """Resampling to 8 kHz and back, as every codec at 8 kHz does before and after coding.

    Attributes
    ----------
    rate : float
        The intermediate sample rate in Hz.
    """

    rate: float = 8000.0

    name = "resample"
    title = "control: resampling to another rate and back; option: rate (default: 8000 Hz)"
    options = {"rate": lambda text: float(round(number(1000, 192_000, "Hz")(text)))}
    variants = ("resample:rate=12000", "resample:rate=48000")

    @property
    def label(self) -> str:
        """The name of the condition: ``resample-8k0``."""
        return f"{self.name}-{format_khz(self.rate)}"

    def condition(self, rate: int) -> Condition:
        """Return the condition; its codec rate is the intermediate rate."""
        params = (("resampler", RESAMPLER),)
        return Condition(self.label, self.spec, None, int(self.rate), params)

    def apply(self, signal: Signal, rate: int, condition: Condition) -> Signal:
        """Return the signal resampled to the intermediate rate and back."""
        if rate == int(self.rate):
            return signal.copy()
        resampled = to_codec_rate(signal, rate, int(self.rate))
        return from_codec_rate(resampled, int(self.rate), rate, len(signal))


COMPONENT = Resample()
