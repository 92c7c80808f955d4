"""Chains: one codec after the other, as a call meets them on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..core.errors import UsageError
from ..core.options import format_option
from ..core.tables import Alias, Condition
from .base import Codec, CodedSignal
from .bitrates import Bitrates


@dataclass(frozen=True)
class Hop:
    """A codec of a chain and its bitrate in kbit/s (None: open, or it takes none)."""

    codec: Codec
    kbps: float | None = None

    @property
    def spec(self) -> str:
        """The hop as the command line takes it: ``opus:application=voip:16``."""
        return (
            self.codec.spec
            if self.kbps is None
            else f"{self.codec.spec}:{format_option(self.kbps)}"
        )

    @property
    def open(self) -> bool:
        """Whether ``--bitrates`` belong to it."""
        return self.codec.takes_bitrates and self.kbps is None


@dataclass(frozen=True)
class Chain(Codec):
    """Codecs in a row; between them the signal is at its own rate and in float.

    Bitrate, stream and file are those of the last codec.
    """

    hops: tuple[Hop, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no bitrates could be given to."""
        if sum(hop.open for hop in self.hops) > 1:
            raise UsageError(
                f"chain {self.spec}: one codec at most may take its bitrate from --bitrates; "
                "write the others' behind them, such as mp3:64+opus"
            )

    @property
    def spec(self) -> str:
        """The chain as the command line takes it: ``mp3:64+opus:16``."""
        return "+".join(hop.spec for hop in self.hops)

    @property
    def label(self) -> str:
        """The codecs' labels, joined."""
        return "+".join(hop.codec.label for hop in self.hops)

    @property
    def name(self) -> str:  # type: ignore[override]
        """The spec: a chain is registered nowhere."""
        return self.spec

    @property
    def title(self) -> str:  # type: ignore[override]
        """What it is, in one line."""
        return "one after the other: " + ", ".join(hop.spec for hop in self.hops)

    @property
    def version(self) -> str:  # type: ignore[override]
        """The versions of its codecs."""
        return "+".join(str(hop.codec.version) for hop in self.hops)

    @property
    def takes_bitrates(self) -> bool:  # type: ignore[override]
        """Whether one of its codecs is left without a bitrate."""
        return any(hop.open for hop in self.hops)

    @property
    def keeps_waveform(self) -> bool:  # type: ignore[override]
        """Whether all of its codecs keep the waveform."""
        return all(hop.codec.keeps_waveform for hop in self.hops)

    @property
    def integer_samples(self) -> bool:  # type: ignore[override]
        """Whether one of its codecs clips at full scale."""
        return any(hop.codec.integer_samples for hop in self.hops)

    def bitrates(self, rate: int) -> Bitrates | None:
        """Return what the codec that is left without a bitrate carries at a rate (Hz)."""
        return next((hop.codec.bitrates(rate) for hop in self.hops if hop.open), None)

    def unavailable(self) -> str:
        """Return why one of its codecs cannot be used."""
        return "; ".join(filter(None, (hop.codec.unavailable() for hop in self.hops)))

    def engine(self) -> str:
        """Return the engines of its codecs."""
        return ", ".join(filter(None, dict.fromkeys(hop.codec.engine() for hop in self.hops)))

    def encoder(self) -> str:
        """Return its encoders, in order."""
        return " + ".join(hop.codec.encoder() or hop.codec.name for hop in self.hops)

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Plan each hop, and a condition for each bitrate of the open one."""
        planned, open_hop, same = [], None, []
        for number, hop in enumerate(self.hops):
            asked = [hop.kbps] if hop.kbps is not None else []
            if hop.open:
                asked, open_hop = list(bitrates), number
            conditions, aliases = hop.codec.conditions(asked, rate, policy)
            planned.append(conditions)
            same += aliases if hop.open else []
        found = [_joined(self, hops) for hops in product(*planned)]
        if open_hop is None:
            if len(bitrates):
                raise UsageError(f"chain {self.spec} has all its bitrates: leave out --bitrates")
            return found, []
        hops = {one.hops[open_hop].name: one.hops for one in found}
        return found, [_alias(alias, hops[alias.same_as], open_hop) for alias in same]

    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Take the signals through each hop; what conditions share is coded once."""
        return self._on(0, False, signals, rate, [condition.hops for condition in conditions])

    def roundtrip_with_files(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """As `roundtrip`, with the files of the last codec."""
        return self._on(0, True, signals, rate, [condition.hops for condition in conditions])

    def _on(
        self,
        number: int,
        files: bool,
        signals: Sequence[np.ndarray],
        rate: int,
        ways: Sequence[tuple[Condition, ...]],
    ) -> list[list[CodedSignal]]:
        """Take the signals from hop ``number`` to the end of each way."""
        result: list[list[CodedSignal]] = [[] for _ in ways]
        nexts = list(dict.fromkeys(way[number] for way in ways))
        codec, last = self.hops[number].codec, number + 1 == len(self.hops)
        take = codec.roundtrip_with_files if files and last else codec.roundtrip
        coded = take(signals, rate, nexts)
        for condition, row in zip(nexts, coded, strict=True):
            mine = [w for w, way in enumerate(ways) if way[number] == condition]
            rows = [row] * len(mine)
            if not last:
                passed = [one.signal for one in row]
                rows = self._on(number + 1, files, passed, rate, [ways[w] for w in mine])
            for w, found in zip(mine, rows, strict=True):
                result[w] = found
        return result


def _joined(chain: Chain, hops: tuple[Condition, ...]) -> Condition:
    marks = dict.fromkeys(hop.mark for hop in hops if hop.mark)
    return Condition(
        "+".join(hop.name for hop in hops),
        chain.spec,
        hops[-1].kbps,
        hops[-1].codec_rate_hz,
        mark="; ".join(marks),
        hops=hops,
    )


def _alias(alias: Alias, hops: tuple[Condition, ...], number: int) -> Alias:
    """Return a hop's alias as one of the chain."""
    names = [hop.name for hop in hops]
    same_as = "+".join(names)
    names[number] = alias.name
    return Alias("+".join(names), alias.requested_kbps, same_as)
