"""Verdicts of cells, their reasons, and the exit code."""

from __future__ import annotations

import json
import shutil

import factories
import numpy as np
import pandas as pd
import pytest

from aser_bench.baseline.check import check
from aser_bench.baseline.options import CheckOptions
from aser_bench.core.errors import UsageError
from aser_bench.core.tables import CELL

SKILL = {
    ("original", "original"): 0.7,
    ("original", "mp3-8k"): 0.5,
    ("mp3-8k", "mp3-8k"): 0.6,
    ("mp3-64k", "mp3-64k"): 0.7,
}
HIT = ("mp3-64k", "mp3-64k")


def frame_of(**changes):
    given = {"speakers": tuple("abcdefghij"), "takes": 6, "runs": 1, **changes}
    return factories.predictions(SKILL, **given)


def worse(frame, share, pair=HIT, seed=0):
    """Make a share of the correct predictions of a cell wrong."""
    frame = frame.copy()
    cell = (frame["train_condition"] == pair[0]) & (frame["test_condition"] == pair[1])
    right = frame["predicted"] == frame["truth"]
    broken = frame["utterance"].drop_duplicates().sample(frac=share, random_state=seed)
    rows = cell & right & frame["utterance"].isin(broken)
    turn = dict(
        zip(factories.EMOTIONS, factories.EMOTIONS[1:] + factories.EMOTIONS[:1], strict=True)
    )
    frame.loc[rows, "predicted"] = frame.loc[rows, "truth"].map(turn)
    return frame


@pytest.fixture
def pair(tmp_path):
    """Return a function that writes two folders and checks the first against the second."""

    def checked(new, old, **options):
        paths = []
        for name, side in (("new", new), ("old", old)):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
            paths.append(factories.folder(tmp_path / name, side))
        return check(*paths, CheckOptions(**options))

    return checked


def verdicts(result):
    return {cell.cell[4:]: cell.verdict for cell in result.cells}


def test_equal_results_pass(pair):
    frame = frame_of()
    result = pair(frame, frame)
    assert set(verdicts(result).values()) == {"same"}
    assert {cell.reason for cell in result.cells} == {"no prediction differs"}
    assert result.exit_code == 0
    assert result.sentence == "passed: 4 same"


def test_a_loss_in_one_cell_is_detected_in_this_cell_only(pair):
    frame = frame_of()
    result = pair(worse(frame, 0.4), frame)
    assert verdicts(result) == {key: "worse" if key == HIT else "same" for key in SKILL}
    first = result.cells[0]  # the worst first
    assert first.verdict == "worse"
    assert first.difference < -0.15
    assert first.low < first.difference < first.high < 0
    assert first.p <= first.p_holm < 0.05
    assert (first.test, first.clusters) == ("speakers", 10)
    assert f"{100 * first.difference:+.1f} points" in first.reason
    assert result.exit_code == 4


def test_a_gain_is_better(pair):
    frame = frame_of()
    result = pair(frame, worse(frame, 0.4))
    assert verdicts(result)[HIT] == "better"
    assert result.exit_code == 0


def test_a_possible_loss_is_inconclusive_and_fails_if_strict(pair):
    frame = frame_of()
    one_speaker = frame["speaker"] == "a"
    new = frame.copy()
    new.loc[one_speaker] = worse(frame, 1.0).loc[one_speaker]
    result = pair(new, frame)
    assert verdicts(result)[HIT] == "undecided"
    assert "a loss of more than 2 points is not ruled out" in result.cells[0].reason
    assert result.exit_code == 0
    assert pair(new, frame, strict=True).exit_code == 4


def test_a_small_loss_within_the_margin_is_the_same(pair):
    frame = frame_of(takes=20)
    new = worse(frame, 0.012)
    result = pair(new, frame)
    hit = next(cell for cell in result.cells if cell.cell[4:] == HIT)
    assert hit.difference < 0
    assert hit.verdict == "same"
    assert "a loss of more than 2 points is ruled out" in hit.reason
    # Without a margin, the same loss is worse.
    assert verdicts(pair(new, frame, margin=0.0))[HIT] == "worse"


def test_holm_corrects_over_all_cells_with_a_difference(pair):
    frame = frame_of()
    result = pair(worse(frame, 0.3), frame)
    hit = result.cells[0]
    assert hit.p_holm == hit.p
    assert all(np.isnan(cell.p) for cell in result.cells[1:])
    turned = frame
    for cell in SKILL:
        turned = worse(turned, 0.3 if cell == HIT else 0.02, cell)
    result = pair(turned, frame)
    hit = next(cell for cell in result.cells if cell.cell[4:] == HIT)
    assert hit.p_holm == pytest.approx(4 * hit.p)


def test_cells_of_one_side_are_missing_or_new(pair):
    frame = frame_of()
    less = frame[frame["train_condition"] != "mp3-8k"]
    result = pair(less, frame)
    assert verdicts(result)["mp3-8k", "mp3-8k"] == "missing"
    assert result.exit_code == 4
    turned = pair(frame, less)
    assert verdicts(turned)["mp3-8k", "mp3-8k"] == "new"
    assert turned.exit_code == 0


def test_other_cells_are_left_out_of_a_part_and_counted(pair):
    frame = frame_of()
    result = pair(frame[frame["train_condition"] != "mp3-8k"], frame, part=True)
    assert ("mp3-8k", "mp3-8k") not in verdicts(result)
    assert result.exit_code == 0
    assert any("1 cell of the baseline was not asked for" in note for note in result.notes)


def fail(folder, reason="out of memory"):
    """Turn the results of a cell's first fold into failures, as a run writes them."""
    scores = pd.read_csv(folder / "scores.csv", dtype={"reason": object})
    bad = (scores["train_condition"] == HIT[0]) & (scores["fold"] == 0)
    scores.loc[bad, ["status", "reason"]] = ["failed", reason]
    scores.loc[bad, ["uar", "accuracy", "wap", "macro_f1"]] = np.nan
    scores.to_csv(folder / "scores.csv", index=False)
    frame = pd.read_parquet(folder / "predictions.parquet")
    gone = (frame["train_condition"] == HIT[0]) & (frame["fold"] == 0)
    factories.write(frame[~gone], folder / "predictions.parquet")


def test_a_cell_with_more_failures_is_missing(tmp_path):
    new, old = (factories.folder(tmp_path / name, frame_of()) for name in ("new", "old"))
    fail(new)
    for part in (False, True):
        result = check(new, old, CheckOptions(part=part))
        assert result.cells[0].verdict == "missing"
        assert result.cells[0].reason == "1 of 2 results failed: out of memory"
        assert result.exit_code == 4
    fail(old)
    both = check(new, old)  # no more than before
    assert set(verdicts(both).values()) == {"same"}


@pytest.mark.parametrize(
    "keep",
    [lambda f: f["fold"] == 0, lambda f: f["predicted"] == f["truth"]],
    ids=["one fold of two", "what was right"],
)
def test_a_cell_with_fewer_utterances_is_missing(pair, keep):
    frame = frame_of()
    hit = frame["train_condition"] == HIT[0]
    result = pair(frame[~hit | keep(frame)], frame)
    assert verdicts(result)[HIT] == "missing"
    assert "of the 240 utterances of the baseline were not tested" in result.cells[0].reason
    assert result.exit_code == 4
    assert pair(frame, frame[~hit | keep(frame)]).exit_code == 0


def test_other_labels_are_a_difference_of_the_corpus(pair):
    frame = frame_of()
    other = frame.copy()
    speaker = other["speaker"] == "a"
    other.loc[speaker, "truth"] = other.loc[speaker, "truth"].map(
        {"angry": "sad", "sad": "angry", "happy": "happy", "neutral": "neutral"}
    )
    result = pair(other, frame)
    assert set(verdicts(result).values()) == {"changed"}
    assert "12 of 240 utterances have another label" in result.cells[0].reason
    allowed = pair(other, frame, allow=("corpus",))
    assert set(verdicts(allowed).values()) == {"same"}


def test_another_number_of_runs_is_noted(pair):
    result = pair(frame_of(runs=1), frame_of(runs=2))
    assert "svm: 1 run per fold, was 2" in result.notes


def test_a_loss_equal_to_the_margin_is_tolerated(tmp_path):
    old = numbers(tmp_path / "old.csv", {"a": 0.5, "b": 0.62})
    new = numbers(tmp_path / "new.csv", {"a": 0.48, "b": 0.60})
    assert {cell.verdict for cell in check(new, old).cells} == {"same"}


def test_scores_with_equal_changes_are_compared_with_the_margin(tmp_path):
    run = factories.folder(tmp_path / "run", frame_of())
    scores = pd.read_csv(run / "scores.csv")
    scores.assign(uar=scores["uar"] - 0.3).to_csv(tmp_path / "new.csv", index=False)
    result = check(tmp_path / "new.csv", run / "scores.csv")
    assert set(verdicts(result).values()) == {"worse"}
    assert result.exit_code == 4


def test_a_run_is_the_same_as_its_scores(tmp_path):
    run = factories.folder(tmp_path / "run", frame_of())
    scores = pd.read_csv(run / "scores.csv").round(6)
    scores.to_csv(run / "scores.csv", index=False)
    result = check(run, run / "scores.csv")
    assert {cell.reason for cell in result.cells} == {"no score differs"}


def test_commands_of_missing_cells_use_the_baselines_study(tmp_path):
    frame = frame_of()
    new = factories.folder(tmp_path / "new", frame[frame["train_condition"] != HIT[0]])
    old = factories.folder(tmp_path / "old", frame)
    for folder in (new, old):
        (folder / "study.yaml").write_text("")
    result = check(new, old)
    assert f"{old}/study.yaml" in result.cells[0].command
    assert f"{new}/study.yaml" in result.cells[-1].command


def manifest(folder, **changes):
    path = folder / "manifest.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, **changes}))


def test_other_packages_are_changed_unless_allowed(tmp_path):
    frame = frame_of()
    new = factories.folder(tmp_path / "new", worse(frame, 0.4), packages={"numpy": "2.5.0"})
    old = factories.folder(tmp_path / "old", frame, packages={"numpy": "2.4.0"})
    result = check(new, old)
    assert set(verdicts(result).values()) == {"changed"}
    hit = next(cell for cell in result.cells if cell.cell[4:] == HIT)
    assert "numpy 2.5.0, was 2.4.0" in hit.reason
    assert hit.value < hit.baseline  # both values are reported
    assert np.isnan(hit.difference)
    assert result.exit_code == 5  # a check that compared nothing does not pass
    allowed = check(new, old, CheckOptions(allow=("packages",)))
    assert verdicts(allowed)[HIT] == "worse"
    assert allowed.exit_code == 4
    assert any("numpy 2.5.0, was 2.4.0" in note for note in allowed.notes)


def test_scores_alone_are_compared_by_fold(tmp_path):
    frame = frame_of().assign(
        fold=lambda f: f["speaker"].map(dict(zip("abcdefghij", range(10), strict=True)))
    )
    new, old = (
        factories.folder(tmp_path / name, side)
        for name, side in (("new", worse(frame, 0.4)), ("old", frame))
    )
    for one, two in ((new / "scores.csv", old), (new, old / "scores.csv")):
        result = check(one, two)
        assert verdicts(result)[HIT] == "worse"
        assert (result.cells[0].test, result.cells[0].clusters) == ("folds", 10)
        assert {v for k, v in verdicts(result).items() if k != HIT} == {"same"}


def numbers(path, values):
    rows = [
        {
            "corpus": "c",
            "features": "f",
            "model": "m",
            "protocol": "p",
            "train_condition": name,
            "test_condition": name,
            "uar": value,
        }
        for name, value in values.items()
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_single_numbers_are_compared_with_the_margin(tmp_path):
    old = numbers(tmp_path / "old.csv", {"a": 0.5, "b": 0.5, "c": 0.5, "d": 0.5})
    new = numbers(tmp_path / "new.csv", {"a": 0.5, "b": 0.47, "c": 0.49, "d": 0.6})
    result = check(new, old)
    assert {cell.cell[4]: cell.verdict for cell in result.cells} == {
        "a": "same",
        "b": "worse",
        "c": "same",
        "d": "better",
    }
    assert {cell.test for cell in result.cells} == {"margin"}
    assert any("new.csv" in note for note in result.notes)  # unknown facts are reported


def test_a_single_number_can_be_compared_with_folds(tmp_path):
    frame = frame_of()
    run = factories.folder(tmp_path / "run", frame)
    whole = pd.read_csv(run / "scores.csv").groupby(list(CELL), sort=False)["uar"].mean()
    whole.sub(0.1).reset_index().to_csv(tmp_path / "new.csv", index=False)
    for one, two in ((tmp_path / "new.csv", run), (tmp_path / "new.csv", run / "scores.csv")):
        result = check(one, two)
        assert set(verdicts(result).values()) == {"worse"}
        assert result.cells[0].difference == pytest.approx(-0.1)


def test_a_missing_metric_is_named(tmp_path):
    old, new = (numbers(tmp_path / f"{name}.csv", {"a": 0.5}) for name in ("old", "new"))
    with pytest.raises(UsageError, match=r"new\.csv has no column accuracy"):
        check(new, old, CheckOptions(metric="accuracy"))


def test_a_check_without_common_cells_does_not_pass(tmp_path):
    old, new = (numbers(tmp_path / f"{n}.csv", {n: 0.5}) for n in ("old", "new"))
    assert check(new, old).exit_code == 5
    assert check(new, old, CheckOptions(part=True)).exit_code == 5


def test_two_speakers_are_compared_by_utterance(pair):
    frame = frame_of(speakers=("a", "b"), takes=30)
    result = pair(worse(frame, 0.3), frame)
    assert verdicts(result)[HIT] == "worse"
    assert "fewer than three speakers are reported" in result.cells[0].reason


def test_the_chosen_metric_decides(pair):
    frame = frame_of()
    accuracy, f1 = (pair(worse(frame, 0.4), frame, metric=m) for m in ("accuracy", "macro_f1"))
    assert verdicts(accuracy)[HIT] == verdicts(f1)[HIT] == "worse"
    assert accuracy.cells[0].value != f1.cells[0].value


def test_another_seed_widens_the_interval_and_is_noted(tmp_path):
    frame = frame_of()
    drawn = frame.assign(fold=(frame["speaker"] > "e").astype(int))
    old = factories.folder(tmp_path / "old", frame)
    new = factories.folder(tmp_path / "new", worse(drawn, 0.4))
    manifest(new, study={"name": "", "corpora": ["voices"], "seed": 7})
    result = check(new, old)
    hit = next(cell for cell in result.cells if cell.cell[4:] == HIT)
    assert hit.compared
    assert any("seed 7, was 0" in note for note in result.notes)
    same = factories.folder(tmp_path / "same", worse(frame, 0.4))
    sharp = next(cell for cell in check(same, old).cells if cell.cell[4:] == HIT)
    assert hit.difference == pytest.approx(sharp.difference)
    assert hit.high - hit.low > 1.4 * (sharp.high - sharp.low)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"metric": "uarr"}, "did you mean 'uar'"),
        ({"margin": -0.1}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 1.0}, "alpha"),
        ({"allow": ("package",)}, "did you mean 'packages'"),
        ({"tolerances": {"max-lag-shif": 1.0}}, "did you mean 'max-lag-shift'"),
        ({"tolerances": {"max-lag-shift": -1.0}}, "max-lag-shift must be"),
        ({"tolerances": {"max-lag-shift": float("nan")}}, "max-lag-shift must be"),
    ],
)
def test_invalid_options_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        CheckOptions(**given)
