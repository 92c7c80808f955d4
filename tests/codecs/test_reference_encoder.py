"""The check of the reference encoder detects other encoders."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from aser_bench.codecs import reference_encoder, streams
from aser_bench.codecs.mp3 import COMPONENT as MP3
from aser_bench.codecs.reference_signal import RATE, make_signal
from aser_bench.core import ffmpeg


def test_bundled_encoder_is_the_reference(monkeypatch):
    monkeypatch.delenv(ffmpeg.ENV_VARIABLE, raising=False)
    result = reference_encoder.check()
    assert result.reference
    assert result.deviation_db < -70
    assert result.encoder == "LAME 3.100"
    assert "is the reference encoder" in str(result)


@pytest.mark.parametrize("options", [("-compression_level", "5"), ("-cutoff", "5000")])
def test_other_encoder_settings_are_detected(options, monkeypatch, tmp_path):
    """The program adds an encoder option before each output."""
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
    result = reference_encoder.check()
    assert not result.reference
    assert result.deviation_db > -40
    assert "is NOT" in str(result)


def test_other_bitrate_is_detected():
    conditions, _ = MP3.conditions([56], RATE, "error")
    coded = MP3.roundtrip([make_signal()], RATE, conditions)[0][0].signal
    expected = np.load(reference_encoder.REFERENCE) / 32768
    assert reference_encoder.deviation_db(expected, coded) > reference_encoder.TOLERANCE_DB + 20


def test_reference_file_is_small_and_has_the_length_of_the_signal():
    assert reference_encoder.REFERENCE.stat().st_size < 40_000
    samples = np.load(reference_encoder.REFERENCE, allow_pickle=False)
    assert samples.shape == make_signal().shape
    assert 0.3 < np.abs(make_signal()).max() < 0.9


def test_write_makes_the_encoder_in_use_the_reference(monkeypatch, tmp_path):
    monkeypatch.setattr(reference_encoder, "REFERENCE", tmp_path / "data" / "reference_encoder.npy")
    reference_encoder.write()
    assert reference_encoder.check().reference


def test_system_ffmpeg_passes_if_it_has_the_same_lame(monkeypatch):
    system = shutil.which("ffmpeg")
    if system is None:
        pytest.skip("no ffmpeg on the PATH")
    monkeypatch.setenv(ffmpeg.ENV_VARIABLE, system)
    if streams.encoder_version("libmp3lame") != "LAME 3.100":
        pytest.skip("the ffmpeg on the PATH has another version of LAME")
    assert reference_encoder.check().reference
