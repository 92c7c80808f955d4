"""GitHub annotations and the job summary."""

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


def printed(checked):
    """Return (kind, title, message) of each line, unescaped as GitHub does."""
    lines = FORMATS["github"](checked).removesuffix("\n").split("\n")
    result = []
    for line in lines:
        kind, title, message = re.fullmatch(r"::(\w+) title=([^:,\r]*)::([^\r]*)", line).groups()
        result.append((kind, _unescaped(title), _unescaped(message)))
    return result


def _unescaped(text):
    signs = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    return re.sub("%(0D|0A|3A|2C|25)", lambda result: signs[result[0]], text)


def test_failures_are_errors_and_inconclusive_cells_warnings():
    kinds = [kind for kind, *_ in printed(every_verdict())]
    assert kinds == ["error"] * 4 + ["warning"] * 4 + ["notice"]
    strictly = [kind for kind, *_ in printed(every_verdict(strict=True))]
    assert strictly == ["error"] * 8 + ["notice"]


def test_an_annotation_has_the_cell_the_reason_and_the_command():
    _, title, message = printed(every_verdict())[0]
    assert title == "worse: demo / functionals / svm / speaker: original -> mp3-8k"
    assert message.splitlines() == [
        "lost 3.4 points over 20 speakers, more than 2 (p .012)",
        "baseline .543, new .509, difference -3.4 [-6.1, -2.1]",
        COMMAND,
    ]
    _, title, message = printed(every_verdict())[2]
    assert title == "worse: codec: demo mp3-8k: delay"
    assert message.endswith("\n--max-lag-shift 1")


def test_the_notice_is_the_sentence():
    for checked in (every_verdict(), passing(), incomparable("x")):
        assert printed(checked)[-1] == ("notice", "aser-bench check", checked.sentence)
    assert len(printed(passing())) == 1


def test_nothing_comparable_is_an_error():
    (kind, title, message), *_ = printed(incomparable("the encoder"))
    assert (kind, title) == ("error", "nothing was comparable")
    assert "- the encoder\n" in message
    assert "aser-bench baseline update" in message


def test_the_tenth_annotation_counts_the_others():
    cells = tuple(cell("worse", f"mp3-{n}k") for n in range(40))
    cells += tuple(cell("undecided", f"gsm-{n}") for n in range(12))
    guards = tuple(guard("worse", what=f"g{n}") for n in range(3))
    result = printed(CheckResult("n", "b", CheckOptions(), cells, guards))
    assert [kind for kind, *_ in result] == ["error"] * 10 + ["warning"] * 10 + ["notice"]
    assert result[9][2] == "34 more; --format json lists all."
    assert result[19][2] == "3 more; --format json lists all."


def test_nine_annotations_are_all_listed():
    result = printed(passing(*(cell("worse", f"mp3-{n}k") for n in range(9))))
    assert len(result) == 10
    assert "more;" not in result[8][2]


def test_special_characters_are_escaped():
    nasty = "50%, a:b\n::error::x\r%0A"
    text = FORMATS["github"](passing(cell("worse", nasty, reason=nasty, command="")))
    first = text.split("\n")[0]
    assert first.startswith("::error title=worse%3A demo / functionals / svm / speaker%3A ")
    assert "50%25%2C a%3Ab %3A%3Aerror%3A%3Ax %250A::" in first
    assert first.count("\r") == 0
    _, title, message = printed(passing(cell("worse", nasty, reason=nasty, command="")))[0]
    assert title.endswith("original -> 50%, a:b ::error::x %0A")
    assert message.startswith("50%, a:b ::error::x %0A\nbaseline")


@settings(deadline=None)
@given(odd_checks)
def test_any_names_are_one_line_each(checked):
    FORMATS["github"](checked).encode("utf-8")
    result = printed(checked)
    assert sum(kind == "error" for kind, *_ in result) <= 10
    assert result[-1][2] == checked.sentence
    failing = any(map(checked.fails, (*checked.cells, *checked.guards)))
    assert (result[0][0] == "error") == (failing or checked.exit_code == 5)
    assert all(
        char.isprintable() or char.isspace() for _, *output in result for char in "".join(output)
    )


def test_the_summary_is_appended(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("before\n", encoding="utf-8")
    append_job_summary(every_verdict(), {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.read_text("utf-8") == "before\n" + FORMATS["markdown"](every_verdict())


@pytest.mark.parametrize("environment", [{}, {"GITHUB_STEP_SUMMARY": ""}])
def test_without_a_summary_file_nothing_is_written(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    append_job_summary(every_verdict(), environment)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["none/summary.md", ".", "a\0b", "x" * 300])
def test_an_unwritable_summary_is_an_error_of_one_line(place, tmp_path):
    with pytest.raises(UsageError) as caught:
        append_job_summary(every_verdict(), {"GITHUB_STEP_SUMMARY": f"{tmp_path}/{place}"})
    assert "GITHUB_STEP_SUMMARY" in str(caught.value)
    assert "\n" not in str(caught.value)
