"""A check as text for a terminal: what fails first, and how to see it again."""

from __future__ import annotations

from collections.abc import Sequence

from ...report.terminal import paragraph
from ..base import NEW, SAME, UNDECIDED, WORST_FIRST, CellCheck, Checked, GuardCheck
from . import advice, labels
from .color import OF_EXIT, OF_VERDICT, Paint, painted, unpainted
from .columns import INDENT, colored, rows, wrapped
from .sanitize import logged, plain

MOST_ROWS = 50
MOST_NEW = 10

_LEAST_WIDTH = 60
_VERDICT = max(map(len, WORST_FIRST)) + 2


def text(checked: Checked, *, width: int = 80, color: bool = False) -> str:
    """Return a check as text.

    Parameters
    ----------
    checked : Checked
    width : int
        The columns of the terminal, at least 60; only commands are longer.
    color : bool
        Whether verdicts are coloured, with ANSI codes.
    """
    width, paint = max(_LEAST_WIDTH, width), painted if color else unpainted
    first = f"{checked.sentence} ({plain(checked.new)} against {plain(checked.baseline)})"
    parts = [
        _sentence(checked, first, width, paint),
        [line for note in checked.notes for line in wrapped(plain(note), width, "- ")],
        _cells(checked, width, paint),
        _guards(checked, width, paint),
        _end(checked, width, paint),
    ]
    return logged("\n\n".join("\n".join(part) for part in parts if part)) + "\n"


def _sentence(checked: Checked, whole: str, width: int, paint: Paint) -> list[str]:
    word, _, _ = checked.sentence.partition(":")
    first, *rest = paragraph(whole, width).splitlines()
    return [colored(first, word, OF_EXIT[checked.exit_code], paint), *rest]


def _cells(checked: Checked, width: int, paint: Paint) -> list[str]:
    if not checked.cells:
        return []
    listed = _listed(checked)
    shared = labels.named(checked, listed).same
    lines = wrapped(f"All cells: {', '.join(shared)}.", width, "") if shared else []
    lines += wrapped(labels.measure(checked), width, "")
    if listed:
        lines += ["", *rows(checked, listed[:MOST_ROWS], width, paint)]
    rest = _rest(checked, listed, width, paint)
    return [*lines, "", *rest] if rest else lines


def _listed(checked: Checked) -> list[CellCheck]:
    fresh = [one for one in checked.cells if one.verdict == NEW][:MOST_NEW]
    kept = {id(one) for one in fresh}
    return [one for one in labels.listed(checked) if id(one) in kept or one.verdict != NEW]


def _rest(checked: Checked, listed: Sequence[CellCheck], width: int, paint: Paint) -> list[str]:
    """Return lines that count what no row tells."""
    lines = []
    cut = listed[MOST_ROWS:]
    if cut:
        lines += wrapped(_more(cut), width, "")
    shown = sum(one.verdict == NEW for one in listed)
    more = checked.counts.get(NEW, 0) - shown
    if more:
        lines += wrapped(f"{more} more new; {labels.ALL_IN_JSON}.", width, "")
    undecided = wrapped(labels.undecided_cells(checked), width, "")
    lines += [paint(line, OF_VERDICT[UNDECIDED]) for line in undecided]
    same = labels.same_cells(checked)
    lines += [paint(line, OF_VERDICT[SAME]) for line in wrapped(same, width, "")]
    return lines


def _more(cut: Sequence[CellCheck | GuardCheck]) -> str:
    verdicts = [one.verdict for one in cut]
    counts = [f"{verdicts.count(word)} {word}" for word in WORST_FIRST if word in verdicts]
    return f"{len(cut)} more not listed here ({', '.join(counts)}); {labels.ALL_IN_JSON}."


def _guards(checked: Checked, width: int, paint: Paint) -> list[str]:
    if not checked.guards:
        return []
    moved = [one for one in checked.guards if one.verdict != SAME]
    lines = ["Guards", "------"]
    for one in moved[:MOST_ROWS]:
        said = [f"{plain(one.guard)}: {plain(one.what)}", labels.moved(one)]
        first, *rest = wrapped(", ".join(filter(None, said)), width, one.verdict.ljust(_VERDICT))
        lines += [colored(first, one.verdict, OF_VERDICT[one.verdict], paint), *rest]
        flag = labels.decided_by(checked, one)
        lines += wrapped(labels.about(one) + (f" ({flag})" if flag else ""), width)
    if moved[MOST_ROWS:]:
        lines += wrapped(_more(moved[MOST_ROWS:]), width, "")
    hold = labels.same_guards(checked)
    return [*lines, *(paint(line, OF_VERDICT[SAME]) for line in wrapped(hold, width, ""))]


def _end(checked: Checked, width: int, paint: Paint) -> list[str]:
    told = advice.advise(checked)
    lines = _sentence(checked, checked.sentence, width, paint)
    first, *others = [*told.sentences, ""]
    lines += wrapped(first, width, "")
    lines += [line for one in told.obstacles for line in wrapped(one, width, "  - ")]
    lines += [line for one in others for line in wrapped(one, width, "")]
    return [*lines, INDENT + told.command] if told.command else lines
