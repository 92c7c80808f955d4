"""Markdown output, as a parser reads it, short enough for a comment on GitHub."""

from __future__ import annotations

from dataclasses import replace

import pytest
from check_factory import (
    COMMAND,
    ODD,
    cell,
    every_verdict,
    guard,
    incomparable,
    odd_checks,
    passing,
)
from hypothesis import given, settings

from aser_bench.baseline.formats import FORMATS
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import CheckResult

pytestmark = pytest.mark.usefixtures("named_folders")

LONG = "#@" * 1000


def written(checked):
    return FORMATS["markdown"](checked)


def parsed(text):
    """Return the rows of each table, the code blocks and all tokens."""
    reader = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    tokens = reader.parse(text)
    tables, cell = [], False
    for token in tokens:
        if token.type == "table_open":
            tables.append([])
        if token.type == "tr_open":
            tables[-1].append([])
        if token.type == "inline" and cell:
            tables[-1][-1].append("".join(child.content for child in token.children))
        cell = token.type in ("th_open", "td_open")
    return tables, [token.content for token in tokens if token.type == "fence"], tokens


def test_the_heading_is_the_sentence():
    assert written(every_verdict()).startswith(
        "## aser-bench check FAILED: 1 worse, 1 missing, 1 changed, 1 inconclusive, 1 new, "
        "1 better, 2 same; 2 guards failed\n\nresults/new against baselines/demo\n\n- The baseline"
    )


def test_cells_and_guards_that_are_not_the_same_are_rows():
    (cells, guards), fences, _ = parsed(written(every_verdict()))
    assert [row[0] for row in cells[1:]] == [
        "worse",
        "missing",
        "changed",
        "inconclusive",
        "new",
        "better",
    ]
    assert cells[1][1:6] == ["svm", "mp3-8k", ".543", ".509", "-3.4 [-6.1, -2.1]"]
    assert [row[0] for row in guards[1:]] == ["worse", "missing", "changed", "inconclusive"]
    assert guards[1][-1] == "--max-lag-shift 1"
    assert fences == [f"{COMMAND}\n", "aser-bench baseline update results/new baselines/demo\n"]
    assert "2 the same; the largest loss among them" in written(every_verdict())
    assert "2 guards pass." in written(every_verdict())


def test_failing_verdicts_are_bold():
    assert "| **worse** |" in written(every_verdict())
    assert "| inconclusive |" in written(every_verdict())
    assert "| **inconclusive** |" in written(every_verdict(strict=True))


def test_commands_are_folded_and_listed_once():
    text = written(every_verdict())
    assert text.count(COMMAND) == 1
    folded = text[text.index("<details>") : text.index("</details>")]
    assert COMMAND in folded


def test_nothing_comparable_gives_advice():
    text = written(incomparable("the encoder | of *gsm*"))
    assert "- the encoder \\| of \\*gsm\\*\n" in text
    assert "--allow NAME" in text


def test_a_passing_check_gives_no_advice():
    assert "baseline update" not in written(passing())


def test_special_characters_stay_in_their_table_cell():
    nasty = "a|b\nc `d` <img src=x> [e](f) ```\n# g ~~h~~ *i* \x1b[31m"
    text = written(passing(cell("worse", nasty, corpus=nasty, reason=nasty, command="x `````")))
    (cells,), fences, tokens = parsed(text)
    assert {len(row) for row in cells} == {5}
    assert cells[1][-1].startswith("a|b c `d` <img src=x> [e](f) ```")
    assert "x `````\n" in fences
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"image", "link_open", "em_open", "html_inline", "code_inline"}
    assert "\x1b" not in text


def test_mentions_and_issue_links_are_disabled():
    text = written(passing(cell("worse", "@octocat fixes #1", reason="@octocat #1", command="")))
    assert "@octocat" not in text
    assert "#1" not in text
    assert "@&#8203;octocat" in text


def huge(*, cells=1, guards=1, notes=1, text=LONG, **changes):
    return CheckResult(
        text,
        text,
        CheckOptions(),
        tuple(
            cell(
                "worse",
                f"{n}{text}",
                reason=text,
                corpus=f"{n}{text}",
                command=f"{n} {text}",
                **changes,
            )
            for n in range(cells)
        ),
        tuple(guard("worse", what=f"{n}{text}", reason=text, value=text) for n in range(guards)),
        (text,) * notes,
    )


@pytest.mark.parametrize(
    ("many", "text"),
    [(1, LONG), (90, LONG), (3000, "x"), (90, "`" * 1400), (9, "|" * 9000), (90, "'" * 1490)],
)
def test_no_check_is_too_long_for_a_comment(many, text):
    output = written(huge(cells=many, guards=many, notes=many, text=text))
    assert len(output) < 60_000
    obstacles = [text + str(n) for n in range(30)]
    assert len(written(incomparable(*obstacles))) < 60_000


def test_cut_lines_are_counted():
    output = written(huge(cells=2000, guards=700, notes=3000, text="x y"))
    (cells, guards), fences, _ = parsed(output)
    assert 50_000 < len(output) < 60_000
    assert f"{2000 - len(cells) + 1} more rows were cut; --format json lists all." in output
    assert f"{700 - len(guards) + 1} more rows were cut; --format json lists all." in output
    assert " more notes; --format json lists all." in output
    listed = fences[0].splitlines()
    assert listed[-1] == f"# {2000 - len(listed) + 1} more commands; --format json lists all."


def test_a_command_that_is_too_long_is_counted():
    long = "aser-bench " + "x" * 5000
    assert "# 1 more commands; --format json lists all." in written(passing(cell(command=long)))
    sanitized = replace(passing(cell(command="")), baseline="/".join(["."] * 1000) + "/x")
    assert "aser-bench baseline update NEW BASELINE" in written(sanitized)


def test_inconclusive_within_the_margin_is_counted_unless_it_fails():
    result = passing(
        cell("worse"),
        *(
            cell("undecided", name, difference=-0.01, low=-0.04, high=0.02)
            for name in ("g722", "gsm")
        ),
    )
    (cells,), _, _ = parsed(written(result))
    assert [row[0] for row in cells[1:]] == ["worse"]
    assert "\n\n2 inconclusive within the margin; the largest loss among them: -1.0" in written(
        result
    )
    (cells,), _, _ = parsed(written(replace(result, options=CheckOptions(strict=True))))
    assert [row[0] for row in cells[1:]] == ["worse", "inconclusive", "inconclusive"]


@settings(deadline=None)
@given(odd_checks)
def test_any_names_give_valid_tables(checked):
    text = written(checked)
    text.encode("utf-8")
    tables, _, tokens = parsed(text)
    listed = sum(
        one.verdict != "same"
        and (one.verdict != "undecided" or checked.options.strict or not abs(one.difference) < 0.02)
        for one in checked.cells
    )
    moved = sum(one.verdict != "same" for one in checked.guards)
    assert [len(rows) - 1 for rows in tables] == [n for n in (listed, moved) if n]
    assert all(len({len(row) for row in rows}) == 1 for rows in tables)
    assert all(char.isprintable() or char.isspace() for char in text)
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"image", "link_open", "html_inline", "code_inline"}


@given(ODD)
def test_any_command_stays_in_its_code_block(command):
    _, fences, tokens = parsed(written(passing(cell(command=command))))
    assert len(fences) == (2 if command else 1)
    assert [token.type for token in tokens].count("html_block") == (2 if command else 0)


@pytest.mark.parametrize("command", ["```", "`````", "  ```` "])
def test_a_command_with_backticks_does_not_end_its_block(command):
    result = passing(cell(command=command), cell("missing", "gsm", command="after"))
    _, fences, _ = parsed(written(result))
    assert fences[0].splitlines() == [command, "after"]
