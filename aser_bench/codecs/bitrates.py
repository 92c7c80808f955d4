"""Bitrates that a codec supports at each sample rate, and the treatment of all others.

Each sample rate has its own set of bitrates. Encoders silently take the nearest supported bitrate
if another one is requested, so the bitrates are planned here: the name of a condition states the
bitrate that is coded.
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
        Ascending. All supported bitrates or, if ``continuous``, a selection of common ones.
    continuous : bool
        Whether all bitrates from the lowest to the highest are supported.
    """

    values: tuple[float, ...]
    continuous: bool = False

    def __contains__(self, kbps: float) -> bool:
        """Whether a bitrate is supported."""
        if self.continuous:
            return self.values[0] <= kbps <= self.values[-1]
        return kbps in self.values

    def nearest(self, kbps: float) -> float:
        """Return the nearest supported bitrate, the lower one of two at the same distance."""
        if self.continuous:
            return min(max(kbps, self.values[0]), self.values[-1])
        return nearest(kbps, self.values)

    @property
    def span(self) -> str:
        """The lowest and the highest bitrate: ``8 to 160``."""
        return f"{self.values[0]:g} to {self.values[-1]:g}"

    def __str__(self) -> str:
        if self.continuous:
            return f"{self.span} kbit/s"
        return f"{', '.join(f'{kbps:g}' for kbps in self.values)} kbit/s"


@dataclass(frozen=True)
class PlannedBitrate:
    """A requested bitrate, and the sample rate (Hz) and bitrate (kbit/s) that are coded for it."""

    requested: float
    rate: int
    kbps: float


BitratesByRate = Mapping[int, Bitrates]
"""Sample rate in Hz -> bitrates that the codec supports at it."""


def format_kbps(kbps: float) -> str:
    """Return a bitrate as in the name of a condition.

    Examples
    --------
    >>> format_kbps(64), format_kbps(12.65), format_kbps(0.7)
    ('64k', '12k65', '0k7')
    """
    text = f"{kbps:g}"
    return text.replace(".", "k") if "." in text else f"{text}k"


def nearest(value: float, candidates: Sequence[float]) -> float:
    """Return the candidate nearest to a value, the lower one of two at the same distance."""
    return min(sorted(candidates), key=lambda candidate: abs(candidate - value))


def nearest_rate(rate: int, supported: BitratesByRate) -> int:
    """Return the sample rate (Hz) of a codec that is nearest to the rate of the signals."""
    return int(nearest(rate, tuple(supported)))


def plan_bitrates(
    name: str, bitrates: Sequence[float], rate: int, supported: BitratesByRate, policy: str
) -> list[PlannedBitrate]:
    """Return the coded sample rate and bitrate for each requested bitrate.

    Parameters
    ----------
    name : str
        Name of the codec, for error messages.
    bitrates : sequence of float
        Requested bitrates in kbit/s.
    rate : int
        Sample rate of the signals in Hz.
    supported : mapping
        Bitrates that the codec supports at each of its sample rates.
    policy : {"promote", "clamp", "error"}
        Treatment of a bitrate that is not supported at the rate: ``promote`` codes it at a rate
        that supports it and is one or more octaves away, ``clamp`` codes the nearest bitrate,
        ``error`` raises an error.

    Returns
    -------
    list of PlannedBitrate
        In ascending order, without duplicates.

    Raises
    ------
    UsageError
        If a bitrate cannot be coded under the policy, or the policy is unknown.
    """
    if policy not in POLICIES:
        raise UsageError(f"unknown bitrate policy {policy!r}{suggest(str(policy), POLICIES)}")
    codec_rate = nearest_rate(rate, supported)
    if not len(bitrates):
        raise UsageError(f"{name} needs bitrates; {_describe(codec_rate, supported)}")
    requested = sorted({_check_bitrate(bitrate) for bitrate in bitrates})
    return [_plan(name, kbps, codec_rate, supported, policy) for kbps in requested]


def aliases(
    planned: Sequence[PlannedBitrate], names: Mapping[PlannedBitrate, str], label: str
) -> list[Alias]:
    """Return an `Alias` for each bitrate that is coded as another bitrate.

    Parameters
    ----------
    planned : sequence of PlannedBitrate
    names : mapping
        Planned bitrate -> name of its condition.
    label : str
        First part of the names of the codec's conditions.
    """
    return [
        Alias(f"{label}-{format_kbps(plan.requested)}", plan.requested, same_as=names[plan])
        for plan in planned
        if plan.requested != plan.kbps
    ]


def _check_bitrate(bitrate: float) -> float:
    if not math.isfinite(bitrate) or bitrate <= 0:
        raise UsageError(f"{bitrate} is not a bitrate in kbit/s")
    return float(bitrate)


def _describe(rate: int, supported: BitratesByRate) -> str:
    return f"at {rate} Hz it supports {supported[rate]}"


def _octave_rates(codec_rate: int, supported: BitratesByRate) -> list[int]:
    """Return the rates one or more octaves from a rate: the nearest first, higher ones first."""
    octaves = {rate: math.log2(rate / codec_rate) for rate in supported}
    rates = [rate for rate, octave in octaves.items() if octave and octave == round(octave)]
    return sorted(rates, key=lambda rate: (abs(octaves[rate]), -rate))


def _plan(
    name: str, kbps: float, codec_rate: int, supported: BitratesByRate, policy: str
) -> PlannedBitrate:
    if kbps in supported[codec_rate]:
        return PlannedBitrate(kbps, codec_rate, kbps)
    if policy == "clamp":
        return PlannedBitrate(kbps, codec_rate, float(supported[codec_rate].nearest(kbps)))
    octave_rates = _octave_rates(codec_rate, supported)
    candidates = [rate for rate in octave_rates if kbps in supported[rate]]
    if policy == "promote" and candidates:
        return PlannedBitrate(kbps, candidates[0], kbps)
    message = f"{name} cannot code {kbps:g} kbit/s: {_describe(codec_rate, supported)}"
    if policy == "promote":
        message += "".join(f"; {_describe(rate, supported)}" for rate in octave_rates)
    if candidates:
        message += f"; --bitrate-policy promote codes it at {candidates[0]} Hz"
    raise UsageError(message)
