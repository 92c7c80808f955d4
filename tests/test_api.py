"""The public Python interface: what is importable, how studies are given, what comes back."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import aser_bench
from aser_bench import AserBenchError, AudioError, UsageError, runner
from aser_bench.corpora.base import Corpus
from aser_bench.study.config import Study, StudySettings, resolve


def test_public_names_are_importable():
    for name in aser_bench.__all__:
        assert getattr(aser_bench, name) is not None
    assert dir(aser_bench) == sorted(aser_bench.__all__)


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'aser_bench' has no attribute 'nothing'"):
        aser_bench.nothing  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, json, aser_bench; print(json.dumps(sorted(sys.modules)))"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "pandas", "sklearn", "yaml"} & set(json.loads(process.stdout))


# Studies


@pytest.fixture
def studies(monkeypatch, tmp_path):
    """Replace the run by one that returns at once; the list holds the studies it was given."""
    received = []

    def run(study, **options):
        received.append(study)
        return runner.Outcome(tmp_path, "the end")

    monkeypatch.setattr(runner, "run", run)
    return received


EXPECTED = resolve(
    {"corpora": [{"ravdess": "DIR"}], "codecs": [{"mp3": [8, 16, 64]}], "models": ["svm"]}
)


def test_a_study_is_given_by_keywords(studies):
    aser_bench.run(corpora={"ravdess": "DIR"}, codecs={"mp3": [8, 16, 64]}, models=["svm"], jobs=2)
    assert studies == [EXPECTED]


@pytest.mark.parametrize("form", ["study", "mapping", "file", "path"])
def test_a_study_is_given_as_object_mapping_or_file(studies, tmp_path, form):
    file = tmp_path / "study.yaml"
    folder = tmp_path / "DIR"
    expected = resolve(EXPECTED.to_mapping(), {"corpora": {"ravdess": str(folder)}})
    file.write_text("corpora: {ravdess: DIR}\ncodecs: {mp3: [8, 16, 64]}\nmodels: svm\n")
    mapping = {"corpora": {"ravdess": folder}, "codecs": {"mp3": [8, 16, 64]}, "models": "svm"}
    given = {"study": expected, "mapping": mapping, "file": str(file), "path": file}
    aser_bench.run(given[form])
    assert studies == [expected]


@pytest.mark.parametrize("form", ["study", "mapping"])
def test_keywords_replace_the_settings_of_a_study(studies, form):
    given = EXPECTED if form == "study" else EXPECTED.to_mapping()
    aser_bench.run(given, seed=7, embeddings=None)
    assert studies == [resolve(EXPECTED.to_mapping(), {"seed": 7})]


def test_corpus_is_the_same_as_corpora(studies):
    aser_bench.run(corpus="demo")
    aser_bench.run({"corpus": "demo"})
    aser_bench.run()
    assert studies == [Study(), Study(), Study()]
    with pytest.raises(UsageError, match="corpus and corpora are the same setting"):
        aser_bench.run(corpus="demo", corpora="demo")


def test_an_unknown_keyword_is_a_type_error(studies):
    for function in (aser_bench.run, aser_bench.dry_run):
        with pytest.raises(TypeError, match="unexpected keyword argument 'bitrates'"):
            function(bitrates=[8])


def test_wrong_values_are_usage_errors(studies):
    for wrong in ({"seed": -1}, {"models": []}, {"margin": 2.0}, {"formats": "docx"}):
        with pytest.raises(AserBenchError):
            aser_bench.run(**wrong)


def test_a_study_object_of_plain_values_is_run(studies):
    aser_bench.run(Study(corpora={"ravdess": "DIR"}, codecs={"mp3": [8, 16, 64]}, models=["svm"]))
    assert studies == [EXPECTED]


def test_dry_run_has_the_settings_of_run(studies):
    assert aser_bench.dry_run(corpus={"ravdess": "DIR"}, codecs={"mp3": [8, 16, 64]}, models="svm")
    assert studies == [EXPECTED]


def test_paths_of_embeddings_may_be_path_objects(studies, tmp_path):
    aser_bench.run(embeddings=tmp_path / "vectors.txt")
    assert studies[0].embeddings == str(tmp_path / "vectors.txt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"study": 5}, "study must be a Study, a mapping or a study file, not 5"),
        ({"formats": 5}, "formats must be a name or a list of names, not 5"),
        ({"margin": "x"}, "margin must be a number, not 'x'"),
        ({"listen": 2.5}, "listen must be a number of utterances, not 2.5"),
        ({"listen": "x"}, "listen must be a number, not 'x'"),
        ({"jobs": "x"}, "jobs must be an integer of at least 1, not 'x'"),
        ({"jobs": 0}, "jobs must be an integer of at least 1, not 0"),
        ({"out": 5}, "out must be a path, not 5"),
        ({"cache": 5}, "cache must be a path, not 5"),
        ({"codecs": {"mp3": "x"}}, "bitrates: 'x' is not a bitrate in kbit/s (write 8,16,64)"),
        ({"embeddings": 5}, "embeddings must be the name of a file, not 5"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(arguments, message):
    with pytest.raises(UsageError) as error:
        aser_bench.run(**arguments)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"new": 5}, "new must be a path, not 5"),
        ({"against": None}, "against must be a path, not None"),
        ({"metric": 5}, "the name of a metric must be a string, not 5"),
        ({"margin": "x"}, "margin must be a number, not 'x'"),
        ({"alpha": "x"}, "alpha must be a number, not 'x'"),
        ({"allow": 5}, "allow must be a name or a list of names, not 5"),
        ({"allow": "settings,speed"}, "unknown difference 'speed' to allow"),
        ({"tolerances": "x"}, "tolerances must be a mapping of guards to numbers, not 'x'"),
        ({"tolerances": {"max-lost": "x"}}, "max-lost must be a number, not 'x'"),
    ],
)
def test_a_wrong_value_of_a_check_is_named(arguments, message):
    with pytest.raises(UsageError) as error:
        aser_bench.check(**{"new": "new", "against": "old", **arguments})
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


# Results


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    return aser_bench.run(
        corpus="demo",
        codecs={"mp3": [8, 64]},
        models="svm",
        effort="quick",
        limit=84,
        out=folder / "out",
        cache=folder / "cache",
        jobs=1,
        quiet=True,
        formats="csv",
    )


def test_results_are_data_frames(results):
    assert list(results.scores["test_condition"].unique()) == ["original", "mp3-8k", "mp3-64k"]
    assert (results.scores["status"] == "ok").all()
    assert set(results.predictions["predicted"]) <= set(results.predictions["truth"])
    assert list(results.conditions["condition"]) == ["original", "mp3-8k", "mp3-64k"]
    assert {"difference", "low", "high"} <= set(results.losses.columns)
    assert list(results.safe_bitrates["codec"].unique()) == ["mp3"]
    for frame in (results.scores, results.predictions, results.losses, results.safe_bitrates):
        assert isinstance(frame, pd.DataFrame)
        assert len(frame)


def test_results_have_verdict_text_and_exit_code(results):
    assert results.exit_code == 0
    assert "svm" in results.text
    assert all("\n" not in sentence for sentence in results.verdict)
    assert results.verdict[0].startswith("demo")


def test_results_are_shown_in_one_line_and_as_html(results):
    assert "\n" not in repr(results)
    assert repr(results).startswith(f"Results({str(results.folder)!r}: demo; svm; original and mp3")
    page = results._repr_html_()
    assert page.count("<table") == 1
    assert "safe_kbps" in page


def test_results_of_which_all_failed_are_shown_without_a_verdict(results, tmp_path):
    folder = shutil.copytree(results.folder, tmp_path / "failed")
    scores = pd.read_csv(folder / "scores.csv", dtype=str, keep_default_na=False)
    scores.assign(status="failed", reason="x").to_csv(folder / "scores.csv", index=False)
    pd.read_parquet(folder / "predictions.parquet").iloc[:0].to_parquet(
        folder / "predictions.parquet"
    )
    failed = aser_bench.load_results(folder)
    assert "results failed" in repr(failed)
    assert "<table" not in failed._repr_html_()
    with pytest.raises(UsageError, match=r"if all results failed, scores\.csv has the reasons"):
        _ = failed.verdict


def test_findings_report_and_check_are_shown_in_one_line(results, tmp_path):
    report = results.report(tmp_path, formats="csv")
    check = aser_bench.check(results.folder, results.folder)
    assert repr(report) == f"Report({str(tmp_path)!r}: tables)"
    assert repr(results.findings).startswith("Findings(9 cells, ")
    assert repr(results.findings).endswith(" losses, margin 0.02)")
    sides = f"{str(results.folder)!r} against {str(results.folder)!r}"
    assert repr(check) == f"CheckResult({sides}: passed: 9 same)"
    assert repr(aser_bench.load_corpus("demo")) == "Listing(420 utterances, 0 refused)"


@pytest.mark.parametrize("allow", ["settings", "settings, packages", ["settings"]])
def test_allowed_differences_are_given_as_string_or_list(results, allow):
    check = aser_bench.check(results.folder, results.folder, allow=allow)
    assert check.options.allow == tuple(allow.split(", ") if isinstance(allow, str) else allow)


def test_figures_are_drawn(results):
    figure = results.figure("curve", corpus="demo")
    assert figure.axes
    with pytest.raises(UsageError, match="unknown figure 'curves'; did you mean 'curve'"):
        results.figure("curves")
    with pytest.raises(UsageError, match="nothing to draw in figure 'curve' for nowhere"):
        results.figure("curve", corpus="nowhere")


def test_a_report_is_written_elsewhere(results, tmp_path):
    report = results.report(tmp_path / "report", formats="md")
    assert report.written == ("tables",)
    assert list((tmp_path / "report" / "tables").glob("*.md"))


def test_a_folder_gives_the_same_results(results):
    loaded = aser_bench.load_results(results.folder)
    pd.testing.assert_frame_equal(loaded.scores, results.scores)
    pd.testing.assert_frame_equal(loaded.losses, results.losses)
    assert loaded.verdict == results.verdict
    assert repr(loaded) == repr(results)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"has no manifest.json"):
        aser_bench.load_results(tmp_path)
    with pytest.raises(UsageError, match="margin"):
        aser_bench.load_results(tmp_path, margin=3)


# Parts


def test_features_of_a_signal_and_of_several():
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    single = aser_bench.extract_features(tone, 16_000)
    several = aser_bench.extract_features([tone, tone[:8000]], 16_000, "frames:parts=mfcc")
    assert single.shape == (1, 180)
    assert single.index.name == "signal"
    assert several.index.names == ["signal", "frame"]
    assert list(several.groupby("signal").size()) == [32, 16]
    assert several.shape[1] == 40


@pytest.mark.parametrize(("features", "columns"), [("functionals", 180), ("frames", 40)])
def test_features_of_no_signal_are_an_empty_table(features, columns):
    assert aser_bench.extract_features([], 16_000, features).shape == (0, columns)


TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)


@pytest.mark.parametrize("rate", [0, -8000, 0.5, float("nan"), "16000", None])
def test_a_wrong_sample_rate_is_named(rate):
    message = f"rate must be a sample rate in Hz, such as 16000, not {rate!r}"
    with pytest.raises(UsageError) as error:
        aser_bench.roundtrip(TONE, rate, "mp3", 16)
    assert str(error.value) == message
    with pytest.raises(UsageError) as error:
        aser_bench.extract_features(TONE, rate, "robust")
    assert str(error.value) == message


def test_wrong_arguments_of_a_roundtrip_are_named():
    with pytest.raises(UsageError, match=r"bitrate must be a number, not \[8, 16\]"):
        aser_bench.roundtrip(TONE, 16_000, "mp3", [8, 16])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"rate must be a sample rate in Hz, .* not 'opus'"):
        aser_bench.roundtrip(TONE, "opus", 16_000, 16)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="the name of a codec must be a string, not 5"):
        aser_bench.roundtrip(TONE, 16_000, 5)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="unknown bitrate policy 5"):
        aser_bench.roundtrip(TONE, 16_000, "mp3", 16, policy=5)  # type: ignore[arg-type]
    with pytest.raises(AudioError, match="the signal is not an array of numbers"):
        aser_bench.roundtrip("x", 16_000, "mp3", 16)


def test_wrong_arguments_of_extract_features_are_named():
    with pytest.raises(UsageError, match="signals must be an array or a list of arrays, not 5"):
        aser_bench.extract_features(5, 16_000)  # type: ignore[arg-type]
    with pytest.raises(AudioError, match="the signal is not an array of numbers"):
        aser_bench.extract_features(["x"], 16_000)  # type: ignore[list-item]
    with pytest.raises(AudioError, match="floating-point with full scale 1, not int16"):
        aser_bench.extract_features((TONE * 32767).astype(np.int16), 16_000)
    with pytest.raises(UsageError, match="the name of a feature set must be a string, not 5"):
        aser_bench.extract_features(TONE, 16_000, 5)  # type: ignore[arg-type]


def test_a_component_of_another_package_is_explained():
    with pytest.raises(UsageError, match=r"or write package\.module:Name"):
        aser_bench.roundtrip(TONE, 16_000, "zzzzzz")
    with pytest.raises(UsageError, match=r"unknown codec 'mp4'; did you mean 'mp3'\?$"):
        aser_bench.roundtrip(TONE, 16_000, "mp4")


class MyCorpus(Corpus):
    """A corpus of another package; a folder must be given."""

    name = "my-corpus"
    title = licence = citation = "mine"

    def scan(self, source):
        """List nothing."""
        raise AssertionError("the folder is missing")


def test_a_corpus_without_its_folder_is_named_as_typed():
    typed = f"{__name__}:MyCorpus"
    with pytest.raises(UsageError, match=f"needs its folder or file: write {typed}=PATH"):
        aser_bench.load_corpus(typed)


def test_metrics_are_importable():
    assert aser_bench.metrics.uar(["sad", "angry"], ["sad", "sad"]) == 0.5


def test_every_setting_of_a_study_is_a_parameter_of_run():
    parameters = set(inspect.signature(aser_bench.run).parameters)
    assert set(StudySettings.__annotations__) <= parameters
