"""The Markdown format of a check, for comments on pull requests and job summaries."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...report import markdown as table
from ...report.text import fraction
from ..verdicts import SAME, CellCheck, CheckResult, GuardCheck
from . import advice, labels
from .sanitize import escape_log_commands, plain, truncate

MAX_LENGTH = 60_000
"""Characters; GitHub accepts 65 536 in a comment."""

# Characters of each part in whole lines; the table of cells gets what the other parts leave.
_MAX_NOTES, _MAX_GUARDS, _MAX_COMMANDS, _MAX_OBSTACLES = 5_000, 10_000, 10_000, 4_000
# Characters of one text. Escaping may make it eight times as long.
_MAX_NAME, _MAX_REASON, _MAX_PATH, _MAX_COMMAND = 120, 400, 300, 1_500


def format_markdown(result: CheckResult) -> str:
    """Return a check as Markdown of less than `MAX_LENGTH` characters; cut lines are counted."""
    sides = [_escaped(side, _MAX_PATH) for side in (result.new, result.baseline)]
    head = f"## aser-bench check {_escaped(result.sentence)}\n\n{' against '.join(sides)}"
    after = [_guards(result), _commands(result), _advice(result)]
    notes = [f"- {_escaped(note, _MAX_REASON)}" for note in result.notes]
    before = [head, "\n".join(_first_lines(notes, _MAX_NOTES, "- {} more notes"))]
    taken = sum(len(part) + 2 for part in (*before, *after))
    parts = [*before, _cells(result, MAX_LENGTH - taken - 100), *after]
    return escape_log_commands("\n\n".join(part for part in parts if part)) + "\n"


def _escaped(text: str, limit: int = _MAX_NAME) -> str:
    """Return a text as one line of Markdown without mentions of users and without links."""
    # GitHub finds mentions and issue numbers after parsing Markdown, so that a backslash does
    # not prevent them.
    escaped = table.escape(truncate(text, limit))
    return re.sub(r"\\([@#])", r"\1&#8203;", escaped)


def _first_lines(
    lines: Sequence[str], limit: int, more: str, longest: int = MAX_LENGTH
) -> list[str]:
    """Return as many lines as fit, followed by one that counts the others."""
    first: list[str] = []
    used = 0
    for line in lines:
        used += len(line) + 1
        if used > limit or len(line) > longest:
            break
        first.append(line)
    cut = len(lines) - len(first)
    return [*first, f"{more.format(cut)}; {labels.ALL_IN_JSON}."] if cut else first


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _table(headings: Sequence[str], rows: Sequence[str], limit: int) -> list[str]:
    top = [_row(headings), _row([":---"] * len(headings))]
    lines = _first_lines(rows, limit - sum(map(len, top)) - 200, "{} more rows were cut")
    if len(lines) == len(rows):
        return [*top, *lines]
    # Without a blank line, the count would be a row of the table.
    return [*top, *lines[:-1], "", lines[-1]]


def _cells(result: CheckResult, limit: int) -> str:
    if not result.cells:
        return ""
    listed = labels.listed_cells(result)
    names = labels.cell_names(result, listed)
    shared = f"All cells: {', '.join(map(_escaped, names.shared))}." if names.shared else ""
    note = _escaped(labels.metric_note(result), _MAX_REASON)
    intro = " ".join(filter(None, [shared, note]))
    summaries = (labels.inconclusive_summary(result), labels.same_summary(result))
    rest = "\n\n".join(_escaped(summary, _MAX_REASON) for summary in summaries if summary)
    headings = ("verdict", *names.headings, "baseline", "new", "difference", "reason")
    rows = [_cell(result, cell, row) for cell, row in zip(listed, names.rows, strict=True)]
    lines = [intro]
    if rows:
        escaped = [table.escape(heading) for heading in headings]
        lines += ["", *_table(escaped, rows, limit - len(intro) - len(rest))]
    return "\n".join([*lines, "", rest] if rest else lines)


def _cell(result: CheckResult, cell: CellCheck, names: Sequence[str]) -> str:
    numbers = (fraction(cell.baseline), fraction(cell.value), labels.difference(cell))
    return _row(
        [
            _verdict(result, cell),
            *map(_escaped, names),
            *map(table.escape, numbers),
            _escaped(cell.reason, _MAX_REASON),
        ]
    )


def _verdict(result: CheckResult, row: CellCheck | GuardCheck) -> str:
    return f"**{labels.verdict(row)}**" if result.fails(row) else labels.verdict(row)


def _guards(result: CheckResult) -> str:
    if not result.guards:
        return ""
    headings = ("verdict", "guard", "of", "baseline", "new", "reason", "flag")
    rows = [
        _row(
            [
                _verdict(result, guard),
                *map(_escaped, (guard.guard, guard.what, guard.baseline, guard.value)),
                _escaped(guard.reason, _MAX_REASON),
                _escaped(labels.tolerance_flag(result, guard)),
            ]
        )
        for guard in result.guards
        if guard.verdict != SAME
    ]
    lines = ["### Guards", *(["", *_table(headings, rows, _MAX_GUARDS)] if rows else [])]
    passing = labels.guards_summary(result)
    return "\n".join([*lines, "", f"{passing}."] if passing else lines)


def _commands(result: CheckResult) -> str:
    failing = [cell.command for cell in result.cells if result.fails(cell) and cell.command]
    commands = list(dict.fromkeys(map(plain, failing)))
    if not commands:
        return ""
    lines = _first_lines(commands, _MAX_COMMANDS, "# {} more commands", _MAX_COMMAND)
    title = "Commands that compute the failing cells again"
    return f"<details><summary>{title}</summary>\n\n{_code_block(lines)}\n\n</details>"


def _code_block(lines: Sequence[str]) -> str:
    backticks = re.findall("`+", "\n".join(lines))
    fence = "`" * max([3, *(len(run) + 1 for run in backticks)])
    return "\n".join([f"{fence}sh", *lines, fence])


def _advice(result: CheckResult) -> str:
    advised = advice.advise(result)
    if not advised.sentences:
        return ""
    first, *rest = map(table.escape, advised.sentences)
    obstacles = [f"- {_escaped(obstacle, _MAX_REASON)}" for obstacle in advised.obstacles]
    lines = [first]
    if obstacles:
        lines += ["", *_first_lines(obstacles, _MAX_OBSTACLES, "- {} more")]
    for sentence in rest:
        lines += ["", sentence]
    if not advised.command:
        return "\n".join(lines)
    short = len(advised.command) <= _MAX_COMMAND
    command = advised.command if short else f"{advice.UPDATE_COMMAND} NEW BASELINE"
    return "\n".join([*lines, "", _code_block([command])])
