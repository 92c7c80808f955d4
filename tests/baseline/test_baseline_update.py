"""Creating, updating and describing baselines."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import factories
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies

from aser_bench.baseline import check, reader, summary, writer
from aser_bench.baseline.compact import compact
from aser_bench.baseline.writer import update
from aser_bench.core.errors import AserBenchError, UsageError
from aser_bench.core.tables import CELL, PREDICTIONS, RESULT
from aser_bench.evaluation.outcomes import Source, read

METRICS = ["wap", "accuracy", "uar", "macro_f1"]
COSTS = {"train": {"wall_s": 9.0, "tasks": 3, "cpu_s": 6.0}, "read": {"wall_s": 1.0}}


def folder(path: Path, *, seed: int = 0, **changes) -> Path:
    """Write results of three cells in two folds; fold 0 has more speakers."""
    shown = {key: factories.SKILL[key] for key in list(factories.SKILL)[:3]}
    frame = factories.predictions(shown, speakers=tuple("abcde"), seed=seed)
    result = factories.folder(path, frame, **{"label": "made", "git": "abc", **changes})
    (result / "study.yaml").write_text("name: made\n")
    return result


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return folder(tmp_path / "new")


@pytest.fixture
def baseline(tmp_path: Path, new: Path) -> Path:
    update(new, tmp_path / "baseline")
    return tmp_path / "baseline"


def manifest(path: Path) -> dict:
    return json.loads((path / "manifest.json").read_text("utf-8"))


def fail(path: Path, cell: int, reason: str) -> None:
    """Mark the first result of a cell as failed, without predictions."""
    scores = pd.read_csv(path / "scores.csv", keep_default_na=False)
    rows = scores.index[scores["test_condition"] == scores["test_condition"].unique()[cell]]
    scores[METRICS] = scores[METRICS].astype(object)
    scores.loc[rows[0], [*METRICS, "status", "reason"]] = [*[""] * 4, "failed", reason]
    scores.to_csv(path / "scores.csv", index=False)
    frame = pd.read_parquet(path / "predictions.parquet")
    gone = (frame[list(RESULT)] == scores.loc[rows[0], list(RESULT)]).all(axis=1)
    factories.write(frame[~gone], path / "predictions.parquet")


def test_a_run_is_the_same_as_its_baseline(new, baseline):
    checked = check.check(new, baseline)
    assert checked.counts == {"same": 3}
    assert {cell.test for cell in checked.cells} == {"speakers"}
    assert {cell.reason for cell in checked.cells} == {"no prediction differs"}
    assert checked.exit_code == 0


def test_a_baseline_has_these_small_files(new, baseline):
    assert set(factories.listing(baseline)) == {
        "cells.csv",
        "predictions.parquet",
        "conditions.csv",
        "leaks.csv",
        "study.yaml",
        "manifest.json",
    }
    for name in ("conditions.csv", "leaks.csv", "study.yaml"):
        assert (baseline / name).read_bytes() == (new / name).read_bytes()


def test_features_are_copied_if_the_run_has_them(new, tmp_path):
    (new / "features.csv").write_text("corpus,features,feature,mean,sd\n")
    update(new, tmp_path / "baseline")
    copied = tmp_path / "baseline" / "features.csv"
    assert copied.read_bytes() == (new / "features.csv").read_bytes()


def test_predictions_are_equal_but_have_no_probabilities(new, baseline):
    one, two = (read([Source(path / "predictions.parquet")]) for path in (new, baseline))
    assert one.cells.keys() == two.cells.keys()
    for key, cell in one.cells.items():
        np.testing.assert_array_equal(cell.predicted, two.cells[key].predicted)
        assert np.isnan(two.cells[key].confidence).all()
        assert not np.isnan(cell.confidence).any()
    assert one.corpora["voices"].speakers == two.corpora["voices"].speakers
    frame = pd.read_parquet(baseline / "predictions.parquet")
    assert list(frame.columns) == list(PREDICTIONS)


def test_folds_are_equal(new, baseline):
    names = ["utterance", "fold"]
    one, two = (
        pd.read_parquet(path / "predictions.parquet")[names].astype(str).drop_duplicates()
        for path in (new, baseline)
    )
    assert sorted(one.itertuples(index=False)) == sorted(two.itertuples(index=False))


@pytest.mark.parametrize("dictionaries", [True, False])
def test_equal_predictions_give_equal_bytes(tmp_path, dictionaries):
    file = factories.write(
        factories.predictions(), tmp_path / "p.parquet", dictionaries=dictionaries
    )
    once = compact(file)
    assert compact(file) == once
    (tmp_path / "again.parquet").write_bytes(once)
    assert compact(tmp_path / "again.parquet") == once


def test_sorted_predictions_are_smaller_than_in_run_order(tmp_path):
    skill = {("original", f"mp3-{kbps}k"): 0.3 for kbps in range(12)}
    frame = factories.predictions(skill, speakers=tuple("abcdefghijklm"), takes=6, runs=5)
    # Models agree on most utterances, correct or not.
    rng, names = np.random.default_rng(0), frame["utterance"].unique()
    message = pd.Series(rng.choice([*factories.EMOTIONS, *[None] * 2], len(names)), index=names)
    frame["predicted"] = frame["utterance"].map(message).fillna(frame["predicted"])
    file = factories.write(frame, tmp_path / "p.parquet", 312)
    plain = pq.read_table(file, columns=list(PREDICTIONS)).replace_schema_metadata(None)
    pq.write_table(
        plain.unify_dictionaries(),
        tmp_path / "plain.parquet",
        compression="zstd",
        compression_level=19,
        write_statistics=False,
    )
    assert len(compact(file)) < 0.9 * (tmp_path / "plain.parquet").stat().st_size
    assert len(compact(file)) < 0.05 * file.stat().st_size


def test_unknown_speakers_stay_unknown(tmp_path):
    frame = factories.predictions(speakers=("a", None))
    file = factories.write(frame, tmp_path / "p.parquet")
    (tmp_path / "c.parquet").write_bytes(compact(file))
    assert read([Source(tmp_path / "c.parquet")]).corpora["voices"].speakers == ()


def test_cells_are_means_over_folds_of_means_over_runs(new, baseline):
    scores = pd.read_csv(new / "scores.csv")
    # Fold 0 has more runs, so that the mean over all rows is another number.
    more = scores[scores["fold"] == 0].assign(run=2, **dict.fromkeys(METRICS, 0.0))
    scores = pd.concat([scores, more[more["run"] == 2].drop_duplicates(list(CELL))])
    scores.to_csv(new / "scores.csv", index=False)
    (new / "predictions.parquet").unlink()
    update(new, baseline)
    cells = pd.read_csv(baseline / "cells.csv")
    assert list(cells.columns) == [
        *CELL,
        "utterances",
        "speakers",
        "results",
        "failed",
        "reason",
        *METRICS,
    ]
    assert list(cells["test_condition"]) == list(scores["test_condition"].unique())
    for row in cells.itertuples():
        own = scores[scores["test_condition"] == row.test_condition]
        folds = [own[own["fold"] == fold]["uar"].mean() for fold in (0, 1)]
        assert row.uar == pytest.approx(sum(folds) / 2, abs=5e-5)
        assert (row.utterances, row.speakers, row.results, row.failed) == (40, 5, 5, 0)
    assert ",40,5,5,0,," in (baseline / "cells.csv").read_text()


def test_without_scores_the_means_come_from_the_predictions(new, baseline, tmp_path):
    (new / "scores.csv").unlink()
    update(new, tmp_path / "other")
    one, two = (
        pd.read_csv(path / "cells.csv").sort_values(list(CELL), ignore_index=True)
        for path in (baseline, tmp_path / "other")
    )
    pd.testing.assert_frame_equal(one, two)


def test_an_update_without_changes_writes_nothing(new, baseline):
    before, times = (
        factories.listing(baseline),
        [path.stat().st_mtime_ns for path in baseline.iterdir()],
    )
    updated = update(new, baseline)
    assert updated.written == ()
    assert factories.listing(baseline) == before
    assert [path.stat().st_mtime_ns for path in baseline.iterdir()] == times
    assert "nothing changed" in summary.format_update(updated)


def test_another_machine_and_day_alone_write_nothing(tmp_path):
    base = tmp_path / "baseline"
    update(folder(tmp_path / "one", machine={"cores": 2}, stages=COSTS), base)
    before = factories.listing(base)
    slower = {"train": {"wall_s": 20.0, "tasks": 3, "cpu_s": 8.0}}
    again = folder(tmp_path / "two", machine={"cores": 4}, git="def", stages=slower)
    assert update(again, base).written == ()
    assert factories.listing(base) == before


def test_other_predictions_update_machine_and_revision(tmp_path):
    base = tmp_path / "baseline"
    update(folder(tmp_path / "one", stages=COSTS), base)
    updated = update(folder(tmp_path / "two", seed=1, git="def"), base)
    assert {"predictions.parquet", "cells.csv", "manifest.json"} == set(updated.written)
    assert manifest(base)["git"] == "def"
    assert manifest(base)["stages"] == {}


def test_other_versions_are_written(baseline, tmp_path):
    other = folder(tmp_path / "two", packages={"numpy": "9"})
    assert update(other, baseline).written == ("manifest.json",)
    assert manifest(baseline)["packages"] == {"numpy": "9"}


def test_costs_missing_from_the_baseline_are_written(baseline, tmp_path):
    updated = update(folder(tmp_path / "two", stages=COSTS), baseline)
    assert updated.written == ("manifest.json",)
    assert manifest(baseline)["stages"] == {"train": {"tasks": 3, "cpu_s": 6.0}}


def test_facts_without_a_guard_are_left_out(tmp_path):
    corpora = {"voices": {"notes": ["a note"]}}
    update(folder(tmp_path / "one", canary="-77 dB", corpora=corpora), tmp_path / "baseline")
    facts = manifest(tmp_path / "baseline")
    assert "canary" not in facts
    assert "notes" not in facts["corpora"]["voices"]
    assert facts["corpora"]["voices"]["sha256"] == "0" * 64


def test_scores_replace_predictions_above_the_limit(new, baseline, monkeypatch):
    monkeypatch.setattr(writer, "MAX_PREDICTION_BYTES", 500)
    updated = update(new, baseline)
    assert not (baseline / "predictions.parquet").exists()
    assert {"scores.csv", "predictions.parquet"} <= set(updated.written)
    checked = check.check(new, baseline)
    assert checked.counts == {"same": 3}
    assert {cell.test for cell in checked.cells} <= {"folds", "runs", "margin"}
    message = " ".join(summary.format_update(updated).split())
    assert "check will compare scores by fold (scores.csv): predictions would take " in message
    monkeypatch.undo()
    update(new, baseline)
    assert (baseline / "predictions.parquet").exists()
    assert not (baseline / "scores.csv").exists()


def test_results_with_scores_only_are_enough(new, tmp_path):
    (new / "predictions.parquet").unlink()
    updated = update(new, tmp_path / "baseline")
    assert "the results have no predictions.parquet" in " ".join(
        summary.format_update(updated).split()
    )
    cells = pd.read_csv(tmp_path / "baseline" / "cells.csv")
    assert (cells["utterances"] == 40).all()
    assert (cells["speakers"] == 5).all()
    assert check.check(new, tmp_path / "baseline").exit_code == 0


def test_failures_are_reported_and_do_not_fail_a_later_check(new, tmp_path):
    fail(new, 1, "out of\n memory, ä")
    updated = update(new, tmp_path / "baseline")
    assert (updated.failed, updated.results) == (1, 12)
    assert "1 of 12 results failed" in summary.format_update(updated)
    (row,) = pd.read_csv(tmp_path / "baseline" / "cells.csv").query("failed > 0").to_dict("records")
    assert (row["failed"], row["results"], row["reason"]) == (1, 4, "out of memory, ä")
    failed = reader.read_input(tmp_path / "baseline").failed
    assert [(one.failed, one.total) for one in failed.values()] == [(1, 4)]
    assert check.check(new, tmp_path / "baseline").exit_code == 0
    fail(new, 2, "another")
    assert check.check(new, tmp_path / "baseline").counts["missing"] == 1


def test_a_cell_without_results_has_no_means(new, tmp_path):
    scores = pd.read_csv(new / "scores.csv")
    gone = scores["test_condition"] == "mp3-8k"
    scores.loc[gone, METRICS] = np.nan
    scores["status"] = np.where(gone, "failed", "ok")
    scores["reason"] = np.where(gone, "boom", "")
    scores.to_csv(new / "scores.csv", index=False)
    frame = pd.read_parquet(new / "predictions.parquet")
    factories.write(frame[frame["test_condition"] != "mp3-8k"], new / "predictions.parquet")
    update(new, tmp_path / "baseline")
    lines = (tmp_path / "baseline" / "cells.csv").read_text().splitlines()
    (line,) = [line for line in lines if "mp3-8k" in line]
    assert line.endswith("original,mp3-8k,0,,4,4,boom,,,,")
    (row,) = [
        line
        for line in summary.format_baseline(tmp_path / "baseline").splitlines()
        if line.startswith("original ")
    ]
    assert "failed" in row


def test_the_check_against_the_old_baseline_is_reported(baseline, tmp_path):
    worse = factories.predictions({("original", "original"): 0.1}, speakers=tuple("abcde"))
    other = factories.folder(tmp_path / "worse", worse, label="made", git="abc")
    updated = update(other, baseline)
    assert updated.checked is not None
    assert updated.checked.counts == {"worse": 1, "missing": 2}
    message = summary.format_comparison(updated)
    assert message.startswith("Against the old baseline: FAILED: 1 worse, 2 missing")
    assert "worse: voices / functionals / svm / speaker: original -> original" in message
    assert check.check(other, baseline).exit_code == 0


def test_the_first_update_reports_no_check(new, tmp_path):
    updated = update(new, tmp_path / "deep" / "baseline")
    assert updated.checked is None
    assert summary.format_comparison(updated) == ""


def test_a_broken_baseline_is_replaced_and_reported(new, baseline):
    whole = factories.listing(baseline)
    (baseline / "predictions.parquet").write_bytes(b"PAR1 no more")
    updated = update(new, baseline)
    assert updated.checked is None
    assert "cannot be read" in summary.format_comparison(updated)
    assert factories.listing(baseline) == whole


def test_the_baseline_of_a_baseline_is_equal(baseline, tmp_path):
    update(baseline, tmp_path / "copy")
    assert factories.listing(tmp_path / "copy") == factories.listing(baseline)


@pytest.mark.parametrize("left", ["drift.csv", "timings.csv", "report.html", "tables", None])
def test_the_results_of_a_run_are_never_replaced(new, baseline, left):
    """Also if some files are missing, or if a run was written into a baseline."""
    for name in ("cells.csv", *(["predictions.parquet"] if left is None else [])):
        (baseline / name).unlink()
    (baseline / left).mkdir() if left == "tables" else (
        baseline / (left or "scores.csv")
    ).write_text("x")
    before = factories.listing(baseline)
    message = f"results of a run.*({left or 'no cells.csv'}).*lost; name another folder"
    with pytest.raises(UsageError, match=message):
        update(new, baseline)
    assert factories.listing(baseline) == before
    (baseline / "cells.csv").touch()
    if left:
        with pytest.raises(UsageError, match=left):
            update(new, baseline)


def test_other_files_in_the_folder_are_kept(new, baseline):
    (baseline / "README.md").write_text("ours")
    (new / "leaks.csv").unlink()
    assert update(new, baseline).written == ("leaks.csv",)
    assert (baseline / "README.md").read_text() == "ours"


def test_a_full_disk_leaves_the_old_baseline(baseline, tmp_path, monkeypatch):
    before = factories.listing(baseline)

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(AserBenchError, match=r"no space left.*another folder for the baseline"):
        update(folder(tmp_path / "two", seed=1), baseline)
    assert factories.listing(baseline) == before


def break_nothing(new: Path, base: Path) -> tuple[Path, Path]:
    return new / "scores.csv", base


def break_new(new: Path, base: Path) -> tuple[Path, Path]:
    return new.with_name("nowhere"), base


def break_manifest(new: Path, base: Path) -> tuple[Path, Path]:
    (new / "manifest.json").unlink()
    return new, base


def break_results(new: Path, base: Path) -> tuple[Path, Path]:
    (new / "predictions.parquet").unlink()
    (new / "scores.csv").unlink()
    return new, base


def break_all_results(new: Path, base: Path) -> tuple[Path, Path]:
    (new / "predictions.parquet").unlink()
    frame = pd.read_csv(new / "scores.csv")
    frame.assign(status="failed").to_csv(new / "scores.csv", index=False)
    return new, base


def break_columns(new: Path, base: Path) -> tuple[Path, Path]:
    frame = pd.read_csv(new / "scores.csv").drop(columns="n_test")
    frame.to_csv(new / "scores.csv", index=False)
    return new, base


def other_things(new: Path, base: Path) -> tuple[Path, Path]:
    base.mkdir()
    (base / "holiday.jpg").write_bytes(b"sea")
    return new, base


def another_manifest(new: Path, base: Path) -> tuple[Path, Path]:
    base.mkdir()
    (base / "manifest.json").write_text('{"name": "a web page"}')
    return new, base


def a_file(new: Path, base: Path) -> tuple[Path, Path]:
    base.write_text("")
    return new, base


def itself(new: Path, base: Path) -> tuple[Path, Path]:
    return new, new / "tables" / ".."


def swapped(new: Path, base: Path) -> tuple[Path, Path]:
    update(new, base)
    return base, new


def two_runs(new: Path, base: Path) -> tuple[Path, Path]:
    return new, folder(base, seed=3)


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        (break_nothing, "is a file; name the results folder that contains it"),
        (break_new, "does not exist"),
        (break_manifest, "not a results folder: it has no manifest"),
        (break_results, "neither predictions.parquet nor scores.csv"),
        (break_all_results, "no result with the status ok"),
        (break_columns, "lacks the columns n_test"),
        (other_things, "neither a baseline nor results; name another"),
        (another_manifest, "neither a baseline nor results; name another"),
        (a_file, "is a file; name a folder for the baseline"),
        (itself, "cannot be its own baseline"),
        (swapped, r"results of a run \(drift.csv, tables\), which would be lost; name another"),
        (two_runs, r"results of a run \(drift.csv\), which would be lost; name another folder"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_invalid_paths_are_refused_and_nothing_is_written(new, tmp_path, arrange, message):
    (new / "tables").mkdir()
    one, two = arrange(new, tmp_path / "base")
    before = factories.listing(tmp_path)
    with pytest.raises(UsageError, match=message) as caught:
        update(one, two)
    assert "\n" not in str(caught.value)
    assert factories.listing(tmp_path) == before


def test_the_description_names_the_origin_of_a_baseline(tmp_path):
    packages = {"numpy": "2.4.6", "scikit-learn": "1.9.1"}
    new = folder(tmp_path / "new", packages=packages, git="abcdef")
    update(new, tmp_path / "baseline")
    text = summary.format_baseline(tmp_path / "baseline")
    message = " ".join(text.split())
    assert "label: made (effort quick, seed 0)" in message
    assert "corpus: voices: 40 utterances of 5 speakers" in message
    assert "encoder: mp3: LAME 3.100" in message
    assert "aser-bench 0.1.0, numpy 2.4.6, scikit-learn 1.9.1" in message
    assert "revision: abcdef" in message
    assert "compared: by predictions, clustered by 5 speakers" in message
    assert "cells: 3, from 12 results" in message
    cells = pd.read_csv(tmp_path / "baseline" / "cells.csv")
    row = f"original {' '.join(f'{uar:.3f}'[1:] for uar in cells['uar'])}"
    assert row in message
    assert text.endswith(f"aser-bench run {tmp_path / 'baseline' / 'study.yaml'} --out new\n")
    body = text.splitlines()[:-1]
    assert all(len(line) <= 80 for line in body)


def test_results_are_described_like_their_baseline(new, baseline):
    one, two = (
        [line for line in summary.format_baseline(path).splitlines() if "size:" not in line][:-1]
        for path in (new, baseline)
    )
    assert one == two


def test_the_description_names_the_kind_of_comparison(tmp_path, new):
    few = factories.folder(tmp_path / "few", factories.predictions(speakers=("a", "b")))
    assert "utterances treated as independent" in " ".join(summary.format_baseline(few).split())
    shutil.copytree(new, tmp_path / "bare", ignore=shutil.ignore_patterns("*.parquet"))
    assert "by scores, fold by fold" in summary.format_baseline(tmp_path / "bare")


@pytest.mark.parametrize("content", ["{", "[]", '{"aser_bench": "1"}'])
def test_an_invalid_manifest_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UsageError, match="not the manifest of a run"):
        summary.format_baseline(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        summary.format_baseline(tmp_path / "manifest.json")


def test_control_codes_in_names_are_not_printed(tmp_path):
    frame = factories.predictions({("original", "original"): 0.8}, model="s\x1b[2Jvm")
    update(factories.folder(tmp_path / "new", frame, label="a\x1b]0;b"), tmp_path / "baseline")
    assert "\x1b" not in summary.format_baseline(tmp_path / "baseline")


_ANY = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.floats()
    | strategies.integers()
    | strategies.sampled_from((2**70, -1, 5, "", "nan", "\ud800", "a\x1b[2J")),
    lambda inner: (
        strategies.lists(inner, max_size=2)
        | strategies.dictionaries(
            strategies.sampled_from(("voices", "speakers", "refused", "tasks", "x")),
            inner,
            max_size=2,
        )
    ),
    max_leaves=3,
)


def places(facts: dict, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the paths of all values of a manifest."""
    result = []
    for name, value in facts.items():
        result.append((*above, name))
        result += places(value, (*above, name)) if isinstance(value, dict) else []
    return result


RICH = {
    "packages": {"numpy": "2"},
    "stages": COSTS,
    "engines": {"mp3": "x"},
    "machine": {"cores": 2},
    "components": {"features": {"functionals": 1}, "models": {"svm": 1}},
    "study_sha256": "0",
}


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """Return results with a complete manifest, results without predictions, and a baseline."""
    root = tmp_path_factory.mktemp("rich")
    folder(root / "new", **RICH)
    shutil.copytree(root / "new", root / "bare", ignore=shutil.ignore_patterns("*.parquet"))
    update(root / "new", root / "baseline")
    return root


@settings(deadline=None, max_examples=15)
@given(data=strategies.data(), side=strategies.sampled_from(("new", "bare", "baseline")))
def test_any_value_in_a_manifest_raises_usage_errors_only(rich, data, side):
    facts = manifest(rich / side)
    spot = data.draw(strategies.sampled_from(places(facts)))
    inner = facts
    for name in spot[:-1]:
        inner = inner[name]
    inner[spot[-1]] = data.draw(_ANY)
    file = rich / side / "manifest.json"
    text = file.read_text("utf-8")
    file.write_text(json.dumps(facts), "utf-8")
    try:
        tried(rich, side)
    except UsageError as error:
        one_line(error)
    finally:
        file.write_text(text, "utf-8")


def one_line(error: UsageError) -> None:
    assert "\n" not in str(error)


def tried(rich: Path, side: str) -> None:
    """Describe a folder, and create or update a baseline from it."""
    out = rich / "out"
    shutil.rmtree(out, ignore_errors=True)
    shown = summary.format_baseline(rich / side)
    if side == "baseline":
        shutil.copytree(rich / "baseline", out)
    updated = update(rich / ("new" if side == "baseline" else side), out)
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert summary.format_update(updated)
    assert summary.format_comparison(updated) or side != "baseline"
    # The baseline can be read and has valid costs only.
    stages = manifest(out)["stages"]
    assert all(0 <= cost < float("inf") for result in stages.values() for cost in result.values())
    assert summary.format_baseline(out)
    reader.read_input(out)


def test_unreadable_values_are_left_out(tmp_path):
    stages = {"train": {"tasks": 3, "cpu_s": 6.0}, "read": None, "test": {"tasks": "3", "cpu_s": 1}}
    odd = folder(
        tmp_path / "new",
        stages=stages,
        git=7,
        packages={"numpy": None},
        encoders=["mp3"],
        corpora={"voices": {"speakers": "many", "refused": 7, "utterances": None}},
    )
    update(odd, tmp_path / "baseline")
    assert manifest(tmp_path / "baseline")["stages"] == {"train": {"tasks": 3, "cpu_s": 6.0}}
    message = summary.format_baseline(tmp_path / "baseline")
    assert "? utterances, speakers unknown\n" in message
    assert "versions: aser-bench 0.1.0\n" in message
    assert "encoder" not in message
    assert "revision" not in message


@pytest.mark.parametrize("facts", [{"study": []}, {"corpora": {"voices": None}}, {"corpora": "x"}])
def test_an_incomplete_manifest_is_refused(new, tmp_path, facts):
    (new / "manifest.json").write_text(json.dumps({**manifest(new), **facts}))
    with pytest.raises(UsageError, match="is not the manifest of a run"):
        update(new, tmp_path / "baseline")
    with pytest.raises(UsageError, match="is not the manifest of a run"):
        summary.format_baseline(new)
