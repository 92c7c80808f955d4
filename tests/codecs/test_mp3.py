"""MP3: bitrates and policies, alignment, and level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.codecs import audit, mpeg, roundtrip, streams
from aser_bench.codecs.mp3 import COMPONENT as MP3
from aser_bench.core.errors import AudioError, UsageError
from aser_bench.core.tables import Alias

STUDY = (256, 192, 128, 96, 64, 24, 16, 8)


def speechlike(rate: int, seconds: float, seed: int = 0) -> np.ndarray:
    """Return a voice-like tone with harmonics and noise, mostly below 3 kHz."""
    time = np.arange(int(rate * seconds)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(time))
    voice = sum(np.sin(2 * np.pi * 150 * h * time + h) / h for h in range(1, 20))
    return (0.2 * voice * (1 + np.sin(2 * np.pi * 3 * time)) + 0.002 * noise).astype(np.float32)


def planned(bitrates, rate=16000, policy="promote"):
    conditions, aliases = MP3.conditions(bitrates, rate, policy)
    return [(c.name, c.kbps, c.codec_rate_hz) for c in conditions], aliases


def test_promote_codes_high_bitrates_at_32_khz():
    conditions, aliases = MP3.conditions(STUDY, 16000, "promote")
    assert [c.name for c in conditions] == [f"mp3-{k}k" for k in sorted(STUDY)]
    assert [c.codec_rate_hz for c in conditions] == [16000] * 6 + [32000] * 2
    assert aliases == []
    for condition in conditions:
        assert bool(condition.mark) == (condition.kbps > 160) == bool(condition.params)
    assert "32 kHz" in conditions[-1].mark
    assert "bandwidth and level" in conditions[-1].mark


def test_clamp_names_conditions_by_the_coded_bitrate():
    conditions, aliases = planned(STUDY, policy="clamp")
    assert [name for name, _, _ in conditions] == [
        "mp3-8k",
        "mp3-16k",
        "mp3-24k",
        "mp3-64k",
        "mp3-96k",
        "mp3-128k",
        "mp3-160k",
    ]
    assert aliases == [Alias("mp3-192k", 192, "mp3-160k"), Alias("mp3-256k", 256, "mp3-160k")]


def test_clamped_bitrate_is_merged_with_a_requested_one():
    conditions, aliases = planned([160, 320], policy="clamp")
    assert conditions == [("mp3-160k", 160, 16000)]
    assert aliases == [Alias("mp3-320k", 320, "mp3-160k")]


def test_error_names_the_bitrate_the_rate_and_the_supported_ones():
    with pytest.raises(UsageError, match=r"192 kbit/s: at 16000 Hz it supports 8, 16, .*160"):
        MP3.conditions([8, 192], 16000, "error")


@pytest.mark.parametrize("policy", ["promote", "error"])
@pytest.mark.parametrize("bitrate", [20, 1000, 12.5, 1])
def test_rejects_bitrates_that_mp3_does_not_have(bitrate, policy):
    with pytest.raises(UsageError, match="it supports 8, 16, 24"):
        MP3.conditions([bitrate], 16000, policy)


def test_rejects_missing_bitrates_and_unknown_policy():
    with pytest.raises(UsageError, match="needs bitrates"):
        MP3.conditions([], 16000, "promote")
    with pytest.raises(UsageError, match="did you mean 'promote'"):
        MP3.conditions([8], 16000, "promot")


def test_duplicates_are_merged():
    assert planned([64, 8, 64.0, 8])[0] == [("mp3-8k", 8, 16000), ("mp3-64k", 64, 16000)]


@pytest.mark.parametrize(
    ("rate", "bitrate", "codec_rate"),
    [
        (8000, 96, 16000),
        (8000, 256, 32000),
        (11025, 160, 22050),
        (12000, 320, 48000),
        (22050, 320, 44100),
        (24000, 192, 48000),
        (44100, 8, 22050),
        (48000, 24, 24000),
        (24414, 64, 24000),
        (24414, 192, 48000),
        (96000, 320, 48000),
        (7000, 8, 8000),
    ],
)
def test_promotion_changes_the_rate_by_octaves(rate, bitrate, codec_rate):
    assert planned([bitrate], rate)[0] == [(f"mp3-{bitrate}k", bitrate, codec_rate)]


@settings(deadline=None)
@given(
    st.lists(st.floats(0.5, 2000) | st.sampled_from(STUDY), min_size=1, max_size=6),
    st.sampled_from([8000, 16000, 24414, 44100, 48000]),
    st.sampled_from(["promote", "clamp", "error"]),
)
def test_plan_is_valid_and_contains_every_request(bitrates, rate, policy):
    try:
        conditions, aliases = MP3.conditions(bitrates, rate, policy)
    except UsageError:
        assert policy != "clamp"
        return
    names = [c.name for c in conditions]
    assert len(set(names)) == len(names)
    assert [c.kbps for c in conditions] == sorted(c.kbps for c in conditions)
    assert all(c.kbps in mpeg.BITRATES[c.codec_rate_hz] for c in conditions)
    assert {a.same_as for a in aliases} <= set(names)
    assert not {a.name for a in aliases} & set(names)
    planned = {c.kbps for c in conditions} | {a.requested_kbps for a in aliases}
    assert set(map(float, bitrates)) <= planned


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 400), st.sampled_from([8000, 16000, 48000]))
def test_clamp_chooses_the_bitrate_that_ffmpeg_writes(bitrate, rate):
    """Only for whole bitrates, because ffmpeg passes only the whole part to LAME."""
    conditions, _ = MP3.conditions([bitrate], rate, "clamp")
    encoding = streams.Encoding("libmp3lame", bitrate, "mp3")
    with streams.encode([np.zeros(2000, np.float32)], rate, [encoding]) as paths:
        assert mpeg.parse(paths[0][0].read_bytes()).kbps == conditions[0].kbps


@pytest.mark.parametrize("rate", [*mpeg.BITRATES, 24414, 7000, 96000])
def test_length_and_delay_at_every_sample_rate(rate):
    signal = speechlike(rate, 0.7)
    for bitrate in (8, 64, 320):
        coded = roundtrip(signal, rate, "mp3", bitrate, policy="promote")
        assert coded.dtype == np.float32
        assert coded.shape == signal.shape
        assert audit.lag_samples(signal, coded) == 0
        assert audit.gain_db(signal, coded) == pytest.approx(0, abs=2)


@pytest.mark.parametrize("n", [1, 2, 3, 575, 576, 577, 1105, 1152, 1153, 4097])
@pytest.mark.parametrize("rate", [16000, 24414, 48000])
def test_length_is_kept(n, rate):
    signal = speechlike(rate, 1)[:n]
    for bitrate in (8, 256):
        assert len(roundtrip(signal, rate, "mp3", bitrate)) == n


def test_a_minute_is_coded_without_delay():
    signal = speechlike(16000, 60)
    coded = roundtrip(signal, 16000, "mp3", 16)
    assert len(coded) == len(signal)
    assert audit.lag_samples(signal, coded) == 0


def test_level_of_lame():
    """LAME lowers the level by 0.45 dB at constant bitrates, except at the highest ones."""
    signal = speechlike(16000, 2)
    level = {k: audit.gain_db(signal, roundtrip(signal, 16000, "mp3", k)) for k in (64, 192, 256)}
    assert level[64] == pytest.approx(-0.45, abs=0.05)
    assert level[192] == pytest.approx(-0.26, abs=0.05)
    assert level[256] == pytest.approx(0, abs=0.05)


def test_promoted_bitrate_has_more_bandwidth_than_clamped_one():
    signal = np.random.default_rng(5).standard_normal(16000).astype(np.float32) * 0.1
    promoted = roundtrip(signal, 16000, "mp3", 256)
    clamped = roundtrip(signal, 16000, "mp3", 256, policy="clamp")
    assert audit.bandwidth_hz(signal, clamped, 16000) < 7400
    assert audit.bandwidth_hz(signal, promoted, 16000) > 7600
    np.testing.assert_array_equal(clamped, roundtrip(signal, 16000, "mp3", 160))


def test_rejects_samples_far_beyond_full_scale():
    """With samples in the range of 16-bit integers, LAME would fail or write noise."""
    with pytest.raises(AudioError, match="full scale is 1"):
        roundtrip(speechlike(16000, 0.1) * 32768, 16000, "mp3", 64)


def test_encoder_is_lame_3_100():
    assert MP3.encoder() == "LAME 3.100"


def test_hash_identifies_a_stream():
    conditions, _ = MP3.conditions([64, 128], 16000, "error")
    signal = speechlike(16000, 0.3)
    (first, second), (other, _) = MP3.roundtrip([signal, signal], 16000, conditions)
    assert first.stream == second.stream != other.stream
    assert len(first.stream) == 64


def test_roundtrip_rejects_missing_bitrate_and_unknown_codec():
    with pytest.raises(UsageError, match="needs a bitrate"):
        roundtrip(np.zeros(10), 16000, "mp3")
    with pytest.raises(UsageError, match="did you mean 'mp3'"):
        roundtrip(np.zeros(10), 16000, "mp4", 64)
