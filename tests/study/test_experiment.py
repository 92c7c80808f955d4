"""Experiments: a study resolved once, and what it becomes on one corpus."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
import transcriber_factory

from aser_bench import corpora
from aser_bench.core.errors import UsageError
from aser_bench.study.conditions import TrainingCondition, training_conditions
from aser_bench.study.config import resolve
from aser_bench.study.experiment import CorpusExperiment, Experiment

FAKE = transcriber_factory.SPEC


def experiment(**layer) -> Experiment:
    return Experiment.from_study(resolve({"codecs": "gain", "models": "svm", **layer}))


def utterances(speakers="ab", has_audio: bool = True, texts=("Hello.", "")) -> pd.DataFrame:
    table = pd.DataFrame({"speaker": list(speakers)})
    table["text"] = (list(texts) * len(table))[: len(table)]
    return table.assign(file="a.wav" if has_audio else "")


def on_corpus(one: Experiment, table: pd.DataFrame, language: str = "en") -> CorpusExperiment:
    corpus = corpora.get("csv")
    corpus.language = language
    return one.for_corpus(corpus, table)


def test_resolves_a_study():
    one = experiment(models="svm,tre", transcripts=["reference", FAKE], effort="quick", runs=5)
    assert one.conditions.names == ("original", "gain-down0.45dB")
    assert [variant.name for variant in one.variants] == ["svm", "tre", f"tre-{FAKE}"]
    assert one.feature_sets == {"functionals": ("functionals",), "dual": ()}
    assert one.transcribers == {FAKE: transcriber_factory.FAKE}
    assert one.settings == one.study.settings
    assert (one.runs, one.inner_folds) == (5, 3)
    assert experiment(effort="paper").runs == 10
    assert set(one.budgets) == {"tre", f"tre-{FAKE}"}
    assert one.reads_reference
    assert not experiment(models="tre", transcripts=FAKE).reads_reference
    assert one.model(f"tre-{FAKE}").name == "tre"


def test_is_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        experiment().runs = 3


def test_caption_names_settings_that_are_not_the_default():
    assert experiment().caption == "effort standard"
    layer = {"preset": "paper", "labels": "4", "class_weight": "balanced", "limit": 9}
    assert experiment(**layer).caption == (
        "preset paper, effort standard, labels 4, class weight balanced, limited to 9 utterances"
    )


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"corpora": "demmo"}, "unknown corpus 'demmo'; did you mean 'demo'"),
        ({"models": "smv"}, "unknown model 'smv'"),
        ({"codecs": "opsu:16"}, "unknown codec 'opsu'"),
        ({"models": "tre", "embeddings": "nowhere.txt"}, "nowhere.txt"),
    ],
)
def test_rejects_names_before_anything_is_read(layer, message):
    with pytest.raises(UsageError, match=message):
        experiment(**layer)


def test_rejects_a_transcriber_that_is_not_available(monkeypatch):
    monkeypatch.setattr(
        transcriber_factory.FakeTranscriber, "unavailable", lambda self: "no model; get one"
    )
    with pytest.raises(UsageError, match="is not available: no model; get one"):
        experiment(models="tre", transcripts=FAKE)


def test_protocol_depends_on_known_speakers_unless_the_study_names_one():
    one = experiment()
    assert on_corpus(one, utterances("abc")).protocols == ("speaker",)
    partly = on_corpus(one, utterances(["a", "b", ""]))
    assert partly.protocols == ("paper",)
    assert partly.notes[0].startswith("speakers are unknown, so the folds are random")
    named = experiment(protocol="loso,paper")
    assert on_corpus(named, utterances(["a", ""])).protocols == ("loso", "paper")
    assert on_corpus(named, utterances(["a", ""])).notes == ()


def test_notes_on_two_speakers_and_settings():
    notes = on_corpus(experiment(match_level=True), utterances("ab")).notes
    assert notes[0].startswith("two speakers: each fold trains on one of them")
    assert "level of its original" in notes[1]
    ignored = on_corpus(experiment(preset="paper", models="mlp"), utterances("abc")).notes
    assert ignored
    assert all(note.startswith("ignored settings: ") for note in ignored)


def test_corpus_without_recordings_has_the_original_alone():
    one = experiment(models="tre", train="all")
    silent = on_corpus(one, utterances(has_audio=False))
    assert silent.conditions.names == ("original",)
    assert silent.conditions.aliases == ()
    assert silent.training_conditions == (
        TrainingCondition("original", ("original",), ("original",)),
    )
    assert (silent.feature_sets, silent.transcribers, silent.extracted) == ({}, {}, ())
    with_audio = on_corpus(experiment(models="tre,are"), utterances())
    assert with_audio.extracted == ("mfcc39", "prosody35")


@pytest.mark.parametrize("name", ["are", "mdre", f"tre-{FAKE}"])
def test_rejects_models_that_need_audio_on_a_corpus_without_recordings(name):
    model, _, transcriber = name.partition("-")
    one = (
        experiment(models=model, transcripts=transcriber or "reference")
        if (model != "are")
        else experiment(models="are")
    )
    message = f"transcripts but no recordings here, and {name} needs audio"
    with pytest.raises(UsageError, match=message):
        on_corpus(one, utterances(has_audio=False))


def test_rejects_models_that_read_text_on_a_corpus_without_transcripts():
    silent = utterances(texts=("", ""))
    with pytest.raises(UsageError, match="has no transcripts, which tre reads"):
        on_corpus(experiment(models="tre"), silent)
    on_corpus(experiment(models="tre", transcripts=FAKE), silent)


def test_rejects_a_transcriber_of_another_language():
    one = experiment(models="tre", transcripts=FAKE)
    with pytest.raises(UsageError, match=r"supports en, and corpus 'csv' is in de"):
        on_corpus(one, utterances(), language="de")
    for language in ("en", ""):
        on_corpus(one, utterances(), language=language)


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (("all",), {"original": ("original", "x"), "x": ("original", "x")}),
        (("original",), {"original": ("original", "x")}),
        (("matched",), {"original": ("original",), "x": ("x",)}),
        (("matched", "original"), {"original": ("original", "x"), "x": ("x",)}),
        (("multi",), {"multi": ("original", "x")}),
    ],
)
def test_training_conditions(modes, expected):
    found = list(training_conditions(modes, ("original", "x")))
    assert {one.name: one.test_on for one in found} == expected
    for one in found:
        assert one.train_on == (("original", "x") if one.name == "multi" else (one.name,))
