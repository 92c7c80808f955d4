"""PocketSphinx on the demo corpus: plausible and reproducible transcripts."""

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
def transcriber():
    pocketsphinx = transcripts.get("pocketsphinx")
    if pocketsphinx.unavailable():
        pytest.skip(pocketsphinx.unavailable())
    return pocketsphinx


@pytest.fixture(scope="module")
def utterances():
    """Return signals and texts of three utterances of the demo corpus."""
    with (DEMO / "utterances.csv").open(encoding="utf-8") as file:
        rows = pd.read_csv(file).iloc[::150]
    signals = []
    for name in rows["file"]:
        with (DEMO / name).open("rb") as file:
            signals.append(soundfile.read(file, dtype="float32")[0])
    return signals, rows["text"].tolist()


@pytest.fixture(scope="module")
def recognised(transcriber, utterances):
    return transcriber.transcribe(utterances[0], RATE)


def test_recognises_a_part_of_the_words(recognised, utterances):
    errors = count(utterances[1], recognised)
    words = sum(error.words for error in errors)
    correct = words - sum(error.substitutions + error.deletions for error in errors)
    assert len(recognised) == 3
    assert correct > 0.15 * words


def test_transcript_does_not_depend_on_earlier_utterances(transcriber, recognised, utterances):
    signals, _ = utterances
    loud = 0.9 * np.random.default_rng(0).standard_normal(8000)
    reordered = transcriber.transcribe([loud, *signals[:0:-1]], RATE)
    assert reordered[1:] == recognised[:0:-1]


def test_another_process_gives_the_same_transcript(recognised, tmp_path, utterances):
    np.save(tmp_path / "signal.npy", utterances[0][1])
    code = (
        "import sys, numpy; from aser_bench import transcripts\n"
        "print(transcripts.get('pocketsphinx').transcribe([numpy.load(sys.argv[1])], 16000)[0])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "signal.npy")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.strip() == recognised[1]
    assert process.stderr == ""


def test_prints_nothing(transcriber, capfd, utterances):
    transcriber.transcribe([utterances[0][0], np.zeros(1), np.zeros(400)], RATE)
    assert capfd.readouterr() == ("", "")


def test_coding_changes_the_transcript(transcriber, recognised, utterances):
    coded = [roundtrip(signal, RATE, "mp3", 8) for signal in utterances[0][:1]]
    assert transcriber.transcribe(coded, RATE) != recognised[:1]


def test_samples_are_rounded_and_clipped():
    samples = pocketsphinx.to_int16(np.array([0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 1e-9]))
    assert samples.dtype == np.dtype("<i2")
    assert samples.tolist() == [0, 32767, -32767, 32767, -32768, 16384, 0]


def test_identity_has_settings_and_model_hash(transcriber):
    *_, settings, digest = transcriber.identity()
    assert settings == {"fwdtree": True, "fwdflat": True, "bestpath": True}
    assert len(digest) == 64
    assert transcriber.identity() == transcriber.identity()


def test_reports_missing_package(monkeypatch):
    monkeypatch.setattr(pocketsphinx, "is_installed", lambda name: False)
    assert transcripts.get("pocketsphinx").unavailable() == "pip install pocketsphinx"


@pytest.mark.slow
def test_real_speech_is_recognised_and_coding_adds_errors(transcriber, shared_corpora):
    sentences = {"01": "kids are talking by the door", "02": "dogs are sitting by the door"}
    files = sorted((shared_corpora / "ravdess").rglob("*.flac"))[::120]
    signals = [soundfile.read(file, dtype="float32")[0] for file in files]
    texts = [sentences[file.stem.split("-")[4]] for file in files]
    coded = [roundtrip(signal, RATE, "mp3", 8) for signal in signals]
    rates = []
    for versions in (signals, coded):
        errors = count(texts, transcriber.transcribe(versions, RATE))
        rates.append(sum(e.total for e in errors) / sum(e.words for e in errors))
    assert rates[0] < 0.7
    assert rates[1] > rates[0]
