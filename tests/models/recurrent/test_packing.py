"""Packing of steps compared with loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def packing():
    from aser_bench.models.recurrent.packing import Packing

    return Packing


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=7), st.integers(0, 3))
def test_packing_equals_a_loop(packing, lengths, extra):
    longest = max(lengths) + extra
    values = np.random.default_rng(0).normal(size=(longest, len(lengths), 2)).astype(np.float32)
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    positions = [(t, i) for t in range(longest) for i in order if t < lengths[i]]
    packed = packing(np.array(lengths, np.int32), longest)
    rows = packed.pack(values)
    np.testing.assert_array_equal(rows, [values[position] for position in positions])
    np.testing.assert_array_equal(
        packed.counts, [sum(t < n for n in lengths) for t in range(longest)]
    )
    last = [values[n - 1, i] for i, n in enumerate(lengths)]
    np.testing.assert_array_equal(packed.last(rows), last)
    real = np.arange(longest)[:, None] < np.array(lengths)
    np.testing.assert_array_equal(packed.unpack(rows), values * real[..., None])


def test_word_indices_can_be_packed(packing):
    words = np.array([[4, 1], [0, 2], [0, 3]], np.int32)
    rows = packing(np.array([1, 3], np.int32), 3).pack(words)
    np.testing.assert_array_equal(rows, [1, 4, 2, 3])
