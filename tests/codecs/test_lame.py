"""LAME in this process: which of the two works changes no sample."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.codecs import lame, mp3
from aser_bench.codecs.mp3 import COMPONENT as MP3
from aser_bench.codecs.reference_encoder import make_signal
from aser_bench.core import ffmpeg
from aser_bench.core.errors import CodecError

RATE = 16_000
NEAR = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
needs_lameenc = pytest.mark.skipif(not lame.engine(), reason="lameenc has no wheel here")


@pytest.fixture(autouse=True)
def tried_anew():
    for known in (mp3.lame_matches_ffmpeg, lame._library):
        known.cache_clear()
    yield
    for known in (mp3.lame_matches_ffmpeg, lame._library):
        known.cache_clear()


@pytest.fixture
def no_lameenc(monkeypatch):
    monkeypatch.setitem(sys.modules, "lameenc", None)


@pytest.fixture
def closed_lameenc(monkeypatch):
    """A package that hides LAME's interface."""
    monkeypatch.setattr(lame.ctypes, "CDLL", lambda path: object())


@pytest.fixture
def calls(monkeypatch):
    """The bitrates that were coded in this process."""
    found = []
    real = lame.encode_decode

    def spy(signal, rate, kbps):
        found.append(kbps)
        return real(signal, rate, kbps)

    monkeypatch.setattr(lame, "encode_decode", spy)
    return found


def conditions(*kbps):
    return MP3.conditions(kbps, RATE, "promote")[0]


def furthest(signals, planned) -> float:
    """The largest difference between the two engines, in samples of full scale 1."""
    rows = zip(
        MP3.roundtrip(signals, RATE, planned),
        MP3.roundtrip_with_files(signals, RATE, planned),
        strict=True,
    )
    return max(
        float(np.abs(one.signal - other.signal).max())
        for mine, theirs in rows
        for one, other in zip(mine, theirs, strict=True)
    )


@needs_lameenc
def test_the_same_samples_as_ffmpeg_at_every_bitrate(calls):
    planned = conditions(*NEAR)
    signals = [
        make_signal(),
        make_signal()[::-1].copy(),
        np.zeros(3000, np.float32),
        make_signal()[:1],
    ]
    assert furthest(signals, planned) <= lame.SAMPLE_TOLERANCE
    assert set(calls) >= set(NEAR)


@needs_lameenc
def test_the_same_samples_on_real_speech(shared_corpora, calls):
    import soundfile

    files = [
        *sorted((shared_corpora / "ravdess").glob("Actor_*/*.flac"))[::240],
        *sorted((shared_corpora / "emodb" / "wav").glob("*.flac"))[::100],
    ]
    signals = [soundfile.read(file, dtype="float32")[0] for file in files]
    assert furthest(signals, conditions(8, 16, 24, 64, 96, 128, 192)) <= lame.SAMPLE_TOLERANCE
    assert len(calls) >= 6 * len(signals)


@needs_lameenc
@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 4000), kbps=st.sampled_from(NEAR))
def test_any_length(n, kbps):
    assert furthest([make_signal()[2000 : 2000 + n]], conditions(kbps)) <= lame.SAMPLE_TOLERANCE


@needs_lameenc
def test_the_bitrate_is_read_from_the_frames_there_too():
    (coded,) = MP3.roundtrip([make_signal()], RATE, conditions(24))[0]
    assert coded.kbps == 24
    assert coded.stream
    assert coded.file == b""  # it has no tag: nobody else would play it in time


@needs_lameenc
def test_samples_that_16_bits_cannot_hold_and_beyond_full_scale(calls):
    fine = make_signal() * np.float32(0.3)
    loud = make_signal() * np.float32(30)
    assert np.abs(loud).max() > 1
    assert furthest([fine], conditions(16, 64, 256)) <= lame.SAMPLE_TOLERANCE
    assert furthest([loud], conditions(16, 64, 256)) <= lame.SAMPLE_TOLERANCE * np.abs(loud).max()
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
    for (one,), (other,) in rows:
        np.testing.assert_allclose(one.signal, other.signal, atol=lame.SAMPLE_TOLERANCE)


@needs_lameenc
def test_a_long_signal_goes_in_pieces(monkeypatch):
    long = np.tile(make_signal(), 5)
    _, whole = lame.encode_decode(long, RATE, 32)
    monkeypatch.setattr(lame, "_CHUNK", 10_000)
    _, pieces = lame.encode_decode(long, RATE, 32)
    np.testing.assert_array_equal(whole, pieces)


@needs_lameenc
def test_a_lame_with_other_samples_is_not_used(monkeypatch):
    real = lame.encode_decode

    def shifted(signal, rate, kbps):
        stream, found = real(signal, rate, kbps)
        return stream, found + np.float32(2e-5)

    monkeypatch.setattr(lame, "encode_decode", shifted)
    assert not mp3.lame_matches_ffmpeg(ffmpeg.binary())
    assert MP3.engine() == ""


def test_without_the_package_ffmpeg_does_it_all(no_lameenc):
    assert lame.engine() == ""
    assert MP3.engine() == ""
    (row,) = MP3.roundtrip([make_signal()], RATE, conditions(64))
    np.testing.assert_array_equal(
        row[0].signal, MP3.roundtrip_with_files([make_signal()], RATE, conditions(64))[0][0].signal
    )


@needs_lameenc
def test_with_another_kind_of_package_ffmpeg_does_it_all(closed_lameenc):
    assert lame.engine() == MP3.engine() == ""
    assert MP3.roundtrip([make_signal()], RATE, conditions(64))[0][0].kbps == 64


@needs_lameenc
def test_a_stream_that_comes_back_short_is_an_error(monkeypatch):
    monkeypatch.setattr(lame, "DELAY", 10**6)
    with pytest.raises(CodecError, match="came back with 0 samples"):
        lame.encode_decode(np.zeros(1000, np.float32), RATE, 64)
