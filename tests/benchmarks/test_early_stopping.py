"""The comparison of rules of early stopping on given results by epoch."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from aser_bench.corpora import load_corpus
from aser_bench.corpora.prepare import subset
from aser_bench.models.recurrent.stopping import DevResult

_FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "early_stopping.py"
_spec = importlib.util.spec_from_file_location("early_stopping", _FILE)
benchmark = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(benchmark)

LABELS = np.repeat([0, 1], 10)


def test_rules_choose_an_epoch_of_the_same_training():
    # The loss is lowest at epoch 3, the UAR is highest at epoch 25.
    dev = [
        DevResult(
            abs(epoch - 3.0), LABELS, np.where(np.arange(20) < 20 - abs(epoch - 25), LABELS, 2)
        )
        for epoch in range(1, 46)
    ]
    validation = [epoch / 100 for epoch in range(1, 46)]
    table = benchmark.table_of([(dev, validation)])
    lowest = table.loc["lowest loss, patience 10"]
    assert lowest.tolist() == pytest.approx([0.03, np.mean(validation[:7]), 3, 13])
    highest = table.loc["highest UAR, patience 10"]
    assert highest.tolist() == pytest.approx([0.25, 0.25, 25, 35])
    assert table.loc["UAR over 20 epochs, patience 10", "chosen epoch"] > 25
    assert table.loc["30 epochs", "UAR"] == pytest.approx(0.3)


def test_speakers_of_test_validation_dev_and_training_differ(monkeypatch):
    table = subset(load_corpus("demo").utterances, 70).reset_index(drop=True)
    table["group"] = table["utterance"]
    used = []

    def course(classifier, parts, epochs):
        used.append([{row.text for row in rows} for rows, _ in parts])
        return [DevResult(1.0, LABELS, LABELS)] * epochs, [0.5] * epochs

    monkeypatch.setattr(benchmark, "course", course)
    options = argparse.Namespace(folds=2, frame_pool=None, epochs=3)
    # The text is replaced by the speaker.
    assert len(benchmark.courses(table.assign(text=table["speaker"]), "tre", options)) == 2
    for training, dev, validation in used:
        assert all((training, dev, validation))
        assert not training & dev | training & validation | dev & validation
        assert len(training | dev | validation) < table["speaker"].nunique()
