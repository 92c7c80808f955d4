"""Effects beside the measurement noise, the change at the control dither."""

from __future__ import annotations

import factories
import numpy as np
import pandas as pd
import pytest

from aser_bench.evaluation.losses import losses
from aser_bench.evaluation.noise import changed_share, noise

SKILL = {
    ("original", "original"): 0.9,
    ("original", "dither-70dB"): 0.87,
    ("original", "dither-50dB"): 0.5,
    ("original", "mp3-64k"): 0.88,
    ("original", "mp3-8k"): 0.2,
    ("dither-70dB", "dither-70dB"): 0.86,
    ("mp3-64k", "mp3-64k"): 0.9,
}
CONDITIONS = factories.conditions(
    dither_70dB={"codec": "dither"}, dither_50dB={"codec": "dither:db=50"}
)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    frame = factories.predictions(SKILL, speakers=tuple("abcdefgh"), takes=4)
    return factories.paired(frame, tmp_path_factory.mktemp("pairs"))


def rows(pairs, conditions: pd.DataFrame = CONDITIONS) -> pd.DataFrame:
    table = noise(pairs, losses(pairs, 0.02), conditions)
    return table.set_index(["training", "condition"])


def test_every_condition_is_set_beside_the_dither_of_its_training(pairs):
    table = rows(pairs)
    assert set(table["noise_condition"]) == {"dither-70dB"}
    expected = losses(pairs, 0.02).query("metric == 'uar'")
    expected = expected.set_index(["training", "condition"])
    assert set(table.index) == set(expected.index)
    for training, condition in table.index:
        row, change = table.loc[training, condition], expected.loc[training, condition]
        control = expected.loc[training, "dither-70dB"]
        assert row[["difference", "low", "high"]].tolist() == [
            change[name] for name in ("difference", "low", "high")
        ]
        assert row[["noise", "noise_low", "noise_high"]].tolist() == [
            control[name] for name in ("difference", "low", "high")
        ]
        limit = max(abs(control["low"]), abs(control["high"]))
        assert row["within_noise"] == (abs(change["difference"]) <= limit)
    assert table.loc[("clean", "mp3-64k"), "within_noise"]
    assert not table.loc[("clean", "mp3-8k"), "within_noise"]


def test_without_an_interval_the_change_itself_is_the_limit(tmp_path):
    frame = factories.predictions(SKILL, speakers=("a", "b"), takes=20)
    table = rows(factories.paired(frame, tmp_path))
    control = table.loc[("clean", "dither-70dB"), "difference"]
    for (training, _), row in table.iterrows():
        if training == "clean":
            assert np.isnan(row["noise_low"])
            assert row["within_noise"] == (abs(row["difference"]) <= abs(control))


def test_changed_share_counts_predictions_run_by_run(pairs):
    for pair in pairs:
        differs = pair.coded.predicted != pair.original.predicted
        assert changed_share(pair) == pytest.approx(differs.mean())
        assert (changed_share(pair) == 0) == pair.is_original


@pytest.mark.parametrize("codec", ["mp3", "dither+mp3", "original"])
def test_no_rows_without_the_control(pairs, codec):
    conditions = factories.conditions(dither_70dB={"codec": codec})
    assert rows(pairs, conditions).empty
