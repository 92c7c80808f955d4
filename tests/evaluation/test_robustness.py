"""Summary measures of codecs: examples by hand and general properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aser_bench.evaluation import robustness
from aser_bench.evaluation.robustness import (
    INCONCLUSIVE,
    INFERIOR,
    NON_INFERIOR,
    decide,
    safe_bitrate,
)

KBPS = (8.0, 16.0, 24.0, 64.0)
FRACTION = st.floats(0, 1)
INTERVALS = st.lists(
    st.tuples(st.floats(-0.5, 0.5), st.floats(0, 0.3)), min_size=1, max_size=len(KBPS)
)


def test_chance_is_one_over_the_classes_that_occur():
    assert robustness.chance(["sad", "sad", "angry"]) == 0.5
    assert robustness.chance([3]) == 1


@pytest.mark.parametrize(
    ("value", "original", "expected"),
    [(0.5, 0.5, 1.0), (0.25, 0.5, 0.0), (0.125, 0.5, -0.5), (0.75, 0.5, 2.0), (0.4, 0.85, 0.25)],
)
def test_retained(value, original, expected):
    assert robustness.retained(value, original, 0.25) == pytest.approx(expected)


@pytest.mark.parametrize("original", [0.25, 0.1])
def test_no_retained_share_at_chance(original):
    assert math.isnan(robustness.retained(0.5, original, 0.25))


def test_area_is_the_mean_over_octaves():
    # 8 to 16 is one octave, 16 to 64 are two: (1 x .3 + 2 x .5) / 3
    assert robustness.area([8, 16, 64], [0.2, 0.4, 0.6]) == pytest.approx(1.3 / 3)
    assert robustness.area([64, 8, 16], [0.6, 0.2, 0.4]) == pytest.approx(1.3 / 3)


@pytest.mark.parametrize("kbps", [[], [8], [8, 8]])
def test_a_single_bitrate_has_no_area(kbps):
    assert math.isnan(robustness.area(kbps, [0.5] * len(kbps)))


def test_area_with_a_missing_value_is_nan():
    assert math.isnan(robustness.area([8, 16], [0.5, math.nan]))


@given(st.lists(FRACTION, min_size=2, max_size=4), st.floats(0.1, 10))
def test_area_is_within_the_values_and_independent_of_the_bitrate_unit(values, factor):
    kbps = np.array(KBPS[: len(values)])
    area = robustness.area(kbps, values)
    assert min(values) - 1e-9 <= area <= max(values) + 1e-9
    assert robustness.area(kbps * factor, values) == pytest.approx(area, abs=1e-9)


def test_codec_errors():
    assert robustness.codec_error([0.2, 0.6], [0.6, 0.6]) == pytest.approx(1.5)
    assert robustness.codec_error([0.6], [0.6]) == 1
    assert math.isnan(robustness.codec_error([0.6], [1.0]))
    relative = robustness.relative_codec_error([0.2, 0.5], 0.5, [0.6, 0.5], 0.7)
    assert relative == pytest.approx(1.0)
    assert robustness.relative_codec_error([0.2], 0.5, [0.6], 0.7) == pytest.approx(3.0)


@pytest.mark.parametrize("reference", [[0.7, 0.7], [0.8, 0.7]])
def test_no_relative_error_if_the_reference_loses_nothing(reference):
    assert math.isnan(robustness.relative_codec_error([0.2, 0.5], 0.5, reference, 0.7))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.019, 0.3, NON_INFERIOR),
        (-0.019, -0.001, NON_INFERIOR),
        (0.1, 0.2, NON_INFERIOR),
        (-0.02, 0.0, INCONCLUSIVE),
        (-0.5, 0.5, INCONCLUSIVE),
        (-0.5, -0.02, INCONCLUSIVE),
        (-0.5, -0.021, INFERIOR),
        (math.nan, math.nan, INCONCLUSIVE),
    ],
)
def test_decisions(low, high, expected):
    assert decide(low, high, 0.02) == expected


@given(st.floats(-1, 1), st.floats(0, 1), FRACTION, FRACTION)
def test_a_larger_margin_never_makes_a_bitrate_worse(low, width, one, other):
    grades = [INFERIOR, INCONCLUSIVE, NON_INFERIOR]
    small, large = sorted((one, other))
    found = [grades.index(decide(low, low + width, margin)) for margin in (small, large)]
    assert found[0] <= found[1]


@given(st.floats(-1, 1), st.floats(0, 1), FRACTION)
def test_each_interval_has_one_of_three_decisions(low, width, margin):
    high = low + width
    said = decide(low, high, margin)
    assert (said == NON_INFERIOR) == (low > -margin)
    assert (said == INFERIOR) == (high < -margin)


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ({8: "in", 16: "non", 64: "non"}, ("yes", 16, 8)),
        ({8: "non", 16: "non"}, ("yes", 8, None)),
        ({8: "non", 16: "in", 64: "non"}, ("yes", 64, 16)),
        ({8: "non", 16: "non", 64: "un"}, ("inconclusive", None, 64)),
        ({8: "non", 64: "in"}, ("none", None, 64)),
        ({8: "un", 64: "non"}, ("yes", 64, 8)),
        ({}, ("inconclusive", None, None)),
    ],
)
def test_safe_bitrates_are_tested_from_the_highest_down(decisions, expected):
    words = {"in": INFERIOR, "non": NON_INFERIOR, "un": INCONCLUSIVE}
    found = safe_bitrate({kbps: words[word] for kbps, word in decisions.items()})
    assert found.verdict == expected[0]
    assert [None if math.isnan(x) else x for x in found[1:]] == list(expected[1:])


@given(INTERVALS, FRACTION, FRACTION)
def test_a_larger_margin_never_raises_the_safe_bitrate(intervals, one, other):
    def lowest(margin):
        found = safe_bitrate(
            {
                kbps: decide(low, low + width, margin)
                for kbps, (low, width) in zip(KBPS, intervals, strict=False)
            }
        )
        return found.kbps if found.verdict == "yes" else math.inf

    small, large = sorted((one, other))
    assert lowest(large) <= lowest(small)


@given(
    st.dictionaries(st.sampled_from(KBPS), st.sampled_from([INFERIOR, INCONCLUSIVE, NON_INFERIOR]))
)
def test_at_and_above_the_safe_bitrate_all_are_non_inferior(decisions):
    found = safe_bitrate(decisions)
    above = [word for kbps, word in decisions.items() if kbps >= found.kbps]
    assert (found.verdict == "yes") == bool(above)
    assert set(above) <= {NON_INFERIOR}
    if not math.isnan(found.stopped):
        assert decisions[found.stopped] != NON_INFERIOR
        assert not [k for k in decisions if found.stopped < k < found.kbps]
