"""Which bitrates exist at which sample rate, and what becomes of those that do not.

Planning is half of a codec's work here. Each sample rate carries its own set of bitrates, and
encoders take the nearest without a word when they are asked for another; a condition must
never be called what it is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.errors import UsageError, suggest
from ..core.tables import Alias

POLICIES = ("promote", "clamp", "error")


@dataclass(frozen=True)
class Bitrates:
    """The bitrates of a codec at one sample rate, in kbit/s.

    Attributes
    ----------
    values : tuple of float
        Ascending: all there are, or where any between will do, those that people use.
    continuous : bool
        Whether everything from the lowest to the highest can be coded.
    """

    values: tuple[float, ...]
    continuous: bool = False

    def __contains__(self, kbps: float) -> bool:
        """Whether it can be coded."""
        if self.continuous:
            return self.values[0] <= kbps <= self.values[-1]
        return kbps in self.values

    def nearest(self, kbps: float) -> float:
        """Return the nearest that can be coded, the lower of two that are equally near."""
        if self.continuous:
            return min(max(kbps, self.values[0]), self.values[-1])
        return nearest(kbps, self.values)

    @property
    def span(self) -> str:
        """The lowest and the highest: ``8 to 160``."""
        return f"{self.values[0]:g} to {self.values[-1]:g}"

    def __str__(self) -> str:
        if self.continuous:
            return f"{self.values[0]:g} to {self.values[-1]:g} kbit/s"
        return f"{', '.join(f'{kbps:g}' for kbps in self.values)} kbit/s"


@dataclass(frozen=True)
class PlannedBitrate:
    """Where a bitrate that was asked for is coded: at which rate (Hz), as which bitrate."""

    requested: float
    rate: int
    kbps: float


BitratesByRate = Mapping[int, Bitrates]
"""Sample rate in Hz -> what the codec carries at it."""


def format_kbps(kbps: float) -> str:
    """Return a bitrate as it stands in a condition's name.

    Examples
    --------
    >>> format_kbps(64), format_kbps(12.65), format_kbps(0.7)
    ('64k', '12k65', '0k7')
    """
    word = f"{kbps:g}"
    return word.replace(".", "k") if "." in word else f"{word}k"


def nearest(value: float, known: Sequence[float]) -> float:
    """Return the nearest of the known values, the lower of two that are equally near."""
    return min(sorted(known), key=lambda one: abs(one - value))


def nearest_rate(rate: int, carried: BitratesByRate) -> int:
    """Return the rate (Hz) at which a codec takes signals of a rate: the nearest it has."""
    return int(nearest(rate, tuple(carried)))


def plan_bitrates(
    name: str, bitrates: Sequence[float], rate: int, carried: BitratesByRate, policy: str
) -> list[PlannedBitrate]:
    """Return where each bitrate is coded, ascending, each once.

    Parameters
    ----------
    name : str
        The codec's name, for messages.
    bitrates : sequence of float
        kbit/s.
    rate : int
        Sample rate of the signals in Hz.
    bitrates_by_rate : mapping
        What the codec carries at which rate.
    policy : {"promote", "clamp", "error"}
        What to do with a bitrate that the rate does not carry: code it at one an octave or
        more away that does, code the nearest bitrate, or refuse.

    Raises
    ------
    UsageError
        If a bitrate cannot be coded under the policy, or the policy is unknown.
    """
    if policy not in POLICIES:
        raise UsageError(f"unknown bitrate policy {policy!r}{suggest(policy, POLICIES)}")
    home = nearest_rate(rate, carried)
    if not len(bitrates):
        raise UsageError(f"{name} needs bitrates; {_legal(name, home, carried)}")
    asked = sorted({_positive(bitrate) for bitrate in bitrates})
    return [_place(name, kbps, home, carried, policy) for kbps in asked]


def aliases(
    places: Sequence[PlannedBitrate], names: Mapping[PlannedBitrate, str], label: str
) -> list[Alias]:
    """Return an `Alias` for each bitrate that is coded as another one.

    Parameters
    ----------
    places : sequence of PlannedBitrate
    names : mapping
        The name of the condition at each place.
    label : str
        What the codec's conditions start with.
    """
    return [
        Alias(f"{label}-{format_kbps(place.requested)}", place.requested, same_as=names[place])
        for place in places
        if place.requested != place.kbps
    ]


def _positive(bitrate: float) -> float:
    if not math.isfinite(bitrate) or bitrate <= 0:
        raise UsageError(f"{bitrate} is not a bitrate in kbit/s")
    return float(bitrate)


def _legal(name: str, rate: int, carried: BitratesByRate) -> str:
    return f"at {rate} Hz {name} carries {carried[rate]}"


def _family(home: int, carried: BitratesByRate) -> list[int]:
    """Return the rates an octave or more from ``home``, nearest first and upwards first."""
    octaves = {rate: math.log2(rate / home) for rate in carried}
    found = [rate for rate, octave in octaves.items() if octave and octave == round(octave)]
    return sorted(found, key=lambda rate: (abs(octaves[rate]), -rate))


def _place(
    name: str, kbps: float, home: int, carried: BitratesByRate, policy: str
) -> PlannedBitrate:
    if kbps in carried[home]:
        return PlannedBitrate(kbps, home, kbps)
    if policy == "clamp":
        return PlannedBitrate(kbps, home, float(carried[home].nearest(kbps)))
    others = [rate for rate in _family(home, carried) if kbps in carried[rate]]
    if policy == "promote" and others:
        return PlannedBitrate(kbps, others[0], kbps)
    message = f"{name} cannot be {kbps:g} kbit/s: {_legal(name, home, carried)}"
    for rate in _family(home, carried) if policy == "promote" else ():
        message += f"; {_legal(name, rate, carried)}"
    if others:
        message += f"; at {others[0]} Hz it could be (--bitrate-policy promote)"
    raise UsageError(message)
