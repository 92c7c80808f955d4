"""One suite over every registered codec: being registered is what puts a codec under test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from aser_bench import registry
from aser_bench.codecs import audit, roundtrip
from aser_bench.codecs.base import POLICIES, Codec
from aser_bench.errors import AudioError, UsageError
from aser_bench.tables import Condition

RATE = 16_000
CANDIDATES = (6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 160, 192, 256, 320)


@dataclass(frozen=True)
class Case:
    """One codec at one condition."""

    codec: Codec
    condition: Condition

    def code(self, *signals):
        """Return the signals after the round trip at this condition, as `Coded`."""
        return self.codec.roundtrip(signals, RATE, [self.condition])[0]


def legal_conditions(codec: Codec) -> list[Condition]:
    if not codec.takes_bitrates:
        return codec.conditions([], RATE, "error")[0]
    found = []
    for bitrate in CANDIDATES:
        try:
            found += codec.conditions([bitrate], RATE, "promote")[0]
        except UsageError:  # not a bitrate of this codec's
            continue
    return found


def cases() -> list:
    codecs = [registry.get("codecs", name) for name in registry.names("codecs")]
    return [
        pytest.param(Case(codec, condition), id=condition.name)
        for codec in codecs
        for condition in legal_conditions(codec)
    ]


every_codec = pytest.mark.parametrize("name", registry.names("codecs"))
every_case = pytest.mark.parametrize("case", cases())


@cache
def voice() -> np.ndarray:
    """A second and a half of something voiced, from 120 to 2400 Hz, with pauses."""
    time = np.arange(24_000) / RATE
    phase = 2 * np.pi * (120 * time + 20 * np.sin(2 * np.pi * 2 * time) / (2 * np.pi * 2))
    tones = sum(np.sin(h * phase + h * h) / h for h in range(1, 21))
    noise = np.random.default_rng(0).standard_normal(len(time))
    envelope = np.clip(np.sin(2 * np.pi * 2 * time), 0, 1)
    return (0.2 * envelope * tones + 1e-4 * noise).astype(np.float32)


@every_codec
def test_a_codec_says_what_it_is(name):
    codec = registry.get("codecs", name)
    assert codec.name == name
    assert codec.title
    assert "\n" not in codec.title
    assert legal_conditions(codec), "no condition of it can be tested"
    assert isinstance(codec.encoder(), str)


@every_codec
@pytest.mark.parametrize("policy", POLICIES)
def test_conditions_are_named_once_and_rise(name, policy):
    codec = registry.get("codecs", name)
    bitrates = [c.kbps for c in legal_conditions(codec) if c.codec_rate_hz in (None, RATE)]
    bitrates = bitrates if codec.takes_bitrates else []
    conditions, aliases = codec.conditions([*reversed(bitrates), *bitrates], RATE, policy)
    names = [condition.name for condition in conditions]
    assert len(set(names)) == len(names)
    assert {condition.codec for condition in conditions} == {name}
    if codec.takes_bitrates:
        assert [condition.kbps for condition in conditions] == sorted(set(bitrates))
    assert aliases == []


@every_case
def test_length_time_level_and_type(case):
    (coded,) = case.code(voice())
    assert coded.signal.dtype == np.float32
    assert coded.signal.shape == voice().shape
    assert audit.lag_samples(voice(), coded.signal) == 0
    assert audit.gain_db(voice(), coded.signal) == pytest.approx(0, abs=1)


@every_case
def test_the_bitrate_is_what_the_name_says(case):
    (coded,) = case.code(voice())
    assert coded.kbps == case.condition.kbps
    if case.condition.kbps is not None:
        assert f"{case.condition.kbps:g}k" in case.condition.name
        assert coded.stream


@every_case
def test_the_same_samples_twice(case):
    one, two = case.code(voice())[0], case.code(voice())[0]
    np.testing.assert_array_equal(one.signal, two.signal)
    assert one.stream == two.stream


@every_case
def test_a_batch_is_the_same_as_one_by_one(case):
    signals = [voice(), voice()[:5000], -voice(), voice()[3000:3001]]
    for batched, signal in zip(case.code(*signals), signals, strict=True):
        (alone,) = case.code(signal)
        np.testing.assert_array_equal(batched.signal, alone.signal)
        assert batched.stream == alone.stream


@every_codec
def test_all_conditions_at_once_are_the_same_as_one_by_one(name):
    codec = registry.get("codecs", name)
    conditions = legal_conditions(codec)[::-2]
    together = codec.roundtrip([voice(), voice()[:4000]], RATE, conditions)
    assert len(together) == len(conditions)
    for condition, row in zip(conditions, together, strict=True):
        (alone,) = codec.roundtrip([voice()], RATE, [condition])
        np.testing.assert_array_equal(row[0].signal, alone[0].signal)
        assert len(row) == 2


@every_case
def test_silence_stays_silent(case):
    (coded,) = case.code(np.zeros(8000, np.float32))
    assert np.abs(coded.signal).max() < 1e-4


@every_case
@pytest.mark.parametrize("n", [1, 400])
def test_the_shortest_survive(case, n):
    (coded,) = case.code(voice()[2000 : 2000 + n])
    assert coded.signal.shape == (n,)
    assert np.isfinite(coded.signal).all()


@every_case
def test_the_source_is_left_alone(case):
    source = voice().copy()
    source.flags.writeable = False
    case.code(source)
    np.testing.assert_array_equal(source, voice())


@every_case
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(case, bad):
    source = voice()[:4000].copy()
    source[1234] = bad
    with pytest.raises(AudioError, match="NaN or infinity"):
        case.code(voice(), source)


@every_case
@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((2, 100))], ids=["empty", "stereo"])
def test_what_is_not_a_mono_signal_is_refused(case, bad):
    with pytest.raises(AudioError):
        case.code(bad.astype(np.float32))


@every_codec
def test_no_signals_and_no_conditions(name):
    codec = registry.get("codecs", name)
    conditions = legal_conditions(codec)[:2]
    assert codec.roundtrip([], RATE, conditions) == [[] for _ in conditions]
    assert codec.roundtrip([voice()], RATE, []) == []


@every_codec
def test_the_public_function_is_the_same(name):
    codec = registry.get("codecs", name)
    condition = legal_conditions(codec)[-1]
    alone = codec.roundtrip([voice()], RATE, [condition])[0][0].signal
    bitrate = condition.kbps if codec.takes_bitrates else None
    np.testing.assert_array_equal(roundtrip(voice(), RATE, name, bitrate), alone)


@every_case
def test_real_speech(case, shared_corpora):
    """Quiet RAVDESS and full-scale EmoDB: in time, and overshoots are not clipped."""
    import soundfile

    files = [
        *sorted((shared_corpora / "ravdess").glob("Actor_0[36]/*.flac"))[::50],
        *sorted((shared_corpora / "emodb" / "wav").glob("*.flac"))[::180],
    ]
    signals = [soundfile.read(file, dtype="float32")[0] for file in files]
    assert signals
    for signal, coded in zip(signals, case.code(*signals), strict=True):
        assert coded.signal.shape == signal.shape
        assert audit.lag_samples(signal, coded.signal) == 0
        assert -3 < audit.gain_db(signal, coded.signal) < 1
        assert coded.kbps == case.condition.kbps


@every_case
def test_full_scale_is_not_clipped(case):
    """Noise that is always at full scale: whatever filters it at all, overshoots it."""
    loud = np.sign(np.random.default_rng(7).standard_normal(16_000)).astype(np.float32)
    (coded,) = case.code(loud)
    if not np.array_equal(coded.signal, loud):
        assert np.abs(coded.signal).max() > 1.05
