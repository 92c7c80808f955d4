"""The features guard compares features of the original recordings."""

from __future__ import annotations

import check_input_factory as factory
import numpy as np
import pytest

from aser_bench.baseline.guards import features
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import CHANGED, INCONCLUSIVE, MISSING, SAME, WORSE

ROWS = (("mel_000", 1.0, 0.5), ("mel_001", -20.0, 4.0), ("constant", 2.0, 0.0))
BASELINE = factory.side("baseline", features=factory.features(*ROWS))


def rows(new, baseline=BASELINE, **options):
    return list(features.check(new, baseline, CheckOptions(**options)))


def one(*changed, facts=None, **options):
    """Check changed features, and return the only row."""
    table = {name: (name, *values) for name, *values in ROWS}
    table.update({row[0]: row for row in changed})
    (row,) = rows(factory.side(facts=facts, features=factory.features(*table.values())), **options)
    return row


def test_unchanged_features_are_the_same():
    row = one()
    assert (row.guard, row.what, row.verdict) == ("features", "voices functionals", SAME)
    assert (row.reason, row.flag) == ("no feature moved", "max-feature-shift")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (("mel_001", -18.4, 4.0), "mel_001 moved by 0.4 SD, more than 0.01 SD (1 of 3 moved)"),
        (("mel_001", -20.0, 2.0), "mel_001 moved by 0.5 SD, more than 0.01 SD (1 of 3 moved)"),
        (("mel_001", -20.0, 6.0), "mel_001 moved by 0.5 SD, more than 0.01 SD (1 of 3 moved)"),
        (("constant", 2.00001, 0.0), "constant moved although it was constant (1 of 3 moved)"),
        (("constant", 2.0, 0.1), "constant moved although it was constant (1 of 3 moved)"),
        (
            ("mel_001", -19.95996, 4.0),
            "mel_001 moved by 0.01001 SD, more than 0.01 SD (1 of 3 moved)",
        ),
        (("mel_000", np.inf, 0.5), "mel_000 is infinite on one side (1 of 3 moved)"),
        (("mel_000", 1.0, np.inf), "mel_000 is infinite on one side (1 of 3 moved)"),
        (("mel_000", np.nan, 0.5), "mel_000 is not a number on one side (1 of 3 moved)"),
    ],
)
def test_a_shift_of_mean_or_deviation_is_worse(changed, reason):
    row = one(changed)
    assert row.verdict == WORSE
    assert row.reason == f"{reason}; raise the feature set's version if this is intended"


def test_the_largest_shift_is_named_with_both_values():
    row = one(("mel_000", 1.01, 0.5), ("mel_001", -18.4, 4.0))
    assert "mel_001 moved by 0.4 SD, more than 0.01 SD (2 of 3 moved)" in row.reason
    assert row.baseline == "mel_001: mean -20, SD 4"
    assert row.value == "mel_001: mean -18.4, SD 4"


@pytest.mark.parametrize(
    "changed", [("mel_001", -19.96, 4.0), ("mel_001", -20, 4.039), ("constant", 2.000001, 0.0)]
)
def test_a_shift_within_the_tolerance_is_the_same(changed):
    assert one(changed).verdict == SAME


def test_the_tolerance_decides():
    assert one(("mel_001", -18.4, 4.0), tolerances={"max-feature-shift": 0.4}).verdict == SAME
    assert rows(factory.side(features=None), tolerances={"max-feature-shift": None}) == []


VERSION = factory.manifest(components__features__functionals=4)
CORPUS = factory.manifest(corpora__voices__sha256="ab" * 32)


@pytest.mark.parametrize(
    ("facts", "allow", "words"),
    [
        (VERSION, "components", "functionals version 4, was 3"),
        (CORPUS, "corpus", "recordings or labels of voices differ"),
    ],
)
def test_declared_differences_make_a_shift_changed(facts, allow, words):
    moved = ("mel_001", -18.4, 4.0)
    row = one(moved, facts=facts)
    assert row.verdict == CHANGED
    assert "mel_001 moved by 0.4 SD" in row.reason
    assert words in row.reason
    assert "raise the" not in row.reason
    allowed = one(moved, facts=facts, allow=(allow,))
    assert allowed.verdict == WORSE
    assert words not in allowed.reason
    other = {"components": "corpus", "corpus": "components"}[allow]
    assert one(moved, facts=facts, allow=(other,)).verdict == CHANGED


def test_missing_features_are_changed_under_another_version():
    left = factory.features(ROWS[0])
    (row,) = rows(factory.side(features=left))
    assert (row.verdict, row.reason) == (
        MISSING,
        "2 of 3 features are missing: mel_001, constant",
    )
    (row,) = rows(factory.side(facts=VERSION, features=left))
    assert row.verdict == CHANGED
    assert "2 of 3 features are missing" in row.reason
    (row,) = rows(factory.side(facts=VERSION, features=factory.features(("another", 1.0, 1.0))))
    assert row.verdict == CHANGED


def test_new_features_are_ignored():
    more = factory.side(features=factory.features(*ROWS, ("new", 1.0, 1.0)))
    assert [row.verdict for row in rows(more)] == [SAME]


def test_a_missing_feature_set_is_missing_unless_part():
    frames = factory.features(*ROWS).assign(features="frames")
    new = factory.side(features=frames)
    assert [(row.what, row.verdict) for row in rows(new)] == [("voices functionals", MISSING)]
    assert rows(new, part=True) == []


def test_a_side_without_features_is_inconclusive():
    (row,) = rows(factory.side(), factory.side(features=None))
    assert row.verdict == INCONCLUSIVE
    assert row.reason == (
        "the baseline has no features.csv: run its study again with this version and update it"
    )


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_equal_infinite_or_nan_values_are_the_same(value):
    table = factory.features(("a", value, 1.0), ("b", 1.0, abs(value)))
    (row,) = rows(factory.side(features=table), factory.side("baseline", features=table))
    assert (row.verdict, row.reason) == (SAME, "no feature moved")
