"""Tests of the false-alarm and miss rates on simulated predictions with given losses."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import factories
import numpy as np
import pandas as pd
import pytest

from aser_bench.evaluation import confusion

_FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "alarms.py"
_spec = importlib.util.spec_from_file_location("alarms", _FILE)
alarms = importlib.util.module_from_spec(_spec)
sys.modules["alarms"] = alarms  # dataclasses look up their module
_spec.loader.exec_module(alarms)

SKILL = {
    ("original", "original"): 0.7,
    ("original", "mp3-8k"): 0.5,
    ("mp3-8k", "mp3-8k"): 0.6,
}
SPEAKERS = tuple(f"s{number:02}" for number in range(24))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    return [
        factories.outcomes(
            factories.predictions(SKILL, speakers=SPEAKERS, takes=6, runs=4, seed=seed), folder
        )
        for seed in (1, 2, 3)
    ]


def uar(outcomes, key):
    corpus = outcomes.corpora[key[0]]
    predicted = outcomes.cells[key].predicted
    one_cluster = np.zeros(len(corpus.truth), int)
    counts = confusion.by_cluster(corpus.truth, predicted, one_cluster, len(corpus.emotions))
    return float(confusion.uar(counts.sum(axis=1)).mean())


def test_the_mean_loss_is_as_given_and_in_the_given_cell_only(seeds):
    rng = np.random.default_rng(0)
    key, other = list(seeds[0].cells)[:2]
    losses = []
    for _ in range(40):
        new = alarms.with_loss(seeds[0], [key], 0.05, rng)
        losses.append(uar(seeds[0], key) - uar(new, key))
        assert new.cells[other] is seeds[0].cells[other]
    assert np.mean(losses) == pytest.approx(0.05, abs=0.01)
    assert min(losses) > 0


def test_the_same_utterances_become_wrong_in_all_runs_and_cells(seeds):
    keys = list(seeds[0].cells)
    new = alarms.with_loss(seeds[0], keys, 0.1, np.random.default_rng(0))
    truth = seeds[0].corpora["voices"].truth
    changed = np.zeros(len(truth), dtype=bool)
    for key in keys:
        before, after = seeds[0].cells[key].predicted, new.cells[key].predicted
        assert (before[before != truth] == after[before != truth]).all()
        still_correct = ((before == truth) & (after == truth)).any(axis=0)
        now_wrong = ((before == truth) & (after != truth)).any(axis=0)
        assert not (still_correct & now_wrong).any()
        changed |= now_wrong
    assert 0 < changed.mean() < 0.25


def test_the_halves_of_a_model_share_no_run(seeds):
    first, second = alarms.split_runs(seeds[0], np.random.default_rng(0))
    key = next(iter(seeds[0].cells))
    runs = np.concatenate([first.cells[key].predicted, second.cells[key].predicted])
    assert sorted(map(bytes, runs)) == sorted(map(bytes, seeds[0].cells[key].predicted))


def test_the_number_of_speakers_is_as_given(seeds):
    part = alarms.some_speakers(seeds[0], 6, np.random.default_rng(0))
    corpus = part.corpora["voices"]
    for cell in part.cells.values():
        assert len(np.unique(corpus.speaker[cell.tested])) == 6


def test_chance_causes_few_alarms_and_a_large_loss_is_detected(seeds):
    rng = np.random.default_rng(0)
    alarm = pd.DataFrame(alarms.false_alarms(seeds, (24,), rng))
    shares = alarm[alarm["command"] == "check"].groupby("setting")["failed"].mean()
    assert set(shares.index) == {alarms.STARTS, alarms.SEED}
    assert shares.max() <= 1 / 6
    pairs = [(alarms.SAME, outcomes, outcomes) for outcomes in seeds]
    table = pd.DataFrame(alarms.detections(pairs, (24,), 8, rng))
    detected = table[table["command"] == "check"].groupby(["loss in", "loss"])["detected"].mean()
    assert detected[alarms.ONE_CELL, 0.10] == 1
    assert detected[alarms.ONE_CELL, 0.01] == 0


def test_seeds_with_other_utterances_only_differ_by_about_one_standard_error(seeds):
    ratio = alarms.seed_spread(seeds)
    assert len(ratio) == 3
    assert ratio.median() == pytest.approx(1, abs=0.5)
