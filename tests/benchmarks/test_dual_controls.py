"""Controls of the dual encoders: results that must, or must not, be at chance."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "dual_controls.py"
_spec = importlib.util.spec_from_file_location("dual_controls", _FILE)
controls = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(controls)

pytestmark = pytest.mark.slow


def at_chance(results) -> bool:
    interval = controls.uar(results, "tre")
    return interval.low <= controls.chance(results) <= interval.high


def test_tre_is_at_chance_on_two_sentences(shared_corpora, tmp_path, cache_dir):
    corpora = [{"ravdess": str(shared_corpora / "ravdess")}]
    assert at_chance(controls.run(tmp_path / "out", cache_dir, corpora=corpora, models="tre"))


@pytest.mark.parametrize("seed", [0, 1])
def test_tre_is_at_chance_on_permuted_texts(tmp_path, cache_dir, seed):
    corpora = [{"csv": controls.write_permuted(tmp_path / "permuted.csv", seed)}]
    assert at_chance(controls.run(tmp_path / "out", cache_dir, corpora=corpora, models="tre"))


def test_dual_models_are_not_worse_than_audio_or_text(tmp_path, cache_dir):
    results = controls.run(
        tmp_path / "out", cache_dir, corpora="demo", models="are,tre,mdre,mdrea", frame_pool=4
    )
    assert not at_chance(results)
    for name in ("mdre", "mdrea"):
        assert controls.gain(results, name).high >= 0, name
