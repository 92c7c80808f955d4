"""The leaks guard compares the share of test utterances connected to the training data."""

from __future__ import annotations

import check_input_factory as factory
import pytest

from aser_bench.baseline.guards import leaks
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import CHANGED, INCONCLUSIVE, MISSING, SAME, WORSE

DRAWN = factory.manifest(study__seed=1)


def side(path="new", facts=None, **changes):
    return factory.side(path, facts, leaks=factory.leaks(**changes))


def rows(new, baseline=None, **options):
    result = leaks.check(new, baseline or side("baseline"), CheckOptions(**options))
    return {row.what.partition(": ")[2]: row for row in result}


def test_each_kind_of_leak_is_one_row_over_all_folds():
    result = rows(side(speaker=1), side("baseline", speaker=1))
    assert set(result) == {"speaker", "recording", "sentence"}
    assert {row.verdict for row in result.values()} == {SAME}
    row = result["speaker"]
    assert (row.what, row.flag) == ("voices speaker: speaker", "max-leak")
    assert row.baseline == row.value == "2 of 8 test utterances (25 %)"
    assert row.reason == "no more than before"


def test_a_rise_above_the_tolerance_is_worse():
    assert rows(side(speaker=1))["speaker"].verdict == WORSE
    assert (
        rows(side(speaker=1))["speaker"].reason == "rose from none to 25 % of the test utterances"
    )
    risen = rows(side(sentence=3), side("baseline", sentence=2))["sentence"]
    assert (risen.verdict, risen.reason) == (WORSE, "rose by 25 % of the test utterances")
    within = rows(side(speaker=1), tolerances={"max-leak": 0.25})["speaker"]
    assert within.verdict == SAME
    assert rows(side(sentence=3))["sentence"].verdict == SAME


def test_the_share_is_compared_and_not_the_number():
    twice = side(sentence=2)
    more = factory.side(
        leaks=twice.leaks.assign(n_test=8, utterances=twice.leaks["utterances"] * 2)
    )
    assert rows(more, twice)["sentence"].verdict == SAME


def test_another_seed_makes_a_rise_changed_unless_from_none():
    old = side("baseline", sentence=2)
    assert rows(side(facts=DRAWN, sentence=3), old)["sentence"].verdict == CHANGED
    assert "seed 1, was 0" in rows(side(facts=DRAWN, sentence=3), old)["sentence"].reason
    assert rows(side(facts=DRAWN, speaker=1), old)["speaker"].verdict == WORSE
    assert rows(side(facts=DRAWN, sentence=1), old)["sentence"].verdict == SAME


@pytest.mark.parametrize("written", [bool, str])
def test_newly_unknown_leaks_are_inconclusive(written):
    def silent(path="new"):
        table = factory.leaks(sentence=0, speaker=0)
        table["known"] = table["known"].where(table["kind"] != "sentence", False).map(written)
        return factory.side(path, leaks=table)

    row = rows(silent())["sentence"]
    assert (row.verdict, row.value) == (INCONCLUSIVE, "unknown")
    assert row.reason == "the corpus no longer reports the sentence of every recording"
    assert rows(silent())["speaker"].verdict == SAME
    assert set(rows(side(), silent("baseline"))) == {"speaker", "recording"}
    assert set(rows(silent(), silent("baseline"))) == {"speaker", "recording"}


def test_a_missing_protocol_is_missing_unless_part():
    other = factory.side(leaks=factory.leaks().assign(protocol="paper"))
    assert {row.verdict for row in rows(other).values()} == {MISSING}
    assert len(rows(other)) == 3
    assert rows(other, part=True) == {}


def test_off_has_no_row():
    assert rows(side(speaker=4), tolerances={"max-leak": None}) == {}


@pytest.mark.parametrize("column", ["n_test", "utterances"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_blank_number_is_inconclusive(column, value):
    table = factory.leaks(sentence=2).astype({column: float})
    table.loc[table["kind"].eq("sentence") & table["fold"].eq(1), column] = value
    blank = factory.side("blank", leaks=table)
    row = rows(blank, side("baseline", sentence=2))["sentence"]
    assert (row.verdict, row.value) == (INCONCLUSIVE, "unknown")
    assert row.reason == ("leaks.csv of the new results lacks the utterances of some folds")
    assert row.baseline == "4 of 8 test utterances (50 %)"
    back = rows(side(sentence=2), blank)["sentence"]
    assert back.verdict == INCONCLUSIVE
    assert "leaks.csv of the baseline lacks" in back.reason
    assert rows(blank)["speaker"].verdict == SAME


def test_a_rise_just_above_the_tolerance_is_shown_as_larger():
    result = rows(side(sentence=3), side("baseline", sentence=2), tolerances={"max-leak": 0.2499})
    assert result["sentence"].reason == "rose by 25 %, more than 24.99 % of the test utterances"
    edge = rows(side(sentence=3), side("baseline", sentence=2), tolerances={"max-leak": 0.249999})
    assert edge["sentence"].reason == "rose by 25 %, more than 24.9999 % of the test utterances"
