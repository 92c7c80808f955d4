"""The canary knows the reference encoder from others."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from aser_bench.codecs import reference_encoder, streams
from aser_bench.codecs.mp3 import COMPONENT as MP3
from aser_bench.core import ffmpeg


def test_the_bundled_encoder_is_the_reference(monkeypatch):
    monkeypatch.delenv(ffmpeg.ENV_VARIABLE, raising=False)
    found = reference_encoder.check()
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
    monkeypatch.setenv(ffmpeg.ENV_VARIABLE, str(wrapper))
    found = reference_encoder.check()
    assert not found.reference
    assert found.deviation_db > -40
    assert "is NOT" in str(found)


def test_another_bitrate_is_told():
    conditions, _ = MP3.conditions([56], reference_encoder.RATE, "error")
    coded = MP3.roundtrip([reference_encoder.make_signal()], reference_encoder.RATE, conditions)[0][
        0
    ].signal
    expected = np.load(reference_encoder.REFERENCE) / 32768
    assert reference_encoder.deviation_db(expected, coded) > reference_encoder.TOLERANCE_DB + 20


def test_the_reference_is_small_and_fits_the_signal():
    assert reference_encoder.REFERENCE.stat().st_size < 40_000
    assert (
        np.load(reference_encoder.REFERENCE, allow_pickle=False).shape
        == reference_encoder.make_signal().shape
    )
    assert 0.3 < np.abs(reference_encoder.make_signal()).max() < 0.9


def test_write_makes_the_present_encoder_the_reference(monkeypatch, tmp_path):
    monkeypatch.setattr(reference_encoder, "REFERENCE", tmp_path / "data" / "reference_encoder.npy")
    reference_encoder.write()
    assert reference_encoder.check().reference


def test_the_systems_ffmpeg_passes_if_it_has_the_same_lame(monkeypatch):
    system = shutil.which("ffmpeg")
    if system is None:
        pytest.skip("no ffmpeg of the system's own")
    monkeypatch.setenv(ffmpeg.ENV_VARIABLE, system)
    if streams.encoder_version("libmp3lame") != "LAME 3.100":
        pytest.skip("the system's ffmpeg has another LAME")
    assert reference_encoder.check().reference
