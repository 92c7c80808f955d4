"""Studies from layers, flags and files, and the errors of invalid ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aser_bench.codecs.specs import split_bitrate
from aser_bench.core.errors import UsageError
from aser_bench.study.config import (
    PRESETS,
    STUDY_BITRATES,
    CodecChoice,
    CorpusChoice,
    Study,
    StudySettings,
    from_environment,
    read_file,
    resolve,
)

FULL = Study(
    name="everything",
    corpora=(CorpusChoice("ravdess", "/data/ravdess"), CorpusChoice("demo")),
    codecs=(CodecChoice("mp3", (8.0, 64.0)), CodecChoice("original")),
    bitrate_policy="clamp",
    features=("functionals", "package.module:Frames"),
    models=("svm",),
    protocol=("paper", "loso"),
    train=("matched", "multi"),
    preset="paper",
    effort="quick",
    runs=3,
    repeats=5,
    max_epochs=30,
    patience=4,
    early_stopping="uar",
    refit_dev=True,
    frame_pool=2,
    class_weight="balanced",
    labels="4",
    drop_unknown=True,
    transcripts=("reference", "pocketsphinx"),
    embeddings="/data/glove.txt",
    seed=7,
    limit=40,
)

OTHER_VALUES = {
    "corpora": (CorpusChoice("tess", "/data/tess"),),
    "codecs": (CodecChoice("mp3", (8.0,)),),
    "bitrate_policy": "error",
    "match_level": True,
    "features": ("functionals",),
    "models": ("svm", "mlp"),
    "protocol": (),
    "train": ("all",),
    "preset": "default",
    "effort": "paper",
    "runs": None,
    "repeats": 2,
    "max_epochs": None,
    "patience": 5,
    "early_stopping": "none",
    "refit_dev": False,
    "frame_pool": None,
    "class_weight": "none",
    "labels": "all",
    "drop_unknown": False,
    "transcripts": ("reference",),
    "embeddings": None,
    "seed": 8,
    "limit": None,
}


def bitrates(value) -> tuple[float, ...]:
    return resolve({"codecs": [{"mp3": value}]}).codecs[0].bitrates


def refusal(*layers) -> str:
    with pytest.raises(UsageError) as caught:
        resolve(*layers)
    return str(caught.value)


# Layers


def test_no_layers_give_the_default():
    assert resolve() == resolve({}, {}) == Study()


def test_study_converts_plain_values():
    study = Study(corpora={"ravdess": "/r"}, codecs={"mp3": [8, 16], "gsm": None}, models=["svm"])
    assert study == resolve(
        {"corpora": "ravdess=/r", "codecs": [{"mp3": [8, 16]}, "gsm"], "models": "svm"}
    )
    assert study.codecs == (CodecChoice("mp3", (8.0, 16.0)), CodecChoice("gsm"))
    assert resolve(study.to_mapping()) == study


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"seed": "x"}, "seed must be an integer of at least 0, not 'x'"),
        ({"codecs": {"mp3": ["x"]}}, "bitrates: 'x' is not a bitrate in kbit/s"),
        ({"effort": 5}, "unknown effort 5"),
        ({"embeddings": 5}, "embeddings must be the name of a file, not 5"),
    ],
)
def test_study_rejects_wrong_values(fields, message):
    with pytest.raises(UsageError, match=message):
        Study(**fields)


def test_keyword_settings_are_the_fields_of_a_study():
    assert StudySettings.__optional_keys__ == {*Study.__dataclass_fields__, "corpus"}


def test_later_layers_override_earlier_ones():
    file = {"models": "svm", "seed": 1, "effort": "quick", "runs": 2}
    environment = {"seed": "2", "effort": "paper"}
    flags = {"seed": "3"}
    study = resolve(file, environment, flags)
    assert (study.seed, study.effort, study.runs, study.models) == (3, "paper", 2, ("svm",))
    assert resolve(flags, environment, file).seed == 1


def test_layers_override_the_preset():
    assert resolve({"preset": "paper"}).protocol == ("paper",) != Study().protocol
    assert resolve({"preset": "paper"}).runs == 10
    assert resolve({"protocol": "loso", "runs": 2}, {"preset": "paper"}).protocol == ("loso",)
    assert resolve({"preset": "paper", "codecs": "original"}).codecs == (CodecChoice("original"),)


def test_later_layer_can_reset_the_preset():
    assert resolve({"preset": "paper"}, {"preset": "default"}) == Study()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_resolves(preset):
    assert resolve({"preset": preset}).preset == preset


def test_layers_are_not_modified():
    layer = {"models": ["svm"], "codecs": [{"mp3": [16, 8]}]}
    resolve(layer, {"preset": "paper", "seed": 1})
    assert layer == {"models": ["svm"], "codecs": [{"mp3": [16, 8]}]}


@pytest.mark.parametrize(
    ("key", "typed", "listed"),
    [
        ("models", "svm,mlp", ["svm", "mlp"]),
        ("models", " svm , mlp,", ("svm", "mlp")),
        ("features", "functionals", ["functionals"]),
        ("protocol", "speaker,loso", ["speaker", "loso"]),
        ("protocol", "", []),
        ("train", "matched,multi", ["matched", "multi"]),
        ("corpora", "demo,ravdess=/r", ["demo", "ravdess=/r"]),
        ("codecs", "original,mp3", ["original", "mp3"]),
        ("seed", "5", 5),
        ("runs", "5", 5),
        ("limit", "5", 5),
    ],
)
def test_strings_and_lists_give_the_same_study(key, typed, listed):
    assert resolve({key: typed}) == resolve({key: listed})


def test_environment_variables_are_a_layer():
    environment = {"ASER_BENCH_SEED": "4", "ASER_BENCH_MODELS": "svm", "ASER_BENCH_EFFORT": ""}
    layer = from_environment({**environment, "ASER_BENCH_CACHE": "/tmp", "SEED": "9"})
    assert layer == {"seed": "4", "models": "svm"}
    assert resolve(layer) == Study(seed=4, models=("svm",))


# Words


@pytest.mark.parametrize(
    ("layer", "wrong", "meant"),
    [
        ({"corpus": "demo"}, "corpus", "corpora"),
        ({"model": "svm"}, "model", "models"),
        ({"bitrate-policy": "clamp"}, "bitrate-policy", "bitrate_policy"),
        ({"preset": "papr"}, "papr", "paper"),
        ({"effort": "quik"}, "quik", "quick"),
        ({"bitrate_policy": "promot"}, "promot", "promote"),
        ({"train": "matchd"}, "matchd", "matched"),
        ({"train": ["all", "orignal"]}, "orignal", "original"),
        ({"protocol": "speakers"}, "speakers", "speaker"),
        ({"protocol": "speaker,lose"}, "lose", "loso"),
    ],
)
def test_rejects_unknown_name_and_suggests_the_nearest(layer, wrong, meant):
    text = refusal(layer)
    assert repr(wrong) in text
    assert f"did you mean {meant!r}?" in text


def test_rejects_unknown_name_and_lists_the_choices():
    assert "clamp, error, promote" in refusal({"bitrate_policy": "zzz"})


@pytest.mark.parametrize("key", [3, None, 1.5, True, (1, 2), ""])
def test_rejects_key_that_is_not_a_string(key):
    assert repr(key) in refusal({key: 1})


@pytest.mark.parametrize("key", ["preset", "effort", "bitrate_policy"])
@pytest.mark.parametrize("value", [[], ["paper"], {}, {"paper": 1}, None, 3])
def test_rejects_list_where_one_name_is_expected(key, value):
    assert f"unknown {key.replace('_', ' ')} {value!r}" in refusal({key: value})


@pytest.mark.parametrize("key", ["models", "codecs", "corpora"])
@pytest.mark.parametrize("nothing", ["", ",", [], ()])
def test_rejects_study_without_models_codecs_or_corpora(key, nothing):
    assert "the study has no" in refusal({key: nothing})


@pytest.mark.parametrize(
    "layer",
    [
        {"models": "svm,mlp,svm"},
        {"features": ["functionals", "functionals"]},
        {"protocol": "loso,loso"},
        {"train": "all,all"},
        {"codecs": [{"mp3": [8]}, {"mp3": [16]}]},
        {"codecs": "mp3,mp3"},
        {"corpora": ["emodb=/a", "emodb=/b"]},
        {"corpora": [{"emodb": "/a"}, "emodb"]},
    ],
)
def test_rejects_repeated_names(layer):
    assert "twice" in refusal(layer)


# Bitrates


@pytest.mark.parametrize(
    "value", ["8,16", "8k,16K", " 16 , 8,", [8, 16], (16.0, 8), ["8", "16k"], [8, 16, 8], "1.6e1,8"]
)
def test_bitrates_are_sorted_and_unique(value):
    assert bitrates(value) == (8.0, 16.0)


def test_single_bitrate_needs_no_list():
    assert bitrates(64) == bitrates("64k") == (64.0,)
    assert bitrates("12.65") == (12.65,)


@pytest.mark.parametrize("value", ["", [], ()])
def test_bitrates_may_be_empty(value):
    assert bitrates(value) == ()


@pytest.mark.parametrize(
    "value",
    [
        0,
        -3,
        "0",
        "-3",
        "nan",
        "inf",
        float("nan"),
        float("inf"),
        "-inf",
        "1e999",
        "abc",
        "k",
        "8kk",
        "8 16",
        [""],
        [8, ""],
        [None],
        [True],
        [[8]],
        {"a": 8},
        b"8",
        "8,abc",
    ],
)
def test_rejects_invalid_bitrate(value):
    text = refusal({"codecs": [{"mp3": value}]})
    assert "is not a bitrate in kbit/s" in text


def test_error_names_the_invalid_bitrate():
    assert "'abc'" in refusal({"codecs": {"mp3": "8,abc,16"}})


def test_codecs_may_be_a_mapping():
    assert resolve({"codecs": {"mp3": "8", "original": ""}}).codecs == (
        CodecChoice("mp3", (8.0,)),
        CodecChoice("original"),
    )


# Corpora


@pytest.mark.parametrize(
    "value", ["ravdess=/r", ["ravdess=/r"], {"ravdess": "/r"}, [{"ravdess": "/r"}]]
)
def test_corpus_with_a_folder(value):
    assert resolve({"corpora": value}).corpora == (CorpusChoice("ravdess", "/r"),)


def test_only_the_first_equals_sign_separates():
    assert resolve({"corpora": ["csv=/a=b.csv"]}).corpora == (CorpusChoice("csv", "/a=b.csv"),)


@pytest.mark.parametrize("value", ["demo", {"demo": None}, {"demo": ""}])
def test_corpus_without_a_folder(value):
    assert resolve({"corpora": value}).corpora == (CorpusChoice("demo"),)


def test_rejects_equals_sign_without_a_folder():
    assert "ravdess=" in refusal({"corpora": ["demo", "ravdess="]})


# Numbers


@pytest.mark.parametrize(("key", "least"), [("runs", 1), ("limit", 1), ("seed", 0)])
def test_integers_have_a_minimum(key, least):
    assert getattr(resolve({key: least}), key) == least
    for bad in (least - 1, -1, 1.5, "1.5", "many", "", True, [1], float("nan")):
        assert key in refusal({key: bad})


@pytest.mark.parametrize("key", ["runs", "limit"])
def test_runs_and_limit_may_be_none(key):
    assert getattr(resolve({key: 3}, {key: None}), key) is None


def test_seed_must_be_an_integer():
    assert "seed" in refusal({"seed": None})


# To a file and back


@pytest.mark.parametrize("study", [Study(), FULL, resolve({"preset": "paper"})])
def test_study_file_gives_the_same_study(study, tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(yaml.safe_dump(study.to_mapping()), encoding="utf-8")
    again = resolve(read_file(file))
    assert again == study
    assert again.digest() == study.digest()
    assert again.label == study.label


WORDS = st.text("abcxyz09_.:é'\"#- ", min_size=1).filter(lambda word: word.strip(" ") == word)
STUDIES = st.builds(
    Study,
    name=st.text(max_size=8),
    corpora=st.lists(
        st.builds(CorpusChoice, WORDS, st.none() | WORDS),
        min_size=1,
        max_size=3,
        unique_by=lambda choice: choice.name,
    ).map(tuple),
    codecs=st.lists(
        st.builds(
            # A bitrate behind the name is no part of it: the parser takes it away.
            CodecChoice,
            WORDS.filter(lambda word: split_bitrate(word)[1] is None),
            st.sets(st.floats(0.1, 999), max_size=4).map(lambda rates: tuple(sorted(rates))),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda choice: choice.name,
    ).map(tuple),
    models=st.lists(WORDS, min_size=1, max_size=3, unique=True).map(tuple),
    runs=st.none() | st.integers(1, 50),
    seed=st.integers(0, 2**70),
)


@settings(max_examples=25, deadline=None)
@given(STUDIES)
def test_any_study_survives_yaml(study):
    again = resolve(yaml.safe_load(yaml.safe_dump(study.to_mapping())))
    assert again == study
    assert again.digest() == study.digest()


def test_label_set_4_may_be_a_number():
    assert resolve({"labels": 4}) == resolve({"labels": "4"})
    assert "unknown label set '5'" in refusal({"labels": 5})


def test_path_of_embeddings_is_relative_to_the_study_file(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("embeddings: vectors.txt\n")
    assert resolve(read_file(file)).embeddings == str(tmp_path / "vectors.txt")
    assert "embeddings must be the name of a file" in refusal({"embeddings": ["a"]})


def test_digest_ignores_the_name():
    assert replace(FULL, name="other").digest() == FULL.digest()


@pytest.mark.parametrize("key", OTHER_VALUES)
def test_digest_depends_on_every_other_field(key):
    assert replace(FULL, **{key: OTHER_VALUES[key]}).digest() != FULL.digest()


def test_settings_of_models_are_taken_from_the_study():
    model_settings = FULL.settings
    assert (model_settings.preset, model_settings.effort, model_settings.max_epochs) == (
        "paper",
        "quick",
        30,
    )
    assert (model_settings.patience, model_settings.frame_pool, model_settings.class_weight) == (
        4,
        2,
        "balanced",
    )


def test_every_field_has_a_test_of_the_digest():
    assert {"name", *OTHER_VALUES} == set(Study.__dataclass_fields__)


def test_label_is_made_from_the_content_without_a_name():
    assert FULL.label == "everything"
    label = resolve({"corpora": "demo", "codecs": {"mp3": 8}}).label
    assert label.startswith("demo-mp3-")
    assert label != resolve({"corpora": "demo", "codecs": {"mp3": 16}}).label


# Study files


def test_study_file_is_read(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("corpora: [demo]\ncodecs:\n  - mp3: [8, 64]\nseed: 3\n")
    assert resolve(read_file(file)) == Study(codecs=(CodecChoice("mp3", (8.0, 64.0)),), seed=3)
    assert read_file(str(file)) == read_file(file)


def test_bitrates_of_the_preset_can_be_written_in_a_file(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("codecs: {mp3: '8,16,24,64,96,128,192,256'}\n")
    assert resolve(read_file(file)).codecs[0].bitrates == STUDY_BITRATES


def test_relative_folder_is_resolved_from_the_study_file(tmp_path):
    file = tmp_path / "deep" / "study.yaml"
    file.parent.mkdir()
    file.write_text("corpora:\n  - ravdess: audio/r\n  - emodb=/absolute\n  - demo\n")
    assert resolve(read_file(file)).corpora == (
        CorpusChoice("ravdess", str(tmp_path / "deep" / "audio" / "r")),
        CorpusChoice("emodb", "/absolute"),
        CorpusChoice("demo"),
    )


def test_rejects_missing_file(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        read_file(tmp_path / "none.yaml")


def test_rejects_folder_as_study_file(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_file(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"models: [svm",
        b"a: b: c",
        b"\tmodels: svm",
        b"models: s\x00vm",
        b"a: *b",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\xff\xfe\x00",
        b"? {a: b}\n: c",
        b"a: !!python/object/apply:os.system [true]",
        # What PyYAML stumbles over itself.
        b"name: 2026-99-99",
        b"seed: 0x_",
        b"seed: !!int ''",
        b"seed: !!bool maybe",
        b"name: !!timestamp soon",
        b'name: "\\UFFFFFFFF"',
        b"[" * 500,
    ],
)
def test_rejects_invalid_yaml_in_one_line(content, tmp_path):
    file = tmp_path / "study.yaml"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read") as caught:
        read_file(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "# only a remark\n", "- svm\n", "svm", "3", "null"])
def test_rejects_file_without_keys(content, tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(content)
    with pytest.raises(UsageError, match="has no keys"):
        read_file(file)


# Anything at all

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.dates()
    | st.sampled_from(["mp3", "svm", "paper", "quick", "all", "8k", "a=b", "=", ",", "nan"])
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(sorted(Study.__dataclass_fields__))


def resolves_or_refuses(*layers) -> None:
    try:
        study = resolve(*layers)
    except UsageError:
        return
    assert isinstance(study, Study)
    assert study.label
    assert study.digest()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=3))
@example({"preset": []})
@example({"preset": {}})
@example({"seed": 16**5000})
@example({"effort": 16**5000})
@example({"preset": 16**5000})
def test_any_value_is_resolved_or_rejected(layer):
    resolves_or_refuses(layer)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(KEYS | PLAIN, VALUES, max_size=3), st.dictionaries(KEYS, PLAIN, max_size=3))
def test_any_two_layers_are_resolved_or_rejected(below, above):
    resolves_or_refuses(below, above)


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=40)
    | st.binary(max_size=40).map(lambda content: content.decode("latin-1"))
    | st.dictionaries(KEYS, VALUES, max_size=3).map(yaml.safe_dump)
    | st.text(":-[]{}&*!|>'\"%@` \n0_xak<=?,.1", max_size=30).map(lambda text: f"corpora: {text}")
)
def test_any_file_is_read_or_rejected(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    try:
        layer = read_file(file)
    except UsageError:
        return
    resolves_or_refuses(layer)


@pytest.mark.parametrize("train", ["", []])
def test_rejects_empty_training_conditions(train):
    with pytest.raises(UsageError, match="the study has no training condition"):
        resolve({"train": train})


def test_empty_keys_mean_the_default():
    study = resolve({"name": None, "codecs": [{"original": None}], "runs": None})
    assert study.name == ""
    assert study.codecs[0].bitrates == ()


@pytest.mark.parametrize("corpora", ["=x", "", [""]])
def test_rejects_corpus_without_a_name(corpora):
    with pytest.raises(UsageError):
        resolve({"corpora": corpora})
