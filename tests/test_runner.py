"""Whole runs: their files, independence of workers, failures and interruptions."""

from __future__ import annotations

import importlib
import json
import linecache
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import aser_bench
from aser_bench import features, models
from aser_bench.codecs.int16 import Int16
from aser_bench.codecs.mp3 import Mp3
from aser_bench.core import registry, tables
from aser_bench.core.errors import CodecError
from aser_bench.core.findings import FEATURES
from aser_bench.core.metrics import score_columns
from aser_bench.corpora.audio import read
from aser_bench.corpora.prepare import Inspection
from aser_bench.evaluation import metrics
from aser_bench.models.mlp import Mlp
from aser_bench.pipeline import ingest

FILES = (
    "scores.csv",
    "predictions.parquet",
    "conditions.csv",
    "timings.csv",
    "manifest.json",
    "study.yaml",
    "drift.csv",
    "features.csv",
    "leaks.csv",
    "folds.csv",
)
TABLES = "csv,latex"


def small(table: Path, **more) -> dict:
    return {
        "name": "small",
        "corpora": [{"csv": str(table)}],
        "codecs": [{"mp3": [8, 64]}],
        "effort": "quick",
        **more,
    }


@pytest.fixture
def run(table, cache_dir, tmp_path):
    def run_study(out="out", jobs=1, place=cache_dir, overwrite=False, **more):
        return aser_bench.run(
            small(table, **more),
            overwrite=overwrite,
            out=tmp_path / out,
            jobs=jobs,
            cache=place,
            quiet=True,
            formats=TABLES,
        )

    return run_study


def test_run_writes_all_files(run):
    outcome = run(models="svm,mlp")
    folder = outcome.folder
    assert outcome.exit_code == 0
    assert all((folder / name).is_file() for name in FILES)
    assert list((folder / "tables").glob("*.tex"))
    assert list((folder / "tables").glob("*.csv"))
    scores = pd.read_csv(folder / "scores.csv", keep_default_na=False)
    assert list(scores.columns) == list(score_columns())
    # 4 speakers = 4 folds; 3 conditions to train at x 3 to test; svm once, mlp three times
    assert len(scores) == 4 * 9 * (1 + 3)
    assert set(scores["status"]) == {"ok"}
    assert (scores[scores["model"] == "mlp"].groupby("fold")["run"].nunique() == 3).all()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["study"]["codecs"] == [{"mp3": [8.0, 64.0]}]
    assert manifest["corpora"]["csv"]["utterances"] == 32
    assert len(manifest["corpora"]["csv"]["sha256"]) == 64
    assert manifest["packages"]["imageio-ffmpeg"]
    assert manifest["encoders"]["mp3"].startswith("LAME")
    stages = manifest["stages"]
    assert set(stages) == {"read", "code", "train", "score"}
    assert all(stage["wall_s"] > 0 for stage in stages.values())
    assert str(folder) in outcome.text


def test_manifest_contains_versions_of_components(run, tmp_path, monkeypatch):
    source = "from sklearn.dummy import DummyClassifier\nclass Own(DummyClassifier):\n    {}\n"

    def versions(body):
        (tmp_path / "owned.py").write_text(source.format(body))
        monkeypatch.delitem(sys.modules, "owned", raising=False)
        linecache.clearcache()
        importlib.invalidate_caches()
        study = {"models": "svm,owned:Own", "features": "functionals:tuning=0", "train": "original"}
        folder = run(**study, runs=1, codecs=["int16"]).folder
        return json.loads((folder / "manifest.json").read_text())["components"]

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    components = versions("pass")
    assert components["features"] == {"functionals:tuning=0": features.get("functionals").version}
    digest = components["models"].pop("owned:Own")
    assert components["models"] == {"svm": models.get("svm").version}
    assert len(digest) == 12
    assert versions("pass")["models"]["owned:Own"] == digest
    assert versions("edited = True")["models"]["owned:Own"] != digest


def test_features_csv_contains_feature_statistics(run, tmp_path):
    folder = run("first", models="svm").folder
    text = (folder / "features.csv").read_bytes()
    table = pd.read_csv(folder / "features.csv")
    assert tuple(table.columns) == FEATURES
    assert table["feature"].tolist() == list(features.get("functionals").columns)
    assert set(table["corpus"]) == {"csv"}
    rows = np.array(
        [
            features.extract(["functionals"], [read(file)], tables.SAMPLE_RATE)["functionals"][0]
            for file in pd.read_csv(tmp_path / "voices.csv")["file"]
        ],
        dtype=float,
    )
    np.testing.assert_allclose(table["mean"], rows.mean(axis=0), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(table["sd"], rows.std(axis=0, ddof=1), rtol=1e-4, atol=1e-7)
    numbers = [word for line in text.decode().splitlines()[1:] for word in line.split(",")[3:]]
    assert all(f"{float(number):.9g}" == number for number in numbers)
    # Nor do the workers or the other models and codecs of a run matter.
    other = run("second", place=tmp_path / "cache", jobs=2, models="mlp", codecs=["int16"]).folder
    assert (other / "features.csv").read_bytes() == text


def test_scores_follow_from_predictions(run):
    folder = run(models="svm,mlp").folder
    scores = pd.read_csv(folder / "scores.csv")
    predictions = pd.read_parquet(folder / "predictions.parquet")
    assert list(predictions.columns[: len(tables.PREDICTIONS)]) == list(tables.PREDICTIONS)
    chances = predictions.filter(like="p_")
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    keys = [*tables.CELL, "fold", "run"]
    for key, cell in predictions.groupby(keys, observed=True):
        row = scores.set_index(keys).loc[key]
        assert row["uar"] == pytest.approx(metrics.uar(cell["truth"], cell["predicted"]), abs=1e-6)
        assert row["n_test"] == len(cell)
    tested = predictions.groupby([*tables.CELL, "run"], observed=True)["utterance"]
    assert (tested.count() == 32).all()
    assert (tested.nunique() == 32).all()


def test_conditions_of_an_utterance_share_its_fold(run):
    folder = run().folder
    predictions = pd.read_parquet(folder / "predictions.parquet")
    assert (predictions.groupby("utterance", observed=True)["fold"].nunique() == 1).all()


def test_number_of_workers_changes_no_byte(run, tmp_path):
    one = run("one", jobs=1, place=tmp_path / "cache1", models="svm,mlp").folder
    two = run("two", jobs=2, place=tmp_path / "cache2", models="svm,mlp").folder
    assert (one / "scores.csv").read_bytes() == (two / "scores.csv").read_bytes()
    assert (one / "conditions.csv").read_bytes() == (two / "conditions.csv").read_bytes()
    first, second = (pd.read_parquet(f / "predictions.parquet") for f in (one, two))
    pd.testing.assert_frame_equal(first, second)


def test_seed_changes_the_folds(run):
    zero = run("zero", models="svm").scores
    one = run("one", models="svm", seed=1).scores
    assert not zero["uar"].equals(one["uar"])
    assert (zero["seed"] != one["seed"]).all()


def test_repeated_run_computes_nothing(run):
    run("first")
    again = run("second").folder
    stages = json.loads((again / "manifest.json").read_text())["stages"]
    assert not any("tasks" in stage for stage in stages.values())
    assert len(pd.read_csv(again / "timings.csv")) == 0


def test_added_bitrate_encodes_only_that_bitrate(run, tmp_path, monkeypatch):
    place = tmp_path / "cache"
    run("first", place=place, models="svm")
    coded = []
    plain = Mp3.roundtrip

    def spy(self, signals, rate, conditions):
        coded.extend(condition.name for condition in conditions)
        return plain(self, signals, rate, conditions)

    monkeypatch.setattr(Mp3, "roundtrip", spy)
    run("second", place=place, models="svm", codecs=[{"mp3": [8, 32, 64]}])
    # The reference encoder check encodes at 64 kbit/s in each run.
    assert set(coded) - {"mp3-64k"} == {"mp3-32k"}


def test_settings_change_the_results_of_a_model(run, tmp_path, monkeypatch):
    place = tmp_path / "cache"
    before = run("before", place=place, models="mlp").scores
    plain = Mlp.estimator
    monkeypatch.setattr(
        Mlp, "estimator", lambda *own: plain(*own).set_params(mlp__learning_rate_init=1e-5)
    )
    after = run("after", place=place, models="mlp").scores
    assert not before["uar"].equals(after["uar"])


@pytest.mark.parametrize(
    ("train", "trained", "cells"),
    [
        ("all", {"original", "mp3-8k", "mp3-64k"}, 9),
        ("original", {"original"}, 3),
        ("matched", {"original", "mp3-8k", "mp3-64k"}, 3),
        ("multi", {"multi"}, 3),
        ("original,multi", {"original", "multi"}, 6),
        ("original,matched", {"original", "mp3-8k", "mp3-64k"}, 5),
    ],
)
def test_training_conditions(run, train, trained, cells):
    scores = run(train=train, models="svm").scores
    assert set(scores["train_condition"]) == trained
    assert len(scores[["train_condition", "test_condition"]].drop_duplicates()) == cells
    pooled = scores[scores["train_condition"] == "multi"]
    alone = scores[scores["train_condition"] != "multi"]
    assert (pooled["n_train"] == 72).all()  # three of four speakers x 8 x 3 conditions
    assert (alone["n_train"] == 24).all()


@pytest.mark.parametrize("protocol", ["speaker", "loso", "paper"])
def test_protocols(run, protocol):
    scores = run(protocol=protocol, models="svm").scores
    assert set(scores["protocol"]) == {protocol}
    assert scores["fold"].nunique() == (5 if protocol == "paper" else 4)


def test_clamped_bitrates_are_aliases(run):
    outcome = run(bitrate_policy="clamp", codecs=[{"mp3": [64, 160, 192, 256]}], models="svm")
    conditions = pd.read_csv(outcome.folder / "conditions.csv", keep_default_na=False)
    twins = conditions[conditions["same_as"] != ""]
    assert list(twins["condition"]) == ["mp3-192k", "mp3-256k"]
    assert set(twins["same_as"]) == {"mp3-160k"}
    assert set(outcome.scores["test_condition"]) == {"original", "mp3-64k", "mp3-160k"}
    assert "mp3-256k" in outcome.text


@pytest.fixture
def brittle(tmp_path, monkeypatch) -> str:
    """A model that cannot be trained."""
    (tmp_path / "brittle.py").write_text(
        "class Brittle:\n"
        "    def fit(self, X, y):\n"
        "        raise RuntimeError('cannot\\nfit this')\n"
        "    def predict(self, X): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "brittle:Brittle"


def test_run_with_only_failed_cells_gives_the_reason(run, brittle):
    outcome = run(models=brittle)
    assert outcome.exit_code == 3
    output = " ".join(outcome.text.split())
    number = len(outcome.scores)
    assert f"all {number} results failed, most of them with RuntimeError: cannot fit this" in output
    assert (outcome.folder / "scores.csv").is_file()
    assert not (outcome.folder / "report.html").exists()


def test_failed_cell_is_a_row_with_a_reason(run, brittle):
    outcome = run(models=f"svm,{brittle}")
    assert outcome.exit_code == 3
    failed = outcome.scores[outcome.scores["status"] == "failed"]
    assert set(failed["model"]) == {brittle}
    assert set(failed["reason"]) == {"RuntimeError: cannot fit this"}
    assert failed[["uar", "wap", "accuracy", "macro_f1"]].isna().all(axis=None)
    assert len(failed) == len(outcome.scores) / 2
    text = (outcome.folder / "scores.csv").read_text()
    assert ",,,,24,0,8," in text


def test_recording_that_cannot_be_encoded_is_refused(run, tmp_path, monkeypatch):
    plain = Mp3.roundtrip

    def failing(self, signals, rate, conditions):
        if any(abs(float(s[100]) - bad) < 1e-9 for s in signals):
            raise CodecError("the encoder crashed on it")
        return plain(self, signals, rate, conditions)

    files = pd.read_csv(tmp_path / "voices.csv")["file"]
    bad = float(read(files[5])[100])
    monkeypatch.setattr(Mp3, "roundtrip", failing)
    outcome = run(place=tmp_path / "cache", models="svm")
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    corpus = manifest["corpora"]["csv"]
    assert corpus["utterances"] == 31
    assert corpus["refused"] == [
        {"file": files[5], "reason": "codec mp3: the encoder crashed on it"}
    ]
    assert outcome.exit_code == 0
    assert "1 recording was refused" in outcome.text


class Shortening(Int16):
    """Somebody's codec that loses samples of some signals."""

    name = "shortening"
    victims = ()

    def apply(self, signal, rate, condition):
        lost = 10 if float(signal[100]) in self.victims else 0
        return super().apply(signal, rate, condition)[lost:]


@pytest.fixture
def shortening(monkeypatch):
    """Register a codec that loses samples of the files that it is given."""
    monkeypatch.setitem(registry.builtins("codecs"), "shortening", Shortening())
    return lambda files: monkeypatch.setattr(
        Shortening, "victims", tuple(float(read(file)[100]) for file in files)
    )


def test_recording_that_a_codec_shortens_is_refused(run, tmp_path, shortening):
    files = pd.read_csv(tmp_path / "voices.csv")["file"]
    shortening([files[5]])
    outcome = run(place=tmp_path / "cache", models="svm", codecs=["shortening"])
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    assert manifest["corpora"]["csv"]["utterances"] == 31
    assert manifest["corpora"]["csv"]["refused"] == [
        {
            "file": files[5],
            "reason": "codec shortening: returned 6390 samples for 6400 at shortening",
        }
    ]
    assert outcome.exit_code == 0


def test_codec_that_shortens_all_recordings_stops_the_run(run, tmp_path, shortening):
    shortening(pd.read_csv(tmp_path / "voices.csv")["file"])
    with pytest.raises(CodecError) as caught:
        run(place=tmp_path / "cache", models="svm", codecs=["shortening"])
    assert str(caught.value) == ("codec shortening: returned 6390 samples for 6400 at shortening")


def test_broken_encoder_stops_the_run(run, tmp_path, monkeypatch):
    def broken(self, signals, rate, conditions):
        raise CodecError("ffmpeg ended with code 1")

    monkeypatch.setattr("aser_bench.runner.reference_encoder.verify", lambda conditions, say: "")
    monkeypatch.setattr(Mp3, "roundtrip", broken)
    with pytest.raises(CodecError, match="ffmpeg ended with code 1"):
        run(place=tmp_path / "cache")


def test_earlier_results_survive_a_failed_write(run, tmp_path, monkeypatch):
    run("out", models="svm")
    before = (tmp_path / "out" / "scores.csv").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("aser_bench.results.scores.write_predictions", full)
    with pytest.raises(aser_bench.AserBenchError, match="no space left"):
        run("out", models="svm", seed=3, overwrite=True)
    assert (tmp_path / "out" / "scores.csv").read_bytes() == before
    assert not list(tmp_path.rglob(".*"))


def test_limit_is_the_number_of_utterances(run):
    outcome = run(limit=20, models="svm")
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    assert manifest["corpora"]["csv"]["utterances"] == 20
    assert "limited to 20 utterances" in " ".join(outcome.text.split())


def test_two_corpora_are_reported_separately(table, voices, cache_dir, tmp_path):
    study = small(table, corpora=[{"csv": str(table)}, {"custom": str(voices)}], models="svm")
    outcome = aser_bench.run(
        study, out=tmp_path / "out", jobs=1, cache=cache_dir, quiet=True, formats=TABLES
    )
    assert set(outcome.scores["corpus"]) == {"csv", "custom"}
    assert set(outcome.scores.loc[outcome.scores["corpus"] == "custom", "protocol"]) == {"paper"}
    assert "speakers are unknown" in outcome.text
    assert "32 utterances of 4 speakers" in outcome.text
    assert "32 utterances of unknown speakers" in outcome.text


def command(table: Path, folder: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "aser_bench",
        "run",
        "--corpus",
        f"csv={table}",
        "--codec",
        "mp3",
        "--bitrates",
        "8,64",
        "--out",
        str(folder / "out"),
        "--cache",
        str(folder / "cache"),
        "-j",
        "2",
        *more,
    ]


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_continues(run, table, tmp_path, how):
    process = subprocess.Popen(
        command(table, tmp_path, "--models", "mlp", "--effort", "quick"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    finished = tmp_path / "cache" / "predictions"
    wait_for(lambda: len(list(finished.glob("*/*.npz"))) >= 2)
    # Ctrl-C reaches the whole group, a scheduler's signal the main process alone
    (os.kill if how == signal.SIGTERM else os.killpg)(process.pid, how)
    _, output = process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "interrupted" in output
    if how != signal.SIGKILL:
        assert "Traceback" not in output
        wait_for(lambda: not group_lives(process.pid), 20)
    kept = {path.name for path in finished.glob("*/*.npz")}
    assert 2 <= len(kept) < 36  # 4 folds x 3 conditions x 3 runs
    outcome = run("resumed", place=tmp_path / "cache", models="mlp")
    trained = json.loads((outcome.folder / "manifest.json").read_text())["stages"]["train"]
    assert trained["tasks"] == 36 - len(kept)
    whole = run("whole", place=tmp_path / "other", models="mlp")
    resumed = (outcome.folder / "scores.csv").read_bytes()
    assert resumed == (whole.folder / "scores.csv").read_bytes()


def test_full_disk_is_reported_in_one_line(table, tmp_path):
    small_disk = tmp_path / "disk"
    small_disk.mkdir()
    inside = f'mount -t tmpfs -o size=64k tmpfs {small_disk} && exec "$@"'
    prefix = ["unshare", "--map-root-user", "--mount", "sh", "-c", inside, "sh"]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system does not let a test mount a small disk")
    full = subprocess.run(
        [*prefix, *command(table, small_disk, "-q")], capture_output=True, text=True, check=False
    )
    assert full.returncode == 1
    assert full.stderr.startswith("aser-bench: error: no space left on the disk of")
    assert full.stderr.count("\n") == 1


def test_refused_recording_is_opened_again_in_the_next_run(run, tmp_path, monkeypatch):
    opened = ingest.inspect_recording
    victim = pd.read_csv(tmp_path / "voices.csv")["file"][3]

    def away(file, segment):
        return (
            Inspection(reason="there is no such file") if file == victim else opened(file, segment)
        )

    place = tmp_path / "cache"
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "inspect_recording", away)
        assert "1 recording was refused" in run(place=place, models="svm").text
    assert "recording was refused" not in run(place=place, models="svm").text


def test_first_repeat_is_the_study_with_one_repeat(run):
    study = {"models": "svm,mlp", "runs": 2, "train": "original"}
    once, twice = run("once", **study), run("twice", repeats=2, **study)
    assert list(twice.scores.columns) == [*once.scores.columns, "repeat"]
    folds = twice.scores.groupby("repeat")["fold"].unique()
    assert [sorted(numbers) for numbers in folds] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    first = twice.scores[twice.scores["repeat"] == 0].drop(columns="repeat")
    pd.testing.assert_frame_equal(first.reset_index(drop=True), once.scores)
    one, two = (pd.read_parquet(r.folder / "predictions.parquet") for r in (once, twice))
    assert "repeat" not in one
    first = two[two["repeat"] == 0].drop(columns="repeat").reset_index(drop=True)
    pd.testing.assert_frame_equal(first, one)
    manifest = json.loads((twice.folder / "manifest.json").read_text("utf-8"))
    assert manifest["study"]["repeats"] == 2
    assert "2 repeats of the folds" in manifest["settings"]
