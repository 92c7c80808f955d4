"""Findings from files of predictions."""

from __future__ import annotations

import dataclasses

import factories
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from aser_bench.core import findings as contract
from aser_bench.core.metrics import all_metrics
from aser_bench.evaluation.analysis import analyse
from aser_bench.evaluation.outcomes import Source

TABLES = {
    "cells": contract.cell_columns(all_metrics()),
    "losses": contract.LOSSES,
    "recalls": contract.RECALLS,
    "confusions": contract.CONFUSIONS,
    "speakers": contract.SPEAKERS,
    "robustness": contract.ROBUSTNESS,
    "bandwidth": contract.BANDWIDTH,
    "worst": contract.WORST,
    "drift": contract.DRIFT,
    "leaks": contract.LEAKS,
    "folds": contract.FOLDS,
    "leakage_effect": contract.LEAKAGE_EFFECT,
}
COMPARISONS = ("losses", "robustness", "speakers", "worst", "bandwidth")


def found_in(frame, folder, conditions=None, **options):
    path = factories.write(frame, folder / "p.parquet")
    conditions = factories.conditions() if conditions is None else conditions
    return analyse([Source(path)], conditions, **options)


def whole(findings):
    for name, columns in TABLES.items():
        assert tuple(getattr(findings, name).columns) == columns, name
    return findings


def test_all_tables_have_the_columns_of_the_contract(tmp_path):
    frame = pd.concat([factories.predictions(), factories.predictions(protocol="paper")])
    conditions = factories.conditions(lowpass_3k0={"codec": "lowpass", "bandwidth_hz": 3040.0})
    frame = pd.concat([frame, factories.predictions({("original", "lowpass-3k0"): 0.5})])
    findings = whole(found_in(frame, tmp_path, conditions, margin=0.05))
    assert (findings.margin, findings.confidence) == (0.05, 0.95)
    filled = set(TABLES) - {"drift", "leaks"}
    assert not [name for name in filled if getattr(findings, name).empty]


def test_tables_of_the_run_are_passed_through(tmp_path):
    drift = pd.DataFrame([("voices", "f", "mp3-8k", "x", 1.0, 1.0, 1.0)], columns=contract.DRIFT)
    leaks = pd.DataFrame(
        [("voices", "speaker", 0, "speaker", 0, 0, 9, True)], columns=contract.LEAKS
    )
    findings = found_in(factories.predictions(), tmp_path, drift=drift, leaks=leaks)
    pd.testing.assert_frame_equal(findings.drift, drift)
    pd.testing.assert_frame_equal(findings.leaks, leaks)


def test_cells_agree_with_scikit_learn(tmp_path):
    frame = factories.predictions({**factories.SKILL, ("mp3-8k", "original"): 0.3}, runs=3)
    cells = found_in(frame, tmp_path).cells
    assert len(cells) == 6
    for row in cells.itertuples():
        part = frame[
            (frame["train_condition"] == row.train_condition)
            & (frame["test_condition"] == row.test_condition)
        ]
        runs = [run for _, run in part.groupby("run")]
        shares = [
            run[[f"p_{emotion}" for emotion in factories.EMOTIONS]].to_numpy() for run in runs
        ]
        brier = [
            ((share - (run["truth"].to_numpy()[:, None] == np.array(factories.EMOTIONS))) ** 2).sum(
                1
            )
            for run, share in zip(runs, shares, strict=True)
        ]
        uar = [sk.balanced_accuracy_score(run["truth"], run["predicted"]) for run in runs]
        assert row.uar == pytest.approx(np.mean(uar))
        assert row.accuracy == pytest.approx((part["truth"] == part["predicted"]).mean())
        assert row.brier == pytest.approx(np.mean(brier), rel=1e-5)
        assert 0 < row.ece < 1
        assert row.uar_low < row.uar < row.uar_high
        assert (row.n_utterances, row.n_speakers, row.n_runs, row.chance) == (32, 4, 3, 0.25)


def test_the_same_predictions_give_the_same_findings(tmp_path):
    frame = factories.predictions(speakers=tuple("abcdefghijklmnop"), takes=1)
    one, two = (found_in(frame, tmp_path) for _ in range(2))
    for field in dataclasses.fields(contract.Findings):
        values = getattr(one, field.name), getattr(two, field.name)
        if isinstance(values[0], pd.DataFrame):
            pd.testing.assert_frame_equal(*values)
        else:
            assert values[0] == values[1]


def test_intervals_of_shares_are_from_0_to_1(tmp_path):
    cells = found_in(factories.predictions({("original", "original"): 0.95}), tmp_path).cells
    assert cells["uar"].between(0.9, 0.999).all()
    assert (cells["uar_high"] == 1).all()
    assert cells["uar_low"].between(0, 0.9).all()


# --- degenerate studies -----------------------------------------------------------------------


def test_only_the_original(tmp_path):
    findings = whole(found_in(factories.predictions({("original", "original"): 0.7}), tmp_path))
    assert not [name for name in COMPARISONS if not getattr(findings, name).empty]
    assert len(findings.cells) == 1
    assert set(findings.recalls["condition"]) == {"original"}


def test_never_the_original(tmp_path):
    findings = whole(found_in(factories.predictions({("mp3-8k", "mp3-8k"): 0.7}), tmp_path))
    assert len(findings.cells) == 1
    assert not [name for name in (*COMPARISONS, "recalls") if len(getattr(findings, name))]


def test_one_run_of_one_condition(tmp_path):
    skill = {("original", "original"): 0.9, ("original", "mp3-8k"): 0.2}
    findings = whole(found_in(factories.predictions(skill, runs=1), tmp_path))
    assert set(findings.losses["training"]) == {"clean"}
    assert findings.robustness["n_bitrates"].tolist() == [1]
    assert findings.robustness["area"].isna().all()


@pytest.mark.parametrize("word", ["sad", "nonsense"])
def test_a_model_that_predicts_one_class(tmp_path, word):
    frame = factories.predictions().assign(predicted=word)
    if word == "nonsense":  # an emotion that has no probability
        frame = frame.assign(p_nonsense=np.float32(1))
    findings = whole(found_in(frame, tmp_path))
    assert (findings.losses["difference"] == 0).all()
    assert not findings.losses["significant"].any()
    assert (findings.cells["uar"] == (0.25 if word == "sad" else 0)).all()
    assert findings.losses["retained"].isna().all()  # of chance or less


def test_one_class(tmp_path):
    findings = whole(
        found_in(factories.predictions().assign(truth="sad", predicted="sad"), tmp_path)
    )
    assert (findings.cells["uar"] == 1).all()
    assert (findings.losses["not_tested"] == "no prediction differs").all()


@pytest.mark.parametrize("speakers", [("a",), ("a", "b"), (None,)])
def test_two_speakers(tmp_path, speakers):
    findings = whole(found_in(factories.predictions(speakers=speakers), tmp_path))
    assert (findings.losses["why"] != "").all()


def test_one_utterance(tmp_path):
    frame = factories.predictions(emotions=("x", "y"), speakers=(None,), takes=1)
    findings = whole(found_in(frame[frame["truth"] == "x"], tmp_path))
    assert set(findings.cells["n_utterances"]) == {1}
    assert findings.losses[["low", "high"]].isna().all(axis=None)


def test_without_conditions_there_are_no_bitrates(tmp_path):
    findings = whole(found_in(factories.predictions(), tmp_path, factories.conditions().iloc[:0]))
    assert findings.robustness.empty
    assert len(findings.losses) == 16


def test_corpora_of_other_emotions_and_sizes(tmp_path):
    frame = pd.concat(
        [
            factories.predictions(),
            factories.predictions(
                corpus="others", emotions=("bored", "sad"), speakers=tuple("xyz")
            ),
        ]
    )
    conditions = pd.concat([factories.conditions(), factories.conditions("others")])
    findings = whole(found_in(frame, tmp_path, conditions))
    assert findings.cells.groupby("corpus")["chance"].first().to_dict() == {
        "voices": 0.25,
        "others": 0.5,
    }
    assert findings.cells[["ece", "brier"]].notna().all(axis=None)
    assert findings.robustness.groupby("corpus").size().tolist() == [2, 2]


def test_utterances_of_a_failed_fold_are_left_out(tmp_path):
    frame = factories.predictions()
    gone = (frame["test_condition"] == "mp3-8k") & (frame["fold"] == 0) & (frame["run"] == 0)
    findings = whole(found_in(frame[~gone], tmp_path))
    sizes = findings.losses.groupby("condition")["n_utterances"].unique().str[0]
    assert sizes.to_dict() == {"mp3-64k": 32, "mp3-8k": 16}


@pytest.mark.parametrize("margin", [1e-6, 0.5, 0.999])
def test_any_margin(tmp_path, margin):
    findings = whole(found_in(factories.predictions(), tmp_path, margin=margin))
    assert findings.robustness["sentence"].str.len().gt(0).all()
