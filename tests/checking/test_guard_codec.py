"""The codec guard: every measure of every condition, and what may explain that it moved."""

from __future__ import annotations

import made
import made_evidence as given
import numpy as np
import pytest

from aser_bench.checking.base import CHANGED, MISSING, SAME, UNDECIDED, WORSE, Options
from aser_bench.checking.guards import codec

BASELINE = given.side("baseline")


def conditions(**changes):
    return given.side(conditions=made.conditions(**changes))


def rows(new, baseline=BASELINE, **options):
    return {row.what: row for row in codec.check(new, baseline, Options(**options))}


@pytest.mark.parametrize(
    ("column", "value", "what", "verdict", "reason"),
    [
        ("effective_kbps", 8.08, "effective bitrate", SAME, "moved by 1 %"),
        ("effective_kbps", 8.09, "effective bitrate", WORSE, "moved by 1.12 %"),
        ("effective_kbps", 7.9, "effective bitrate", WORSE, "moved by 1.25 %"),
        ("lag_samples", -1.0, "delay", SAME, "moved by 1 sample"),
        ("lag_samples", 200.0, "delay", WORSE, "moved by 200 samples"),
        ("bandwidth_hz", 3000.0, "bandwidth", SAME, "moved by 1.32 %"),
        ("bandwidth_hz", 1500.0, "bandwidth", WORSE, "moved by 50.7 %"),
    ],
)
def test_a_measure_may_move_so_far_and_no_further(column, value, what, verdict, reason):
    found = rows(conditions(mp3_8k={column: value}))
    assert (found[f"voices mp3-8k: {what}"].verdict, found[f"voices mp3-8k: {what}"].reason) == (
        verdict, reason,
    )  # fmt: skip
    others = [row.verdict for name, row in found.items() if name != f"voices mp3-8k: {what}"]
    assert set(others) == {SAME}


def test_values_have_their_units_and_rows_the_flag_that_decides():
    found = rows(conditions(mp3_8k={"lag_samples": 200.0}))
    delay, rate, band = (
        found[f"voices mp3-8k: {what}"] for what in ("delay", "effective bitrate", "bandwidth")
    )
    assert (delay.baseline, delay.value, delay.flag) == (
        "0 samples",
        "200 samples",
        "max-lag-shift",
    )
    assert (rate.value, rate.flag) == ("8 kbit/s", "max-bitrate-shift")
    assert (band.value, band.flag) == ("3040 Hz", "max-bandwidth-shift")


def test_a_tolerance_decides_and_off_leaves_a_measure_out():
    new = conditions(mp3_8k={"lag_samples": 200.0})
    within = rows(new, tolerances={"max-lag-shift": 200.0})
    assert within["voices mp3-8k: delay"].verdict == SAME
    left = rows(new, tolerances={"max-lag-shift": None})
    assert left
    assert not any("delay" in what for what in left)


def test_what_can_no_longer_be_measured_is_worse_and_what_now_can_is_not():
    unknown = conditions(mp3_8k={"lag_samples": np.nan})
    lost = rows(unknown)["voices mp3-8k: delay"]
    assert (lost.verdict, lost.reason) == (WORSE, "can no longer be measured")
    assert (lost.baseline, lost.value) == ("0 samples", "")
    assert rows(given.side(), unknown)["voices mp3-8k: delay"].verdict == SAME
    assert "voices mp3-8k: delay" not in rows(unknown, unknown)
    assert "voices original: effective bitrate" not in rows(given.side())


def test_from_nothing_to_something_is_beyond_every_share():
    nothing = conditions(mp3_8k={"effective_kbps": 0.0})
    found = rows(given.side(), nothing, tolerances={"max-bitrate-shift": 100.0})
    row = found["voices mp3-8k: effective bitrate"]
    assert (row.verdict, row.reason) == (WORSE, "moved from 0")


def test_another_encoder_explains_what_moved_unless_it_is_allowed():
    new = conditions(mp3_8k={"encoder": "LAME 3.101", "bandwidth_hz": 2000.0})
    found = rows(new)
    row = found["voices mp3-8k: bandwidth"]
    assert row.verdict == CHANGED
    assert row.reason == ("moved by 34.2 %; another encoder: mp3-8k: LAME 3.101, was LAME 3.100")
    assert {found[f"voices mp3-64k: {one.title}"].verdict for one in codec.MEASURES} == {SAME}
    allowed = rows(new, allow=("encoder",))
    assert allowed["voices mp3-8k: bandwidth"].verdict == WORSE
    assert allowed["voices mp3-8k: delay"].verdict == SAME


def test_a_condition_that_is_gone_is_missing_once_unless_a_part_is_checked():
    table = made.conditions()
    new = given.side(conditions=table[table["condition"] != "mp3-64k"])
    gone = {what: row for what, row in rows(new).items() if "mp3-64k" in what}
    assert [(what, row.verdict) for what, row in gone.items()] == [("voices mp3-64k", MISSING)]
    assert not any("mp3-64k" in what for what in rows(new, part=True))
    assert rows(new, part=True)


def test_new_conditions_and_other_names_of_a_stream_have_no_row():
    new = conditions(gsm={"codec": "gsm"})
    assert not any("gsm" in what for what in rows(new))
    alias = conditions(mp3_96k={"codec": "mp3", "same_as": "mp3-64k", "effective_kbps": 64.0})
    assert not any("mp3-96k" in what for what in rows(alias, alias))
    assert set(rows(given.side(), alias)) == set(rows(given.side()))


def test_an_older_baseline_without_conditions_is_undecided():
    found = rows(given.side(), given.side(conditions=None))
    assert [row.verdict for row in found.values()] == [UNDECIDED]
