"""Check inputs are read from folders and files; broken files are refused by name."""

from __future__ import annotations

import factories
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aser_bench.baseline.reader import read_input
from aser_bench.core.errors import UsageError
from aser_bench.core.tables import CELL

CELLS = {("voices", "functionals", "svm", "speaker", *pair) for pair in factories.SKILL}


@pytest.fixture
def folder(tmp_path):
    return factories.folder(tmp_path / "run", factories.predictions())


def test_a_folder_with_predictions_is_read(folder):
    result = read_input(folder)
    assert set(result.cells) == CELLS
    assert result.outcomes is not None
    assert result.scores is None
    assert result.seed == 0
    assert result.conditions["effective_kbps"].max() == 64
    assert len(result.folds) == 32
    assert not result.failed


def test_a_folder_without_predictions_is_read_by_its_scores(folder):
    (folder / "predictions.parquet").unlink()
    result = read_input(folder)
    assert result.outcomes is None
    assert set(result.cells) == set(result.scores_by_cell) == CELLS
    rows = result.scores_by_cell[min(CELLS)]
    assert len(rows) == 4  # two folds, two runs
    assert result.manifest is not None


@pytest.mark.parametrize("name", ["scores.csv", "predictions.parquet"])
def test_a_file_is_read_with_the_manifest_beside_it(folder, name):
    result = read_input(folder / name)
    assert (result.outcomes is None) == (name == "scores.csv")
    assert set(result.cells) == CELLS
    assert result.manifest.label == "run"
    (folder / "manifest.json").unlink()
    alone = read_input(folder / name)
    assert alone.manifest is None
    assert alone.conditions is None  # the tables may belong to other results
    assert alone.seed is None


def test_failed_results_are_counted_and_are_not_scores(folder):
    scores = pd.read_csv(folder / "scores.csv", dtype={"reason": object})
    bad = (scores["train_condition"] == "mp3-8k") & (scores["fold"] == 0)
    scores.loc[bad, ["uar", "wap", "accuracy", "macro_f1"]] = float("nan")
    scores.loc[bad, "status"], scores.loc[bad, "reason"] = "failed", "out of memory"
    scores.to_csv(folder / "scores.csv", index=False)
    predictions = pd.read_parquet(folder / "predictions.parquet")
    bad = (predictions["train_condition"] == "mp3-8k") & (predictions["fold"] == 0)
    factories.write(predictions[~bad], folder / "predictions.parquet")
    for path in (folder, folder / "scores.csv"):
        ((key, lost),) = read_input(path).failed.items()
        assert key[4:] == ("mp3-8k", "mp3-8k")
        assert (lost.failed, lost.total, lost.reason) == (2, 4, "out of memory")
    assert len(read_input(folder / "scores.csv").scores_by_cell[key]) == 2


def test_a_table_with_one_number_per_cell_is_enough(tmp_path):
    path = tmp_path / "mine.csv"
    row = dict(zip(CELL, ("nan", "my:features", "None", "speaker", "original", "007"), strict=True))
    pd.DataFrame([{**row, "uar": 0.5}]).to_csv(path, index=False)
    result = read_input(path)
    # Names that look like numbers or missing values stay names.
    assert result.cells == (tuple(row.values()),)
    assert result.scores["uar"].tolist() == [0.5]
    assert "fold" not in result.scores


def scores_with(folder, **changes):
    scores = pd.read_csv(folder / "scores.csv").assign(**changes)
    scores.to_csv(folder / "scores.csv", index=False)
    return folder / "scores.csv"


def test_unreadable_paths_are_named(folder, tmp_path):
    cases = {
        tmp_path / "nowhere": "does not exist",
        tmp_path: "has neither predictions.parquet nor scores.csv",
        folder / "manifest.json": "neither scores",
    }
    for path, message in cases.items():
        with pytest.raises(UsageError, match=message) as error:
            read_input(path)
        assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"uar": 1.5}, "uar must be a number from 0 to 1"),
        ({"uar": float("nan")}, "uar must be a number from 0 to 1"),
        ({"uar": "much"}, "uar must contain numbers"),
        ({"fold": 0, "run": 0}, "has a result twice: voices"),
        ({"status": "failed"}, "no result with the status ok"),
    ],
)
def test_invalid_scores_are_refused(folder, changes, message):
    path = scores_with(folder, **changes)
    with pytest.raises(UsageError, match=message) as error:
        read_input(path)
    assert str(path) in str(error.value)


def test_a_duplicate_column_is_refused(folder):
    path = folder / "scores.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(f"{line},{line.split(',')[10]}" for line in lines))
    with pytest.raises(UsageError, match="has the column uar twice"):
        read_input(path)


def test_a_failure_needs_no_reason(folder):
    scores = pd.read_csv(folder / "scores.csv").drop(columns="reason")
    scores.loc[0, "status"] = "failed"
    scores.to_csv(folder / "scores.csv", index=False)
    (lost,) = read_input(folder / "scores.csv").failed.values()
    assert lost.reason == "the file gives no reason"


def test_scores_without_any_metric_are_refused(folder):
    path = folder / "scores.csv"
    pd.read_csv(path)[list(CELL)].drop_duplicates().to_csv(path, index=False)
    with pytest.raises(UsageError, match="none of the columns wap, accuracy, uar, macro_f1"):
        read_input(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"study": 1, "corpora": {}}',
        '{"study": {}}',
        '{"study": {}, "corpora": {"demo": null}}',
    ],
)
def test_a_broken_manifest_is_named(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(UsageError, match=r"manifest\.json is not the manifest of a run"):
        read_input(folder)


@pytest.mark.parametrize("name", ["conditions.csv", "leaks.csv"])
def test_a_broken_table_beside_the_results_is_named(folder, name):
    (folder / name).write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=f"{name} lacks the columns corpus"):
        read_input(folder)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_file_content_raises_usage_errors_only(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("odd")
    for name in ("scores.csv", "predictions.parquet"):
        (folder / name).write_bytes(content)
        with pytest.raises(UsageError) as error:
            read_input(folder / name)
        assert "\n" not in str(error.value)
