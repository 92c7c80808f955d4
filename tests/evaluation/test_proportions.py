"""Intervals of paired differences of proportions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from aser_bench.evaluation import proportions

TEN = np.full(10, 6)


def wilson(value, n, t):
    centre = (value + t**2 / (2 * n)) / (1 + t**2 / n)
    half = t / (1 + t**2 / n) * np.sqrt(value * (1 - value) / n + t**2 / (4 * n**2))
    return centre - half, centre + half


def test_limits_are_those_of_newcombe_with_wilson_limits():
    rng = np.random.default_rng(0)
    original, coded = rng.integers(2, 6, 10), rng.integers(0, 4, 10)
    low, high = proportions.difference_limits(coded, original, TEN)
    t = special.stdtrit(9, 0.975)
    sides = []
    for correct in (coded, original):
        value = correct.sum() / 60
        variance = (correct / 6).var(ddof=1) / 10  # the jackknife of a mean
        n = min(value * (1 - value) / variance, 60)
        sides.append((value, *wilson(value, n, t)))
    (value, low_1, high_1), (base, low_2, high_2) = sides
    r = np.corrcoef(coded, original)[0, 1]
    down, up = value - low_1, high_2 - base
    left = np.sqrt(down**2 - 2 * r * down * up + up**2)
    down, up = base - low_2, high_1 - value
    right = np.sqrt(down**2 - 2 * r * down * up + up**2)
    assert low == pytest.approx(value - base - left)
    assert high == pytest.approx(value - base + right)


def test_arrays_have_the_limits_of_each_row():
    rng = np.random.default_rng(1)
    coded, original = rng.integers(0, 7, (2, 20, 10))
    low, high = proportions.difference_limits(coded, original, np.full((20, 10), 6))
    for row in range(20):
        one = proportions.paired_difference(coded[row], original[row], TEN)
        assert (one.low, one.high) == pytest.approx((low[row], high[row]))
        assert -1 <= one.low <= one.estimate <= one.high <= 1


def test_error_and_p_are_those_of_the_t_test_over_speakers():
    rng = np.random.default_rng(2)
    coded, original = rng.integers(0, 5, 10), rng.integers(2, 7, 10)
    change = proportions.paired_difference(coded, original, TEN)
    difference = (coded - original) / 6
    t = difference.mean() / (difference.std(ddof=1) / np.sqrt(10))
    assert change.p == pytest.approx(2 * special.stdtr(9, -abs(t)))


@pytest.mark.parametrize(
    ("coded", "original", "expected"), [(0, 6, (-1, -0.889)), (6, 0, (0.889, 1)), (6, 6, (-0.06,))]
)
def test_proportions_of_0_and_1_stay_in_range(coded, original, expected):
    one = proportions.paired_difference(np.full(10, coded), np.full(10, original), TEN)
    assert one.low == pytest.approx(expected[0], abs=0.03)
    assert -1 <= one.low < one.high <= 1
    if coded != original:
        assert one.high == pytest.approx(expected[1], abs=0.001)


def test_equal_recalls_have_a_width():
    half = np.full(10, 3)
    one = proportions.paired_difference(half, half, TEN)
    assert one.low <= -(1 - 0.025 ** (1 / 60)) < 0 < one.high


def test_speakers_without_the_emotion_do_not_count():
    coded, original, sizes = (np.array(x) for x in ([1, 2, 3, 0], [4, 4, 5, 0], [6, 6, 6, 0]))
    one = proportions.paired_difference(coded, original, sizes)
    other = proportions.paired_difference(coded[:3], original[:3], sizes[:3])
    assert one == other
    assert one.clusters == 3
    none = proportions.paired_difference(coded[2:], original[2:], sizes[2:])
    assert np.isnan(none.low)
    assert none.why == "no interval: 1 speaker with this emotion instead of at least 3"
