"""The control for measurement noise: inaudible noise that is added to the signal."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from ..core.options import number
from ..core.tables import Condition
from .control import Control
from .signals import Signal

_FRAME_S = 0.02
_ACTIVE_DB = 35.0


@dataclass(frozen=True)
class Dither(Control):
    """Noise at a fixed distance below the active level of the signal.

    It is inaudible at the default distance, so that a change of the scores that it causes is
    measurement noise: of the features, the models and the test. See docs/statistics.md.

    The noise is white, with a triangular distribution. Its seed is a hash of the samples: a
    recording has the same noise on every machine, in every run and in any order. Silence stays
    silent. The result is not clipped at full scale.

    Attributes
    ----------
    db : float
        Distance of the level of the noise below the active level of the signal in dB.
    """

    db: float = 70.0

    name = "dither"
    title = "control: inaudible noise, for measurement noise; option: db (below the signal, 70)"
    options = {"db": number(10, 120, "dB")}
    variants = ("dither:db=50",)

    @property
    def label(self) -> str:
        """The name of the condition: ``dither-70dB``."""
        return f"{self.name}-{self.db:g}dB"

    def condition(self, rate: int) -> Condition:
        """Return the condition; its parameters have the definition of the active level."""
        params = {"db": self.db, "frame_s": _FRAME_S, "active_db": _ACTIVE_DB}
        return Condition(
            self.label,
            self.spec,
            params=tuple((name, f"{value:g}") for name, value in params.items()),
        )

    def apply(self, signal: Signal, rate: int, condition: Condition) -> Signal:
        """Return the signal with the noise added."""
        level = np.sqrt(active_power(signal, rate)) * 10 ** (-self.db / 20)
        noise = level * _unit_noise(signal)
        return np.asarray(signal + noise.astype(np.float32), dtype=np.float32)


def active_power(signal: Signal, rate: int) -> float:
    """Return the mean power of the active frames of a signal; 0 for silence.

    Frames have 20 ms and do not overlap. A frame is active if its power is at most 35 dB below
    that of the frame with the largest power. Pauses do not count, so that the level does not
    depend on how much silence a recording has; the intention is that of ITU-T P.56, whose
    hysteresis and hangover make no difference for recordings of single utterances.

    Parameters
    ----------
    signal : numpy.ndarray
        float32, shape (samples,).
    rate : int
        Sample rate in Hz.
    """
    size = max(1, min(round(_FRAME_S * rate), len(signal)))
    whole = len(signal) // size * size  # an incomplete frame at the end is left out
    frames = np.asarray(signal[:whole], dtype=np.float64).reshape(-1, size)
    power = np.mean(frames**2, axis=1)
    return float(power[power >= power.max() * 10 ** (-_ACTIVE_DB / 10)].mean())


def _unit_noise(signal: Signal) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return noise (samples,) with a power of 1, which depends on the samples alone."""
    digest = hashlib.sha256(np.ascontiguousarray(signal, dtype="<f4").tobytes()).digest()
    random = np.random.default_rng(np.frombuffer(digest, dtype="<u4"))
    # The difference of two uniform numbers has a variance of 1/6; unlike Gaussian numbers it is
    # computed without functions that differ between mathematical libraries.
    uniform = random.random((2, len(signal)))
    return np.asarray(np.sqrt(6) * (uniform[0] - uniform[1]))


COMPONENT = Dither()
