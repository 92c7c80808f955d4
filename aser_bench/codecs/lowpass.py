"""The control for bandwidth: a low-pass filter, at a cut-off or where another codec cuts off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..core.errors import UsageError
from ..core.options import number
from ..core.tables import Condition
from . import audit
from .control import Control

_TAPS = 511  # an odd number, so that the delay is a whole number of samples
_BETA = 6.0  # of the Kaiser window: what is stopped lies some 60 dB down


@dataclass(frozen=True)
class LowPass(Control):
    """A linear-phase filter that is 20 dB down where the bandwidth is said to end.

    The same definition as `audit.bandwidth_hz`, so that filter and codec can be set side by
    side. The filter is some 110 Hz wide at 16 kHz.

    Attributes
    ----------
    cutoff : float
        Hz; 0: where ``like`` cuts off.
    like : str
        A codec's condition, such as ``mp3-8k``: its bandwidth is measured on noise.
    """

    cutoff: float = 0.0
    like: str = "mp3-8k"

    name = "lowpass"
    title = "control: a low-pass filter; options cutoff (Hz) or like (mp3-8k, the default)"
    options = {"cutoff": number(100, 96_000, "Hz"), "like": str}
    variants = ("lowpass:cutoff=3400", "lowpass:like=mp3-64k")

    def condition(self, rate: int) -> Condition:
        """Return the condition, named by its cut-off: ``lowpass-3k0``.

        Raises
        ------
        UsageError
            If there is nothing to cut off under this rate, or no such codec.
        """
        cutoff = self.cutoff or _bandwidth_hz(self.like, rate)
        if not cutoff < rate / 2:
            raise UsageError(
                f"lowpass: {self.spec} cuts off at {cutoff:g} Hz, but a signal at {rate} Hz "
                f"ends at {rate / 2:g} Hz"
            )
        params = (("cutoff_hz", f"{cutoff:g}"), ("taps", str(_TAPS)))
        return Condition(f"{self.name}-{format_khz(cutoff)}", self.spec, None, None, params)

    def apply(self, signal: np.ndarray, rate: int, condition: Condition) -> np.ndarray:
        """Return the filtered signal."""
        from scipy import signal as dsp

        taps = _taps(float(dict(condition.params)["cutoff_hz"]), rate)
        filtered = dsp.oaconvolve(np.pad(signal.astype(np.float64), _TAPS), taps, mode="same")
        return np.ascontiguousarray(filtered[_TAPS:-_TAPS], dtype=np.float32)


def format_khz(hertz: float) -> str:
    """Return a frequency as it stands in a condition's name.

    Examples
    --------
    >>> format_khz(3000), format_khz(3040), format_khz(11025)
    ('3k0', '3k04', '11k025')
    """
    word = f"{hertz / 1000:g}"
    return word.replace(".", "k") if "." in word else f"{word}k0"


@cache
def _taps(cutoff: float, rate: int) -> np.ndarray:
    """Return the filter (taps,), shifted from half its level at the cut-off to a tenth."""
    from scipy import optimize
    from scipy import signal as dsp

    def design(half: float) -> np.ndarray:
        return dsp.firwin(_TAPS, half, window=("kaiser", _BETA), fs=rate)

    def excess(half: float) -> float:
        _, (level,) = dsp.freqz(design(half), worN=[cutoff], fs=rate)
        return float(abs(level)) - 10 ** (-audit.DROP_DB / 20)

    width = rate / _TAPS
    return design(optimize.brentq(excess, max(cutoff - 3 * width, 1.0), cutoff, xtol=0.01))


@cache
def _bandwidth_hz(like: str, rate: int) -> float:
    """Measure where a codec's condition cuts off noise, to 10 Hz."""
    from . import roundtrip

    name, _, word = like.rpartition("-")
    try:
        kbps = float(word.removesuffix("k").replace("k", "."))
    except ValueError:
        raise UsageError(f"lowpass: like={like} must be a codec and a bitrate: mp3-8k") from None
    noise = 0.1 * np.random.default_rng(0).standard_normal(2 * rate)
    coded = roundtrip(noise.astype(np.float32), rate, name, kbps)
    return round(audit.bandwidth_hz(noise, coded, rate), -1)


COMPONENT = LowPass()
