"""The control for bandwidth: a low-pass filter with the cut-off of a frequency or of a codec."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from ..core.errors import UsageError
from ..core.options import number
from ..core.tables import Condition
from . import audit
from .control import Control
from .signals import Signal

_TAPS = 511  # an odd number, so that the delay is a whole number of samples
_BETA = 6.0  # of the Kaiser window: a stop-band attenuation of about 60 dB


@dataclass(frozen=True)
class LowPass(Control):
    """A linear-phase filter with an attenuation of 20 dB at the cut-off.

    The cut-off is defined as in `audit.bandwidth_hz`, so that filter and codec are comparable.
    The transition band has a width of about 110 Hz at 16 kHz.

    Attributes
    ----------
    cutoff : float
        Cut-off in Hz; 0 takes the bandwidth of ``like``.
    like : str
        Condition of a codec, such as ``mp3-8k``; its bandwidth is measured on noise.
    """

    cutoff: float = 0.0
    like: str = "mp3-8k"

    name = "lowpass"
    title = "control: low-pass filter; options: cutoff (Hz) or like (default: mp3-8k)"
    options = {"cutoff": number(100, 96_000, "Hz"), "like": str}
    variants = ("lowpass:cutoff=3400", "lowpass:like=mp3-64k")

    def condition(self, rate: int) -> Condition:
        """Return the condition; its name has the cut-off: ``lowpass-3k0``.

        Raises
        ------
        UsageError
            If the cut-off is not below half the sample rate, or ``like`` is not a condition.
        """
        cutoff = self.cutoff or _bandwidth_hz(self.like, rate)
        if not cutoff < rate / 2:
            raise UsageError(
                f"lowpass: {self.spec} has a cut-off of {cutoff:g} Hz, but a signal at {rate} Hz "
                f"has only frequencies up to {rate / 2:g} Hz"
            )
        params = (("cutoff_hz", f"{cutoff:g}"), ("taps", str(_TAPS)))
        return Condition(f"{self.name}-{format_khz(cutoff)}", self.spec, None, None, params)

    def apply(self, signal: Signal, rate: int, condition: Condition) -> Signal:
        """Return the filtered signal."""
        from scipy import signal as dsp

        taps = _taps(float(dict(condition.params)["cutoff_hz"]), rate)
        filtered = dsp.oaconvolve(np.pad(signal.astype(np.float64), _TAPS), taps, mode="same")
        return np.ascontiguousarray(filtered[_TAPS:-_TAPS], dtype=np.float32)


def format_khz(hertz: float) -> str:
    """Return a frequency as in the name of a condition.

    Examples
    --------
    >>> format_khz(3000), format_khz(3040), format_khz(11025)
    ('3k0', '3k04', '11k025')
    """
    text = f"{hertz / 1000:g}"
    return text.replace(".", "k") if "." in text else f"{text}k0"


@cache
def _taps(cutoff: float, rate: int) -> npt.NDArray[np.float64]:
    """Return the filter (taps,) with a gain of 0.1 at the cut-off.

    `scipy.signal.firwin` designs filters with a gain of 0.5 at their cut-off, so the cut-off of the
    design is lower than ``cutoff``.
    """
    from scipy import optimize
    from scipy import signal as dsp

    def design(half_gain_hz: float) -> npt.NDArray[np.float64]:
        taps: npt.NDArray[np.float64]
        taps = dsp.firwin(_TAPS, half_gain_hz, window=("kaiser", _BETA), fs=rate)
        return taps

    def excess(half_gain_hz: float) -> float:
        _, (gain,) = dsp.freqz(design(half_gain_hz), worN=[cutoff], fs=rate)
        return float(abs(gain)) - 10 ** (-audit.DROP_DB / 20)

    width = rate / _TAPS
    return design(optimize.brentq(excess, max(cutoff - 3 * width, 1.0), cutoff, xtol=0.01))


@cache
def _bandwidth_hz(like: str, rate: int) -> float:
    """Return the bandwidth of noise at the condition of a codec, rounded to 10 Hz."""
    from . import roundtrip

    name, _, bitrate = like.rpartition("-")
    try:
        kbps = float(bitrate.removesuffix("k").replace("k", "."))
    except ValueError:
        raise UsageError(
            f"lowpass: like={like} must be a codec and a bitrate, such as mp3-8k"
        ) from None
    noise = 0.1 * np.random.default_rng(0).standard_normal(2 * rate)
    coded = roundtrip(noise.astype(np.float32), rate, name, kbps)
    return round(audit.bandwidth_hz(noise, coded, rate), -1)


COMPONENT = LowPass()
