"""All guards together: equal evidence is the same, and the worst is said first."""

from __future__ import annotations

import made_evidence as given
from hypothesis import given as holds
from hypothesis import settings
from hypothesis import strategies as st

from aser_bench.checking.base import (
    MISSING,
    SAME,
    TOLERANCES,
    UNDECIDED,
    WORSE,
    WORST_FIRST,
    Options,
)
from aser_bench.checking.guards import GUARDS, guard

ALL = Options(tolerances={"max-cpu-ratio": 1.0})
OFF = Options(tolerances=dict.fromkeys(TOLERANCES))


def test_equal_evidence_is_the_same_in_every_guard():
    rows = guard(given.side(), given.side("baseline"), ALL)
    assert {row.verdict for row in rows} == {SAME}
    assert {row.guard for row in rows} == set(GUARDS) == {one.guard for one in TOLERANCES.values()}
    assert len({row.what for row in rows}) == len(rows)
    assert all(row.reason and row.baseline and row.value == row.baseline for row in rows)
    assert all(row.flag in TOLERANCES for row in rows if "recordings" not in row.what)


def test_what_is_off_has_no_rows():
    broken = given.side(conditions=None, features=None, leaks=None)
    assert guard(broken, given.side("baseline"), OFF) == ()
    assert {row.guard for row in guard(given.side(), given.side("baseline"), Options())} == (
        set(GUARDS) - {"cost"}
    )


def test_the_worst_comes_first():
    new = given.side(
        facts=given.manifest(corpora__voices__utterances=7), leaks=None,
        features=given.features(("mel_000", 1.0, 0.5)),
    )  # fmt: skip
    verdicts = [row.verdict for row in guard(new, given.side("baseline"), Options())]
    assert verdicts[:3] == [WORSE, MISSING, UNDECIDED]
    assert verdicts == sorted(verdicts, key=WORST_FIRST.index)


def test_a_side_without_a_table_is_one_undecided_row():
    bare = given.side("bare", conditions=None, features=None, leaks=None, manifest=None)
    whole = given.side("whole")
    for new, baseline, words in ((bare, whole, "new results hold no"), (whole, bare, "update it")):
        rows = guard(new, baseline, ALL)
        assert {(row.guard, row.what) for row in rows} == {
            ("codec", "conditions.csv"), ("features", "features.csv"), ("data", "manifest.json"),
            ("leaks", "leaks.csv"), ("cost", "manifest.json"),
        }  # fmt: skip
        assert {row.verdict for row in rows} == {UNDECIDED}
        assert all(words in row.reason for row in rows)
    assert guard(bare, bare, ALL) == ()


def test_a_corpus_that_is_gone_is_missing_unless_a_part_is_checked():
    corpora = given.MANIFEST["corpora"]
    facts = given.manifest(corpora__voices=None)
    facts["corpora"] = {"others": corpora["voices"]}
    rename = {"voices": "others"}
    new = given.side(
        facts=facts, conditions=given.side().conditions.replace(rename),
        features=given.features(corpus="others"), leaks=given.leaks().replace(rename),
    )  # fmt: skip
    rows = guard(new, given.side("baseline"), Options())
    assert [(row.guard, row.what, row.verdict) for row in rows] == [
        (name, "voices", MISSING) for name in ("codec", "features", "data", "leaks")
    ]
    assert guard(new, given.side("baseline"), Options(part=True)) == ()


@settings(max_examples=25, deadline=None)
@holds(st.floats(-3, 3), st.floats(0, 2))
def test_a_shift_within_the_tolerance_is_the_same_and_one_beyond_it_is_worse(shift, tolerance):
    new = given.side(features=given.features(("a", 1.0 + 2 * shift, 2.0)))
    baseline = given.side("baseline", features=given.features(("a", 1.0, 2.0)))
    options = Options(tolerances={**OFF.tolerances, "max-feature-shift": tolerance})
    (row,) = guard(new, baseline, options)
    if abs(abs(shift) - tolerance) > 1e-6:
        assert row.verdict == (WORSE if abs(shift) > tolerance else SAME)
