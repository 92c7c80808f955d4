"""All guards together, on equal, incomplete and arbitrary sides."""

from __future__ import annotations

from typing import Any

import check_input_factory as factory
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from aser_bench.baseline.differences import cell_differences, environment_notes, seed_note
from aser_bench.baseline.guards import GUARDS, run_guards
from aser_bench.baseline.guards.rows import format_shift
from aser_bench.baseline.options import DIFFERENCES, TOLERANCES, CheckOptions
from aser_bench.baseline.unknowns import unknown_facts
from aser_bench.baseline.verdicts import INCONCLUSIVE, MISSING, SAME, VERDICTS, WORSE

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
ALL = CheckOptions(tolerances={"max-cpu-ratio": 1.0})
OFF = CheckOptions(tolerances=dict.fromkeys(TOLERANCES))


def test_equal_sides_are_the_same_in_every_guard():
    rows = run_guards(factory.side(), factory.side("baseline"), ALL)
    assert {row.verdict for row in rows} == {SAME}
    assert {row.guard for row in rows} == set(GUARDS) == {one.guard for one in TOLERANCES.values()}
    assert len({row.what for row in rows}) == len(rows)
    assert all(row.reason and row.baseline and row.value == row.baseline for row in rows)
    # Values that must not change have no tolerance.
    assert {row.what.partition(": ")[2] for row in rows if row.flag not in TOLERANCES} == {
        "recordings and labels",
        "sampling rate",
    }


def test_off_has_no_rows():
    broken = factory.side(conditions=None, features=None, leaks=None)
    assert run_guards(broken, factory.side("baseline"), OFF) == ()
    assert {
        row.guard for row in run_guards(factory.side(), factory.side("baseline"), CheckOptions())
    } == (set(GUARDS) - {"cost"})


def test_the_worst_comes_first():
    new = factory.side(
        facts=factory.manifest(corpora__voices__utterances=7),
        leaks=None,
        features=factory.features(("mel_000", 1.0, 0.5)),
    )
    verdicts = [row.verdict for row in run_guards(new, factory.side("baseline"), CheckOptions())]
    assert verdicts[:3] == [WORSE, MISSING, INCONCLUSIVE]
    assert verdicts == sorted(verdicts, key=VERDICTS.index)


def test_a_missing_table_is_one_inconclusive_row():
    bare = factory.side("bare", conditions=None, features=None, leaks=None, manifest=None)
    whole = factory.side("whole")
    for new, baseline, words in ((bare, whole, "new results have no"), (whole, bare, "update it")):
        rows = run_guards(new, baseline, ALL)
        assert {(row.guard, row.what) for row in rows} == {
            ("codec", "conditions.csv"),
            ("features", "features.csv"),
            ("data", "manifest.json"),
            ("leaks", "leaks.csv"),
            ("cost", "manifest.json"),
        }
        assert {row.verdict for row in rows} == {INCONCLUSIVE}
        assert all(words in row.reason for row in rows)
    assert run_guards(bare, bare, ALL) == ()


def test_a_missing_corpus_is_missing_unless_part():
    corpora = factory.MANIFEST["corpora"]
    facts = factory.manifest(corpora__voices=None)
    facts["corpora"] = {"others": corpora["voices"]}
    rename = {"voices": "others"}
    new = factory.side(
        facts=facts,
        conditions=factory.side().conditions.replace(rename),
        features=factory.features(corpus="others"),
        leaks=factory.leaks().replace(rename),
    )
    rows = run_guards(new, factory.side("baseline"), CheckOptions())
    assert [(row.guard, row.what, row.verdict) for row in rows] == [
        (name, "voices", MISSING) for name in ("codec", "features", "data", "leaks")
    ]
    assert run_guards(new, factory.side("baseline"), CheckOptions(part=True)) == ()


@settings(max_examples=25, deadline=None)
@given(st.floats(-3, 3), st.floats(0, 2))
def test_the_tolerance_separates_same_and_worse(shift, tolerance):
    new = factory.side(features=factory.features(("a", 1.0 + 2 * shift, 2.0)))
    baseline = factory.side("baseline", features=factory.features(("a", 1.0, 2.0)))
    options = CheckOptions(tolerances={**OFF.tolerances, "max-feature-shift": tolerance})
    (row,) = run_guards(new, baseline, options)
    if abs(abs(shift) - tolerance) > 1e-6:
        assert row.verdict == (WORSE if abs(shift) > tolerance else SAME)


def paths(facts: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every key of a nested mapping."""
    if not isinstance(facts, dict):
        return []
    here = [(*path, name) for name in facts]
    return here + [inner for name in facts for inner in paths(facts[name], (*path, name))]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(paths(factory.MANIFEST)), JSON, st.booleans())
def test_any_value_in_a_manifest_is_handled(path, value, swapped):
    facts = factory.manifest()
    *outer, last = path
    place = facts
    for name in outer:
        place = place[name]
    place[last] = value
    try:
        sides = [factory.side("odd", facts), factory.side("good")]
    except ValueError:  # not a manifest, which the reader refuses
        reject()
    new, baseline = sides[::-1] if swapped else sides
    rows = run_guards(new, baseline, ALL)
    assert all(row.verdict in VERDICTS and row.reason for row in rows)
    by_training = [
        cell_differences(new, baseline, factory.key(train_condition=name))
        for name in ("original", "multi")
    ]
    assert all(set(one) <= set(DIFFERENCES) for one in by_training)
    lines = [line for one in by_training for line in one.values()]
    lines += [
        *unknown_facts(new, baseline),
        *environment_notes(new, baseline),
        seed_note(new, baseline),
    ]
    assert all(len(line.splitlines()) <= 1 for line in lines)


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1e6), st.floats(1e-8, 1e6), st.sampled_from([1.0, 100.0]))
def test_a_shift_above_the_tolerance_is_shown_as_larger(tolerance, more, scale):
    shift = tolerance + more * max(1.0, tolerance)
    shown, _, bound = format_shift(shift, tolerance, "dB", scale).partition(" dB, more than ")
    assert float(shown) > float(bound.removesuffix(" dB"))
    assert "more than" not in format_shift(tolerance, shift, "dB", scale)
