"""Tests of ``aser-bench probe``."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from cli_assertions import assert_help_loads_no_heavy_module, error_line

from aser_bench.cli import build_parser


@pytest.fixture
def probe(cli, monkeypatch):
    """Return a function that runs ``aser-bench probe`` with the bundled ffmpeg."""
    monkeypatch.delenv("ASER_BENCH_FFMPEG", raising=False)
    return partial(cli, "probe")


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """Three recordings: 16 kHz, 44.1 kHz in stereo, and 8 kHz."""
    paths = []
    for number, (rate, channels) in enumerate([(16_000, 1), (44_100, 2), (8_000, 1)]):
        rng = np.random.default_rng(number)
        signal = 0.1 * rng.standard_normal((rate // 2, 1)).repeat(channels, axis=1)
        paths.append(tmp_path / f"{number}.wav")
        soundfile.write(paths[-1], signal, rate)
    return paths


def test_table_of_files_with_different_sample_rates(probe, files):
    code, out, _ = probe("mp3", "--bitrates", "64,192", *files)
    assert code == 0
    assert "3 recordings" in out
    assert "LAME 3.100" in out
    assert [line.split()[0] for line in out.splitlines() if "MPEG" in line] == [
        "mp3-64k",
        "mp3-192k‡",
    ]
    assert max(map(len, out.splitlines())) <= 80
    assert "nan" not in out


def test_files_are_given_before_or_after_options(probe, files):
    before = probe("gain", *files, "-q")
    assert before[0] == 0
    assert probe("gain", "-q", *files) == before
    assert probe("-q", "gain", *files) == before


def test_demo_corpus_is_used_without_files(probe):
    code, out, _ = probe("gain:db=-6")
    assert code == 0
    assert "8 utterances of the demo corpus (synthetic speech)" in " ".join(out.split())
    assert "-6.00" in out


def test_usual_bitrates_are_the_default(probe, files):
    _, out, _ = probe("mp3", files[0])
    assert sum("MPEG-2" in line for line in out.splitlines()) == 14


def test_bitrate_in_the_spec(probe, files):
    code, out, _ = probe("mp3:64", files[0])
    assert code == 0
    assert "MPEG-2" in out
    assert "mp3-64k" in out


def test_csv_does_not_depend_on_the_order_of_bitrates(probe, files):
    code, _, _ = probe("mp3", "--bitrates", "8,64", "--csv", "one.csv", *files)
    assert code == 0
    probe("mp3", "--bitrates", "64,8", "--csv", "two.csv", *files)
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()
    table = pd.read_csv("one.csv")
    assert table["condition"].tolist() == ["mp3-8k", "mp3-64k"]
    assert (table["utterances"] == 3).all()


def test_limit_selects_evenly_among_files(probe, files):
    # Two of three files are read, the first and the second.
    files[2].write_bytes(b"")
    code, out, _ = probe("gain", "--limit", "2", *files)
    assert code == 0
    assert "2 recordings" in out
    assert "one recording" not in out
    assert probe("gain", "--limit", "1", *files)[1].startswith("gain; 1 recording\n")


def test_bitrate_policy(probe, files):
    _, out, _ = probe("mp3", "--bitrates", "256", "--bitrate-policy", "clamp", files[0])
    assert "identical to the stream of mp3-160k" in out
    message = error_line(probe("mp3", "--bitrates", "256", "--bitrate-policy", "error"))
    assert "256" in message
    assert "clamp" in error_line(probe("mp3", "--bitrate-policy", "clam"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("mp4",), "did you mean 'mp3'"),
        (("mp3:quality=2",), "no option"),
        (("mp3", "--bitrates", "x"), "'x' is not a bitrate"),
        (("lowpass", "--bitrates", "8"), "no bitrates"),
        (("mp3", "--limit", "0"), "limit"),
        (("mp3", "missing.wav"), "missing.wav: there is no such file"),
        (("mp3", "folder"), "folder: it is a folder"),
        (("mp3", "text.wav"), "text.wav: it is text"),
        (("mp3", "--csv", "folder"), "--csv folder cannot be written"),
        (("mp3", "--csv", "no/where.csv"), "--csv no/where.csv cannot be written"),
        (("mp3", "--ffmpeg", "no-such-program"), "no-such-program"),
        ((), "CODEC"),
    ],
)
def test_usage_error_is_one_line(probe, arguments, expected, monkeypatch):
    Path("folder").mkdir()
    Path("text.wav").write_text("not audio\n")
    monkeypatch.setenv("ASER_BENCH_FFMPEG", "")  # restores what --ffmpeg sets
    assert expected in error_line(probe(*arguments))


def test_recording_above_full_scale_is_scaled_and_named(probe, files):
    loud = np.full(8000, 1000, np.float32) * np.sign(np.sin(np.arange(8000)))
    soundfile.write("loud.wav", loud.astype(np.float32), 16_000, subtype="FLOAT")
    code, _, err = probe("mp3", "--bitrates", "64", *files, "loud.wav")
    assert code == 0
    assert "scaled: loud.wav: its samples reach 1000, and full scale is 1" in err


def test_error_gives_the_reason_why_a_codec_is_unavailable(probe, monkeypatch):
    from aser_bench.codecs.mp3 import Mp3

    monkeypatch.setattr(Mp3, "unavailable", lambda self: "ffmpeg 1.0 has no encoder libmp3lame")
    assert "has no encoder libmp3lame" in error_line(probe("mp3"))


def test_csv_that_cannot_be_written_is_an_error_before_encoding(probe, files, monkeypatch):
    from aser_bench.codecs import probe as module

    monkeypatch.setattr(module, "probe", lambda *_, **__: pytest.fail("a codec was used"))
    error_line(probe("mp3", "--csv", "no/where.csv", *files))
    error_line(probe("mp3", "--csv", "new.csv", "missing.wav"))
    assert not Path("new.csv").exists()


@pytest.mark.parametrize("absent", [("pesq", "pystoi"), ("pesq",)])
def test_metric_without_its_package_is_left_out_with_a_note(probe, files, monkeypatch, absent):
    for package in absent:
        monkeypatch.setitem(sys.modules, package, None)
    code, out, _ = probe("gain", "--csv", "gain.csv", files[0])
    assert code == 0
    assert "pip install aser-bench[quality]" in out.splitlines()[-1]
    assert "PESQ" in out.splitlines()[-1]
    assert "pesq" not in pd.read_csv("gain.csv").columns


def test_help_names_the_verb_and_loads_no_heavy_module():
    assert "probe" in build_parser().format_help()
    assert "--csv" in assert_help_loads_no_heavy_module("probe")
