"""Baselines: what is kept of a run, when it is written, and what is refused."""

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
from aser_bench.core.tables import CELL, PREDICTIONS
from aser_bench.evaluation.outcomes import Source, read

METRICS = ["wap", "accuracy", "uar", "macro_f1"]
COSTS = {"train": {"wall_s": 9.0, "tasks": 3, "cpu_s": 6.0}, "read": {"wall_s": 1.0}}


def folder(path: Path, *, seed: int = 0, **changes) -> Path:
    """Write results of three cells in two folds; fold 0 has one speaker more."""
    shown = {key: factories.SKILL[key] for key in list(factories.SKILL)[:3]}
    frame = factories.predictions(shown, speakers=tuple("abcde"), seed=seed)
    found = factories.folder(path, frame, **{"label": "made", "git": "abc", **changes})
    (found / "study.yaml").write_text("name: made\n")
    return found


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return folder(tmp_path / "new")


@pytest.fixture
def kept(tmp_path: Path, new: Path) -> Path:
    update(new, tmp_path / "kept")
    return tmp_path / "kept"


def manifest(path: Path) -> dict:
    return json.loads((path / "manifest.json").read_text("utf-8"))


def fail(path: Path, cell: int, reason: str) -> None:
    """Make the first result of a cell a failed one in scores.csv."""
    scores = pd.read_csv(path / "scores.csv", keep_default_na=False)
    rows = scores.index[scores["test_condition"] == scores["test_condition"].unique()[cell]]
    scores[METRICS] = scores[METRICS].astype(object)
    scores.loc[rows[0], [*METRICS, "status", "reason"]] = [*[""] * 4, "failed", reason]
    scores.to_csv(path / "scores.csv", index=False)


def test_a_run_is_the_same_as_its_own_baseline(new, kept):
    checked = check.check(new, kept)
    assert checked.counts == {"same": 3}
    assert {cell.test for cell in checked.cells} == {"speakers"}
    assert {cell.reason for cell in checked.cells} == {"no prediction differs"}
    assert checked.exit_code == 0


def test_it_holds_these_files_and_they_are_small(new, kept):
    assert set(factories.listing(kept)) == {
        "cells.csv",
        "predictions.parquet",
        "conditions.csv",
        "leaks.csv",
        "study.yaml",
        "manifest.json",
    }
    for name in ("conditions.csv", "leaks.csv", "study.yaml"):
        assert (kept / name).read_bytes() == (new / name).read_bytes()


def test_features_are_kept_where_a_run_left_them(new, tmp_path):
    (new / "features.csv").write_text("corpus,features,feature,mean,sd\n")
    update(new, tmp_path / "kept")
    assert (tmp_path / "kept" / "features.csv").read_bytes() == (new / "features.csv").read_bytes()


def test_predictions_stay_what_they_were_without_probabilities(new, kept):
    one, two = (read([Source(path / "predictions.parquet")]) for path in (new, kept))
    assert one.cells.keys() == two.cells.keys()
    for key, cell in one.cells.items():
        np.testing.assert_array_equal(cell.predicted, two.cells[key].predicted)
        assert np.isnan(two.cells[key].confidence).all()
        assert not np.isnan(cell.confidence).any()
    assert one.corpora["voices"].speakers == two.corpora["voices"].speakers
    frame = pd.read_parquet(kept / "predictions.parquet")
    assert list(frame.columns) == list(PREDICTIONS)


def test_folds_stay_what_they_were(new, kept):
    names = ["utterance", "fold"]
    one, two = (
        pd.read_parquet(path / "predictions.parquet")[names].astype(str).drop_duplicates()
        for path in (new, kept)
    )
    assert sorted(one.itertuples(index=False)) == sorted(two.itertuples(index=False))


@pytest.mark.parametrize("dictionaries", [True, False])
def test_the_same_predictions_are_the_same_bytes(tmp_path, dictionaries):
    file = factories.write(
        factories.predictions(), tmp_path / "p.parquet", dictionaries=dictionaries
    )
    once = compact(file)
    assert compact(file) == once
    (tmp_path / "again.parquet").write_bytes(once)
    assert compact(tmp_path / "again.parquet") == once


def test_predictions_take_less_than_the_order_of_the_run_makes_them(tmp_path):
    skill = {("original", f"mp3-{kbps}k"): 0.3 for kbps in range(12)}
    frame = factories.predictions(skill, speakers=tuple("abcdefghijklm"), takes=6, runs=5)
    # On most utterances models agree, right or wrong.
    rng, names = np.random.default_rng(0), frame["utterance"].unique()
    said = pd.Series(rng.choice([*factories.EMOTIONS, *[None] * 2], len(names)), index=names)
    frame["predicted"] = frame["utterance"].map(said).fillna(frame["predicted"])
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


def test_a_corpus_that_does_not_tell_its_speakers_still_does_not(tmp_path):
    frame = factories.predictions(speakers=("a", None))
    file = factories.write(frame, tmp_path / "p.parquet")
    (tmp_path / "c.parquet").write_bytes(compact(file))
    assert read([Source(tmp_path / "c.parquet")]).corpora["voices"].speakers == ()


def test_cells_are_means_over_folds_of_means_over_runs(new, kept):
    scores = pd.read_csv(new / "scores.csv")
    # One run more in fold 0: a plain mean over all rows is another number.
    more = scores[scores["fold"] == 0].assign(run=2, **dict.fromkeys(METRICS, 0.0))
    scores = pd.concat([scores, more[more["run"] == 2].drop_duplicates(list(CELL))])
    scores.to_csv(new / "scores.csv", index=False)
    update(new, kept)
    cells = pd.read_csv(kept / "cells.csv")
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
    assert ",40,5,5,0,," in (kept / "cells.csv").read_text()


def test_without_a_table_of_scores_the_means_come_from_the_predictions(new, kept, tmp_path):
    (new / "scores.csv").unlink()
    update(new, tmp_path / "other")
    one, two = (
        pd.read_csv(path / "cells.csv").sort_values(list(CELL), ignore_index=True)
        for path in (kept, tmp_path / "other")
    )
    pd.testing.assert_frame_equal(one, two)


def test_nothing_new_writes_nothing(new, kept):
    before, times = factories.listing(kept), [path.stat().st_mtime_ns for path in kept.iterdir()]
    done = update(new, kept)
    assert done.written == ()
    assert factories.listing(kept) == before
    assert [path.stat().st_mtime_ns for path in kept.iterdir()] == times
    assert "nothing changed" in summary.format_update(done)


def test_a_run_on_another_machine_and_day_is_no_reason_to_write(tmp_path):
    base = tmp_path / "kept"
    update(folder(tmp_path / "one", machine={"cores": 2}, stages=COSTS), base)
    before = factories.listing(base)
    slower = {"train": {"wall_s": 20.0, "tasks": 3, "cpu_s": 8.0}}
    again = folder(tmp_path / "two", machine={"cores": 4}, git="def", stages=slower)
    assert update(again, base).written == ()
    assert factories.listing(base) == before


def test_other_predictions_bring_their_own_circumstances(tmp_path):
    base = tmp_path / "kept"
    update(folder(tmp_path / "one", stages=COSTS), base)
    done = update(folder(tmp_path / "two", seed=1, git="def"), base)
    assert {"predictions.parquet", "cells.csv", "manifest.json"} == set(done.written)
    assert manifest(base)["git"] == "def"
    assert manifest(base)["stages"] == {}


def test_other_versions_are_a_reason_to_write(kept, tmp_path):
    other = folder(tmp_path / "two", packages={"numpy": "9"})
    assert update(other, kept).written == ("manifest.json",)
    assert manifest(kept)["packages"] == {"numpy": "9"}


def test_costs_that_nobody_knew_are_a_reason_to_write(kept, tmp_path):
    done = update(folder(tmp_path / "two", stages=COSTS), kept)
    assert done.written == ("manifest.json",)
    assert manifest(kept)["stages"] == {"train": {"tasks": 3, "cpu_s": 6.0}}


def test_what_guards_nothing_is_not_kept(tmp_path):
    corpora = {"voices": {"notes": ["a note"]}}
    update(folder(tmp_path / "one", canary="-77 dB", corpora=corpora), tmp_path / "kept")
    facts = manifest(tmp_path / "kept")
    assert "canary" not in facts
    assert "notes" not in facts["corpora"]["voices"]
    assert facts["corpora"]["voices"]["sha256"] == "0" * 64


def test_predictions_that_take_too_much_leave_it_to_the_scores(new, kept, monkeypatch):
    monkeypatch.setattr(writer, "MAX_PREDICTION_BYTES", 500)
    done = update(new, kept)
    assert not (kept / "predictions.parquet").exists()
    assert {"scores.csv", "predictions.parquet"} <= set(done.written)
    checked = check.check(new, kept)
    assert checked.counts == {"same": 3}
    assert {cell.test for cell in checked.cells} <= {"folds", "runs", "margin"}
    said = " ".join(summary.format_update(done).split())
    assert "check will go by folds, from scores.csv: predictions would take " in said
    monkeypatch.undo()
    update(new, kept)
    assert (kept / "predictions.parquet").exists()
    assert not (kept / "scores.csv").exists()


def test_results_of_scores_alone_are_enough(new, tmp_path):
    (new / "predictions.parquet").unlink()
    done = update(new, tmp_path / "kept")
    assert "the results hold no predictions.parquet" in " ".join(
        summary.format_update(done).split()
    )
    cells = pd.read_csv(tmp_path / "kept" / "cells.csv")
    assert (cells["utterances"] == 40).all()
    assert (cells["speakers"] == 5).all()
    assert check.check(new, tmp_path / "kept").exit_code == 0


def test_failures_are_told_and_are_not_news_later(new, tmp_path):
    fail(new, 1, "out of\n memory, ä")
    done = update(new, tmp_path / "kept")
    assert (done.failed, done.results) == (1, 12)
    assert "1 of 12 results failed" in summary.format_update(done)
    (row,) = pd.read_csv(tmp_path / "kept" / "cells.csv").query("failed > 0").to_dict("records")
    assert (row["failed"], row["results"], row["reason"]) == (1, 4, "out of memory, ä")
    failed = reader.read_input(tmp_path / "kept").failed
    assert [(one.failed, one.total) for one in failed.values()] == [(1, 4)]
    assert check.check(new, tmp_path / "kept").exit_code == 0
    fail(new, 2, "another")
    assert check.check(new, tmp_path / "kept").counts["missing"] == 1


def test_a_cell_that_failed_altogether_has_no_means(new, tmp_path):
    scores = pd.read_csv(new / "scores.csv")
    gone = scores["test_condition"] == "mp3-8k"
    scores.loc[gone, METRICS] = np.nan
    scores["status"] = np.where(gone, "failed", "ok")
    scores["reason"] = np.where(gone, "boom", "")
    scores.to_csv(new / "scores.csv", index=False)
    frame = pd.read_parquet(new / "predictions.parquet")
    factories.write(frame[frame["test_condition"] != "mp3-8k"], new / "predictions.parquet")
    update(new, tmp_path / "kept")
    lines = (tmp_path / "kept" / "cells.csv").read_text().splitlines()
    (line,) = [line for line in lines if "mp3-8k" in line]
    assert line.endswith("original,mp3-8k,0,,4,4,boom,,,,")
    (row,) = [
        line
        for line in summary.format_baseline(tmp_path / "kept").splitlines()
        if line.startswith("original ")
    ]
    assert "failed" in row


def test_what_the_old_baseline_says_is_told_before_it_goes(kept, tmp_path):
    worse = factories.predictions({("original", "original"): 0.1}, speakers=tuple("abcde"))
    other = factories.folder(tmp_path / "worse", worse, label="made", git="abc")
    done = update(other, kept)
    assert done.checked is not None
    assert done.checked.counts == {"worse": 1, "missing": 2}
    said = summary.format_comparison(done)
    assert said.startswith("Against the old baseline: FAILED: 1 worse, 2 missing")
    assert "worse: voices / functionals / svm / speaker: original -> original" in said
    assert check.check(other, kept).exit_code == 0


def test_the_first_baseline_is_compared_with_nothing(new, tmp_path):
    done = update(new, tmp_path / "deep" / "kept")
    assert done.checked is None
    assert summary.format_comparison(done) == ""


def test_a_broken_baseline_is_replaced_and_that_is_said(new, kept):
    whole = factories.listing(kept)
    (kept / "predictions.parquet").write_bytes(b"PAR1 no more")
    done = update(new, kept)
    assert done.checked is None
    assert "cannot be read" in summary.format_comparison(done)
    assert factories.listing(kept) == whole


def test_a_baseline_of_a_baseline_is_the_same_baseline(kept, tmp_path):
    update(kept, tmp_path / "copy")
    assert factories.listing(tmp_path / "copy") == factories.listing(kept)


@pytest.mark.parametrize("left", ["drift.csv", "timings.csv", "report.html", "tables", None])
def test_the_results_of_a_run_are_never_replaced(new, kept, left):
    """Whatever is left of them, and also where a run was written over a baseline."""
    for name in ("cells.csv", *(["predictions.parquet"] if left is None else [])):
        (kept / name).unlink()
    (kept / left).mkdir() if left == "tables" else (kept / (left or "scores.csv")).write_text("x")
    before = factories.listing(kept)
    said = f"results of a run.*({left or 'no cells.csv'}).*lost; name another folder"
    with pytest.raises(UsageError, match=said):
        update(new, kept)
    assert factories.listing(kept) == before
    (kept / "cells.csv").touch()
    if left:
        with pytest.raises(UsageError, match=left):
            update(new, kept)


def test_a_readme_beside_it_stays(new, kept):
    (kept / "README.md").write_text("ours")
    (new / "leaks.csv").unlink()
    assert update(new, kept).written == ("leaks.csv",)
    assert (kept / "README.md").read_text() == "ours"


def test_a_full_disk_leaves_the_old_baseline(kept, tmp_path, monkeypatch):
    before = factories.listing(kept)

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(AserBenchError, match=r"no space left.*another folder for the baseline"):
        update(folder(tmp_path / "two", seed=1), kept)
    assert factories.listing(kept) == before


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
    ("arrange", "said"),
    [
        (break_nothing, "is a file; name the results folder that it lies in"),
        (break_new, "does not exist"),
        (break_manifest, "no folder of results: it holds no manifest"),
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
def test_what_cannot_be_is_refused_and_nothing_is_touched(new, tmp_path, arrange, said):
    (new / "tables").mkdir()
    one, two = arrange(new, tmp_path / "base")
    before = factories.listing(tmp_path)
    with pytest.raises(UsageError, match=said) as caught:
        update(one, two)
    assert "\n" not in str(caught.value)
    assert factories.listing(tmp_path) == before


def test_it_shows_where_a_baseline_comes_from(tmp_path):
    packages = {"numpy": "2.4.6", "scikit-learn": "1.9.1"}
    new = folder(tmp_path / "new", packages=packages, git="abcdef")
    update(new, tmp_path / "kept")
    text = summary.format_baseline(tmp_path / "kept")
    said = " ".join(text.split())
    assert "label: made (effort quick, seed 0)" in said
    assert "corpus: voices: 40 utterances of 5 speakers" in said
    assert "encoder: mp3: LAME 3.100" in said
    assert "aser-bench 0.1.0, numpy 2.4.6, scikit-learn 1.9.1" in said
    assert "revision: abcdef" in said
    assert "compared: by predictions, clustered by 5 speakers" in said
    assert "cells: 3, from 12 results" in said
    cells = pd.read_csv(tmp_path / "kept" / "cells.csv")
    row = f"original {' '.join(f'{uar:.3f}'[1:] for uar in cells['uar'])}"
    assert row in said
    assert text.endswith(f"aser-bench run {tmp_path / 'kept' / 'study.yaml'} --out new\n")
    body = text.splitlines()[:-1]
    assert all(len(line) <= 80 for line in body)


def test_results_are_shown_as_their_baseline_is(new, kept):
    one, two = (
        [line for line in summary.format_baseline(path).splitlines() if "size:" not in line][:-1]
        for path in (new, kept)
    )
    assert one == two


def test_few_speakers_and_scores_alone_are_compared_otherwise(tmp_path, new):
    few = factories.folder(tmp_path / "few", factories.predictions(speakers=("a", "b")))
    assert "utterances as independent" in " ".join(summary.format_baseline(few).split())
    shutil.copytree(new, tmp_path / "bare", ignore=shutil.ignore_patterns("*.parquet"))
    assert "by scores, fold by fold" in summary.format_baseline(tmp_path / "bare")


@pytest.mark.parametrize("content", ["{", "[]", '{"aser_bench": "1"}'])
def test_a_foreign_manifest_is_not_shown(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UsageError, match="no manifest of a run"):
        summary.format_baseline(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        summary.format_baseline(tmp_path / "manifest.json")


def test_names_cannot_command_a_terminal(tmp_path):
    frame = factories.predictions({("original", "original"): 0.8}, model="s\x1b[2Jvm")
    update(factories.folder(tmp_path / "new", frame, label="a\x1b]0;b"), tmp_path / "kept")
    assert "\x1b" not in summary.format_baseline(tmp_path / "kept")


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
    """Return where the values of a manifest stand, on all levels."""
    found = []
    for name, value in facts.items():
        found.append((*above, name))
        found += places(value, (*above, name)) if isinstance(value, dict) else []
    return found


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
    """Return results whose manifest tells everything, ones without predictions, and a baseline."""
    root = tmp_path_factory.mktemp("rich")
    folder(root / "new", **RICH)
    shutil.copytree(root / "new", root / "bare", ignore=shutil.ignore_patterns("*.parquet"))
    update(root / "new", root / "kept")
    return root


@settings(deadline=None, max_examples=15)
@given(data=strategies.data(), side=strategies.sampled_from(("new", "bare", "kept")))
def test_no_value_in_a_manifest_is_a_traceback(rich, data, side):
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
    """Look at a folder, and make a baseline of it or bring it up to date."""
    out = rich / "out"
    shutil.rmtree(out, ignore_errors=True)
    shown = summary.format_baseline(rich / side)
    if side == "kept":
        shutil.copytree(rich / "kept", out)
    done = update(rich / ("new" if side == "kept" else side), out)
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert summary.format_update(done)
    assert summary.format_comparison(done) or side != "kept"
    # What was made can be read, and holds no costs that are none.
    stages = manifest(out)["stages"]
    assert all(0 <= cost < float("inf") for found in stages.values() for cost in found.values())
    assert summary.format_baseline(out)
    reader.read_input(out)


def test_odd_values_are_left_out_of_what_is_kept_and_shown(tmp_path):
    stages = {"train": {"tasks": 3, "cpu_s": 6.0}, "read": None, "test": {"tasks": "3", "cpu_s": 1}}
    odd = folder(
        tmp_path / "new",
        stages=stages,
        git=7,
        packages={"numpy": None},
        encoders=["mp3"],
        corpora={"voices": {"speakers": "many", "refused": 7, "utterances": None}},
    )
    update(odd, tmp_path / "kept")
    assert manifest(tmp_path / "kept")["stages"] == {"train": {"tasks": 3, "cpu_s": 6.0}}
    said = summary.format_baseline(tmp_path / "kept")
    assert "? utterances, whose speakers are not told\n" in said
    assert "versions: aser-bench 0.1.0\n" in said
    assert "encoder" not in said
    assert "revision" not in said


@pytest.mark.parametrize("facts", [{"study": []}, {"corpora": {"voices": None}}, {"corpora": "x"}])
def test_a_manifest_without_what_is_looked_up_is_none(new, tmp_path, facts):
    (new / "manifest.json").write_text(json.dumps({**manifest(new), **facts}))
    with pytest.raises(UsageError, match="is no manifest of a run"):
        update(new, tmp_path / "kept")
    with pytest.raises(UsageError, match="is no manifest of a run"):
        summary.format_baseline(new)
