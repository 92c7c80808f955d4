"""Estimates of dry runs: they grow with the work, and the trial leaves nothing behind."""

from __future__ import annotations

import dataclasses

import pytest

from aser_bench.pipeline import estimate
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.ingest import ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.pipeline.worklist import Worklist
from aser_bench.runner import run
from aser_bench.study.config import resolve
from aser_bench.study.experiment import Experiment


def study(table, **layer):
    base = {"corpora": [{"csv": str(table)}], "codecs": "mp3:8", "models": "svm", "effort": "quick"}
    return resolve({**base, **layer})


def worklist_of(one, folder, pool) -> Worklist:
    cache = Cache(folder)
    ingested = ingest(one.corpora[0], one.limit, cache, pool, False, lambda line: None)
    return Worklist(Experiment.from_study(one), ingested, cache)


def cost(one, folder) -> estimate.Estimate:
    with Pool(1) as pool:
        return estimate.estimate([worklist_of(one, folder, pool)], pool)


@pytest.fixture
def even(monkeypatch):
    """Make this machine as fast as that of reference: no clock, no luck."""
    monkeypatch.setattr(estimate, "_coding_slowdown", lambda worklist, task, pool: 1.0)
    monkeypatch.setattr(estimate, "_training_slowdown", lambda task, pool: (0.0, 1.0))


def test_estimate_comes_from_a_trial_on_this_machine(table, tmp_path):
    estimated = cost(study(table), tmp_path)
    assert estimated.code_s > 0
    assert estimated.train_s > 0
    assert estimated.seconds == pytest.approx(
        estimated.code_s + estimated.train_s + estimated.score_s
    )
    assert "with -j 3 (encoding and feature extraction " in estimated.sentence(3)
    kinds = {path.parts[-3] for path in tmp_path.rglob("*.npz")}
    assert "features" not in kinds
    assert "predictions" not in kinds


def test_more_work_takes_longer(table, tmp_path, even):
    plain = cost(study(table), tmp_path)
    assert cost(study(table, codecs=[{"mp3": [8, 16]}]), tmp_path).code_s > plain.code_s
    assert cost(study(table, effort="paper"), tmp_path).train_s > plain.train_s
    assert cost(study(table, models="lstm", runs=9), tmp_path).train_s > (
        cost(study(table, models="lstm", runs=3), tmp_path).train_s
    )


def test_workers_share_the_work(table, tmp_path, even):
    one = study(table)
    with Pool(1) as pool, Pool(4) as four:
        worklist = worklist_of(one, tmp_path, pool)
        alone, shared = (estimate.estimate([worklist], p) for p in (pool, four))
    assert shared.train_s == pytest.approx(alone.train_s / 4)
    assert shared.code_s == pytest.approx(alone.code_s / 4)


def test_cached_results_cost_nothing(table, tmp_path):
    one = study(table)
    run(one, out=tmp_path / "out", cache=tmp_path / "cache", jobs=1, quiet=True)
    estimated = cost(one, tmp_path / "cache")
    assert (estimated.code_s, estimated.train_s) == (0, 0)
    assert dataclasses.replace(estimated, score_s=0).seconds == 0


def test_failing_model_does_not_stop_the_estimate(table, tmp_path, monkeypatch):
    def fail(*arguments):
        raise ValueError("one class only")

    monkeypatch.setattr(estimate.tuning, "fit", fail)
    assert cost(study(table), tmp_path).train_s > 0
