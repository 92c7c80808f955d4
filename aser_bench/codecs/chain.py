"""Chains of codecs, as in tandem coding: each codec codes the output of the previous one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from ..core.errors import UsageError
from ..core.options import format_option
from ..core.tables import Alias, Condition
from .base import Codec, CodedSignal
from .bitrates import Bitrates
from .signals import Signal


@dataclass(frozen=True)
class Hop:
    """A codec of a chain, and its bitrate in kbit/s.

    The bitrate is None if the codec takes none, or if it takes those of ``--bitrates``.
    """

    codec: Codec
    kbps: float | None = None

    @property
    def spec(self) -> str:
        """The spec of the codec with the bitrate: ``opus:application=voip:16``."""
        return (
            self.codec.spec
            if self.kbps is None
            else f"{self.codec.spec}:{format_option(self.kbps)}"
        )

    @property
    def open(self) -> bool:
        """Whether the codec takes the bitrates of ``--bitrates``."""
        return self.codec.takes_bitrates and self.kbps is None


@dataclass(frozen=True)
class Chain(Codec):
    """Codecs in sequence; between them the signal is float32 at the rate of the source.

    Bitrate, stream and file of the result are those of the last codec.
    """

    hops: tuple[Hop, ...] = ()

    def __post_init__(self) -> None:
        """Check that at most one codec takes its bitrate from ``--bitrates``."""
        if sum(hop.open for hop in self.hops) > 1:
            raise UsageError(
                f"chain {self.spec}: at most one codec may be without its bitrate; "
                "give the bitrates of the others in the chain, such as mp3:64+opus"
            )

    @property
    def spec(self) -> str:
        """The specs of the codecs, joined: ``mp3:64+opus:16``."""
        return "+".join(hop.spec for hop in self.hops)

    @property
    def label(self) -> str:
        """The labels of the codecs, joined."""
        return "+".join(hop.codec.label for hop in self.hops)

    # These values depend on the hops, so properties replace the class variables of Codec.

    @property
    def name(self) -> str:  # type: ignore[override]
        """The spec, because a chain is not in the registry."""
        return self.spec

    @property
    def title(self) -> str:  # type: ignore[override]
        """Description in one line."""
        return "chain of " + ", ".join(hop.spec for hop in self.hops)

    @property
    def version(self) -> str:  # type: ignore[override]
        """The versions of the codecs, joined."""
        return "+".join(str(hop.codec.version) for hop in self.hops)

    @property
    def takes_bitrates(self) -> bool:  # type: ignore[override]
        """Whether one of the codecs takes the bitrates of ``--bitrates``."""
        return any(hop.open for hop in self.hops)

    @property
    def keeps_waveform(self) -> bool:  # type: ignore[override]
        """Whether all codecs keep the waveform."""
        return all(hop.codec.keeps_waveform for hop in self.hops)

    @property
    def integer_samples(self) -> bool:  # type: ignore[override]
        """Whether one of the codecs clips at full scale."""
        return any(hop.codec.integer_samples for hop in self.hops)

    def bitrates(self, rate: int) -> Bitrates | None:
        """Return the bitrates of the open codec at a sample rate (Hz); None if none is open."""
        return next((hop.codec.bitrates(rate) for hop in self.hops if hop.open), None)

    def unavailable(self) -> str:
        """Return why codecs of the chain cannot be used here; empty if they can."""
        return "; ".join(filter(None, (hop.codec.unavailable() for hop in self.hops)))

    def engine(self) -> str:
        """Return the engines of the codecs."""
        return ", ".join(filter(None, dict.fromkeys(hop.codec.engine() for hop in self.hops)))

    def encoder(self) -> str:
        """Return the encoders, in order."""
        return " + ".join(hop.codec.encoder() or hop.codec.name for hop in self.hops)

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Plan each hop, and a condition for each bitrate of the open hop."""
        planned: list[list[Condition]] = []
        open_hop: int | None = None
        hop_aliases: list[Alias] = []
        for number, hop in enumerate(self.hops):
            requested = [hop.kbps] if hop.kbps is not None else []
            if hop.open:
                requested, open_hop = list(bitrates), number
            conditions, aliases = hop.codec.conditions(requested, rate, policy)
            planned.append(conditions)
            hop_aliases += aliases if hop.open else []
        chained = [_joined(self, hops) for hops in product(*planned)]
        if open_hop is None:
            if len(bitrates):
                raise UsageError(
                    f"chain {self.spec} already gives all bitrates: leave out the bitrates"
                )
            return chained, []
        hops_by_name = {condition.hops[open_hop].name: condition.hops for condition in chained}
        return chained, [
            _chain_alias(alias, hops_by_name[alias.same_as], open_hop) for alias in hop_aliases
        ]

    def roundtrip(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode with each codec in turn; shared first hops are coded once."""
        return self._from_hop(0, signals, rate, [condition.hops for condition in conditions])

    def roundtrip_with_files(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode like `roundtrip`, with the files of the last codec."""
        hops = [condition.hops for condition in conditions]
        return self._from_hop(0, signals, rate, hops, with_files=True)

    def _from_hop(
        self,
        number: int,
        signals: Sequence[Signal],
        rate: int,
        paths: Sequence[tuple[Condition, ...]],
        *,
        with_files: bool = False,
    ) -> list[list[CodedSignal]]:
        """Code the signals from hop ``number`` to the last one.

        Each path holds the hops of one condition. Conditions with the same hop ``number`` share
        its result, so it is coded once for all of them.
        """
        result: list[list[CodedSignal]] = [[] for _ in paths]
        distinct = list(dict.fromkeys(path[number] for path in paths))
        codec, is_last = self.hops[number].codec, number + 1 == len(self.hops)
        roundtrip = codec.roundtrip_with_files if with_files and is_last else codec.roundtrip
        coded = roundtrip(signals, rate, distinct)
        for condition, row in zip(distinct, coded, strict=True):
            indices = [p for p, path in enumerate(paths) if path[number] == condition]
            rows = [row] * len(indices)
            if not is_last:
                decoded = [version.signal for version in row]
                rest = [paths[p] for p in indices]
                rows = self._from_hop(number + 1, decoded, rate, rest, with_files=with_files)
            for p, path_row in zip(indices, rows, strict=True):
                result[p] = path_row
        return result


def _joined(chain: Chain, hops: tuple[Condition, ...]) -> Condition:
    """Return the condition of a chain from the conditions of its codecs."""
    marks = dict.fromkeys(hop.mark for hop in hops if hop.mark)
    return Condition(
        "+".join(hop.name for hop in hops),
        chain.spec,
        hops[-1].kbps,
        hops[-1].codec_rate_hz,
        mark="; ".join(marks),
        hops=hops,
    )


def _chain_alias(alias: Alias, hops: tuple[Condition, ...], number: int) -> Alias:
    """Return the alias of a chain from the alias of its hop ``number``."""
    names = [hop.name for hop in hops]
    same_as = "+".join(names)
    names[number] = alias.name
    return Alias("+".join(names), alias.requested_kbps, same_as)
