"""A check as Markdown: a comment below a pull request, or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...report import markdown as table
from ...report.text import fraction
from ..base import SAME, CellCheck, CheckResult, GuardCheck
from . import advice, labels
from .sanitize import escape_log_commands, plain, truncate

MOST = 60_000
"""Characters; GitHub takes 65 536 in a comment."""

# Of each part but the table of cells, which has what the others leave; in whole lines.
_MOST_NOTES, _MOST_GUARDS, _MOST_COMMANDS, _MOST_OBSTACLES = 5_000, 10_000, 10_000, 4_000
# Of one text. An escaped one may be eight times as long.
_MOST_WORD, _MOST_REASON, _MOST_PATH, _MOST_COMMAND = 120, 400, 300, 1_500


def format_markdown(checked: CheckResult) -> str:
    """Return a check as Markdown of less than `MOST` characters; what was cut is counted."""
    sides = [_told(side, _MOST_PATH) for side in (checked.new, checked.baseline)]
    head = f"## aser-bench check {_told(checked.sentence)}\n\n{' against '.join(sides)}"
    after = [_guards(checked), _commands(checked), _advice(checked)]
    notes = [f"- {_told(note, _MOST_REASON)}" for note in checked.notes]
    before = [head, "\n".join(_kept(notes, _MOST_NOTES, "- {} more notes"))]
    taken = sum(len(part) + 2 for part in (*before, *after))
    parts = [*before, _cells(checked, MOST - taken - 100), *after]
    return escape_log_commands("\n\n".join(part for part in parts if part)) + "\n"


def _told(text: str, most: int = _MOST_WORD) -> str:
    """Return any text as Markdown of one line that calls nobody and links to nothing."""
    # GitHub looks for names and numbers after Markdown was read: a backslash does not hide them.
    escaped = table.escape(truncate(text, most))
    return re.sub(r"\\([@#])", r"\1&#8203;", escaped)


def _kept(lines: Sequence[str], most: int, more: str, longest: int = MOST) -> list[str]:
    """Return as many lines as fit, and then one that counts the rest."""
    kept: list[str] = []
    used = 0
    for line in lines:
        used += len(line) + 1
        if used > most or len(line) > longest:
            break
        kept.append(line)
    cut = len(lines) - len(kept)
    return [*kept, f"{more.format(cut)}; {labels.ALL_IN_JSON}."] if cut else kept


def _row(found: Sequence[str]) -> str:
    return f"| {' | '.join(found)} |"


def _table(heads: Sequence[str], rows: Sequence[str], most: int) -> list[str]:
    top = [_row(heads), _row([":---"] * len(heads))]
    kept = _kept(rows, most - sum(map(len, top)) - 200, "{} more rows were cut")
    # A line right below a table would be one of its rows.
    return [*top, *kept] if len(kept) == len(rows) else [*top, *kept[:-1], "", kept[-1]]


def _cells(checked: CheckResult, most: int) -> str:
    if not checked.cells:
        return ""
    listed = labels.listed_cells(checked)
    found = labels.cell_names(checked, listed)
    shared = f"All cells: {', '.join(map(_told, found.same))}." if found.same else ""
    said = " ".join(filter(None, [shared, _told(labels.metric_note(checked), _MOST_REASON)]))
    counted = (labels.inconclusive_summary(checked), labels.same_summary(checked))
    rest = "\n\n".join(_told(line, _MOST_REASON) for line in counted if line)
    heads = ("verdict", *found.titles, "baseline", "new", "difference", "reason")
    pairs = zip(listed, found.words, strict=True)
    rows = [_cell(checked, one, names) for one, names in pairs]
    lines = [said]
    if rows:
        escaped = [table.escape(head) for head in heads]
        lines += ["", *_table(escaped, rows, most - len(said) - len(rest))]
    return "\n".join([*lines, "", rest] if rest else lines)


def _cell(checked: CheckResult, one: CellCheck, names: Sequence[str]) -> str:
    numbers = (fraction(one.baseline), fraction(one.value), labels.difference(one))
    return _row(
        [
            _verdict(checked, one),
            *map(_told, names),
            *map(table.escape, numbers),
            _told(one.reason, _MOST_REASON),
        ]
    )


def _verdict(checked: CheckResult, one: CellCheck | GuardCheck) -> str:
    return f"**{one.verdict}**" if checked.fails(one) else one.verdict


def _guards(checked: CheckResult) -> str:
    if not checked.guards:
        return ""
    heads = ("verdict", "guard", "of", "baseline", "new", "reason", "flag")
    rows = [
        _row(
            [
                _verdict(checked, one),
                *map(_told, (one.guard, one.what, one.baseline, one.value)),
                _told(one.reason, _MOST_REASON),
                _told(labels.tolerance_flag(checked, one)),
            ]
        )
        for one in checked.guards
        if one.verdict != SAME
    ]
    lines = ["### Guards", *(["", *_table(heads, rows, _MOST_GUARDS)] if rows else [])]
    hold = labels.guards_summary(checked)
    return "\n".join([*lines, "", f"{hold}."] if hold else lines)


def _commands(checked: CheckResult) -> str:
    failing = [one.command for one in checked.cells if checked.fails(one) and one.command]
    found = list(dict.fromkeys(map(plain, failing)))
    if not found:
        return ""
    kept = _kept(found, _MOST_COMMANDS, "# {} more commands", _MOST_COMMAND)
    title = "Commands that compute what failed again"
    return f"<details><summary>{title}</summary>\n\n{_fenced(kept)}\n\n</details>"


def _fenced(lines: Sequence[str]) -> str:
    runs = re.findall("`+", "\n".join(lines))
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return "\n".join([f"{fence}sh", *lines, fence])


def _advice(checked: CheckResult) -> str:
    told = advice.advise(checked)
    if not told.sentences:
        return ""
    first, *rest = map(table.escape, told.sentences)
    ways = [f"- {_told(one, _MOST_REASON)}" for one in told.obstacles]
    lines = [first, "", *_kept(ways, _MOST_OBSTACLES, "- {} more")] if ways else [first]
    for sentence in rest:
        lines += ["", sentence]
    if not told.command:
        return "\n".join(lines)
    short = len(told.command) <= _MOST_COMMAND
    command = told.command if short else f"{advice.UPDATE} NEW BASELINE"
    return "\n".join([*lines, "", _fenced([command])])
