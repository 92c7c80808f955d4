"""Feature drift: examples by hand and general properties."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from aser_bench.evaluation.drift import drift

VALUES = arrays.arrays(
    float, st.tuples(st.integers(2, 6), st.integers(1, 4)), elements=st.integers(-50, 50)
)


def test_shift_and_spread_by_hand():
    original = np.array([[1.0], [2.0], [3.0]])  # standard deviation 1
    coded = np.array([[1.5], [2.0], [5.5]])
    (row,) = drift(original, coded, ["pitch"]).to_dict("records")
    assert row["feature"] == "pitch"
    assert row["shift"] == pytest.approx(1.0)  # (.5 + 0 + 2.5) / 3
    assert row["spread"] == pytest.approx(np.sqrt((0.25 + 0 + 6.25) / 3))
    assert row["sd_ratio"] == pytest.approx(np.std([1.5, 2.0, 5.5], ddof=1))


def test_shifts_that_cancel_show_in_the_spread():
    (row,) = drift(np.array([[-1.0], [1.0]]), np.array([[1.0], [-1.0]]), ["x"]).to_dict("records")
    assert row["shift"] == 0
    assert row["spread"] == pytest.approx(np.sqrt(2))
    assert row["sd_ratio"] == 1


@given(VALUES)
def test_identical_features_do_not_shift(values):
    table = drift(values, values.copy(), [str(i) for i in range(values.shape[1])])
    varies = values.std(axis=0) > 0
    assert table["feature"].tolist() == [str(i) for i in range(values.shape[1])]
    assert (table.loc[varies, ["shift", "spread"]] == 0).all(axis=None)
    assert (table.loc[varies, "sd_ratio"] == 1).all()
    assert table.loc[~varies, ["shift", "spread", "sd_ratio"]].isna().all(axis=None)


@given(VALUES, st.sampled_from([0.5, 2.0, -3.0]), st.sampled_from([0.0, 7.0]))
def test_the_unit_of_a_feature_does_not_matter(values, factor, offset):
    coded = values[::-1] * 1.5 + 1
    names = [str(i) for i in range(values.shape[1])]
    one = drift(values, coded, names)
    two = drift(values * factor + offset, coded * factor + offset, names)
    np.testing.assert_allclose(two["shift"], np.sign(factor) * one["shift"], atol=1e-9)
    np.testing.assert_allclose(two[["spread", "sd_ratio"]], one[["spread", "sd_ratio"]], atol=1e-9)


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 1e6 + 0.1, -1e-12])
@pytest.mark.parametrize("n", [3, 7, 420])
def test_a_constant_feature_has_no_shift(constant, n):
    # The mean of 0.1 is not always 0.1 to the last bit: what rounding left is no spread.
    original = np.full((n, 1), constant)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (row,) = drift(original, original + 1, ["x"]).to_dict("records")
    assert np.isnan([row["shift"], row["spread"], row["sd_ratio"]]).all()


def test_one_utterance_has_no_spread():
    table = drift(np.ones((1, 2)), np.zeros((1, 2)), ["x", "y"])
    assert table[["shift", "spread", "sd_ratio"]].isna().all(axis=None)


def test_single_precision_is_summed_in_double():
    # In single precision the mean of these is off by more than their spread.
    original = (1e4 + np.arange(5000) / 5000).astype(np.float32)[:, None]
    (row,) = drift(original, original + np.float32(0.5), ["x"]).to_dict("records")
    assert row["shift"] == pytest.approx(0.5 / original.astype(float).std(ddof=1), rel=1e-3)
