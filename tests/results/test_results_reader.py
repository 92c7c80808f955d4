"""Reading and merging of results folders."""

from __future__ import annotations

import json

import factories
import pandas as pd
import pytest

from aser_bench.baseline.reader import read_input
from aser_bench.core.errors import UsageError
from aser_bench.core.findings import TRANSCRIPTS, WER
from aser_bench.evaluation.outcomes import read as predictions_of
from aser_bench.evaluation.wer import wer
from aser_bench.results import reader
from aser_bench.results.merge import merge


def side_by_side(*paths):
    return merge([reader.read(path) for path in paths])


def models(material):
    result = predictions_of(material.sources)
    assert {key[:3] for key in result.cells} == set(
        material.scores[["corpus", "features", "model"]].itertuples(index=False, name=None)
    )
    return {key[2] for key in result.cells}


def test_folder_is_read_as_it_was_written(tmp_path):
    frame = factories.predictions()
    path = factories.folder(tmp_path / "one", frame)
    material = side_by_side(path)
    assert material.context.study == "one"
    assert material.context.sizes == {"voices": (32, 4)}
    pd.testing.assert_frame_equal(
        material.scores[["model", "fold", "uar", "reason"]],
        factories.scores(frame)[["model", "fold", "uar", "reason"]],
        check_dtype=False,
    )
    result = material.conditions.set_index("condition")
    assert result.loc["mp3-8k", "effective_kbps"] == 8
    assert pd.isna(result.loc["original", "effective_kbps"])
    assert result.loc["original", "same_as"] == ""  # words are never missing
    assert material.leaks["known"].dtype == bool
    assert material.drift["shift"].max() == 0.2


@pytest.mark.parametrize("read", [reader.read, reader.read_scores, read_input])
def test_scores_that_contradict_the_predictions_are_refused(tmp_path, read):
    path = factories.folder(tmp_path / "one", factories.predictions())
    read(path)
    scores = pd.read_csv(path / "scores.csv")
    scores.loc[0, "uar"] = 0.123
    scores.to_csv(path / "scores.csv", index=False)
    with pytest.raises(UsageError, match=r"one: scores\.csv contradicts .* uar is 0\.123, but "):
        read(path)


def test_names_such_as_nan_and_none_are_text(tmp_path):
    frame = factories.predictions(corpus="nan", model="None", emotions=("NA", "null"))
    material = side_by_side(factories.folder(tmp_path / "one", frame))
    assert set(material.scores["corpus"]) == {"nan"}
    assert models(material) == {"None"}


def test_disjoint_cells_are_merged(tmp_path):
    one = factories.folder(
        tmp_path / "one", factories.predictions(model="svm"), budgets={"svm": "grid"}
    )
    two = factories.folder(
        tmp_path / "two", factories.predictions(model="lstm", seed=1), budgets={"lstm": "9 epochs"}
    )
    material = side_by_side(one, two)
    assert models(material) == {"svm", "lstm"}
    assert set(material.scores["corpus"]) == {"voices"}
    assert len(material.conditions) == 3
    assert not material.drift.duplicated(["corpus", "features", "condition", "feature"]).any()
    assert not material.leaks.duplicated(["corpus", "protocol", "fold", "kind"]).any()
    assert material.context.study == "one and two"
    assert material.context.budgets == {"svm": "grid", "lstm": "9 epochs"}


def test_conditions_of_all_runs_are_merged(tmp_path):
    skill = {("original", "original"): 0.8, ("original", "gsm"): 0.5}
    gsm = factories.conditions(gsm={"codec": "gsm", "effective_kbps": 13.0})
    gsm = gsm[gsm["condition"].isin(["original", "gsm"])]
    one = factories.folder(tmp_path / "one", factories.predictions(model="svm"))
    two = factories.folder(tmp_path / "two", factories.predictions(skill, model="mlp"), gsm)
    result = side_by_side(one, two).conditions
    assert result["condition"].tolist() == ["original", "mp3-8k", "mp3-64k", "gsm"]


def test_model_of_a_repeated_cell_is_renamed(tmp_path):
    both = pd.concat([factories.predictions(model="svm"), factories.predictions(model="mlp")])
    one = factories.folder(tmp_path / "one", both, budgets={"svm": "grid"})
    two = factories.folder(
        tmp_path / "two", factories.predictions(model="svm"), budgets={"svm": "quick"}
    )
    material = side_by_side(one, two)
    assert models(material) == {"svm (one)", "svm (two)", "mlp"}
    assert set(material.scores["corpus"]) == {"voices"}
    assert material.context.budgets == {"svm (one)": "grid", "svm (two)": "quick"}


def test_models_of_studies_that_retrain_on_dev_are_named(tmp_path):
    study = {"name": "", "corpora": ["voices"], "seed": 0, "refit_dev": True}
    components = {"models": {"svm": 1, "lstm": 2}, "features": {}}
    lstm, svm = (factories.predictions(model=name) for name in ("lstm", "svm"))
    one = factories.folder(tmp_path / "one", lstm, study=study, components=components)
    two = factories.folder(
        tmp_path / "two", pd.concat([lstm, svm]), components={"models": {"lstm": 2, "svm": 1}}
    )
    material = side_by_side(one, two)
    assert material.context.refitted == ("svm", "lstm (one)")
    assert side_by_side(two).context.refitted == ()


def test_runs_with_the_same_name_are_labelled_by_path(tmp_path):
    paths = [tmp_path / parent / "same" for parent in ("a", "b")]
    for path in paths:
        factories.folder(path, factories.predictions())
    assert models(side_by_side(*paths)) == {f"svm ({path})" for path in paths}


@pytest.mark.parametrize("why", ["recordings", "encoder", "bitrate"])
def test_different_corpus_of_the_same_name_is_renamed(tmp_path, why):
    frame = pd.concat([factories.predictions(), factories.predictions(corpus="others")])
    one = factories.folder(tmp_path / "one", frame, corpora={"voices": {"synthetic": True}})
    facts = {"voices": {"sha256": "1" * 64}} if why == "recordings" else {}
    other = {"encoder": {"encoder": "LAME 4"}, "bitrate": {"effective_kbps": 9.5}}
    conditions = factories.conditions(mp3_8k=other[why]) if why in other else None
    two = factories.folder(tmp_path / "two", factories.predictions(), conditions, corpora=facts)
    material = side_by_side(one, two)
    names = {"voices (one)", "voices (two)", "others"}
    for table in (material.scores, material.conditions, material.drift, material.leaks):
        assert set(table["corpus"]) == names
    result = predictions_of(material.sources)
    assert set(result.corpora) == {key[0] for key in result.cells} == names
    assert models(material) == {"svm"}  # the cells are those of different corpora
    context = material.context
    assert set(context.titles) == set(context.sizes) == set(context.notes) == names
    assert context.titles["voices (two)"] == "Made-up voices (two)"
    assert context.synthetic == ("voices (one)",)


def test_differing_settings_are_given_for_each_run(tmp_path):
    one = factories.folder(
        tmp_path / "one", factories.predictions(model="svm"), settings="effort quick"
    )
    two = factories.folder(
        tmp_path / "two", factories.predictions(model="mlp"), settings="effort paper"
    )
    alike = factories.folder(
        tmp_path / "three", factories.predictions(model="x"), settings="effort quick"
    )
    assert side_by_side(one, alike).context.settings == "effort quick"
    message = side_by_side(one, two).context.settings
    assert message == "one: seed 0, effort quick; two: seed 0, effort paper"


def test_equal_notes_are_merged(tmp_path):
    paths = [
        factories.folder(
            tmp_path / name,
            factories.predictions(model=name),
            corpora={"voices": {"notes": ["common", name]}},
        )
        for name in ("one", "two")
    ]
    assert side_by_side(*paths).context.notes == {"voices": ("common", "one", "two")}


# --- what is not a results folder -------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    return factories.folder(tmp_path / "one", factories.predictions())


def refused(path) -> str:
    with pytest.raises(UsageError) as error:
        merge([reader.read(path)])
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_rejects_missing_folder_and_manifest(path, tmp_path):
    assert "not a results folder" in refused(tmp_path / "nowhere")
    assert "not a results folder" in refused(path / "scores.csv")
    (path / "manifest.json").unlink()
    assert "no manifest.json" in refused(path)


def test_rejects_folder_without_predictions(path):
    (path / "predictions.parquet").unlink()
    assert "run the study again" in refused(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"study": {}}',
        '{"corpora": {}}',
        "\x00",
        '"corpora study"',
        '{"corpora": [], "study": {}}',
        '{"corpora": {"voices": {}}, "study": {}}',
        '{"corpora": {"voices": 3}, "study": {}}',
        '{"corpora": {}, "study": []}',
    ],
)
def test_rejects_invalid_manifest(path, content):
    (path / "manifest.json").write_text(content, "utf-8")
    assert "not the manifest of a run" in refused(path)


def test_rejects_manifest_without_corpus_of_the_scores_or_without_seed(path):
    content = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(content | {"corpora": {}}))
    assert "it lacks corpus voices" in refused(path)
    content["study"]["seed"] = "7"
    (path / "manifest.json").write_text(json.dumps(content))
    assert "it lacks the seed of the study" in refused(path)


def test_rejects_baseline_by_name(path):
    (path / "cells.csv").write_text("")
    assert "is a baseline, not a results folder" in refused(path)


def test_rejects_manifest_that_is_not_text(path):
    (path / "manifest.json").write_bytes(b"\xff\xfe\xff")
    assert "not the manifest of a run" in refused(path)


@pytest.mark.parametrize("name", ["scores", "conditions", "drift", "leaks"])
def test_rejects_missing_empty_and_outdated_tables(path, name):
    file = path / f"{name}.csv"
    table = pd.read_csv(file)
    table.drop(columns="corpus").to_csv(file, index=False)
    assert "corpus" in refused(path)
    file.write_text("")
    assert f"{name}.csv cannot be read" in refused(path)
    file.write_bytes(b"\xff\xfe\x00corpus")
    assert f"{name}.csv cannot be read" in refused(path)
    file.unlink()
    assert f"{name}.csv does not exist" in refused(path)


@pytest.mark.parametrize(("name", "column"), [("scores", "uar"), ("conditions", "effective_kbps")])
def test_rejects_invalid_number(path, name, column):
    file = path / f"{name}.csv"
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table[column] = "much"
    table.to_csv(file, index=False)
    assert f"{name}.csv cannot be read" in refused(path)


def test_additional_column_is_ignored(path):
    file = path / "scores.csv"
    pd.read_csv(file).assign(more="x").to_csv(file, index=False)
    assert len(side_by_side(path).scores) == 20


def test_manifest_without_captions_is_read(path):
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    for name in ("label", "settings", "budgets"):
        del manifest[name]
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert side_by_side(path).context.settings == ""


# Transcripts


def test_tables_of_transcripts_are_empty_without_transcribers(tmp_path):
    folder = reader.read(factories.folder(tmp_path / "one", factories.predictions()))
    for frame, columns in ((folder.wer, WER), (folder.transcripts, TRANSCRIPTS)):
        assert frame.empty
        assert list(frame.columns) == list(columns)


def test_transcripts_are_read_as_they_were_written(tmp_path):
    frame = factories.predictions(model="tre-ear")
    transcripts = factories.transcripts(frame)
    transcripts.loc[:2, "heard"] = ["", "nan", "null"]
    material = side_by_side(factories.folder(tmp_path / "one", frame, transcript_table=transcripts))
    pd.testing.assert_frame_equal(material.wer, wer(transcripts), check_dtype=False)
    assert material.transcripts["heard"].tolist() == transcripts["heard"].tolist()


def test_equal_transcripts_of_two_folders_are_merged(tmp_path):
    frames = [factories.predictions(model=name) for name in ("tre-ear", "mdre-ear")]
    paths = [
        factories.folder(
            tmp_path / frame["model"][0], frame, transcript_table=factories.transcripts(frame)
        )
        for frame in frames
    ]
    material = side_by_side(*paths)
    assert material.wer["transcripts"].tolist() == ["ear"] * 3
    assert len(material.transcripts) == len(factories.transcripts(frames[0]))
    assert models(material) == {"tre-ear", "mdre-ear"}


def test_transcriber_with_other_transcripts_is_renamed_with_its_models(
    tmp_path,
):
    paths = []
    for number, name in enumerate(("one", "two")):
        reader, plain = f"{'m' * number}tre-ear", f"svm{number}"
        frame = pd.concat([factories.predictions(model=reader), factories.predictions(model=plain)])
        transcripts = factories.transcripts(frame, seed=number)
        paths.append(factories.folder(tmp_path / name, frame, transcript_table=transcripts))
    material = side_by_side(*paths)
    assert material.wer["transcripts"].tolist() == ["ear (one)"] * 3 + ["ear (two)"] * 3
    assert set(material.transcripts["transcripts"]) == {"ear (one)", "ear (two)"}
    assert models(material) == {"tre-ear (one)", "mtre-ear (two)", "svm0", "svm1"}


def test_folder_without_transcripts_is_merged(tmp_path):
    frame = factories.predictions(model="tre-ear")
    one = factories.folder(tmp_path / "one", frame, transcript_table=factories.transcripts(frame))
    two = factories.folder(tmp_path / "two", factories.predictions(model="svm"))
    for paths in ((one, two), (two, one)):
        material = side_by_side(*paths)
        assert material.wer["wer"].tolist() == wer(factories.transcripts(frame))["wer"].tolist()
        assert models(material) == {"tre-ear", "svm"}


def test_rejects_table_of_transcripts_with_other_columns(tmp_path):
    frame = factories.predictions()
    path = factories.folder(tmp_path / "one", frame, transcript_table=factories.transcripts(frame))
    (path / "wer.csv").write_text("corpus,wer\nvoices,0.5\n")
    with pytest.raises(UsageError, match=r"wer\.csv"):
        reader.read(path)
