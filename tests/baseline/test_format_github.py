"""Workflow commands as GitHub Actions reads them, and the summary of a job."""

from __future__ import annotations

import re

import pytest
from check_factory import COMMAND, cell, every_verdict, guard, incomparable, odd_checks, passing
from hypothesis import given, settings

from aser_bench.baseline.formats import FORMATS
from aser_bench.baseline.formats.github import append_job_summary
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import CheckResult
from aser_bench.core.errors import UsageError

pytestmark = pytest.mark.usefixtures("named_folders")


def told(checked):
    """Return (kind, title, message) of each line, unescaped as GitHub does."""
    lines = FORMATS["github"](checked).removesuffix("\n").split("\n")
    found = []
    for line in lines:
        kind, title, message = re.fullmatch(r"::(\w+) title=([^:,\r]*)::([^\r]*)", line).groups()
        found.append((kind, _unescaped(title), _unescaped(message)))
    return found


def _unescaped(text):
    signs = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    return re.sub("%(0D|0A|3A|2C|25)", lambda found: signs[found[0]], text)


def test_failures_are_errors_and_what_is_open_a_warning():
    kinds = [kind for kind, *_ in told(every_verdict())]
    assert kinds == ["error"] * 4 + ["warning"] * 4 + ["notice"]
    strictly = [kind for kind, *_ in told(every_verdict(strict=True))]
    assert strictly == ["error"] * 8 + ["notice"]


def test_an_annotation_says_which_cell_why_and_how_to_see_it_again():
    _, title, message = told(every_verdict())[0]
    assert title == "worse: demo / functionals / svm / speaker: original -> mp3-8k"
    assert message.splitlines() == [
        "lost 3.4 points over 20 speakers, more than 2 (p .012)",
        "baseline .543, new .509, difference -3.4 [-6.1, -2.1]",
        COMMAND,
    ]
    _, title, message = told(every_verdict())[2]
    assert title == "worse: codec: demo mp3-8k: delay"
    assert message.endswith("\n--max-lag-shift 1")


def test_the_notice_is_the_sentence():
    for checked in (every_verdict(), passing(), incomparable("x")):
        assert told(checked)[-1] == ("notice", "aser-bench check", checked.sentence)
    assert len(told(passing())) == 1


def test_nothing_comparable_is_an_error():
    (kind, title, message), *_ = told(incomparable("the encoder"))
    assert (kind, title) == ("error", "nothing was comparable")
    assert "- the encoder\n" in message
    assert "aser-bench baseline update" in message


def test_the_tenth_of_a_kind_counts_the_rest():
    cells = tuple(cell("worse", f"mp3-{n}k") for n in range(40))
    cells += tuple(cell("undecided", f"gsm-{n}") for n in range(12))
    guards = tuple(guard("worse", what=f"g{n}") for n in range(3))
    found = told(CheckResult("n", "b", CheckOptions(), cells, guards))
    assert [kind for kind, *_ in found] == ["error"] * 10 + ["warning"] * 10 + ["notice"]
    assert found[9][2] == "34 more; --format json lists all."
    assert found[19][2] == "3 more; --format json lists all."


def test_nine_of_a_kind_are_all_told():
    found = told(passing(*(cell("worse", f"mp3-{n}k") for n in range(9))))
    assert len(found) == 10
    assert "more;" not in found[8][2]


def test_signs_that_mean_something_are_escaped():
    nasty = "50%, a:b\n::error::x\r%0A"
    text = FORMATS["github"](passing(cell("worse", nasty, reason=nasty, command="")))
    first = text.split("\n")[0]
    assert first.startswith("::error title=worse%3A demo / functionals / svm / speaker%3A ")
    assert "50%25%2C a%3Ab %3A%3Aerror%3A%3Ax %250A::" in first
    assert first.count("\r") == 0
    _, title, message = told(passing(cell("worse", nasty, reason=nasty, command="")))[0]
    assert title.endswith("original -> 50%, a:b ::error::x %0A")
    assert message.startswith("50%, a:b ::error::x %0A\nbaseline")


@settings(deadline=None)
@given(odd_checks)
def test_any_names_are_one_line_each(checked):
    FORMATS["github"](checked).encode("utf-8")
    found = told(checked)
    assert sum(kind == "error" for kind, *_ in found) <= 10
    assert found[-1][2] == checked.sentence
    failing = any(map(checked.fails, (*checked.cells, *checked.guards)))
    assert (found[0][0] == "error") == (failing or checked.exit_code == 5)
    assert all(char.isprintable() or char.isspace() for _, *said in found for char in "".join(said))


def test_the_summary_is_appended(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("before\n", encoding="utf-8")
    append_job_summary(every_verdict(), {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.read_text("utf-8") == "before\n" + FORMATS["markdown"](every_verdict())


@pytest.mark.parametrize("environment", [{}, {"GITHUB_STEP_SUMMARY": ""}])
def test_nothing_is_written_where_nobody_asks(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    append_job_summary(every_verdict(), environment)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["none/summary.md", ".", "a\0b", "x" * 300])
def test_a_summary_that_cannot_be_written_is_told_in_a_line(place, tmp_path):
    with pytest.raises(UsageError) as caught:
        append_job_summary(every_verdict(), {"GITHUB_STEP_SUMMARY": f"{tmp_path}/{place}"})
    assert "GITHUB_STEP_SUMMARY" in str(caught.value)
    assert "\n" not in str(caught.value)
