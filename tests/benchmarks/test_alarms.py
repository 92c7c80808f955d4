"""The count of alarms counts what it says, on made-up predictions where the truth is known."""

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
sys.modules["alarms"] = alarms  # its data classes look themselves up
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
    said = outcomes.cells[key].predicted
    blank = np.zeros(len(corpus.truth), int)
    found = confusion.by_cluster(corpus.truth, said, blank, len(corpus.emotions))
    return float(confusion.uar(found.sum(axis=1)).mean())


def test_a_model_loses_what_was_asked_for_in_the_mean_and_there_alone(seeds):
    rng = np.random.default_rng(0)
    one, other = list(seeds[0].cells)[:2]
    lost = []
    for _ in range(40):
        new = alarms.worsened(seeds[0], [one], 0.05, rng)
        lost.append(uar(seeds[0], one) - uar(new, one))
        assert new.cells[other] is seeds[0].cells[other]
    assert np.mean(lost) == pytest.approx(0.05, abs=0.01)
    assert min(lost) > 0


def test_the_same_utterances_break_in_all_runs_and_cells(seeds):
    keys = list(seeds[0].cells)
    new = alarms.worsened(seeds[0], keys, 0.1, np.random.default_rng(0))
    truth = seeds[0].corpora["voices"].truth
    broken = None
    for key in keys:
        before, after = seeds[0].cells[key].predicted, new.cells[key].predicted
        assert (before[before != truth] == after[before != truth]).all()
        kept = (before == truth) & (after == truth)
        lost = (before == truth) & (after != truth)
        assert not (kept.any(axis=0) & lost.any(axis=0)).any()
        here = lost.any(axis=0)
        broken = here if broken is None else broken | here
    assert broken.mean() < 0.25


def test_halves_share_no_run_but_of_a_model_that_has_one(seeds):
    one, two = alarms.halves(seeds[0], np.random.default_rng(0))
    key = next(iter(seeds[0].cells))
    runs = np.concatenate([one.cells[key].predicted, two.cells[key].predicted])
    assert sorted(map(bytes, runs)) == sorted(map(bytes, seeds[0].cells[key].predicted))


def test_a_part_holds_so_many_speakers(seeds):
    small = alarms.part(seeds[0], 6, np.random.default_rng(0))
    corpus = small.corpora["voices"]
    for cell in small.cells.values():
        assert len(np.unique(corpus.speaker[cell.tested])) == 6


def test_chance_raises_few_alarms_and_a_large_loss_is_caught(seeds):
    rng = np.random.default_rng(0)
    alarm = pd.DataFrame(alarms.false_alarms(seeds, (24,), rng))
    shares = alarm[alarm["by"] == "check"].groupby("world")["failed"].mean()
    assert set(shares.index) == {alarms.STARTS, alarms.SEED}
    assert shares.max() <= 1 / 6
    pairs = [(alarms.SAME, one, one) for one in seeds]
    found = pd.DataFrame(alarms.catches(pairs, (24,), 8, rng))
    caught = found[found["by"] == "check"].groupby(["lost in", "loss"])["caught"].mean()
    assert caught[alarms.ONE_CELL, 0.10] == 1
    assert caught[alarms.ONE_CELL, 0.01] == 0


def test_seeds_that_differ_by_nothing_but_utterances_lie_as_far_apart_as_speakers_tell(seeds):
    found = alarms.spread(seeds)
    assert len(found) == 3
    assert found.median() == pytest.approx(1, abs=0.5)
