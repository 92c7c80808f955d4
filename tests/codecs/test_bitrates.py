"""Supported bitrates at each sample rate, and the plans for all others."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.codecs.bitrates import (
    POLICIES,
    Bitrates,
    PlannedBitrate,
    aliases,
    format_kbps,
    nearest,
    nearest_rate,
    plan_bitrates,
)
from aser_bench.core.errors import UsageError
from aser_bench.core.tables import Alias

STEPS = {
    8_000: Bitrates((8, 16, 64)),
    16_000: Bitrates((8, 16, 64, 160)),
    32_000: Bitrates((32, 160, 320)),
    44_100: Bitrates((7, 500)),
}
ANY = {16_000: Bitrates((6, 32, 96), continuous=True), 32_000: Bitrates((24, 192), True)}
every_policy = pytest.mark.parametrize("policy", POLICIES)


def test_supported_bitrates():
    assert 64 in STEPS[16_000]
    assert 63 not in STEPS[16_000]
    assert 6 in ANY[16_000]
    assert 95.5 in ANY[16_000]
    assert 96.5 not in ANY[16_000]
    assert 5.9 not in ANY[16_000]


def test_nearest_value():
    assert nearest(12, (8, 16)) == 8  # the lower one of two at the same distance
    assert nearest(12.1, (16, 8)) == 16
    assert STEPS[16_000].nearest(1000) == 160
    assert ANY[16_000].nearest(1000) == 96
    assert ANY[16_000].nearest(1) == 6
    assert ANY[16_000].nearest(50.5) == 50.5


def test_bitrates_as_text():
    assert str(STEPS[8_000]) == "8, 16, 64 kbit/s"
    assert str(ANY[16_000]) == "6 to 96 kbit/s"
    assert STEPS[16_000].span == ANY[16_000].span.replace("6 to 96", "8 to 160")


@pytest.mark.parametrize(
    ("kbps", "text"), [(64, "64k"), (64.0, "64k"), (12.65, "12k65"), (0.7, "0k7"), (5.9, "5k9")]
)
def test_bitrate_in_the_name_of_a_condition(kbps, text):
    assert format_kbps(kbps) == text


@pytest.mark.parametrize(
    ("rate", "expected"), [(16_000, 16_000), (7_000, 8_000), (24_414, 32_000), (96_000, 44_100)]
)
def test_nearest_sample_rate(rate, expected):
    assert nearest_rate(rate, STEPS) == expected


def test_promotion_uses_the_nearest_octave_that_supports_the_bitrate():
    assert plan_bitrates("x", [64, 160, 320], 16_000, STEPS, "promote") == [
        PlannedBitrate(64, 16_000, 64),
        PlannedBitrate(160, 16_000, 160),
        PlannedBitrate(320, 32_000, 320),
    ]
    assert plan_bitrates("x", [160], 8_000, STEPS, "promote") == [PlannedBitrate(160, 16_000, 160)]
    assert plan_bitrates("x", [8], 32_000, STEPS, "promote") == [PlannedBitrate(8, 16_000, 8)]


def test_promotion_uses_octaves_only():
    with pytest.raises(UsageError, match="x cannot code 500 kbit/s: at 16000 Hz it supports 8, 16"):
        plan_bitrates("x", [500], 16_000, STEPS, "promote")


def test_clamping_keeps_the_sample_rate():
    assert plan_bitrates("x", [320, 7], 16_000, STEPS, "clamp") == [
        PlannedBitrate(7, 16_000, 8),
        PlannedBitrate(320, 16_000, 160),
    ]
    assert plan_bitrates("x", [1000], 16_000, ANY, "clamp") == [PlannedBitrate(1000, 16_000, 96)]


def test_error_lists_supported_bitrates_and_suggests_promotion():
    with pytest.raises(UsageError) as caught:
        plan_bitrates("x", [320], 16_000, STEPS, "error")
    assert str(caught.value) == (
        "x cannot code 320 kbit/s: at 16000 Hz it supports 8, 16, 64, 160 kbit/s; "
        "--bitrate-policy promote codes it at 32000 Hz"
    )
    with pytest.raises(UsageError, match=r"at 16000 Hz it supports 6 to 96 kbit/s$"):
        plan_bitrates("x", [5], 16_000, ANY, "error")


def test_aliases_are_named_by_the_requested_bitrate():
    planned = plan_bitrates("x", [7, 8, 12.65], 16_000, STEPS, "clamp")
    names = {plan: f"x-{format_kbps(plan.kbps)}" for plan in planned}
    assert aliases(planned, names, "x") == [
        Alias("x-7k", 7, same_as="x-8k"),
        Alias("x-12k65", 12.65, same_as="x-16k"),
    ]


@every_policy
@pytest.mark.parametrize("bitrate", [-3, 0, math.nan, math.inf])
def test_rejects_invalid_bitrates(bitrate, policy):
    with pytest.raises(UsageError, match="is not a bitrate"):
        plan_bitrates("x", [8, bitrate], 16_000, STEPS, policy)


@every_policy
def test_rejects_missing_bitrates(policy):
    with pytest.raises(UsageError, match="x needs bitrates; at 16000 Hz it supports 8, 16"):
        plan_bitrates("x", [], 16_000, STEPS, policy)


def test_rejects_unknown_policy():
    with pytest.raises(UsageError, match="did you mean 'promote'"):
        plan_bitrates("x", [8], 16_000, STEPS, "promot")


@settings(deadline=None)
@given(
    st.lists(st.floats(0.5, 2000) | st.sampled_from((8, 64, 160, 320)), min_size=1, max_size=6),
    st.sampled_from([7_000, 8_000, 16_000, 24_414, 44_100]),
    st.sampled_from(POLICIES),
    st.sampled_from([STEPS, ANY]),
)
def test_plan_is_valid_and_contains_every_request(bitrates, rate, policy, supported):
    try:
        planned = plan_bitrates("x", bitrates, rate, supported, policy)
    except UsageError:
        assert policy != "clamp"
        return
    assert [plan.requested for plan in planned] == sorted(set(map(float, bitrates)))
    for plan in planned:
        assert plan.kbps in supported[plan.rate]
        assert plan.requested == plan.kbps or policy == "clamp"
        assert plan.rate == nearest_rate(rate, supported) or policy == "promote"
