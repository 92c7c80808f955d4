"""The table of codecs and its sentences."""

from __future__ import annotations

import math

import factories
import numpy as np
import pandas as pd
import pytest

from aser_bench.core import findings as contract
from aser_bench.evaluation import codec_rows, losses, reference, robustness
from aser_bench.evaluation.losses import losses as losses_of

WAY = {
    "corpus": "voices",
    "features": "functionals",
    "model": "svm",
    "protocol": "speaker",
    "training": "clean",
    "train_condition": "original",
}
CLEAN = {key: right for key, right in factories.SKILL.items() if key[0] == "original"}


@pytest.fixture
def found(tmp_path):
    """Return pairs and losses of one made-up model at 8 and 64 kbit/s, trained clean."""
    pairs = factories.paired(factories.predictions(CLEAN), tmp_path)
    return pairs, losses_of(pairs, 0.02)


def decided(table: pd.DataFrame, **ends: tuple[float, float]) -> pd.DataFrame:
    """Return losses with other intervals: ``k8=(low, high)`` of the UAR at 8 kbit/s."""
    table = table.copy()
    for name, (low, high) in ends.items():
        rows = (table["condition"] == f"mp3-{name[1:]}k") & (table["metric"] == "uar")
        table.loc[rows, ["difference", "low", "high"]] = (low + high) / 2, low, high
        table.loc[rows, "decision"] = robustness.decide(low, high, 0.02)
    return table


def row_of(found, margin=0.02, **ends):
    pairs, table = found
    rows = codec_rows.robustness_rows(pairs, decided(table, **ends), factories.conditions(), margin)
    return rows[rows["training"] == "clean"].iloc[0]


SAFE, LOST, OPEN = (-0.01, 0.01), (-0.3, -0.1), (-0.15, 0.05)


def test_one_row_for_each_codec_with_its_area(found):
    pairs, table = found
    rows = codec_rows.robustness_rows(pairs, table, factories.conditions(), 0.02)
    assert tuple(rows.columns) == contract.ROBUSTNESS
    (row,) = rows.to_dict("records")
    assert {name: row[name] for name in WAY if name in row} == {
        name: value for name, value in WAY.items() if name != "train_condition"
    }
    assert (row["codec"], row["n_bitrates"]) == ("mp3", 2)
    uar = table[table["metric"] == "uar"].set_index("condition")["value"]
    # Two bitrates: the area is their mean, however far they lie apart.
    assert row["area"] == pytest.approx((uar["mp3-8k"] + uar["mp3-64k"]) / 2)


def test_safe_at_every_bitrate(found):
    row = row_of(found, k8=SAFE, k64=SAFE)
    assert (row["safe"], row["safe_kbps"]) == ("yes", 8)
    assert row["sentence"] == (
        "safe down to 8 kbit/s, the lowest bitrate in the study: no bitrate loses more than "
        "2 points of UAR"
    )
    assert math.isnan(row["needed_utterances"])


def test_safe_down_to_the_lowest_non_inferior_bitrate(found):
    row = row_of(found, k8=LOST, k64=SAFE)
    assert (row["safe"], row["safe_kbps"]) == ("yes", 64)
    assert row["sentence"] == (
        "safe down to 64 kbit/s: no bitrate from there up loses more than 2 points of UAR; at 8 "
        "kbit/s more than 2 points of UAR are lost (-20.0, interval -30.0 to -10.0)"
    )


def test_no_safe_bitrate(found):
    row = row_of(found, k8=LOST, k64=LOST)
    assert row["safe"] == "none"
    assert math.isnan(row["safe_kbps"])
    assert row["sentence"].startswith(
        "no safe bitrate: at 64 kbit/s more than 2 points of UAR are lost (-20"
    )


def test_an_unsafe_bitrate_makes_lower_ones_unsafe(found):
    assert row_of(found, k8=SAFE, k64=LOST)["safe"] == "none"
    assert row_of(found, k8=SAFE, k64=OPEN)["safe"] == "inconclusive"


def test_inconclusive_if_the_interval_is_too_wide(found):
    row = row_of(found, k8=LOST, k64=OPEN)
    assert row["safe"] == "inconclusive"
    said = row["sentence"]
    assert said.startswith(
        "inconclusive: at 64 kbit/s a loss of more than 2 points of UAR is not excluded (-5.0, "
        "interval -15.0 to +5.0): with n = 32 utterances of 4 speakers the interval is too wide"
    )
    assert row["needed_utterances"] == row["needed_speakers"] * 32 / 4
    assert row["needed_utterances"] > 32
    assert f"of {row['needed_speakers']:.0f} speakers decide it in 80 % of studies" in said


def test_safe_above_an_inconclusive_bitrate(found):
    said = row_of(found, k8=OPEN, k64=SAFE)["sentence"]
    assert said.startswith("safe down to 64 kbit/s: no bitrate from there up")
    assert "at 8 kbit/s a loss of more than 2 points of UAR is not excluded" in said


def test_no_number_of_speakers_if_the_loss_is_close_to_the_margin(found, monkeypatch):
    monkeypatch.setattr(codec_rows.intervals, "needed_clusters", lambda found, margin: 4.0)
    said = row_of(found, k8=LOST, k64=(-0.03, -0.01))["sentence"]
    assert said.endswith("the interval is narrow enough, but the loss is close to the margin")
    assert "decide it in" not in said


def test_the_sentence_has_the_reason_for_a_missing_interval(tmp_path):
    pairs = factories.paired(factories.predictions(CLEAN, speakers=("a", "b")), tmp_path)
    rows = codec_rows.robustness_rows(pairs, losses_of(pairs, 0.02), factories.conditions(), 0.02)
    (row,) = rows.to_dict("records")
    assert row["safe"] == "inconclusive"
    assert row["sentence"] == (
        "inconclusive: at 64 kbit/s there is no interval: 2 speakers instead of at least 3"
    )
    assert math.isnan(row["needed_utterances"])


def test_without_speakers_only_utterances_are_counted(tmp_path):
    pairs = factories.paired(factories.predictions(CLEAN, speakers=("a", "b", None)), tmp_path)
    table = decided(losses_of(pairs, 0.02), k64=OPEN)
    (row,) = codec_rows.robustness_rows(pairs, table, factories.conditions(), 0.02).to_dict(
        "records"
    )
    assert math.isnan(row["needed_speakers"])
    assert row["needed_utterances"] > 24
    assert "speakers" not in row["sentence"]
    assert "with n = 24 utterances the interval" in row["sentence"]


def test_unchanged_predictions_can_still_need_more_utterances(tmp_path):
    frame = factories.predictions({("original", "original"): 0.8})
    pairs = factories.paired(pd.concat([frame, frame.assign(test_condition="mp3-8k")]), tmp_path)
    table = losses_of(pairs, 0.02)
    (row,) = codec_rows.robustness_rows(pairs, table, factories.conditions(), 0.02).to_dict(
        "records"
    )
    assert row["safe"] == "inconclusive"
    assert "the interval is too wide for the margin" in row["sentence"]
    # 0 out of n stay below 2 % from n = 183 on: .975 = 1 - .98^182.6
    assert row["needed_utterances"] == 183
    assert row["needed_speakers"] == 23  # who have 8 each


@pytest.mark.parametrize(("margin", "said"), [(0.01, "1 point of"), (0.025, "2.5 points of")])
def test_the_margin_is_written_in_points(found, margin, said):
    assert said in row_of(found, margin, k8=LOST, k64=LOST)["sentence"]


def test_a_smaller_margin_needs_more_utterances(found):
    wide, narrow = (row_of(found, m, k8=LOST, k64=OPEN)["needed_utterances"] for m in (0.05, 0.01))
    assert narrow > 10 * wide


# --- which conditions make a codec ------------------------------------------------------------


def test_controls_aliases_and_other_corpora_have_no_row(found):
    pairs, table = found
    lowpass = table.assign(condition="lowpass-3k0")
    conditions = factories.conditions(
        lowpass_3k0={"codec": "lowpass", "bandwidth_hz": 3000.0},
        mp3_60k={"codec": "mp3", "requested_kbps": 60.0, "same_as": "mp3-64k"},
    )
    conditions = pd.concat([conditions, conditions.assign(corpus="others")])
    rows = codec_rows.robustness_rows(pairs, pd.concat([table, lowpass]), conditions, 0.02)
    assert rows["codec"].tolist() == ["mp3"]
    assert rows["n_bitrates"].tolist() == [2]


def test_without_a_requested_bitrate_the_effective_one_is_used(found):
    pairs, table = found
    conditions = factories.conditions(
        mp3_8k={"codec": "g711", "requested_kbps": np.nan, "effective_kbps": 64.0}
    )
    rows = codec_rows.robustness_rows(pairs, decided(table, k8=SAFE), conditions, 0.02)
    row = rows.set_index("codec").loc["g711"]
    assert (row["safe"], row["safe_kbps"], row["n_bitrates"]) == ("yes", 64, 1)
    assert math.isnan(row["area"])


def test_no_pairs_give_an_empty_table():
    rows = codec_rows.robustness_rows([], losses.losses([], 0.02), factories.conditions(), 0.02)
    assert rows.empty
    assert tuple(rows.columns) == contract.ROBUSTNESS
    nothing = pd.DataFrame(columns=factories.conditions().columns)
    assert codec_rows.robustness_rows([], losses.losses([], 0.02), nothing, 0.02).empty


# --- against the reference --------------------------------------------------------------------


def test_codec_errors_are_multiples_of_the_reference(found, monkeypatch):
    asked = []

    def row(*keys):
        asked.append(keys)
        values = {"mp3-8k": 0.5, "mp3-64k": 0.8, "mp3-16k": 0.1}
        return reference.Row(0.9, values, len(found[0][0].rows))

    monkeypatch.setattr(reference, "row", row)
    one = row_of(found)
    uar = found[1][found[1]["metric"] == "uar"].set_index("condition")
    lost = (1 - uar["value"]).sum()
    assert one["codec_error"] == pytest.approx(lost / (0.5 + 0.2))
    assert one["relative_codec_error"] == pytest.approx(-uar["difference"].sum() / (0.4 + 0.1))
    assert one["reference"] == reference.NAME
    assert ("voices", "speaker", "clean") in asked


@pytest.mark.parametrize(
    ("values", "more"), [(None, 0), ({"mp3-8k": 0.5}, 0), ({"mp3-8k": 0.5, "mp3-64k": 0.8}, 1)]
)
def test_no_codec_error_without_a_reference(found, monkeypatch, values, more):
    known = values and reference.Row(0.9, values, len(found[0][0].rows) + more)
    monkeypatch.setattr(reference, "row", lambda *keys: known)
    one = row_of(found)
    assert math.isnan(one["codec_error"])
    assert math.isnan(one["relative_codec_error"])
    assert one["reference"] == ""


def test_the_packaged_reference_is_complete():
    assert reference.row("demo", "loso", "clean") is None
    for corpus in ("demo", "ravdess", "emodb", "tess"):
        for training in ("matched", "clean"):
            row = reference.row(corpus, "speaker", training)
            assert {"mp3-8k", "mp3-64k"} <= set(row.values)
            assert "original" not in row.values
            assert all(0 < uar <= 1 for uar in (row.original, *row.values.values()))
