"""Whole runs of models that read text: reference transcripts and transcribers."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import transcriber_factory

import aser_bench
from aser_bench.core.errors import AserBenchError, UsageError
from aser_bench.pipeline import estimate
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.ingest import ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.pipeline.worklist import Worklist
from aser_bench.study.config import resolve
from aser_bench.study.experiment import Experiment

EAR = transcriber_factory.SPEC
HEARD = f"-{EAR}"
WORDS = {
    "angry": "stop that now",
    "happy": "what a day",
    "neutral": "the keys lie here",
    "sad": "they are gone",
}


@pytest.fixture(scope="module")
def texts(voices: Path, tmp_path_factory) -> Path:
    """Return a table of the synthetic recordings with texts that depend on the emotion."""
    path = tmp_path_factory.mktemp("words") / "voices.csv"
    lines = ["file,emotion,speaker,text"]
    for file in sorted(voices.glob("*.wav")):
        speaker, take, emotion = file.stem.split("_")
        lines.append(f"{file},{emotion},{speaker},{WORDS[emotion]} number {take}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def run(texts, cache_dir, tmp_path):
    def run_study(out="out", jobs=1, place=cache_dir, table=texts, **more):
        study = {
            "corpora": [{"csv": str(table)}],
            "codecs": [{"mp3": [8]}],
            "effort": "quick",
            "runs": 1,
            "max_epochs": 12,
            "models": "tre,mdre",
            "train": "all",
            **more,
        }
        return aser_bench.run(
            study,
            out=tmp_path / out,
            jobs=jobs,
            cache=place,
            quiet=True,
            formats="csv",
        )

    return run_study


def cells(outcome) -> pd.DataFrame:
    predictions = pd.read_parquet(outcome.folder / "predictions.parquet")
    return predictions.astype(dict.fromkeys(predictions.select_dtypes("category"), str))


def trained(outcome, model: str) -> int:
    timings = pd.read_csv(outcome.folder / "timings.csv")
    train = timings[timings["stage"] == "train"]
    return int(train["task"].str.split().str[1].eq(model).sum())


def test_reference_transcripts_are_trained_on_once_per_fold(run, tmp_path):
    outcome = run(place=tmp_path / "cache", train="all,multi", models="tre,mdre")
    assert outcome.exit_code == 0
    table = cells(outcome)
    tre = table[table["model"] == "tre"]
    assert trained(outcome, "tre") == tre["fold"].nunique() == 4
    assert trained(outcome, "mdre") == 4 * 3
    # All cells are in the table, with equal predictions.
    pairs = {
        (train, test)
        for train in ("original", "mp3-8k", "multi")
        for test in ("original", "mp3-8k")
    }
    assert set(zip(tre["train_condition"], tre["test_condition"], strict=True)) == pairs
    predicted = tre.pivot_table(
        "predicted", "utterance", ["train_condition", "test_condition"], "first"
    )
    assert predicted.eq(predicted.iloc[:, 0], axis=0).all(axis=None)
    assert "trained once per fold" in " ".join(outcome.text.split())


def test_transcriber_transcribes_each_condition(run):
    outcome = run(transcripts=f"reference,{EAR}")
    table = cells(outcome)
    assert set(table["model"]) == {"tre", "mdre", f"tre{HEARD}", f"mdre{HEARD}"}
    transcripts = pd.read_csv(outcome.folder / "transcripts.csv", keep_default_na=False)
    assert list(transcripts["condition"].unique()) == ["original", "mp3-8k"]
    assert len(transcripts) == 2 * 32
    by = transcripts.pivot_table("heard", "utterance", "condition", "first")
    assert (by["original"] != by["mp3-8k"]).any()
    assert transcripts["reference"].str.contains("number").all()
    rates = pd.read_csv(outcome.folder / "wer.csv")
    assert rates["wer"].tolist() == [1.0, 1.0] or (rates["wer"] > 0.5).all()
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    versions = manifest["components"]["models"]
    assert set(versions) == {"tre", f"tre{HEARD}", "mdre", f"mdre{HEARD}"}
    assert versions[f"tre{HEARD}"].startswith(f"{versions['tre']}, {EAR} 1 ")
    assert len(manifest["corpora"]["csv"]["texts_sha256"]) == 64
    asr = table[table["model"] == f"tre{HEARD}"]
    predicted = asr.pivot_table(
        "predicted", "utterance", ["train_condition", "test_condition"], "first"
    )
    assert not predicted.eq(predicted.iloc[:, 0], axis=0).all(axis=None)


def test_scores_do_not_depend_on_workers_other_models_or_order(run, tmp_path):
    both = run("both", transcripts=f"reference,{EAR}", place=tmp_path / "a")
    alone = run("alone", transcripts=EAR, models="mdre", place=tmp_path / "b")
    turned = run("turned", transcripts=f"{EAR},reference", models="mdre,tre", place=tmp_path / "c")
    keys = ["model", "train_condition", "test_condition", "fold"]

    def scores(outcome) -> pd.DataFrame:
        return outcome.scores.set_index(keys).sort_index()[["uar", "seed", "epochs"]]

    pd.testing.assert_frame_equal(scores(turned), scores(both))
    some = scores(alone)
    pd.testing.assert_frame_equal(some, scores(both).loc[some.index])


def test_changed_text_changes_the_result(run, texts, tmp_path):
    first = run("one", models="tre")
    again = run("two", models="tre")
    assert trained(again, "tre") == 0
    assert (again.folder / "scores.csv").read_bytes() == (first.folder / "scores.csv").read_bytes()
    edited = tmp_path / "edited.csv"
    edited.write_text(texts.read_text().replace("stop that now", "go on please", 1))
    other = run("three", models="tre", table=edited)
    assert trained(other, "tre") == 4


def test_transcripts_stay_with_their_recordings_if_others_are_refused(run, texts, tmp_path):
    lines = texts.read_text().splitlines()
    broken = tmp_path / "aa_broken.wav"
    broken.write_bytes(b"no sound at all")
    table = tmp_path / "more.csv"
    table.write_text("\n".join([lines[0], f"{broken},sad,v9,never said", *lines[1:]]) + "\n")
    outcome = run(table=table, transcripts=f"reference,{EAR}", models="tre")
    transcripts = pd.read_csv(outcome.folder / "transcripts.csv", keep_default_na=False)
    assert not transcripts["utterance"].str.contains("broken").any()
    texts_of = {Path(line.split(",")[0]).stem: line.split(",")[3] for line in lines[1:]}
    for row in transcripts.itertuples():
        assert row.reference == texts_of[row.utterance]


def test_corpus_without_recordings_has_only_the_original(run, tmp_path):
    table = tmp_path / "texts.csv"
    rows = [
        f",{emotion},{speaker},{words} {take}"
        for emotion, words in WORDS.items()
        for speaker in "abcd"
        for take in range(3)
    ]
    table.write_text("\n".join(["file,emotion,speaker,text", *rows]) + "\n")
    outcome = run(table=table, models="tre")
    assert set(cells(outcome)["test_condition"]) == {"original"}
    assert not (outcome.folder / "wer.csv").exists()
    assert outcome.scores["uar"].mean() > 0.9
    for more in ({"models": "svm"}, {"models": "are"}, {"models": "tre", "transcripts": EAR}):
        with pytest.raises(UsageError, match="transcripts but no recordings"):
            run("other", table=table, **more)


def test_label_set_of_four_emotions(run):
    outcome = run(models="tre", labels="4", codecs="original")
    assert "labels 4" in outcome.text
    assert sorted(cells(outcome)["truth"].unique()) == ["angry", "happy", "neutral", "sad"]


def test_embeddings_change_the_result(run, tmp_path):
    words = sorted({word for text in WORDS.values() for word in text.split()})
    rng = np.random.default_rng(0)
    for name in "ab":
        lines = [f"{word} {' '.join(f'{v:.3f}' for v in rng.normal(size=6))}" for word in words]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    one, other = (
        run(name, models="tre", codecs="original", embeddings=str(tmp_path / f"{name}.txt"))
        for name in "ab"
    )
    assert "pretrained word vectors" in one.text
    known = [
        json.loads((outcome.folder / "manifest.json").read_text())["components"]["models"]
        for outcome in (one, other)
    ]
    assert ", vectors " in known[0]["tre"]
    assert known[0] != known[1]
    assert trained(other, "tre") == 4
    # The same name with other vectors behind it, in the same process.
    (tmp_path / "a.txt").write_text((tmp_path / "b.txt").read_text())
    swapped = run(
        "swapped",
        models="tre",
        codecs="original",
        place=tmp_path / "fresh",
        embeddings=str(tmp_path / "a.txt"),
    )
    pd.testing.assert_frame_equal(cells(swapped), cells(other))
    with pytest.raises(UsageError, match=r"--embeddings .*nowhere.*"):
        run(models="tre", embeddings=str(tmp_path / "nowhere.txt"))


def test_rejects_invalid_embeddings_before_reading_the_corpus(run, tmp_path):
    (tmp_path / "junk.txt").write_text("hello world this is no vector\n")
    with pytest.raises(UsageError, match="line 1 is not a word and its values"):
        run(models="tre", embeddings=str(tmp_path / "junk.txt"))


@pytest.mark.parametrize(
    ("more", "flag"),
    [({"transcripts": EAR}, "--transcripts"), ({"embeddings": "a.txt"}, "--embeddings")],
)
def test_rejects_transcripts_that_no_model_reads(run, more, flag):
    with pytest.raises(UsageError, match=f"{flag} would have no effect: none of the models svm"):
        run(models="svm", **more)


def test_failing_transcriber_is_reported_in_one_line(run, monkeypatch, tmp_path):
    def breaks(self, signal):
        raise RuntimeError("no more ears")

    monkeypatch.setattr(transcriber_factory.FakeTranscriber, "transcribe_one", breaks)
    with pytest.raises(
        AserBenchError, match=r"FAKE failed on csv .* at original: RuntimeError: no"
    ):
        run(models="tre", transcripts=EAR, place=tmp_path / "cache")


def test_estimate_contains_transcription(run, monkeypatch, texts, tmp_path):
    monkeypatch.setattr(transcriber_factory.FakeTranscriber, "real_time_factor", 0.01)
    slow = transcriber_factory.FakeTranscriber.transcribe_one

    def listen(self, signal):
        time.sleep(0.2)
        return slow(self, signal)

    def coding() -> float:
        study = resolve(
            {
                "corpora": [{"csv": str(texts)}],
                "codecs": "mp3:8",
                "models": "tre",
                "transcripts": EAR,
                "effort": "quick",
            }
        )
        with Pool(1) as pool:
            cache = Cache(tmp_path / "empty")
            ingested = ingest(study.corpora[0], None, cache, pool)
            one = Worklist(Experiment.from_study(study), ingested, cache)
            return estimate.estimate([one], pool).code_s

    quick = coding()
    monkeypatch.setattr(transcriber_factory.FakeTranscriber, "transcribe_one", listen)
    assert coding() > quick + 0.5 * 32 * 2 * 0.2


def test_preset_yoon2018_runs(run):
    outcome = run(preset="yoon2018", models="tre,mdrea", codecs="original", max_epochs=4)
    assert outcome.exit_code == 0
    assert set(cells(outcome)["protocol"]) == {"yoon2018"}
    assert "the authors' code" in " ".join(outcome.text.split())
