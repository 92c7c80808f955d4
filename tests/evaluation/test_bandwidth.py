"""The split of a loss into bandwidth and artefacts."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd
import pytest

from aser_bench.core import findings as contract
from aser_bench.evaluation import bandwidth

SKILL = {
    **factories.SKILL,
    ("original", "lowpass-3k0"): 0.5,
    ("lowpass-3k0", "lowpass-3k0"): 0.7,
    ("original", "lowpass-3k1"): 0.55,
    ("lowpass-3k1", "lowpass-3k1"): 0.72,
    ("multi", "original"): 0.8,
    ("multi", "mp3-8k"): 0.7,
    ("multi", "lowpass-3k0"): 0.75,
}


def conditions(**hertz):
    filters = {
        name: {"codec": f"lowpass:cutoff={value:g}", "bandwidth_hz": value}
        for name, value in {"lowpass_3k0": 3040.0, "lowpass_3k1": 3100.0, **hertz}.items()
    }
    return factories.conditions(**filters)


@pytest.fixture
def pairs(tmp_path):
    return factories.paired(factories.predictions(SKILL), tmp_path)


def uar(pairs, training, train, condition):
    (pair,) = [p for p in pairs if p.keys[4:] == (training, train, condition)]
    right = pair.coded.predicted == pair.coded.truth
    return np.mean([right[:, pair.coded.truth == code].mean() for code in range(4)])


def test_loss_is_the_sum_of_bandwidth_and_artefacts(pairs):
    table = bandwidth.split(pairs, conditions())
    assert tuple(table.columns) == contract.BANDWIDTH
    np.testing.assert_allclose(table["loss"], table["bandwidth"] + table["artefacts"])
    for part in ("loss", "bandwidth", "artefacts"):
        assert (table[f"{part}_low"] < table[part]).all()
        assert (table[part] < table[f"{part}_high"]).all()


def test_each_training_uses_the_filter_of_the_same_training(pairs):
    table = bandwidth.split(pairs, conditions()).set_index("training")
    assert set(table["lowpass"]) == {"lowpass-3k0"}
    assert set(table["condition"]) == {"mp3-8k"}  # 64 kbit/s reaches up to 7.3 kHz
    expected = {
        "matched": ("original", "mp3-8k", "lowpass-3k0"),
        "clean": ("original", "original", "original"),
        "multi": ("multi", "multi", "multi"),
    }
    assert set(table.index) == set(expected)
    for training, (base, train, twin) in expected.items():
        was = uar(pairs, training, base, "original")
        filtered = uar(pairs, training, twin, "lowpass-3k0")
        coded = uar(pairs, training, train, "mp3-8k")
        row = table.loc[training]
        assert row["loss"] == pytest.approx(coded - was)
        assert row["bandwidth"] == pytest.approx(filtered - was)
        assert row["artefacts"] == pytest.approx(coded - filtered)


@pytest.mark.parametrize(
    ("hertz", "twin"),
    [
        ({}, "lowpass-3k0"),
        ({"lowpass_3k0": 3000.0, "lowpass_3k1": 3050.0}, "lowpass-3k1"),
        ({"lowpass_3k0": 2960.0, "lowpass_3k1": 5000.0}, "lowpass-3k0"),
        ({"lowpass_3k0": 2900.0, "lowpass_3k1": 3200.0}, None),
        ({"lowpass_3k0": np.nan, "lowpass_3k1": 3050.0}, "lowpass-3k1"),
        ({"lowpass_3k0": np.nan, "lowpass_3k1": np.nan}, None),
    ],
)
def test_the_nearest_filter_within_three_percent(pairs, hertz, twin):
    table = bandwidth.split(pairs, conditions(**hertz))
    clean = table.loc[table["training"] == "clean", "lowpass"].tolist()
    assert clean == ([twin] if twin else [])


def test_without_a_filter_there_are_no_rows(pairs):
    table = bandwidth.split(pairs, factories.conditions())
    assert table.empty
    assert tuple(table.columns) == contract.BANDWIDTH
    assert bandwidth.split([], conditions()).empty
    assert bandwidth.split(pairs, conditions().iloc[:0]).empty


def test_filters_of_another_corpus_are_not_used(pairs):
    other = conditions().assign(corpus="others")
    assert bandwidth.split(pairs, pd.concat([factories.conditions(), other])).empty


def test_aliases_have_no_row(pairs):
    table = conditions(lowpass_9k0=3041.0)
    table.loc[table["condition"] == "lowpass-9k0", "same_as"] = "lowpass-3k0"
    split = bandwidth.split(pairs, table)
    assert set(split["lowpass"]) == {"lowpass-3k0"}


def test_a_chain_that_begins_with_a_filter_is_not_a_filter(pairs):
    table = conditions()
    rows = table["condition"].str.startswith("lowpass")
    table.loc[rows, "codec"] = "lowpass:cutoff=3400+gsm"
    assert bandwidth.split(pairs, table).empty


def test_utterances_must_be_the_same(tmp_path):
    frame = factories.predictions(SKILL)
    gone = (frame["test_condition"] == "lowpass-3k0") & (frame["speaker"] == "a")
    pairs = factories.paired(frame[~gone], tmp_path)
    assert bandwidth.split(pairs, conditions(lowpass_3k1=5000.0)).empty


def test_without_an_interval_the_parts_are_still_given(tmp_path):
    pairs = factories.paired(factories.predictions(SKILL, speakers=("a", "b")), tmp_path)
    table = bandwidth.split(pairs, conditions())
    assert len(table) == 3
    assert table[["loss", "bandwidth", "artefacts"]].notna().all(axis=None)
    assert table[["loss_low", "bandwidth_high", "artefacts_low"]].isna().all(axis=None)
