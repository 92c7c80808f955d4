"""A check as text for a terminal: what fails first, and how to see it again."""

from __future__ import annotations

from collections.abc import Sequence

from ...report.terminal import paragraph
from ..base import INCONCLUSIVE, NEW, SAME, VERDICTS, CellCheck, CheckResult, GuardCheck
from . import advice, labels
from .color import OF_EXIT, OF_VERDICT, Paint, colorize, no_color
from .columns import INDENT, colored, rows, wrapped
from .sanitize import escape_log_commands, plain

MAX_ROWS = 50
MAX_NEW = 10

_LEAST_WIDTH = 60
_VERDICT = max(map(len, VERDICTS)) + 2


def format_text(checked: CheckResult, *, width: int = 80, color: bool = False) -> str:
    """Return a check as text.

    Parameters
    ----------
    checked : CheckResult
    width : int
        The columns of the terminal, at least 60; only commands are longer.
    color : bool
        Whether verdicts are coloured, with ANSI codes.
    """
    width, paint = max(_LEAST_WIDTH, width), colorize if color else no_color
    first = f"{checked.sentence} ({plain(checked.new)} against {plain(checked.baseline)})"
    parts = [
        _sentence(checked, first, width, paint),
        [line for note in checked.notes for line in wrapped(plain(note), width, "- ")],
        _cells(checked, width, paint),
        _guards(checked, width, paint),
        _end(checked, width, paint),
    ]
    return escape_log_commands("\n\n".join("\n".join(part) for part in parts if part)) + "\n"


def _sentence(checked: CheckResult, whole: str, width: int, paint: Paint) -> list[str]:
    word, _, _ = checked.sentence.partition(":")
    first, *rest = paragraph(whole, width).splitlines()
    return [colored(first, word, OF_EXIT[checked.exit_code], paint), *rest]


def _cells(checked: CheckResult, width: int, paint: Paint) -> list[str]:
    if not checked.cells:
        return []
    listed = _listed(checked)
    shared = labels.cell_names(checked, listed).same
    lines = wrapped(f"All cells: {', '.join(shared)}.", width, "") if shared else []
    lines += wrapped(labels.metric_note(checked), width, "")
    if listed:
        lines += ["", *rows(checked, listed[:MAX_ROWS], width, paint)]
    rest = _rest(checked, listed, width, paint)
    return [*lines, "", *rest] if rest else lines


def _listed(checked: CheckResult) -> list[CellCheck]:
    fresh = [one for one in checked.cells if one.verdict == NEW][:MAX_NEW]
    kept = {id(one) for one in fresh}
    return [one for one in labels.listed_cells(checked) if id(one) in kept or one.verdict != NEW]


def _rest(checked: CheckResult, listed: Sequence[CellCheck], width: int, paint: Paint) -> list[str]:
    """Return lines that count what no row tells."""
    lines = []
    cut = listed[MAX_ROWS:]
    if cut:
        lines += wrapped(_more(cut), width, "")
    shown = sum(one.verdict == NEW for one in listed)
    more = checked.counts.get(NEW, 0) - shown
    if more:
        lines += wrapped(f"{more} more new; {labels.ALL_IN_JSON}.", width, "")
    undecided = wrapped(labels.inconclusive_summary(checked), width, "")
    lines += [paint(line, OF_VERDICT[INCONCLUSIVE]) for line in undecided]
    same = labels.same_summary(checked)
    lines += [paint(line, OF_VERDICT[SAME]) for line in wrapped(same, width, "")]
    return lines


def _more(cut: Sequence[CellCheck | GuardCheck]) -> str:
    verdicts = [one.verdict for one in cut]
    counts = [f"{verdicts.count(word)} {word}" for word in VERDICTS if word in verdicts]
    return f"{len(cut)} more not listed here ({', '.join(counts)}); {labels.ALL_IN_JSON}."


def _guards(checked: CheckResult, width: int, paint: Paint) -> list[str]:
    if not checked.guards:
        return []
    moved = [one for one in checked.guards if one.verdict != SAME]
    lines = ["Guards", "------"]
    for one in moved[:MAX_ROWS]:
        said = [f"{plain(one.guard)}: {plain(one.what)}", labels.guard_values(one)]
        first, *rest = wrapped(", ".join(filter(None, said)), width, one.verdict.ljust(_VERDICT))
        lines += [colored(first, one.verdict, OF_VERDICT[one.verdict], paint), *rest]
        flag = labels.tolerance_flag(checked, one)
        lines += wrapped(labels.reason(one) + (f" ({flag})" if flag else ""), width)
    if moved[MAX_ROWS:]:
        lines += wrapped(_more(moved[MAX_ROWS:]), width, "")
    hold = labels.guards_summary(checked)
    return [*lines, *(paint(line, OF_VERDICT[SAME]) for line in wrapped(hold, width, ""))]


def _end(checked: CheckResult, width: int, paint: Paint) -> list[str]:
    told = advice.advise(checked)
    lines = _sentence(checked, checked.sentence, width, paint)
    first, *others = [*told.sentences, ""]
    lines += wrapped(first, width, "")
    lines += [line for one in told.obstacles for line in wrapped(one, width, "  - ")]
    lines += [line for one in others for line in wrapped(one, width, "")]
    return [*lines, INDENT + told.command] if told.command else lines
