"""Model variants of a study: feature sets, parts and transcripts that each model reads."""

from __future__ import annotations

import pytest
import transcriber_factory

from aser_bench.core.errors import UsageError
from aser_bench.study.config import resolve
from aser_bench.study.variants import ModelVariant, extracted_features, resolve_variants

FAKE = transcriber_factory.SPEC


def variants(**layer) -> tuple[ModelVariant, ...]:
    return resolve_variants(resolve(layer))


def names(**layer) -> list[str]:
    return [variant.name for variant in variants(**layer)]


def test_only_models_that_read_text_have_a_variant_for_each_source_of_transcripts():
    assert names(models="svm,are,tre,mdrea") == ["svm", "are", "tre", "mdrea"]
    both = names(models="svm,are,tre,mdrea", transcripts=["reference", FAKE])
    assert both == ["svm", "are", "tre", f"tre-{FAKE}", "mdrea", f"mdrea-{FAKE}"]
    assert names(models="tre", transcripts="pocketsphinx") == ["tre-pocketsphinx"]


def test_variant_says_which_transcripts_and_recordings_it_needs():
    reference, fake = variants(models="tre", transcripts=["reference", FAKE])
    assert (reference.transcriber, reference.reads_reference) == (None, True)
    assert not reference.needs_audio
    assert fake.transcriber == transcriber_factory.FAKE
    assert (fake.reads_reference, fake.needs_audio) == (False, True)
    (svm,) = variants(models="svm")
    assert (svm.transcripts, svm.reads_reference, svm.needs_audio) == ("", False, True)


def test_each_model_reads_its_parts_of_a_bundle():
    parts = {variant.name: variant.parts for variant in variants(models="are,tre,mdre,svm")}
    audio = {"frames": "mfcc39", "vector": "prosody35"}
    assert parts == {"are": audio, "tre": {}, "mdre": audio, "svm": {"vector": "functionals"}}


@pytest.mark.parametrize(
    ("features", "svm", "lstm"),
    [
        ([], ["functionals"], ["frames"]),
        (["robust"], ["robust"], ["frames"]),
        (["frames:parts=mel"], ["functionals"], ["frames:parts=mel"]),
        (["robust", "functionals", "frames"], ["robust", "functionals"], ["frames"]),
    ],
)
def test_each_model_gets_the_feature_sets_of_its_type(features, svm, lstm):
    found = variants(features=features, models="svm,lstm")
    assert [one.features for one in found if one.name == "svm"] == svm
    assert [one.features for one in found if one.name == "lstm"] == lstm
    assert set(extracted_features(found)) == {*svm, *lstm}


def test_features_that_some_model_reads_are_extracted():
    assert extracted_features(variants(models="tre")) == {"dual": ()}
    found = extracted_features(variants(models="tre,are,lstm", features="mfcc39"))
    assert found == {"dual": ("mfcc39", "prosody35"), "mfcc39": ("mfcc39",)}


@pytest.mark.parametrize(
    ("features", "models", "message"),
    [
        ("dual", "svm", "'dual' gives frames and a vector, which none of the models svm reads"),
        ("dual", "lstm", "'dual' gives frames and a vector"),
        ("frames", "svm,mlp", "'frames' gives frames, which none of the models svm, mlp reads"),
        ("functionals", "lstm", "'functionals' gives one vector an utterance"),
    ],
)
def test_rejects_features_that_no_model_reads(features, models, message):
    with pytest.raises(UsageError, match=message):
        variants(features=features, models=models)


@pytest.mark.parametrize(
    "layer",
    [{"transcripts": "pocketsphinx"}, {"embeddings": "glove.txt"}],
)
def test_rejects_text_settings_without_a_model_that_reads_text(layer):
    (flag,) = layer
    message = f"--{flag} would have no effect: none of the models svm, are reads text"
    with pytest.raises(UsageError, match=message):
        variants(models="svm,are", **layer)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            {"models": "tre", "transcripts": "pocketsfinx"},
            r"unknown .*'pocketsfinx'; did you mean 'pocketsphinx'",
        ),
        ({"models": "smv"}, "unknown model 'smv'; did you mean 'svm'"),
        ({"features": "functional"}, "unknown feature set 'functional'"),
    ],
)
def test_rejects_unknown_names(layer, message):
    with pytest.raises(UsageError, match=message):
        variants(**layer)
