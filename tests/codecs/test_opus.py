"""Opus: frame lengths, applications, and packet loss."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench.codecs import audit, ogg, roundtrip, specs
from aser_bench.codecs.reference_signal import RATE, make_signal
from aser_bench.core.errors import UsageError

VOICE = np.tile(make_signal(), 6)  # 3 s, 150 packets of 20 ms


def coded(spec: str, signal: np.ndarray = VOICE, kbps: float = 16):
    codec = specs.get(spec)
    conditions, _ = codec.conditions([kbps], RATE, "error")
    return codec.roundtrip([signal], RATE, conditions)[0][0]


def lost(file: bytes) -> list[int]:
    """Return the numbers of the lost packets, which consist of their first byte only."""
    packets = ogg.packets(file)[0][2:]
    return [number for number, packet in enumerate(packets) if len(packet) == 1]


def test_seed_selects_the_lost_packets():
    complete, first, second = coded("opus"), coded("opus:loss=10"), coded("opus:loss=10")
    other = coded("opus:loss=10:seed=1")
    assert lost(complete.file) == []
    assert 5 <= len(lost(first.file)) <= 30
    assert lost(first.file) == lost(second.file) != lost(other.file)
    np.testing.assert_array_equal(first.signal, second.signal)
    assert not np.array_equal(first.signal, other.signal)
    assert len({complete.stream, first.stream, other.stream}) == 3


def test_bitrate_is_that_of_the_sent_packets():
    assert coded("opus:loss=50").kbps == coded("opus").kbps == pytest.approx(16)


def test_higher_loss_includes_the_packets_of_lower_loss():
    few, many = lost(coded("opus:loss=5").file), lost(coded("opus:loss=30").file)
    assert set(few) < set(many)


@pytest.mark.parametrize("kbps", [8, 16, 96])  # speech modes and music mode
def test_lost_packets_are_concealed_without_delay(kbps):
    complete, lossy = coded("opus", kbps=kbps), coded("opus:loss=10", kbps=kbps)
    assert lossy.signal.shape == VOICE.shape
    assert abs(audit.lag_samples(VOICE, lossy.signal)) <= 1
    losses = [n for n in lost(lossy.file) if n > 5 and np.abs(frame(VOICE, n)).max() > 0.05]
    assert losses
    levels = [np.sqrt(np.mean(frame(lossy.signal, n) ** 2)) for n in losses]
    assert np.median(levels) > 1e-3  # a level of 0 would be a gap
    assert audit.si_sdr_db(complete.signal, lossy.signal) < 30


def frame(signal: np.ndarray, number: int) -> np.ndarray:
    """Return the 20 ms of a packet, shifted by the look-ahead of the encoder (6.5 ms)."""
    start = number * 320 - 104
    return signal[max(start, 0) : start + 320]


def test_all_packets_may_be_lost():
    signal = coded("opus:loss=100").signal
    assert signal.shape == VOICE.shape
    assert np.isfinite(signal).all()


def test_voip_removes_frequencies_below_the_voice():
    time = np.arange(RATE) / RATE
    hum = (0.3 * np.sin(2 * np.pi * 30 * time)).astype(np.float32)
    audio = np.abs(roundtrip(hum, RATE, "opus", 64)[4000:12_000]).max()
    voip = np.abs(roundtrip(hum, RATE, "opus:application=voip", 64)[4000:12_000]).max()
    assert voip < 0.8 * audio


@pytest.mark.parametrize(("frame_ms", "lowest"), [("2.5", 32), ("5", 16), ("10", 8), ("60", 6)])
def test_short_frames_need_higher_bitrates(frame_ms, lowest):
    codec = specs.get(f"opus:frame={frame_ms}")
    conditions, _ = codec.conditions([lowest], RATE, "error")
    assert conditions[0].name == f"opus-{frame_ms}ms-{lowest}k"
    with pytest.raises(UsageError, match=f"supports {lowest} to 256 kbit/s"):
        codec.conditions([lowest - 1], RATE, "error")
    packets = ogg.packets(coded(codec.spec, kbps=lowest).file)[0][2:]
    assert len(packets) == pytest.approx(3000 / float(frame_ms), abs=4)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("application=radio", "audio or voip or lowdelay"),
        ("frame=15", "2.5 or 5 or 10"),
        ("loss=101", "from 0 to 100"),
        ("loss=x", "from 0 to 100"),
        ("seed=-1", "a whole number"),
        ("los=5", "did you mean 'loss'"),
    ],
)
def test_rejects_invalid_options(option, message):
    with pytest.raises(UsageError, match=message):
        specs.get(f"opus:{option}")
