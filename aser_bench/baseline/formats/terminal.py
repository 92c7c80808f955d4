"""The text format of a check, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ...report.terminal import paragraph
from ..verdicts import (
    INCONCLUSIVE,
    NEW,
    SAME,
    VERDICTS,
    CellCheck,
    CheckResult,
    GuardCheck,
    verdict_label,
)
from . import advice, labels
from .color import EXIT_COLORS, VERDICT_COLORS, Paint, colorize, no_color
from .columns import INDENT, color_first, rows, wrapped
from .sanitize import escape_log_commands, plain

MAX_ROWS = 50
MAX_NEW = 10

_MIN_WIDTH = 60
_VERDICT_WIDTH = max(len(verdict_label(verdict)) for verdict in VERDICTS) + 2


def format_text(result: CheckResult, *, width: int = 80, color: bool = False) -> str:
    """Return a check as text.

    Parameters
    ----------
    result : CheckResult
    width : int
        The width of the terminal, at least 60; only commands are longer.
    color : bool
        Whether verdicts are colored with ANSI codes.
    """
    width, paint = max(_MIN_WIDTH, width), colorize if color else no_color
    first = f"{result.sentence} ({plain(result.new)} against {plain(result.baseline)})"
    parts = [
        _sentence(result, first, width, paint),
        [line for note in result.notes for line in wrapped(plain(note), width, "- ")],
        _cells(result, width, paint),
        _guards(result, width, paint),
        _end(result, width, paint),
    ]
    return escape_log_commands("\n\n".join("\n".join(part) for part in parts if part)) + "\n"


def _sentence(result: CheckResult, text: str, width: int, paint: Paint) -> list[str]:
    word, _, _ = result.sentence.partition(":")
    first, *rest = paragraph(text, width).splitlines()
    return [color_first(first, word, EXIT_COLORS[result.exit_code], paint), *rest]


def _cells(result: CheckResult, width: int, paint: Paint) -> list[str]:
    if not result.cells:
        return []
    listed = _listed_cells(result)
    shared = labels.cell_names(result, listed).shared
    lines = wrapped(f"All cells: {', '.join(shared)}.", width, "") if shared else []
    lines += wrapped(labels.metric_note(result), width, "")
    if listed:
        lines += ["", *rows(result, listed[:MAX_ROWS], width, paint)]
    counts = _counts(result, listed, width, paint)
    return [*lines, "", *counts] if counts else lines


def _listed_cells(result: CheckResult) -> list[CellCheck]:
    listed = labels.listed_cells(result)
    new = {id(cell) for cell in [cell for cell in listed if cell.verdict == NEW][:MAX_NEW]}
    return [cell for cell in listed if cell.verdict != NEW or id(cell) in new]


def _counts(
    result: CheckResult, listed: Sequence[CellCheck], width: int, paint: Paint
) -> list[str]:
    """Return lines that count the cells without a row."""
    lines = []
    cut = listed[MAX_ROWS:]
    if cut:
        lines += wrapped(_count_cut(cut), width, "")
    more = result.counts.get(NEW, 0) - sum(cell.verdict == NEW for cell in listed)
    if more:
        lines += wrapped(f"{more} more new; {labels.ALL_IN_JSON}.", width, "")
    for verdict, summary in (
        (INCONCLUSIVE, labels.inconclusive_summary(result)),
        (SAME, labels.same_summary(result)),
    ):
        lines += [paint(line, VERDICT_COLORS[verdict]) for line in wrapped(summary, width, "")]
    return lines


def _count_cut(cut: Sequence[CellCheck | GuardCheck]) -> str:
    verdicts = [row.verdict for row in cut]
    counts = [f"{verdicts.count(v)} {verdict_label(v)}" for v in VERDICTS if v in verdicts]
    return f"{len(cut)} more not listed here ({', '.join(counts)}); {labels.ALL_IN_JSON}."


def _guards(result: CheckResult, width: int, paint: Paint) -> list[str]:
    if not result.guards:
        return []
    listed = [guard for guard in result.guards if guard.verdict != SAME]
    lines = ["Guards", "------"]
    for guard in listed[:MAX_ROWS]:
        lines += _guard(result, guard, width, paint)
    if listed[MAX_ROWS:]:
        lines += wrapped(_count_cut(listed[MAX_ROWS:]), width, "")
    passing = wrapped(labels.guards_summary(result), width, "")
    return [*lines, *(paint(line, VERDICT_COLORS[SAME]) for line in passing)]


def _guard(result: CheckResult, guard: GuardCheck, width: int, paint: Paint) -> list[str]:
    verdict, flag = labels.verdict(guard), labels.tolerance_flag(result, guard)
    name = f"{plain(guard.guard)}: {plain(guard.what)}"
    text = ", ".join(filter(None, (name, labels.guard_values(guard))))
    first, *rest = wrapped(text, width, verdict.ljust(_VERDICT_WIDTH))
    reason = labels.reason(guard) + (f" ({flag})" if flag else "")
    first = color_first(first, verdict, VERDICT_COLORS[guard.verdict], paint)
    return [first, *rest, *wrapped(reason, width)]


def _end(result: CheckResult, width: int, paint: Paint) -> list[str]:
    advised = advice.advise(result)
    lines = _sentence(result, result.sentence, width, paint)
    first, *rest = [*advised.sentences, ""]
    lines += wrapped(first, width, "")
    lines += [line for item in advised.obstacles for line in wrapped(item, width, "  - ")]
    lines += [line for sentence in rest for line in wrapped(sentence, width, "")]
    return [*lines, INDENT + advised.command] if advised.command else lines
