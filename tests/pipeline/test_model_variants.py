"""Models as a study runs them: on which features, on whose words, and what they are refused."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import transcriber_factory

from aser_bench import transcripts
from aser_bench.core.errors import UsageError
from aser_bench.pipeline import model_variants
from aser_bench.pipeline.cache import Cache
from aser_bench.study.config import resolve

EAR = transcriber_factory.SPEC


def names(**layer) -> list[str]:
    return [one.name for one in model_variants.of(resolve(layer))]


def of(name: str, **layer) -> model_variants.Variant:
    (found,) = (one for one in model_variants.of(resolve(layer)) if one.name == name)
    return found


def corpus(has_audio: bool = True, language: str = "en", texts=("Hello.", "")) -> SimpleNamespace:
    return SimpleNamespace(
        corpus=SimpleNamespace(name="made-up", language=language),
        has_audio=has_audio,
        utterances=pd.DataFrame({"text": list(texts)}),
    )


def test_only_what_reads_words_is_run_for_each_kind_of_transcripts():
    assert names(models="svm,are,tre,mdrea") == ["svm", "are", "tre", "mdrea"]
    both = names(models="svm,are,tre,mdrea", transcripts=["reference", EAR])
    assert both == ["svm", "are", "tre", f"tre-{EAR}", "mdrea", f"mdrea-{EAR}"]
    assert names(models="tre", transcripts="pocketsphinx") == ["tre-pocketsphinx"]


def test_each_model_reads_its_part_of_a_bundle():
    parts = {
        one.name: one.parts for one in model_variants.of(resolve({"models": "are,tre,mdre,svm"}))
    }
    audio = {"frames": "mfcc39", "vector": "prosody35"}
    assert parts == {"are": audio, "tre": {}, "mdre": audio, "svm": {"vector": "functionals"}}


def test_what_is_extracted_is_what_some_model_reads():
    assert model_variants.all_feature_sets(resolve({"models": "tre"})) == {"dual": ()}
    found = model_variants.all_feature_sets(
        resolve({"models": "tre,are,lstm", "features": "mfcc39"})
    )
    assert found == {"dual": ("mfcc39", "prosody35"), "mfcc39": ("mfcc39",)}


@pytest.mark.parametrize("models", ["svm", "lstm"])
def test_a_bundle_is_for_dual_encoders_alone(models):
    with pytest.raises(UsageError, match="'dual' gives frames and a vector, which none of the mod"):
        model_variants.all_feature_sets(resolve({"models": models, "features": "dual"}))


def test_only_transcribers_that_a_model_listens_to_are_run():
    assert model_variants.transcribers(
        resolve({"models": "tre", "transcripts": ["reference", EAR]})
    ) == (EAR,)
    assert model_variants.transcribers(resolve({"models": "are,svm", "transcripts": EAR})) == ()


@pytest.mark.parametrize("name", ["are", "mdre", f"tre-{EAR}"])
def test_what_listens_is_refused_where_there_is_no_sound(name):
    one = of(name, models="are,tre,mdre", transcripts=["reference", EAR])
    with pytest.raises(UsageError, match=f"texts and no recordings here, and {name} needs sound"):
        model_variants.check(one, corpus(has_audio=False))


def test_words_alone_need_no_sound():
    model_variants.check(of("tre", models="tre"), corpus(has_audio=False))


def test_words_that_nobody_wrote_are_refused_and_heard_ones_are_not():
    study = {"models": "tre", "transcripts": ["reference", EAR]}
    with pytest.raises(UsageError, match="does not say what was spoken, which tre reads"):
        model_variants.check(of("tre", **study), corpus(texts=("", "")))
    model_variants.check(of(f"tre-{EAR}", **study), corpus(texts=("", "")))


def test_a_transcriber_is_not_sent_to_a_language_that_it_does_not_know():
    one = of(f"tre-{EAR}", models="tre", transcripts=EAR)
    with pytest.raises(UsageError, match=r"hears en, and corpus 'made-up' speaks de"):
        model_variants.check(one, corpus(language="de"))
    for language in ("en", ""):
        model_variants.check(one, corpus(language=language))


def test_the_reference_is_kept_once_and_told_apart_by_every_word(tmp_path):
    cache = Cache(tmp_path)
    key = model_variants.reference(corpus(), cache)
    assert model_variants.reference(corpus(), cache) == key
    assert cache.load("transcripts", key).meta["texts"] == ["Hello.", ""]
    assert model_variants.reference(corpus(texts=("Hello", "")), cache) != key


def test_an_unknown_transcriber_is_refused():
    with pytest.raises(UsageError, match=r"unknown .*'pocketsfinx'; did you mean 'pocketsphinx'"):
        model_variants.of(resolve({"models": "tre", "transcripts": "pocketsfinx"}))


def test_the_ear_of_the_tests_is_a_transcriber():
    assert transcripts.get(EAR) == replace(transcriber_factory.FAKE)
