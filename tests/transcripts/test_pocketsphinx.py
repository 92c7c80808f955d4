"""PocketSphinx on the demo corpus: hears something, always the same, and says nothing else."""

from __future__ import annotations

import importlib.resources
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile

from aser_bench import transcripts
from aser_bench.codecs import roundtrip
from aser_bench.evaluation.wer import count
from aser_bench.transcripts import pocketsphinx

RATE = 16_000
DEMO = importlib.resources.files("aser_bench.corpora") / "data" / "demo"


@pytest.fixture(scope="module")
def listener():
    one = transcripts.get("pocketsphinx")
    if one.unavailable():
        pytest.skip(one.unavailable())
    return one


@pytest.fixture(scope="module")
def spoken():
    """Return signals and texts of a few utterances of the demo corpus."""
    with (DEMO / "utterances.csv").open(encoding="utf-8") as file:
        rows = pd.read_csv(file).iloc[::150]
    signals = []
    for name in rows["file"]:
        with (DEMO / name).open("rb") as file:
            signals.append(soundfile.read(file, dtype="float32")[0])
    return signals, rows["text"].tolist()


@pytest.fixture(scope="module")
def heard(listener, spoken):
    return listener.transcribe(spoken[0], RATE)


def test_it_hears_some_of_what_is_said(heard, spoken):
    errors = count(spoken[1], heard)
    words = sum(one.words for one in errors)
    right = words - sum(one.substitutions + one.deletions for one in errors)
    assert len(heard) == 3
    assert right > 0.15 * words


def test_nothing_is_carried_from_one_utterance_into_the_next(listener, heard, spoken):
    signals, _ = spoken
    loud = 0.9 * np.random.default_rng(0).standard_normal(8000)
    backwards = listener.transcribe([loud, *signals[:0:-1]], RATE)
    assert backwards[1:] == heard[:0:-1]


def test_another_process_hears_the_same(heard, tmp_path, spoken):
    np.save(tmp_path / "signal.npy", spoken[0][1])
    code = (
        "import sys, numpy; from aser_bench import transcripts\n"
        "print(transcripts.get('pocketsphinx').transcribe([numpy.load(sys.argv[1])], 16000)[0])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "signal.npy")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == heard[1]
    assert found.stderr == ""


def test_it_is_silent(listener, capfd, spoken):
    listener.transcribe([spoken[0][0], np.zeros(1), np.zeros(400)], RATE)
    assert capfd.readouterr() == ("", "")


def test_coding_changes_what_is_heard(listener, heard, spoken):
    coded = [roundtrip(signal, RATE, "mp3", 8) for signal in spoken[0][:1]]
    assert listener.transcribe(coded, RATE) != heard[:1]


def test_samples_are_rounded_and_clipped():
    found = pocketsphinx.sixteen_bits(np.array([0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 1e-9]))
    assert found.dtype == np.dtype("<i2")
    assert found.tolist() == [0, 32767, -32767, 32767, -32768, 16384, 0]


def test_the_model_is_a_part_of_what_it_is(listener):
    *_, settings, digest = listener.identity()
    assert settings == {"fwdtree": True, "fwdflat": True, "bestpath": True}
    assert len(digest) == 64
    assert listener.identity() == listener.identity()


def test_without_the_package_it_says_so(monkeypatch):
    monkeypatch.setattr(pocketsphinx, "is_installed", lambda name: False)
    assert transcripts.get("pocketsphinx").unavailable() == "pip install pocketsphinx"


@pytest.mark.slow
def test_real_speech_is_heard_and_coding_costs_words(listener, shared_corpora):
    said = {"01": "kids are talking by the door", "02": "dogs are sitting by the door"}
    files = sorted((shared_corpora / "ravdess").rglob("*.flac"))[::120]
    signals = [soundfile.read(file, dtype="float32")[0] for file in files]
    texts = [said[file.stem.split("-")[4]] for file in files]
    coded = [roundtrip(signal, RATE, "mp3", 8) for signal in signals]
    rates = []
    for versions in (signals, coded):
        errors = count(texts, listener.transcribe(versions, RATE))
        rates.append(sum(one.total for one in errors) / sum(one.words for one in errors))
    assert rates[0] < 0.7
    assert rates[1] > rates[0]
