"""Audio examples: content, invalid input, and hostile names."""

from __future__ import annotations

import io

import factories
import numpy as np
import pandas as pd
import pytest
import soundfile

from aser_bench import load_corpus
from aser_bench.codecs import roundtrip
from aser_bench.codecs.audit import gain_db
from aser_bench.core.errors import UsageError
from aser_bench.corpora.audio import read
from aser_bench.results import audio_examples, reader
from aser_bench.results.merge import merge

STEP = 1.5 / 2**15
"""The tolerance: 1.5 steps of 16 bits, of which rounding needs half a step."""


@pytest.fixture(scope="module")
def demo():
    """Return every hundredth recording of the demo corpus."""
    return load_corpus("demo").utterances.iloc[::100].reset_index(drop=True)


def material(path, table, **study):
    """Return results of the demo corpus with generated predictions."""
    keys = ["utterance", "speaker", "emotion"]
    own = table[keys].rename(columns={"emotion": "truth"})
    frame = pd.concat(
        [
            own.assign(
                corpus="demo",
                features="f",
                model="svm",
                protocol="speaker",
                fold=0,
                run=0,
                train_condition="original",
                test_condition=name,
                predicted=own["truth"],
            )
            for name in ("original", "mp3-8k")
        ]
    )
    settings = {"codecs": [{"mp3": [8.0]}], "models": ["svm"], "seed": 0}
    study = {"corpora": ["demo"], **settings, **study}
    factories.folder(
        path, frame[list(factories.tables.PREDICTIONS)], factories.conditions("demo"), study=study
    )
    return merge([reader.read(path)])


def worst(*utterances, corpus="demo", condition="mp3-8k"):
    return pd.DataFrame(
        [(corpus, condition, name) for name in utterances],
        columns=["corpus", "condition", "utterance"],
    )


def listen(run, rows, number, folder):
    examples = audio_examples.make(run, rows, number)
    if examples:
        audio_examples.write(examples, folder / audio_examples.FOLDER)


def decoded(content):
    signal, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    assert rate == 16_000
    return signal


def test_audio_is_that_of_the_utterances(tmp_path, demo):
    run = material(tmp_path / "run", demo)
    first, second, *_ = demo["utterance"]
    listen(run, worst(second, first, demo["utterance"].iloc[2]), 2, tmp_path / "out")
    examples = audio_examples.load(run, tmp_path / "out")
    assert set(examples) == {
        ("demo", condition, name)
        for condition in ("original", "mp3-8k")
        for name in (first, second)
    }
    for name in (first, second):
        signal = read(demo.set_index("utterance").loc[name, "file"])
        coded = roundtrip(signal, 16_000, "mp3", 8)
        for condition, expected in (("original", signal), ("mp3-8k", coded)):
            audio = decoded(examples["demo", condition, name])
            np.testing.assert_allclose(audio, np.clip(expected, -1, 1), atol=STEP)
        assert np.abs(signal - coded).max() > 20 * STEP  # the two can be distinguished


def test_level_is_matched_if_the_run_did(tmp_path, demo):
    name = demo["utterance"].iloc[0]
    levels = []
    for match in (False, True):
        run = material(tmp_path / str(match), demo, match_level=match)
        listen(run, worst(name), 1, tmp_path / str(match))
        examples = audio_examples.load(
            run, tmp_path / "nowhere"
        )  # also loaded from the results folder
        signals = [
            decoded(examples["demo", condition, name]) for condition in ("original", "mp3-8k")
        ]
        levels.append(gain_db(*signals))
    assert levels[0] < -0.3
    assert levels[1] == pytest.approx(0, abs=0.05)


def test_renamed_corpus_is_read_by_its_original_name(tmp_path, demo):
    one = material(tmp_path / "one", demo).folders[0]
    path = tmp_path / "two"
    material(path, demo)
    (path / "manifest.json").write_text(
        (path / "manifest.json").read_text("utf-8").replace("0" * 64, "1" * 64), "utf-8"
    )
    both = merge([one, reader.read(path)])
    name = demo["utterance"].iloc[0]
    listen(both, worst(name, corpus="demo (two)"), 1, tmp_path / "out")
    assert set(audio_examples.load(both, tmp_path / "out")) == {
        ("demo (two)", "original", name),
        ("demo (two)", "mp3-8k", name),
    }


@pytest.mark.parametrize("table", [worst(), worst("x", corpus="elsewhere")])
def test_nothing_is_written_without_examples(tmp_path, demo, table):
    run = material(tmp_path / "run", demo)
    listen(run, table, 5, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert audio_examples.load(run, tmp_path / "out") == {}


def test_missing_corpus_is_reported_in_one_line(tmp_path, demo):
    gone = tmp_path / "gone"
    run = material(tmp_path / "run", demo, corpora=[{"demo": str(gone)}])
    with pytest.raises(UsageError, match="listen needs the recordings of demo") as error:
        listen(run, worst(demo["utterance"].iloc[0]), 1, tmp_path / "out")
    assert "\n" not in str(error.value)


def test_missing_utterance_is_reported(tmp_path, demo):
    run = material(tmp_path / "run", demo)
    with pytest.raises(UsageError, match="listen needs"):
        listen(run, worst("no such thing"), 1, tmp_path / "out")


def test_unknown_condition_is_reported(tmp_path, demo):
    run = material(
        tmp_path / "run", demo, codecs=[{"mp3": [64.0]}]
    )  # another study than that of the predictions
    with pytest.raises(UsageError, match="mp3-8k"):
        listen(run, worst(demo["utterance"].iloc[0]), 1, tmp_path / "out")


# --- hostile names and folders ----------------------------------------------------------------

HOSTILE = (
    "../../etc/passwd",
    "a,b",
    'say "hi"',
    "two\nlines",
    "Füße 🙂",
    "/elsewhere/x",
    "nan",
    "." * 300,
    "a b",
    "a_b",
    "=cmd()",
    "",
)


def test_names_of_utterances_can_be_anything(tmp_path, demo, monkeypatch):
    run = material(tmp_path / "run", demo)
    rng = np.random.default_rng(0)
    audio = {name: rng.uniform(-1, 1, (2, 100)) for name in HOSTILE}
    monkeypatch.setattr(
        audio_examples,
        "_coded",
        lambda one, corpus, condition, names: {name: tuple(audio[name]) for name in names},
    )
    out = tmp_path / "deep" / "out"
    listen(run, worst(*HOSTILE), 99, out)
    files = list((tmp_path / "deep").rglob("*.flac"))
    assert len(files) == 2 * len(HOSTILE)
    assert {file.parent for file in files} == {out / "sounds"}
    examples = audio_examples.load(run, out)
    assert len(examples) == 2 * len(HOSTILE)
    for name, (original, coded) in audio.items():
        for condition, expected in (("original", original), ("mp3-8k", coded)):
            signal = decoded(examples["demo", condition, name])
            np.testing.assert_allclose(signal, expected, atol=STEP)


@pytest.fixture
def index(tmp_path, demo):
    """Return a function that writes the index and returns the run."""
    run = material(tmp_path / "run", demo)
    (tmp_path / "run" / "sounds").mkdir()

    def write(text):
        (tmp_path / "run" / "sounds" / "index.csv").write_text(text, "utf-8")
        return run

    return write


@pytest.mark.parametrize(
    "file", ["../secret.flac", "{path}/secret.flac", "../../run/../secret.flac"]
)
def test_index_cannot_refer_to_other_folders(tmp_path, index, file):
    (tmp_path / "secret.flac").write_bytes(b"secret")
    (tmp_path / "run" / "secret.flac").write_bytes(b"secret")
    run = index(f"corpus,condition,utterance,file\ndemo,x,y,{file.format(path=tmp_path)}\n")
    with pytest.raises(UsageError, match=r"index.csv cannot be read"):
        audio_examples.load(run, tmp_path)
    (tmp_path / "run" / "sounds" / "secret.flac").write_bytes(b"own")
    assert audio_examples.load(run, tmp_path) == {("demo", "x", "y"): b"own"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "corpus,condition,utterance\na,b,c\n",
        "x,y\n1,2\n",
        "corpus,condition,utterance,file\na,b,c,gone.flac\n",
        "corpus,condition,utterance,file\na,b,c,..\n",
        "corpus,condition,utterance,file\na,b,c,\n",
        "corpus,condition,utterance,file\na,b,c,\0.flac\n",
    ],
)
def test_rejects_invalid_index(tmp_path, index, text):
    with pytest.raises(UsageError, match="cannot be read") as error:
        audio_examples.load(index(text), tmp_path)
    assert "\n" not in str(error.value)


def test_empty_index_has_no_examples(tmp_path, index):
    assert audio_examples.load(index("corpus,condition,utterance,file\n"), tmp_path) == {}
