"""Controls of the dual encoders: what must be at chance, and what must not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import aser_bench
from aser_bench.corpora import load_corpus
from aser_bench.evaluation import counts, statistics
from aser_bench.evaluation.outcomes import Outcomes, Source, read
from aser_bench.reporting import Options

pytestmark = pytest.mark.slow


def run(folder: Path, store: Path, **study) -> Outcomes:
    outcome = aser_bench.run(
        {"codecs": "original", "runs": 1, **study}, out=folder, store=store, jobs=2, quiet=True,
        reported=Options("csv"),
    )  # fmt: skip
    assert outcome.exit_code == 0
    return read([Source(folder / "predictions.parquet")])


def confusions(outcomes: Outcomes, model: str) -> np.ndarray:
    """Confusion matrices by speaker (runs, speakers, k, k) of the one cell of a model."""
    ((key, cell),) = ((key, cell) for key, cell in outcomes.cells.items() if key[2] == model)
    corpus = outcomes.corpora[key[0]]
    return statistics.by_cluster(corpus.truth, cell.predicted, corpus.speaker, len(corpus.emotions))


def at_chance(outcomes: Outcomes) -> bool:
    (corpus,) = outcomes.corpora.values()
    found = statistics.interval(confusions(outcomes, "tre"), counts.uar)
    return found.low <= 1 / len(corpus.emotions) <= found.high


def test_two_sentences_for_all_emotions_say_nothing(shared_corpora, tmp_path, store):
    outcomes = run(
        tmp_path / "out", store, corpora=[{"ravdess": str(shared_corpora / "ravdess")}],
        models="tre",
    )  # fmt: skip
    assert at_chance(outcomes)


@pytest.mark.parametrize("seed", [0, 1])
def test_texts_dealt_out_anew_say_nothing(tmp_path, store, seed):
    """The demo corpus's own words, each with somebody else's emotion."""
    table = load_corpus("demo").utterances
    shuffled = np.random.default_rng(seed).permutation(table["text"].to_numpy())
    path = tmp_path / "shuffled.csv"
    columns = ["file", "emotion", "speaker", "text"]
    pd.DataFrame(table.assign(text=shuffled))[columns].to_csv(path, index=False)
    shuffled_words = run(tmp_path / "out", store, corpora=[{"csv": str(path)}], models="tre")
    assert at_chance(shuffled_words)


def test_both_are_no_worse_than_the_better_of_sound_and_words(tmp_path, store):
    outcomes = run(
        tmp_path / "out", store, corpora="demo", models="are,tre,mdre,mdrea", frame_pool=4
    )
    assert not at_chance(outcomes)
    uar = {name: statistics.interval(confusions(outcomes, name), counts.uar).estimate
           for name in ("are", "tre")}  # fmt: skip
    better = confusions(outcomes, max(uar, key=lambda name: uar[name]))
    for name in ("mdre", "mdrea"):
        gain = statistics.interval(confusions(outcomes, name), counts.uar, better)
        assert gain.high >= 0, (name, uar, gain)
