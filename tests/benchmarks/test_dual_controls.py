"""Controls of the dual encoders: what must be at chance, and what must not."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "dual_controls.py"
_spec = importlib.util.spec_from_file_location("dual_controls", _FILE)
controls = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(controls)

pytestmark = pytest.mark.slow


def at_chance(found) -> bool:
    interval = controls.uar(found, "tre")
    return interval.low <= controls.chance(found) <= interval.high


def test_two_sentences_for_all_emotions_say_nothing(shared_corpora, tmp_path, cache_dir):
    corpora = [{"ravdess": str(shared_corpora / "ravdess")}]
    assert at_chance(controls.run(tmp_path / "out", cache_dir, corpora=corpora, models="tre"))


@pytest.mark.parametrize("seed", [0, 1])
def test_texts_dealt_out_anew_say_nothing(tmp_path, cache_dir, seed):
    """The demo corpus's own words, each with somebody else's emotion."""
    corpora = [{"csv": controls.shuffled(tmp_path / "shuffled.csv", seed)}]
    assert at_chance(controls.run(tmp_path / "out", cache_dir, corpora=corpora, models="tre"))


def test_both_are_no_worse_than_the_better_of_sound_and_words(tmp_path, cache_dir):
    found = controls.run(
        tmp_path / "out", cache_dir, corpora="demo", models="are,tre,mdre,mdrea", frame_pool=4
    )
    assert not at_chance(found)
    for name in ("mdre", "mdrea"):
        assert controls.gain(found, name).high >= 0, name
