"""One side of a check is read from a folder or a file, and what is broken is refused by name."""

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


def test_a_folder_shows_its_predictions_and_what_is_known_of_them(folder):
    found = read_input(folder)
    assert set(found.cells) == CELLS
    assert found.outcomes is not None
    assert found.scores is None
    assert found.seed == 0
    assert found.conditions["effective_kbps"].max() == 64
    assert len(found.folds) == 32
    assert not found.failed


def test_a_folder_without_predictions_shows_its_scores(folder):
    (folder / "predictions.parquet").unlink()
    found = read_input(folder)
    assert found.outcomes is None
    assert set(found.cells) == set(found.scores_by_cell) == CELLS
    rows = found.scores_by_cell[min(CELLS)]
    assert len(rows) == 4  # two folds, two runs
    assert found.manifest is not None


@pytest.mark.parametrize("name", ["scores.csv", "predictions.parquet"])
def test_a_file_is_read_itself_and_its_manifest_with_it(folder, name):
    found = read_input(folder / name)
    assert (found.outcomes is None) == (name == "scores.csv")
    assert set(found.cells) == CELLS
    assert found.manifest.label == "run"
    (folder / "manifest.json").unlink()
    alone = read_input(folder / name)
    assert alone.manifest is None
    assert alone.conditions is None  # whose tables these are is not known
    assert alone.seed is None


def test_failed_results_are_told_and_are_no_scores(folder):
    scores = pd.read_csv(folder / "scores.csv", dtype={"reason": object})
    bad = (scores["train_condition"] == "mp3-8k") & (scores["fold"] == 0)
    scores.loc[bad, ["uar", "wap", "accuracy", "macro_f1"]] = float("nan")
    scores.loc[bad, "status"], scores.loc[bad, "reason"] = "failed", "out of memory"
    scores.to_csv(folder / "scores.csv", index=False)
    for path in (folder, folder / "scores.csv"):
        ((key, lost),) = read_input(path).failed.items()
        assert key[4:] == ("mp3-8k", "mp3-8k")
        assert (lost.failed, lost.total, lost.reason) == (2, 4, "out of memory")
    assert len(read_input(folder / "scores.csv").scores_by_cell[key]) == 2


def test_a_table_of_one_number_a_cell_will_do(tmp_path):
    path = tmp_path / "mine.csv"
    row = dict(zip(CELL, ("nan", "my:features", "None", "speaker", "original", "007"), strict=True))
    pd.DataFrame([{**row, "uar": 0.5}]).to_csv(path, index=False)
    found = read_input(path)
    # What looks like a number or like nothing is a name.
    assert found.cells == (tuple(row.values()),)
    assert found.scores["uar"].tolist() == [0.5]
    assert "fold" not in found.scores


def scores_with(folder, **changes):
    scores = pd.read_csv(folder / "scores.csv").assign(**changes)
    scores.to_csv(folder / "scores.csv", index=False)
    return folder / "scores.csv"


def test_what_cannot_be_read_is_named(folder, tmp_path):
    cases = {
        tmp_path / "nowhere": "does not exist",
        tmp_path: "has neither predictions.parquet nor scores.csv",
        folder / "manifest.json": "neither scores",
    }
    for path, said in cases.items():
        with pytest.raises(UsageError, match=said) as error:
            read_input(path)
        assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"uar": 1.5}, "uar must be a number from 0 to 1"),
        ({"uar": float("nan")}, "uar must be a number from 0 to 1"),
        ({"uar": "much"}, "uar must hold numbers"),
        ({"fold": 0, "run": 0}, "has a result twice: voices"),
        ({"status": "failed"}, "no result with the status ok"),
    ],
)
def test_scores_that_are_none_are_refused(folder, changes, said):
    path = scores_with(folder, **changes)
    with pytest.raises(UsageError, match=said) as error:
        read_input(path)
    assert str(path) in str(error.value)


def test_a_column_that_stands_there_twice_is_refused(folder):
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
    with pytest.raises(UsageError, match=r"manifest\.json is no manifest of a run"):
        read_input(folder)


@pytest.mark.parametrize("name", ["conditions.csv", "leaks.csv"])
def test_a_broken_table_beside_is_named(folder, name):
    (folder / name).write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=f"{name} lacks the columns corpus"):
        read_input(folder)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_no_content_of_a_file_is_a_traceback(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("odd")
    for name in ("scores.csv", "predictions.parquet"):
        (folder / name).write_bytes(content)
        with pytest.raises(UsageError) as error:
            read_input(folder / name)
        assert "\n" not in str(error.value)
