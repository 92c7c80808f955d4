"""The canary knows the reference encoder from others."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from aser_bench import ffmpeg
from aser_bench.codecs import canary, streams
from aser_bench.codecs.mp3 import COMPONENT as MP3


def test_the_bundled_encoder_is_the_reference(monkeypatch):
    monkeypatch.delenv(ffmpeg.VARIABLE, raising=False)
    found = canary.check()
    assert found.reference
    assert found.deviation_db < -70
    assert found.encoder == "LAME 3.100"
    assert "is the reference encoder" in str(found)


@pytest.mark.parametrize("options", [("-compression_level", "5"), ("-cutoff", "5000")])
def test_another_encoder_is_told(options, monkeypatch, tmp_path):
    """A wrapper adds an option in front of each output: another encoder in all but name."""
    wrapper = tmp_path / "ffmpeg"
    wrapper.write_text(
        "#!/usr/bin/env python3\n"
        "import os, sys\n"
        "arguments = []\n"
        "for argument in sys.argv[1:]:\n"
        f"    arguments += [*{options!r}, argument] if argument.endswith('.mp3') else [argument]\n"
        f"os.execv({ffmpeg._bundled()!r}, ['ffmpeg', *arguments])\n"
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv(ffmpeg.VARIABLE, str(wrapper))
    found = canary.check()
    assert not found.reference
    assert found.deviation_db > -40
    assert "is NOT" in str(found)


def test_another_bitrate_is_told():
    conditions, _ = MP3.conditions([56], canary.RATE, "error")
    coded = MP3.roundtrip([canary.source()], canary.RATE, conditions)[0][0].signal
    expected = np.load(canary.REFERENCE) / 32768
    assert canary.deviation_db(expected, coded) > canary.TOLERANCE_DB + 20


def test_the_reference_is_small_and_fits_the_signal():
    assert canary.REFERENCE.stat().st_size < 40_000
    assert np.load(canary.REFERENCE, allow_pickle=False).shape == canary.source().shape
    assert 0.3 < np.abs(canary.source()).max() < 0.9


def test_write_makes_the_present_encoder_the_reference(monkeypatch, tmp_path):
    monkeypatch.setattr(canary, "REFERENCE", tmp_path / "data" / "canary.npy")
    canary.write()
    assert canary.check().reference


def test_the_systems_ffmpeg_passes_if_it_has_the_same_lame(monkeypatch):
    system = shutil.which("ffmpeg")
    if system is None:
        pytest.skip("no ffmpeg of the system's own")
    monkeypatch.setenv(ffmpeg.VARIABLE, system)
    if streams.encoder_version("libmp3lame") != "LAME 3.100":
        pytest.skip("the system's ffmpeg has another LAME")
    assert canary.check().reference
