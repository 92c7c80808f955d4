"""The data guard compares utterances, refused recordings and hashes."""

from __future__ import annotations

import check_input_factory as factory
import pytest

from aser_bench.baseline.guards import data
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import CHANGED, INCONCLUSIVE, SAME, WORSE

SHORT = "codec x: returned 990 samples for 1000 at x-8k"


def refused(*names, folder="/here"):
    return [{"file": f"{folder}/{name}", "reason": SHORT} for name in names]


def side(path="new", **changes):
    facts = {f"corpora__voices__{name}": value for name, value in changes.items()}
    return factory.side(path, factory.manifest(**facts))


def rows(new, baseline=None, **options):
    result = data.check(new, baseline or side("baseline"), CheckOptions(**options))
    return {row.what.partition(": ")[2]: row for row in result}


@pytest.mark.parametrize(
    ("utterances", "tolerance", "verdict", "reason"),
    [
        (8, 0, SAME, "unchanged"),
        (7, 0, WORSE, "1 fewer than before"),
        (7, 1, SAME, "1 fewer than before"),
        (9, 0, SAME, "1 more than before"),
    ],
)
def test_more_lost_utterances_than_tolerated_are_worse(utterances, tolerance, verdict, reason):
    row = rows(side(utterances=utterances), tolerances={"max-lost": tolerance})["utterances"]
    assert (row.verdict, row.reason, row.flag) == (verdict, reason, "max-lost")
    assert (row.baseline, row.value) == (
        "8 utterances",
        f"{utterances} utterances",
    )


def test_newly_refused_recordings_are_worse_and_named():
    old = refused("old.wav")
    new = side(refused=refused("old.wav", "a.wav", "b.wav", "c.wav", folder="/there"))
    row = rows(new, side("baseline", refused=old))["refused"]
    assert (row.verdict, row.flag) == (WORSE, "max-refused")
    assert row.reason == (
        f"3 more than before, newly refused: a.wav ({SHORT}), b.wav ({SHORT}) and 1 other"
    )
    assert (row.baseline, row.value) == ("1 recording", "4 recordings")
    allowed = rows(new, side("baseline", refused=old), tolerances={"max-refused": 3})["refused"]
    assert allowed.verdict == SAME


def test_fewer_refused_recordings_are_the_same():
    old = side("baseline", refused=refused("a.wav", "a.wav"))
    fewer = rows(side(refused=refused("a.wav")), old)["refused"]
    assert (fewer.verdict, fewer.reason) == (SAME, "1 fewer than before")
    other = rows(side(refused=refused("a.wav", "b.wav")), old)["refused"]
    assert (other.verdict, other.reason) == (
        SAME,
        f"unchanged, newly refused: b.wav ({SHORT})",
    )


def test_equal_names_in_two_folders_are_two_recordings():
    new = side(refused=[*refused("a.wav", folder="/one"), *refused("a.wav", folder="/two")])
    row = rows(new, side("baseline", refused=refused("a.wav")))["refused"]
    assert row.reason == f"1 more than before, newly refused: a.wav ({SHORT})"


def test_other_recordings_are_changed_unless_allowed():
    new = side(sha256="99ab" * 16)
    row = rows(new)["recordings and labels"]
    assert row.verdict == CHANGED
    assert row.reason.startswith("recordings or labels of voices differ")
    assert (row.baseline, row.value) == ("sha256 1ed1a5fb", "sha256 99ab99ab")
    allowed = rows(new, allow=("corpus",))["recordings and labels"]
    assert allowed.verdict == SAME
    assert allowed.reason.endswith("as allowed")
    assert rows(side())["recordings and labels"].verdict == SAME


def test_other_texts_are_changed_if_both_sides_read_them():
    read, edited = side(texts_sha256="ab" * 32), side(texts_sha256="99" * 32)
    row = rows(edited, read)["texts"]
    assert (row.verdict, row.reason) == (
        CHANGED,
        "texts of voices differ (sha256 99999999, was abababab)",
    )
    assert rows(edited, read, allow=("corpus",))["texts"].verdict == SAME
    assert rows(read, read)["texts"].verdict == SAME
    assert "texts" not in rows(read, side())


@pytest.mark.parametrize(
    ("name", "value", "row", "words"),
    [
        ("utterances", None, "utterances", "the number of utterances"),
        ("utterances", "8", "utterances", "the number of utterances"),
        ("utterances", True, "utterances", "the number of utterances"),
        ("utterances", 10**400, "utterances", "the number of utterances"),
        ("refused", None, "refused", "the refused recordings"),
        ("refused", 3, "refused", "the refused recordings"),
        ("refused", ["a.wav"], "refused", "the refused recordings"),
        ("refused", [{"file": 1, "reason": ""}], "refused", "the refused recordings"),
        ("refused", [{"file": "a.wav"}], "refused", "the refused recordings"),
        ("sha256", None, "recordings and labels", "their sha256"),
        ("sha256", 12, "recordings and labels", "their sha256"),
    ],
)
def test_facts_missing_from_one_side_are_inconclusive(name, value, row, words):
    odd = side("odd", **{name: value})
    new, old = rows(odd)[row], rows(side(), odd)[row]
    assert (new.verdict, new.reason) == (INCONCLUSIVE, f"the new results do not report {words}")
    assert (old.verdict, old.reason) == (INCONCLUSIVE, f"the baseline does not report {words}")
    others = {result.verdict for what, result in rows(odd).items() if what != row}
    assert others == {SAME}


def test_facts_missing_from_both_sides_have_no_row():
    bare = side("older", utterances=None, refused=None, sha256=None)
    assert rows(bare, bare) == {}
    unreadable = side("odd", utterances="8", refused=3, sha256=1)
    assert rows(unreadable, bare) == {}


def test_off_has_no_row():
    assert set(rows(side(), tolerances={"max-lost": None})) == {"refused", "recordings and labels"}
    assert set(rows(side(), tolerances={"max-refused": None})) == {
        "utterances",
        "recordings and labels",
    }
    assert rows(side(), tolerances={"max-lost": None, "max-refused": None}) == {}
