"""Chains of codecs: names, conditions, and coding."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from aser_bench.codecs import roundtrip, specs
from aser_bench.codecs.base import Codec, CodedSignal
from aser_bench.codecs.chain import Chain, Hop
from aser_bench.codecs.mp3 import COMPONENT as MP3
from aser_bench.core.errors import CodecError, UsageError
from aser_bench.core.tables import Alias, Condition

RATE = 16_000
NOISE = (0.1 * np.random.default_rng(3).standard_normal(6000)).astype(np.float32)


@dataclass(frozen=True)
class Adds(Codec):
    """A codec that adds its bitrate to every sample, and records its calls."""

    spec_name: str = "adds"
    step: float = 0.0
    reason: str = ""
    calls: list[Any] = field(default_factory=list, compare=False, repr=False)

    name = "adds"
    title = "adds"
    version = 7

    @property
    def spec(self) -> str:
        return self.spec_name

    @property
    def label(self) -> str:
        return self.spec_name

    def unavailable(self) -> str:
        return self.reason

    def encoder(self) -> str:
        return f"{self.spec_name} 1.0"

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        name = self.spec_name
        coded = sorted({min(kbps, 100) for kbps in bitrates})
        return (
            [Condition(f"{name}-{kbps:g}k", name, kbps, rate) for kbps in coded],
            [Alias(f"{name}-{k:g}k", k, f"{name}-100k") for k in bitrates if k > 100],
        )

    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        self.calls.append((len(signals), [condition.kbps for condition in conditions]))
        return [
            [
                CodedSignal(signal + c.kbps, c.kbps, self.spec_name, b"file", self.spec_name)
                for signal in signals
            ]
            for c in conditions
        ]


def planned(spec: str, *bitrates: float, policy: str = "promote"):
    codec = specs.get(spec)
    return codec, *codec.conditions(list(bitrates), RATE, policy)


@pytest.mark.parametrize(
    ("spec", "bitrates", "steps"),
    [
        ("mp3:64+opus:16", [], [("mp3", 64), ("opus", 16)]),
        ("mp3+opus:16", [24], [("mp3", 24), ("opus", 16)]),
        ("g711+mp3", [16], [("g711", None), ("mp3", 16)]),
        ("gsm+gsm+gsm", [], [("gsm", None)] * 3),
        ("mp3:256+gain:db=-6", [], [("mp3", 256), ("gain:db=-6", None)]),
        ("mp3:64", [], [("mp3", 64)]),
    ],
)
def test_result_is_that_of_the_codecs_in_sequence(spec, bitrates, steps):
    codec, (condition,), _ = planned(spec, *bitrates)
    (coded,) = codec.roundtrip([NOISE], RATE, [condition])[0]
    expected = NOISE
    for step, kbps in steps:
        expected = roundtrip(expected, RATE, step, kbps)
    np.testing.assert_array_equal(coded.signal, expected)
    assert coded.signal.shape == NOISE.shape
    assert coded.signal.dtype == np.float32


def test_bitrate_stream_and_file_are_those_of_the_last_codec():
    codec, (condition,), _ = planned("gain:db=-6+mp3:64")
    (coded,) = codec.roundtrip_with_files([NOISE], RATE, [condition])[0]
    quiet = roundtrip(NOISE, RATE, "gain:db=-6")
    conditions, _ = MP3.conditions([64], RATE, "error")
    alone = MP3.roundtrip_with_files([quiet], RATE, conditions)[0][0]
    assert (coded.kbps, coded.stream, coded.suffix) == (64, alone.stream, "mp3")
    assert coded.file == alone.file != b""


def test_shared_hops_are_coded_once():
    first, second, third = Adds("a"), Adds("b"), Adds("c")
    chain = Chain((Hop(first, 1), Hop(second, 2), Hop(third)))
    conditions, _ = chain.conditions([3, 4, 5], RATE, "error")
    coded = chain.roundtrip([NOISE, NOISE], RATE, conditions)
    assert first.calls == [(2, [1])]
    assert second.calls == [(2, [2])]
    assert third.calls == [(2, [3, 4, 5])]
    for row, kbps in zip(coded, (3, 4, 5), strict=True):
        np.testing.assert_allclose(row[1].signal, NOISE + 1 + 2 + kbps, atol=1e-5)


def test_different_hops_are_coded_separately():
    first, second = Adds("a"), Adds("b")
    chain = Chain((Hop(first), Hop(second, 2)))
    conditions, _ = chain.conditions([10, 20], RATE, "error")
    coded = chain.roundtrip([NOISE], RATE, conditions[::-1])
    assert first.calls == [(1, [20, 10])]
    assert second.calls == [(1, [2]), (1, [2])]
    np.testing.assert_allclose(coded[0][0].signal, NOISE + 22, atol=1e-5)
    np.testing.assert_allclose(coded[1][0].signal, NOISE + 12, atol=1e-5)


def test_conditions_may_be_repeated_and_in_any_order():
    codec, conditions, _ = planned("mp3+g711", 16, 64)
    order = [conditions[1], conditions[0], conditions[1]]
    first, second, third = (row[0] for row in codec.roundtrip([NOISE], RATE, order))
    np.testing.assert_array_equal(first.signal, third.signal)
    np.testing.assert_array_equal(second.signal, roundtrip(NOISE, RATE, "mp3:16+g711"))
    assert codec.roundtrip([], RATE, conditions) == [[], []]
    assert codec.roundtrip([NOISE], RATE, []) == []


def test_conditions_are_named_by_their_hops():
    _, conditions, aliases = planned("mp3:64+opus", 16, 24)
    assert [c.name for c in conditions] == ["mp3-64k+opus-16k", "mp3-64k+opus-24k"]
    assert [c.codec for c in conditions] == ["mp3:64+opus"] * 2
    assert [c.kbps for c in conditions] == [16, 24]
    assert [[hop.name for hop in c.hops] for c in conditions] == [
        ["mp3-64k", "opus-16k"],
        ["mp3-64k", "opus-24k"],
    ]
    assert aliases == []
    (condition,) = planned("amr-wb:12.65+g711")[1]
    assert condition.name == "amr-wb-12k65+g711-mu"
    assert (condition.kbps, condition.codec_rate_hz) == (64, 8000)


def test_properties_of_a_chain():
    chain = specs.get("opus:application=voip:16+g711+mp3")
    assert chain.spec == chain.name == "opus:application=voip:16+g711+mp3"
    assert chain.label == "opus-voip+g711-mu+mp3"
    assert chain.takes_bitrates
    assert not specs.get("opus:16+gsm").takes_bitrates
    assert "mp3" in chain.title
    assert "\n" not in chain.title
    assert specs.get("mp3:64+gsm").integer_samples
    assert not specs.get("mp3:64+aac:16").integer_samples
    assert specs.get("mp3:64+opus:16").keeps_waveform
    assert not specs.get("mp3:64+codec2:1.2").keeps_waveform


def test_properties_of_the_codecs_are_joined():
    chain = Chain(
        (Hop(Adds("a", reason="no a"), 1), Hop(Adds("b"), 2), Hop(Adds("c", reason="no c")))
    )
    assert chain.version == "7+7+7"
    assert chain.encoder() == "a 1.0 + b 1.0 + c 1.0"
    assert chain.unavailable() == "no a; no c"
    assert Chain((Hop(Adds()),)).unavailable() == ""
    assert specs.get("gain+mp3:64").encoder() == f"gain + {MP3.encoder()}"


def test_clamped_bitrates_have_aliases():
    _, conditions, aliases = planned("gsm+mp3", 64, 192, 256, policy="clamp")
    assert [c.name for c in conditions] == ["gsm+mp3-64k", "gsm+mp3-160k"]
    assert aliases == [
        Alias("gsm+mp3-192k", 192, same_as="gsm+mp3-160k"),
        Alias("gsm+mp3-256k", 256, same_as="gsm+mp3-160k"),
    ]


def test_alias_changes_only_the_hop_with_open_bitrate():
    _, (condition,), aliases = planned("mp3:160+mp3", 192, policy="clamp")
    assert condition.name == "mp3-160k+mp3-160k"
    assert aliases == [Alias("mp3-160k+mp3-192k", 192, same_as="mp3-160k+mp3-160k")]


def test_promoted_bitrates_are_marked():
    _, (low, high), _ = planned("gsm+mp3", 64, 256)
    assert low.mark == ""
    assert "32 kHz" in high.mark
    _, (condition,), _ = planned("mp3:256+mp3:192")
    assert condition.mark.count("32 kHz") == 1  # the mark is not repeated


def test_rejects_unsupported_fixed_bitrates():
    with pytest.raises(UsageError, match="mp3 cannot code 20 kbit/s"):
        planned("mp3:20+opus", 16)
    with pytest.raises(UsageError, match="mp3 cannot code 192 kbit/s"):
        planned("mp3:192+opus", 16, policy="error")


def test_rejects_bitrates_for_a_chain_that_has_all():
    with pytest.raises(UsageError, match="chain mp3:64\\+gsm already gives all bitrates"):
        planned("mp3:64+gsm", 32)


def test_rejects_missing_bitrates():
    with pytest.raises(UsageError, match="opus needs bitrates"):
        planned("mp3:64+opus")


def test_conditions_and_chains_can_be_pickled():
    """Conditions are keys of dictionaries and part of pickled tasks."""
    codec, conditions, _ = planned("mp3:256+opus:application=voip", 16, 24)
    assert pickle.loads(pickle.dumps(conditions)) == conditions
    assert pickle.loads(pickle.dumps(codec)) == codec
    assert len({hash(condition) for condition in conditions}) == 2
    copy = pickle.loads(pickle.dumps(conditions[1]))
    np.testing.assert_array_equal(
        codec.roundtrip([NOISE], RATE, [copy])[0][0].signal,
        codec.roundtrip([NOISE], RATE, [conditions[1]])[0][0].signal,
    )


def test_error_names_the_hop(monkeypatch):
    _, conditions, _ = planned("mp3:64+gsm")
    monkeypatch.setattr(type(MP3), "max_excess", -10_000)
    with pytest.raises(CodecError, match="mp3-64k"):
        MP3.roundtrip_with_files([NOISE], RATE, [conditions[0].hops[0]])
    with pytest.raises(CodecError, match="mp3-64k"):
        specs.get("gsm+mp3:64").roundtrip_with_files([NOISE], RATE, planned("gsm+mp3:64")[1])
