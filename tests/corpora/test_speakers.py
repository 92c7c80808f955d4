"""Speakers with names that differ only in spelling."""

import pandas as pd
import pytest

from aser_bench.corpora.speakers import merge_spellings


def merged(*names):
    table, suspects = merge_spellings(pd.DataFrame({"speaker": list(names)}))
    return table["speaker"].tolist(), suspects


@pytest.mark.parametrize(
    "other",
    ["ANN 1", " ann 1", "ann  1", "ann\u00a01", "ann\u200b 1", "\uff41nn 1", "ann 01", "ann 001"],
)
def test_names_that_differ_in_spelling_are_merged(other):
    names, suspects = merged("ann 1", "ann 1", other, "bob")
    assert names == ["ann 1", "ann 1", "ann 1", "bob"]
    assert suspects in ([f"'ann 1' = {other!a}"], [f"'ann 1' = {other!r}"])


@pytest.mark.parametrize("other", ["3.0", "03", "3.", "003.00"])
def test_formats_of_numbers_are_merged(other):
    assert merged("3", "3", other)[0] == ["3", "3", "3"]


def test_unicode_forms_are_merged():
    assert merged("Zoe\u0308", "Zo\u00eb")[1] == ["'Zoe\\u0308' = 'Zo\\xeb'"]


@pytest.mark.parametrize(
    "names", [("3", "30"), ("3.5", "3.05"), ("ann", "anna"), ("", "0"), ("1F", "1M")]
)
def test_other_names_remain(names):
    assert merged(*names) == (list(names), [])
