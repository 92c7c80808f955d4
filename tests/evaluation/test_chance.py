"""Models of which the UAR on the original is not above chance."""

from __future__ import annotations

import factories
import numpy as np
import pytest

from aser_bench.evaluation import chance, codec_rows, losses

TEN = tuple("abcdefghij")


def pairs_of(tmp_path, accuracy, speakers=TEN, coded=None):
    coded = accuracy if coded is None else coded
    skill = {("original", "original"): accuracy}
    skill |= {("original", name): coded for name in ("mp3-8k", "mp3-64k")}
    frame = factories.predictions(skill, speakers=speakers, takes=6)
    return factories.paired(frame, tmp_path)


def row_of(pairs, margin=0.5):
    table = losses.losses(pairs, margin)
    (row,) = codec_rows.robustness_rows(pairs, table, factories.conditions(), margin).to_dict(
        "records"
    )
    return row, table


def test_model_at_chance_is_never_safe(tmp_path):
    row, table = row_of(pairs_of(tmp_path, 0.25))
    assert set(table.loc[table["metric"] == "uar", "decision"]) == {"non-inferior"}
    assert row["safe"] == "at chance"
    assert np.isnan(row["safe_kbps"])
    assert row["uar_low"] <= row["chance"] == 0.25
    assert row["sentence"] == (
        f"at chance, nothing to lose: UAR {row['uar_original']:.3f} ({row['uar_low']:.3f} to "
        f"{row['uar_high']:.3f}), chance .250"
    ).replace(" 0.", " .").replace("(0.", "(.")
    assert table["retained"].isna().all()


def test_model_above_chance_can_be_safe(tmp_path):
    row, _ = row_of(pairs_of(tmp_path, 0.8))
    assert row["safe"] == "yes"
    assert row["uar_low"] > row["chance"]


def test_interval_decides_and_not_the_estimate(tmp_path):
    # A few lucky utterances of three speakers do not show that a model is above chance.
    uar = chance.original_uar(pairs_of(tmp_path, 0.4, speakers=("a", "b", "c"))[0])
    assert uar.low < uar.chance < uar.value
    assert uar.at_chance


@pytest.mark.parametrize(("accuracy", "at_chance"), [(0.2, True), (0.9, False)])
def test_two_speakers_are_compared_with_chance_by_utterances(tmp_path, accuracy, at_chance):
    row, _ = row_of(pairs_of(tmp_path, accuracy, speakers=("a", "b")))
    assert (row["safe"] == "at chance") == at_chance
    assert np.isfinite(row["uar_low"])
    note = "; this interval treats utterances as independent"
    assert row["sentence"].endswith(note) == at_chance


def test_original_of_pooled_training_is_that_of_the_same_training(tmp_path):
    skill = {
        ("original", "original"): 0.9,
        ("original", "mp3-8k"): 0.9,
        ("multi", "original"): 0.2,
        ("multi", "mp3-8k"): 0.2,
    }
    pairs = factories.paired(factories.predictions(skill, speakers=TEN, takes=6), tmp_path)
    table = losses.losses(pairs, 0.5)
    rows = codec_rows.robustness_rows(pairs, table, factories.conditions(), 0.5)
    assert dict(zip(rows["training"], rows["safe"], strict=True)) == {
        "clean": "yes",
        "multi": "at chance",
    }
