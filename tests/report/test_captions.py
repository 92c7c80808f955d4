"""Sentences about tests in captions and verdicts."""

from __future__ import annotations

import pandas as pd
import pytest

from aser_bench.report import captions


def rows(*counts):
    names = ["training", "family", "comparisons"]
    return list(pd.DataFrame(counts, columns=names).itertuples(index=False))


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([("clean", "codecs", 24), ("clean", "codecs", 24)], "24 comparisons"),
        (
            [("clean", "codecs", 24), ("matched", "codecs", 16)],
            "matched 16, clean 24 comparisons",
        ),
        (
            [("clean", "codecs", 24), ("clean", "controls", 3)],
            "24 comparisons; controls are a family of their own: 3",
        ),
        ([("clean", "codecs", 1), ("matched", "codecs", 1)], "1 comparison"),
        ([("clean", "codecs", 0)], ""),
    ],
)
def test_numbers_of_comparisons(counts, words):
    assert captions.comparisons(rows(*counts)) == words
    assert words in captions.dagger(rows(*counts))
    assert "()" not in captions.dagger([])
    explained = captions.explain_tests(rows(*counts))
    assert explained.endswith(f"({words})") if words else explained == ""


def row(**changes):
    usual = {"not_tested": "", "comparisons": 28, "significant": False, "low": -0.2, "high": 0.1}
    return {**usual, "p_holm": 1.0, **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "not significant after Holm's correction for 28 comparisons (p 1.000)"),
        (
            {"significant": True, "p_holm": 1e-5, "high": -0.1},
            "significant after Holm's correction for 28 comparisons (p <.001)",
        ),
        (
            {"high": -0.1, "p_holm": 0.06},
            "a loss by its own interval, but not after Holm's correction for 28 comparisons "
            "(p .060)",
        ),
        ({"not_tested": "no prediction differs"}, "not tested: no prediction differs"),
        ({"comparisons": float("nan")}, "not significant after Holm's correction (p 1.000)"),
    ],
)
def test_result_of_a_test_is_described(changes, words):
    assert captions.tested(row(**changes)) == words


def test_interval_below_the_margin_is_never_called_not_significant():
    for p in (0.0001, 0.2, 1.0):
        for significant in (True, False):
            changes = {"low": -0.401, "high": -0.237, "p_holm": p, "significant": significant}
            assert "not significant" not in captions.tested(row(**changes))
