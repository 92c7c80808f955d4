"""``aser-bench probe`` as a user meets it: a table, a file, one line for what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from aser_bench.cli import build_parser, main


@pytest.fixture
def bench(tmp_path, capsys, monkeypatch):
    """Run the command in this process; return exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("ASER_BENCH_FFMPEG", raising=False)

    def call(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """Three recordings: 16 kHz, 44.1 kHz in stereo, and 8 kHz."""
    found = []
    for number, (rate, channels) in enumerate([(16_000, 1), (44_100, 2), (8_000, 1)]):
        rng = np.random.default_rng(number)
        signal = 0.1 * rng.standard_normal((rate // 2, 1)).repeat(channels, axis=1)
        found.append(tmp_path / f"{number}.wav")
        soundfile.write(found[-1], signal, rate)
    return found


def refused(result) -> str:
    code, out, said = result
    assert code == 2
    assert out == ""
    assert said.startswith("aser-bench")
    assert said.count("\n") == 1, said
    return said


def test_files_of_any_rate_and_the_table(bench, files):
    code, out, _ = bench("probe", "mp3", "--bitrates", "64,192", *files)
    assert code == 0
    assert "3 recordings" in out
    assert "LAME 3.100" in out
    assert [line.split()[0] for line in out.splitlines() if "MPEG" in line] == [
        "mp3-64k",
        "mp3-192k‡",
    ]
    assert max(map(len, out.splitlines())) <= 80
    assert "nan" not in out


def test_files_may_stand_on_either_side_of_the_options(bench, files):
    before = bench("probe", "gain", *files, "-q")
    assert before[0] == 0
    assert bench("probe", "gain", "-q", *files) == before
    assert bench("probe", "-q", "gain", *files) == before


def test_the_demo_corpus_speaks_where_no_file_is_named(bench):
    code, out, _ = bench("probe", "gain:db=-6")
    assert code == 0
    assert "8 utterances of the demo corpus (synthetic speech)" in " ".join(out.split())
    assert "-6.00" in out


def test_all_usual_bitrates_without_any(bench, files):
    _, out, _ = bench("probe", "mp3", files[0])
    assert sum("MPEG-2" in line for line in out.splitlines()) == 14


def test_a_bitrate_within_the_name(bench, files):
    code, out, _ = bench("probe", "mp3:64", files[0])
    assert code == 0
    assert "MPEG-2" in out
    assert "mp3-64k" in out


def test_csv(bench, files):
    code, _, _ = bench("probe", "mp3", "--bitrates", "8,64", "--csv", "one.csv", *files)
    assert code == 0
    bench("probe", "mp3", "--bitrates", "64,8", "--csv", "two.csv", *files)
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()
    table = pd.read_csv("one.csv")
    assert table["condition"].tolist() == ["mp3-8k", "mp3-64k"]
    assert (table["utterances"] == 3).all()


def test_limit_spreads_over_the_files(bench, files):
    # Of three files the first two thirds' starts: 0 and 1; the third, at 8 kHz, is not read.
    files[2].write_bytes(b"")
    code, out, _ = bench("probe", "gain", "--limit", "2", *files)
    assert code == 0
    assert "2 recordings" in out
    assert "one recording" not in out
    assert bench("probe", "gain", "--limit", "1", *files)[1].startswith("gain; 1 recording\n")


def test_the_bitrate_policy(bench, files):
    _, out, _ = bench("probe", "mp3", "--bitrates", "256", "--bitrate-policy", "clamp", files[0])
    assert "the same stream as mp3-160k" in out
    said = refused(bench("probe", "mp3", "--bitrates", "256", "--bitrate-policy", "error"))
    assert "256" in said
    assert "clamp" in refused(bench("probe", "mp3", "--bitrate-policy", "clam"))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("mp4",), "did you mean 'mp3'"),
        (("mp3:quality=2",), "no option"),
        (("mp3", "--bitrates", "x"), "'x' is no bitrate"),
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
def test_what_is_wrong_is_one_line(bench, arguments, word, monkeypatch):
    Path("folder").mkdir()
    Path("text.wav").write_text("not audio\n")
    monkeypatch.setenv("ASER_BENCH_FFMPEG", "")  # so that --ffmpeg leaves nothing behind
    assert word in refused(bench("probe", *arguments))


def test_an_unusable_file_among_others_is_named(bench, files):
    loud = np.full(8000, 1000, np.float32) * np.sign(np.sin(np.arange(8000)))
    soundfile.write("loud.wav", loud.astype(np.float32), 16_000, subtype="FLOAT")
    assert "loud.wav: the samples reach 1000" in refused(bench("probe", "mp3", *files, "loud.wav"))


def test_a_codec_that_the_ffmpeg_lacks_says_why(bench, monkeypatch):
    from aser_bench.codecs.mp3 import Mp3

    monkeypatch.setattr(Mp3, "unavailable", lambda self: "ffmpeg 1.0 has no encoder libmp3lame")
    assert "has no encoder libmp3lame" in refused(bench("probe", "mp3"))


def test_an_unwritable_csv_is_told_before_any_work_and_nothing_is_left(bench, files, monkeypatch):
    from aser_bench.codecs import probe

    monkeypatch.setattr(probe, "probe", lambda *_, **__: pytest.fail("it went to work"))
    refused(bench("probe", "mp3", "--csv", "no/where.csv", *files))
    refused(bench("probe", "mp3", "--csv", "new.csv", "missing.wav"))
    assert not Path("new.csv").exists()


@pytest.mark.parametrize("absent", [("pesq", "pystoi"), ("pesq",)])
def test_what_is_not_installed_is_left_out_and_said(bench, files, monkeypatch, absent):
    for package in absent:
        monkeypatch.setitem(sys.modules, package, None)
    code, out, _ = bench("probe", "gain", "--csv", "gain.csv", files[0])
    assert code == 0
    assert "pip install aser-bench[quality]" in out.splitlines()[-1]
    assert "PESQ" in out.splitlines()[-1]
    assert "pesq" not in pd.read_csv("gain.csv").columns


def test_help_names_it_and_loads_nothing_heavy():
    assert "probe" in build_parser().format_help()
    code = (
        "import contextlib, io, sys\n"
        "from aser_bench import cli\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    cli.build_parser().parse_args(['probe', '--help'])\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "aser_bench.cli.probe" in loaded.stdout.split()
    assert not {"numpy", "pandas", "scipy", "soundfile"} & set(loaded.stdout.split())
