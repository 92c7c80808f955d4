"""JUnit XML, as junitparser reads it."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

import junitparser
import pytest
from check_factory import COMMAND, cell, every_verdict, guard, incomparable, odd_checks, passing
from hypothesis import given, settings

from aser_bench.baseline.formats import FORMATS
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import BETTER, EXIT_NOTHING, SAME, CheckResult

pytestmark = pytest.mark.usefixtures("named_folders")


def suite_of(checked):
    text = FORMATS["junit"](checked)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    (suite,) = junitparser.JUnitXml.fromstring(text.encode("utf-8"))
    return suite


def kinds(suite):
    """Return the result of each case; the parser has a list of results for each case."""
    return [type(case.result[0]).__name__ if case.result else "passed" for case in suite]


@pytest.mark.parametrize(
    ("checked", "counts"),
    [
        (every_verdict(), {"Failure": 4, "Skipped": 5, "passed": 5}),
        (every_verdict(strict=True), {"Failure": 8, "Skipped": 1, "passed": 5}),
        (passing(), {"passed": 3}),
        (incomparable("x"), {"Skipped": 2, "Error": 1}),
    ],
)
def test_cases_and_counts_agree(checked, counts):
    suite = suite_of(checked)
    assert Counter(kinds(suite)) == counts
    assert suite.name == "aser-bench check"
    assert suite.tests == sum(counts.values())
    assert suite.failures == counts.get("Failure", 0)
    assert suite.skipped == counts.get("Skipped", 0)
    assert suite.errors == counts.get("Error", 0)
    assert suite.time == 0


def test_a_failure_has_the_reason_and_the_command():
    case = next(iter(suite_of(every_verdict())))
    assert (case.classname, case.name) == ("demo.functionals.svm.speaker", "original -> mp3-8k")
    (failure,) = case.result
    assert failure.type == "worse"
    assert failure.message == "lost 3.4 points over 20 speakers, more than 2 (p .012)"
    assert failure.text.splitlines() == [
        failure.message,
        "baseline .543, new .509, difference -3.4 [-6.1, -2.1]",
        COMMAND,
    ]


def test_a_guard_is_a_test_case():
    cases = {(case.classname, case.name): case for case in suite_of(every_verdict())}
    failure = cases["guard.codec", "demo mp3-8k: delay"].result[0]
    assert failure.text.splitlines()[1:] == ["1105 samples -> 1129 samples", "--max-lag-shift 1"]
    assert cases["guard.data", "demo: utterances"].system_out.startswith("none lost")


def test_skipped_cases_have_verdict_and_reason():
    messages = [
        case.result[0].message
        for case in suite_of(every_verdict())
        if case.result and isinstance(case.result[0], junitparser.Skipped)
    ]
    assert "new: not in the baseline" in messages
    assert "inconclusive: may have lost up to 5.4 points" in messages


def test_nothing_comparable_is_an_error_with_advice():
    case = list(suite_of(incomparable("the encoder")))[-1]
    assert case.name == "comparable"
    (error,) = case.result
    assert isinstance(error, junitparser.Error)
    assert "- the encoder\n" in error.text
    assert "aser-bench baseline update" in error.text


def test_dots_in_names_are_replaced():
    case = next(iter(suite_of(passing(cell("same", corpus="v1.2", model="my.pack:M")))))
    assert case.classname == "v1_2.functionals.my_pack:M.speaker"


def test_duplicate_case_names_are_numbered():
    cells = [cell("same", corpus=name) for name in ("a.b", "a_b", "a\x00b", "a\x01b")]
    identities = [(case.classname, case.name) for case in suite_of(passing(*cells))]
    assert len(set(identities)) == 4
    assert identities[1] == ("a_b.functionals.svm.speaker", "original -> mp3-8k (2)")


def test_log_commands_in_a_reason_are_escaped():
    text = FORMATS["junit"](passing(cell("worse", reason="x", command="::error::y")))
    assert "\n::" not in text


@settings(deadline=None)
@given(odd_checks)
def test_any_names_give_valid_xml(checked):
    suite = suite_of(checked)
    wanted = []
    for one in (*checked.cells, *checked.guards):
        passed = "passed" if one.verdict in (BETTER, SAME) else "Skipped"
        wanted.append("Failure" if checked.fails(one) else passed)
    if checked.exit_code == EXIT_NOTHING:
        wanted.append("Error")
    assert kinds(suite) == wanted
    assert suite.tests == len(wanted)
    assert suite.failures == wanted.count("Failure")
    identities = [(case.classname, case.name) for case in suite]
    assert len(set(identities)) == len(identities)


def test_characters_that_xml_forbids_are_replaced():
    nasty = "a\x00\x08\x1b\ud800\ufffe\uffff<&>\"'b"
    checked = CheckResult(
        "n",
        "b",
        CheckOptions(),
        (cell("worse", nasty, reason=nasty, command=nasty),),
        (guard(what=nasty, reason=nasty),),
    )
    root = ElementTree.fromstring(FORMATS["junit"](checked).encode("utf-8"))
    case = root.find("suite/testcase") or root.find("testsuite/testcase")
    assert case.get("name") == "original -> a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd<&>\"'b"
