"""LAME in this process gives the same samples as LAME in ffmpeg."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.codecs import lame, mp3
from aser_bench.codecs.mp3 import COMPONENT as MP3
from aser_bench.codecs.reference_signal import make_signal
from aser_bench.core import ffmpeg
from aser_bench.core.errors import CodecError

RATE = 16_000
KBPS_16_KHZ = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
needs_lameenc = pytest.mark.skipif(not lame.engine(), reason="lameenc is not available")


@pytest.fixture(autouse=True)
def clear_caches():
    """Repeat the comparison with ffmpeg in each test."""
    for cached in (mp3.lame_matches_ffmpeg, lame._library):
        cached.cache_clear()
    yield
    for cached in (mp3.lame_matches_ffmpeg, lame._library):
        cached.cache_clear()


@pytest.fixture
def no_lameenc(monkeypatch):
    monkeypatch.setitem(sys.modules, "lameenc", None)


@pytest.fixture
def lameenc_without_interface(monkeypatch):
    """A package that does not export the functions of LAME."""
    monkeypatch.setattr(lame.ctypes, "CDLL", lambda path: object())


@pytest.fixture
def calls(monkeypatch):
    """The bitrates that were coded in this process."""
    bitrates = []
    real = lame.encode_decode

    def spy(signal, rate, kbps):
        bitrates.append(kbps)
        return real(signal, rate, kbps)

    monkeypatch.setattr(lame, "encode_decode", spy)
    return bitrates


def conditions(*kbps):
    return MP3.conditions(kbps, RATE, "promote")[0]


def largest_difference(signals, planned) -> float:
    """Return the largest difference between the samples of the two engines; full scale is 1."""
    rows = zip(
        MP3.roundtrip(signals, RATE, planned),
        MP3.roundtrip_with_files(signals, RATE, planned),
        strict=True,
    )
    return max(
        float(np.abs(ours.signal - theirs.signal).max())
        for our_row, their_row in rows
        for ours, theirs in zip(our_row, their_row, strict=True)
    )


@needs_lameenc
def test_same_samples_as_ffmpeg_at_every_bitrate(calls):
    planned = conditions(*KBPS_16_KHZ)
    signals = [
        make_signal(),
        make_signal()[::-1].copy(),
        np.zeros(3000, np.float32),
        make_signal()[:1],
    ]
    assert largest_difference(signals, planned) <= lame.SAMPLE_TOLERANCE
    assert set(calls) >= set(KBPS_16_KHZ)


@needs_lameenc
def test_same_samples_as_ffmpeg_on_real_speech(shared_corpora, calls):
    import soundfile

    files = [
        *sorted((shared_corpora / "ravdess").glob("Actor_*/*.flac"))[::240],
        *sorted((shared_corpora / "emodb" / "wav").glob("*.flac"))[::100],
    ]
    signals = [soundfile.read(file, dtype="float32")[0] for file in files]
    assert (
        largest_difference(signals, conditions(8, 16, 24, 64, 96, 128, 192))
        <= lame.SAMPLE_TOLERANCE
    )
    assert len(calls) >= 6 * len(signals)


@needs_lameenc
@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 4000), kbps=st.sampled_from(KBPS_16_KHZ))
def test_same_samples_as_ffmpeg_at_any_length(n, kbps):
    assert (
        largest_difference([make_signal()[2000 : 2000 + n]], conditions(kbps))
        <= lame.SAMPLE_TOLERANCE
    )


@needs_lameenc
def test_bitrate_is_read_from_the_stream():
    (coded,) = MP3.roundtrip([make_signal()], RATE, conditions(24))[0]
    assert coded.kbps == 24
    assert coded.stream
    assert coded.file == b""  # the stream has no tag, so players would not remove its delay


@needs_lameenc
def test_samples_are_neither_rounded_nor_clipped_to_16_bits(calls):
    fine = make_signal() * np.float32(0.3)
    loud = make_signal() * np.float32(30)
    assert np.abs(loud).max() > 1
    assert largest_difference([fine], conditions(16, 64, 256)) <= lame.SAMPLE_TOLERANCE
    assert (
        largest_difference([loud], conditions(16, 64, 256))
        <= lame.SAMPLE_TOLERANCE * np.abs(loud).max()
    )
    assert set(calls) >= {16, 64, 256}


@needs_lameenc
@pytest.mark.parametrize("rate", [8000, 11_025, 24_414, 44_100, 48_000])
def test_other_sample_rates(rate):
    planned, _ = MP3.conditions([32, 64], rate, "promote")
    rows = zip(
        MP3.roundtrip([make_signal()], rate, planned),
        MP3.roundtrip_with_files([make_signal()], rate, planned),
        strict=True,
    )
    for (ours,), (theirs,) in rows:
        np.testing.assert_allclose(ours.signal, theirs.signal, atol=lame.SAMPLE_TOLERANCE)


@needs_lameenc
def test_long_signal_is_coded_in_chunks(monkeypatch):
    long = np.tile(make_signal(), 5)
    _, at_once = lame.encode_decode(long, RATE, 32)
    monkeypatch.setattr(lame, "_CHUNK", 10_000)
    _, in_chunks = lame.encode_decode(long, RATE, 32)
    np.testing.assert_array_equal(at_once, in_chunks)


@needs_lameenc
def test_lame_with_different_samples_is_not_used(monkeypatch):
    real = lame.encode_decode

    def shifted(signal, rate, kbps):
        stream, decoded = real(signal, rate, kbps)
        return stream, decoded + np.float32(2e-5)

    monkeypatch.setattr(lame, "encode_decode", shifted)
    assert not mp3.lame_matches_ffmpeg(ffmpeg.binary())
    assert MP3.engine() == ""


def test_ffmpeg_is_used_without_the_package(no_lameenc):
    assert lame.engine() == ""
    assert MP3.engine() == ""
    (row,) = MP3.roundtrip([make_signal()], RATE, conditions(64))
    np.testing.assert_array_equal(
        row[0].signal, MP3.roundtrip_with_files([make_signal()], RATE, conditions(64))[0][0].signal
    )


@needs_lameenc
def test_ffmpeg_is_used_if_the_package_hides_lame(lameenc_without_interface):
    assert lame.engine() == MP3.engine() == ""
    assert MP3.roundtrip([make_signal()], RATE, conditions(64))[0][0].kbps == 64


@needs_lameenc
def test_rejects_a_short_result(monkeypatch):
    monkeypatch.setattr(lame, "DELAY", 10**6)
    with pytest.raises(CodecError, match="was decoded to 0 samples instead of 1000"):
        lame.encode_decode(np.zeros(1000, np.float32), RATE, 64)
