"""The original is not changed."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench.codecs import roundtrip
from aser_bench.codecs.original import COMPONENT
from aser_bench.core.errors import UsageError
from aser_bench.core.tables import Condition


def test_original_has_one_condition():
    conditions, aliases = COMPONENT.conditions([], 16000, "promote")
    assert conditions == [Condition("original", "original")]
    assert aliases == []
    assert COMPONENT.encoder() == ""


def test_rejects_bitrates():
    with pytest.raises(UsageError, match="no bitrates"):
        COMPONENT.conditions([8], 16000, "promote")


def test_result_is_an_equal_copy():
    signal = np.linspace(-1.5, 1.5, 99, dtype=np.float32)
    coded = roundtrip(signal, 16000, "original")
    np.testing.assert_array_equal(coded, signal)
    assert not np.shares_memory(coded, signal)
