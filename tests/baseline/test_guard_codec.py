"""The codec guard compares every measure of every condition."""

from __future__ import annotations

import check_input_factory as factory
import factories
import numpy as np
import pytest

from aser_bench.baseline.guards import codec
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import CHANGED, INCONCLUSIVE, MISSING, SAME, WORSE

BASELINE = factory.side("baseline")


def conditions(**changes):
    return factory.side(conditions=factories.conditions(**changes))


def rows(new, baseline=BASELINE, **options):
    return {row.what: row for row in codec.check(new, baseline, CheckOptions(**options))}


@pytest.mark.parametrize(
    ("column", "value", "what", "verdict", "reason"),
    [
        ("effective_kbps", 8.08, "effective bitrate", SAME, "moved by 1 %"),
        ("effective_kbps", 8.09, "effective bitrate", WORSE, "moved by 1.12 %, more than 1 %"),
        ("effective_kbps", 7.9, "effective bitrate", WORSE, "moved by 1.25 %, more than 1 %"),
        ("effective_kbps", 8.08001, "effective bitrate", WORSE, "moved by 1.0001 %, more than 1 %"),
        ("effective_kbps", 800.0, "effective bitrate", WORSE, "moved by 9900 %, more than 1 %"),
        ("effective_kbps", np.inf, "effective bitrate", WORSE, "was 8 kbit/s, is inf"),
        ("gain_db", 0.1, "level", SAME, "moved by 0.1 dB"),
        ("gain_db", -0.11, "level", WORSE, "moved by 0.11 dB, more than 0.1 dB"),
        ("gain_db", -np.inf, "level", WORSE, "was 0 dB, is -inf"),
        ("codec_rate_hz", 16000.5, "sampling rate", WORSE, "was 16000 Hz, is 16000.5 Hz"),
        ("codec_rate_hz", np.nan, "sampling rate", WORSE, "was 16000 Hz, is not measured"),
        ("lag_samples", 1.0001, "delay", WORSE, "moved by 1.0001 samples, more than 1 sample"),
        ("lag_samples", -1.0, "delay", SAME, "moved by 1 sample"),
        ("lag_samples", 200.0, "delay", WORSE, "moved by 200 samples, more than 1 sample"),
        ("bandwidth_hz", 3000.0, "bandwidth", SAME, "moved by 1.32 %"),
        ("bandwidth_hz", 1500.0, "bandwidth", WORSE, "moved by 50.7 %, more than 2 %"),
    ],
)
def test_a_shift_above_the_tolerance_is_worse(column, value, what, verdict, reason):
    result = rows(conditions(mp3_8k={column: value}))
    assert (result[f"voices mp3-8k: {what}"].verdict, result[f"voices mp3-8k: {what}"].reason) == (
        verdict,
        reason,
    )
    others = [row.verdict for name, row in result.items() if name != f"voices mp3-8k: {what}"]
    assert set(others) == {SAME}


def test_rows_have_units_and_the_deciding_flag():
    result = rows(conditions(mp3_8k={"lag_samples": 200.0}))
    delay, rate, band = (
        result[f"voices mp3-8k: {what}"] for what in ("delay", "effective bitrate", "bandwidth")
    )
    assert (delay.baseline, delay.value, delay.flag) == (
        "0 samples",
        "200 samples",
        "max-lag-shift",
    )
    assert (rate.value, rate.flag) == ("8 kbit/s", "max-bitrate-shift")
    assert (band.value, band.flag) == ("3040 Hz", "max-bandwidth-shift")


def test_tolerances_decide_and_off_removes_a_row():
    new = conditions(mp3_8k={"lag_samples": 200.0})
    within = rows(new, tolerances={"max-lag-shift": 200.0})
    assert within["voices mp3-8k: delay"].verdict == SAME
    left = rows(new, tolerances={"max-lag-shift": None})
    assert left
    assert not any("delay" in what for what in left)


def test_a_value_that_can_no_longer_be_measured_is_worse():
    unknown = conditions(mp3_8k={"lag_samples": np.nan})
    lost = rows(unknown)["voices mp3-8k: delay"]
    assert (lost.verdict, lost.reason) == (WORSE, "can no longer be measured")
    assert (lost.baseline, lost.value) == ("0 samples", "")
    assert rows(factory.side(), unknown)["voices mp3-8k: delay"].verdict == SAME
    assert "voices mp3-8k: delay" not in rows(unknown, unknown)
    assert "voices original: effective bitrate" not in rows(factory.side())


def test_a_shift_from_zero_exceeds_every_fraction():
    nothing = conditions(mp3_8k={"effective_kbps": 0.0})
    result = rows(factory.side(), nothing, tolerances={"max-bitrate-shift": 100.0})
    row = result["voices mp3-8k: effective bitrate"]
    assert (row.verdict, row.reason) == (WORSE, "moved from 0")


def test_infinite_values_are_equal_or_worse():
    silent = conditions(mp3_8k={"gain_db": -np.inf})
    assert rows(silent, silent)["voices mp3-8k: level"].verdict == SAME
    back = rows(factory.side(), silent)["voices mp3-8k: level"]
    assert (back.verdict, back.reason) == (WORSE, "was -inf, is 0 dB")


def test_a_new_sampling_rate_is_worse():
    row = rows(factory.side(), conditions(mp3_8k={"codec_rate_hz": np.nan}))
    rate = row["voices mp3-8k: sampling rate"]
    assert (rate.verdict, rate.reason) == (WORSE, "was not measured, is 16000 Hz")
    assert rate.flag == ""


def test_the_sampling_rate_is_guarded_unless_all_is_off():
    new = conditions(mp3_8k={"codec_rate_hz": 8000.0})
    flags = [one.flag for one in codec.MEASURES if one.flag]
    left = rows(new, tolerances=dict.fromkeys(flags[1:]))
    assert left["voices mp3-8k: sampling rate"].verdict == WORSE
    assert rows(new, tolerances=dict.fromkeys(flags)) == {}


@pytest.mark.parametrize(
    ("now", "then", "reason"),
    [
        ("original", "", "was a separate stream, is the same stream as original"),
        ("", "original", "was the same stream as original, is a separate stream"),
        ("mp3-8k", "original", "was the same stream as original, is the same stream as mp3-8k"),
    ],
)
def test_another_stream_is_worse_and_one_row(now, then, reason):
    blank = {"effective_kbps": np.nan, "bandwidth_hz": np.nan}
    new, old = (conditions(mp3_64k={"same_as": name, **blank}) for name in (now, then))
    result = {what: row for what, row in rows(new, old).items() if "mp3-64k" in what}
    assert list(result) == ["voices mp3-64k: stream"]
    row = result["voices mp3-64k: stream"]
    assert (row.verdict, row.reason, row.flag) == (WORSE, reason, "")


def test_another_stream_by_another_encoder_is_changed():
    new = conditions(mp3_64k={"same_as": "original", "encoder": "LAME 3.101"})
    row = rows(new)["voices mp3-64k: stream"]
    assert row.verdict == CHANGED
    assert row.reason.endswith("; the encoder differs (LAME 3.101, was LAME 3.100)")
    assert rows(new, allow=("encoder",))["voices mp3-64k: stream"].verdict == WORSE


def test_another_encoder_is_one_changed_row_unless_allowed():
    new = conditions(
        mp3_8k={"encoder": "LAME 3.101", "bandwidth_hz": 2000.0, "lag_samples": np.nan}
    )
    result = rows(new)
    assert [what for what in result if "mp3-8k" in what] == ["voices mp3-8k: encoder"]
    row = result["voices mp3-8k: encoder"]
    assert (row.verdict, row.flag) == (CHANGED, "")
    assert row.reason == (
        "the encoder differs (LAME 3.101, was LAME 3.100); effective bitrate 8 -> 8 kbit/s, "
        "delay 0 -> not measured, bandwidth 3040 -> 2000 Hz, level 0 -> 0 dB, "
        "sampling rate 16000 -> 16000 Hz"
    )
    assert {result[f"voices mp3-64k: {one.title}"].verdict for one in codec.MEASURES} == {SAME}
    allowed = rows(new, allow=("encoder",))
    assert allowed["voices mp3-8k: bandwidth"].verdict == WORSE
    assert allowed["voices mp3-8k: level"].verdict == SAME
    assert "delay" not in rows(new, tolerances={"max-lag-shift": None})[row.what].reason


def test_another_ffmpeg_changes_encoded_conditions():
    result = rows(factory.side(facts=factory.manifest(ffmpeg="7.1")))
    assert [row.what for row in result.values() if row.verdict == CHANGED] == [
        "voices mp3-8k: encoder",
        "voices mp3-64k: encoder",
    ]
    assert result["voices mp3-8k: encoder"].reason.startswith(
        "the encoder differs (ffmpeg 7.1, was 7.0.2-static); effective bitrate 8 -> 8 kbit/s"
    )


def test_a_missing_condition_is_one_row_unless_part():
    table = factories.conditions()
    new = factory.side(conditions=table[table["condition"] != "mp3-64k"])
    gone = {what: row for what, row in rows(new).items() if "mp3-64k" in what}
    assert [(what, row.verdict) for what, row in gone.items()] == [("voices mp3-64k", MISSING)]
    assert not any("mp3-64k" in what for what in rows(new, part=True))
    assert rows(new, part=True)


def test_new_conditions_and_aliases_have_no_row():
    new = conditions(gsm={"codec": "gsm"})
    assert not any("gsm" in what for what in rows(new))
    alias = conditions(mp3_96k={"codec": "mp3", "same_as": "mp3-64k", "effective_kbps": 64.0})
    assert not any("mp3-96k" in what for what in rows(alias, alias))
    assert set(rows(factory.side(), alias)) == set(rows(factory.side()))


def test_a_baseline_without_conditions_is_inconclusive():
    result = rows(factory.side(), factory.side(conditions=None))
    assert [row.verdict for row in result.values()] == [INCONCLUSIVE]
