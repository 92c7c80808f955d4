"""Commands compute a cell again, with the same predictions."""

from __future__ import annotations

import shlex

import factories
import pandas as pd
import pytest

from aser_bench.baseline.commands import RerunCommands
from aser_bench.baseline.reader import read_input
from aser_bench.cli import build_parser, main
from aser_bench.core.tables import CELL

NAMES = ("voices", "functionals", "svm", "speaker")


@pytest.fixture
def folder(tmp_path):
    path = factories.folder(
        tmp_path / "run",
        factories.predictions(),
        study={"name": "s", "corpora": [{"voices": "some where"}], "seed": 0},
    )
    (path / "study.yaml").write_text("name: s\n")
    return path


def command(folder, train, test, names=NAMES):
    line = RerunCommands((read_input(folder),)).command((*names, train, test))
    if line:
        build_parser().parse_args(shlex.split(line)[1:])  # fails on an unknown flag
    return line


def test_the_command_selects_the_cell_only(folder):
    assert command(folder, "original", "mp3-8k") == (
        f"aser-bench run {folder}/study.yaml --corpus 'voices=some where' --codec mp3 --bitrates 8 "
        "--features functionals --models svm --protocol speaker --train original --out again "
        "--overwrite"
    )


@pytest.mark.parametrize(
    ("pair", "flags"),
    [
        (("mp3-8k", "mp3-8k"), "--bitrates 8 * --train matched"),
        (("mp3-8k", "mp3-64k"), "--bitrates 8,64 * --train all"),
        (("mp3-64k", "original"), "--bitrates 64 * --train all"),
        (("multi", "mp3-8k"), "--bitrates 8,64 * --train multi"),
    ],
)
def test_conditions_and_training_mode(folder, pair, flags):
    first, last = flags.split(" * ")
    line = command(folder, *pair)
    assert first in line
    assert last in line


@pytest.mark.parametrize(
    ("model", "vectors", "flags"),
    [
        ("tre", None, "--models tre --transcripts reference "),
        ("mdre-pocketsphinx", None, "--models mdre --transcripts pocketsphinx "),
        (
            "mdre-pocketsphinx",
            "my words.txt",
            "--models mdre --transcripts pocketsphinx --embeddings 'my words.txt' ",
        ),
        ("are", None, "--models are --transcripts reference "),
        # A study's vectors cannot be unset, and models without text refuse them.
        ("are", "words.txt", ""),
    ],
)
def test_transcripts_of_a_text_model(tmp_path, model, vectors, flags):
    path = factories.folder(
        tmp_path / "run",
        factories.predictions(),
        study={
            "corpora": ["voices"],
            "models": ["are", "tre", "mdre"],
            "transcripts": ["reference", "pocketsphinx"],
            "embeddings": vectors,
        },
    )
    (path / "study.yaml").write_text("name: s\n")
    line = command(path, "mp3-8k", "mp3-8k", ("voices", "dual", model, "speaker"))
    assert flags in line
    assert bool(line) == bool(flags)


def test_the_original_condition_needs_no_codec(folder):
    assert "--codec" not in command(folder, "original", "original")


def test_codecs_without_bitrates_get_no_bitrate_flag(tmp_path):
    table = factories.conditions(gsm={"codec": "mp3:64+gsm"}, g711_mu={"codec": "g711"})
    path = factories.folder(tmp_path / "run", factories.predictions(), table)
    (path / "study.yaml").write_text("")
    line = command(path, "gsm", "g711-mu")
    assert "--codec mp3:64+gsm --codec g711 --features" in line


def test_an_unknown_study_has_no_command(folder):
    assert command(folder, "opus-8k", "opus-8k") == ""
    assert command(folder, "mp3-8k", "mp3-8k", ("other", *NAMES[1:])) == ""
    (folder / "study.yaml").unlink()
    assert command(folder, "mp3-8k", "mp3-8k") == ""


@pytest.mark.slow
def test_the_command_gives_the_same_predictions(tmp_path, monkeypatch, cache_dir, table):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASER_BENCH_CACHE", str(cache_dir))
    monkeypatch.setenv("ASER_BENCH_FORMAT", "csv")
    common = ["--models", "svm,mlp", "--effort", "quick", "--runs", "2", "--seed", "3", "-q"]
    codecs = ["--codec", "mp3", "--bitrates", "8,16", "--codec", "g711:law=a", "--codec", "lowpass"]
    arguments = ["run", "--corpus", f"csv={table}", *codecs, *common, "--out", "whole"]
    assert main([*arguments, "--train", "all,multi"]) == 0
    evidence = read_input("whole")
    whole = pd.read_parquet("whole/predictions.parquet").astype(dict.fromkeys(CELL, str))
    commands = RerunCommands((evidence,))
    corpus = evidence.cells[0][0]
    law = next(name for name in evidence.conditions["condition"] if name.startswith("g711"))
    for model, train, test in (
        ("svm", "original", "mp3-8k"),
        ("mlp", "mp3-16k", "mp3-16k"),
        ("svm", law, "mp3-8k"),
        ("svm", "multi", law),
    ):
        key = (corpus, "functionals", model, "speaker", train, test)
        words = shlex.split(commands.command(key))
        assert main([*words[1:], "-q", "--cache", str(tmp_path / "fresh")]) == 0
        again = pd.read_parquet("again/predictions.parquet").astype(dict.fromkeys(CELL, str))
        rows = [
            side[(side[list(CELL)] == list(key)).all(axis=1)].reset_index(drop=True)
            for side in (whole, again)
        ]
        assert len(rows[0]) > 0
        pd.testing.assert_frame_equal(
            rows[0].astype({"utterance": str, "predicted": str, "truth": str, "speaker": str}),
            rows[1].astype({"utterance": str, "predicted": str, "truth": str, "speaker": str}),
            # Features are computed together with those of other conditions and differ by rounding,
            # which the training of a network amplifies.
            rtol=1e-3,
            atol=1e-5,
        )
