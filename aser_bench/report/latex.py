r"""A table as LaTeX: needs ``\usepackage{booktabs}`` and nothing else.

Tables whose groups have the same columns (metrics of several models) stand with the groups
one below another; the others (training x test) are cut into blocks. Both fit the text width
of a plain article, and what is longer than a page goes on in a further float.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .base import Entry, Row, Table
from .escape import escape
from .text import MISSING, kbps, pack, words

_LINES = 36  # rows of a float: what stays on a page of the article class with caption and notes
_HEAD_LINES = 2  # what the head of a block takes beside its rows
_WIDTH_PT = 345.0  # \linewidth of the article class at 10 pt
_CHAR_PT = 4.7  # a digit of \small
_GAP_PT = 8.0  # two \tabcolsep
_BEST = "Bold: the best of each column, and what prints equal to it."
_MARKS = {"†": r"\dagger", "‡": r"\ddagger", "§": r"\S", "¶": r"\P"}


@dataclass(frozen=True)
class _Block:
    """Rows that stay together below one head; ``heading`` is a line of its own above them."""

    spec: str
    head: tuple[str, ...]
    heading: str
    lines: tuple[str, ...]


def render(table: Table) -> str:
    """Return a table as one or more ``table`` environments."""
    blocks = _stacked(table) if table.stacked else _blocks(table)
    pages = _pages([part for block in blocks for part in _cut(block)])
    floats = [_float(table, page, index) for index, page in enumerate(pages)]
    return "% needs \\usepackage{booktabs}\n" + "\n".join(floats)


def _stacked(table: Table) -> list[_Block]:
    groups = list(dict.fromkeys(column.group for column in table.columns))
    width = sum(column.group == groups[0] for column in table.columns) if groups else 0
    labels = [column.label for column in table.columns[:width]]
    head = " & ".join(map(escape, (table.side, "kbit/s", *labels))) + r" \\"
    return [
        _Block(
            "@{}lr" + "r" * width + "@{}",
            (head,),
            rf"\multicolumn{{{width + 2}}}{{@{{}}l}}{{\textit{{{escape(group)}}}}} \\",
            _lines(table, range(index * width, (index + 1) * width)),
        )
        for index, group in enumerate(groups)
    ]


def _blocks(table: Table) -> list[_Block]:
    side = max((len(row.label) for row in table.rows), default=0)
    budget = _WIDTH_PT - (max(side, len(table.side)) + len("kbit/s")) * _CHAR_PT - 2 * _GAP_PT
    widths = [_GAP_PT + _CHAR_PT * max(4, len(column.label)) for column in table.columns]
    packed = pack(widths, [column.group for column in table.columns], budget)
    return [
        _Block(
            "@{}lr" + "r" * len(columns) + "@{}", _head(table, columns), "", _lines(table, columns)
        )
        for columns in packed
    ]


def _head(table: Table, columns: Sequence[int]) -> tuple[str, ...]:
    """Return the groups with a rule below each, where there are any, and the labels."""
    groups, rules, start = [], [], 0
    while start < len(columns):
        group, end = table.columns[columns[start]].group, start
        while end < len(columns) and table.columns[columns[end]].group == group:
            end += 1
        groups.append(rf"\multicolumn{{{end - start}}}{{c}}{{{escape(group)}}}")
        if group:
            rules.append(rf"\cmidrule(lr){{{start + 3}-{end + 2}}}")
        start = end
    chosen = [table.columns[column] for column in columns]
    labels = [escape(c.label) + _marks(table.marks_of(c.notes), hang=True) for c in chosen]
    head = " & ".join((escape(table.side), "kbit/s", *labels)) + r" \\"
    return (" & & " + " & ".join(groups) + r" \\", "".join(rules), head) if rules else (head,)


def _lines(table: Table, columns: Sequence[int]) -> tuple[str, ...]:
    return tuple(
        _line(table, row, [entries[column] for column in columns])
        for row, entries in zip(table.rows, table.entries, strict=True)
    )


def _line(table: Table, row: Row, entries: Sequence[Entry | None]) -> str:
    side = escape(row.label) + _marks(table.marks_of(row.notes))
    rate = kbps(row.kbps)
    cells = [_cell(table, entry) for entry in entries]
    return " & ".join((side, "--" if rate == MISSING else rate, *cells)) + r" \\"


def _cell(table: Table, entry: Entry | None) -> str:
    mean, spread = words(entry)
    text = "--" if mean == MISSING else escape(mean)
    if entry is not None and entry.best:
        text = rf"\textbf{{{text}}}"
    if table.with_sd and spread:
        text += rf"\,$\pm$\,{spread}"
    elif table.with_sd and mean.startswith((".", "1")) and _any_spread(table):
        text += r"\phantom{\,$\pm$\,.000}"  # so that the means still stand below each other
    return text + (_marks(table.marks_of([entry.note]), hang=True) if entry is not None else "")


def _any_spread(table: Table) -> bool:
    return any(words(entry)[1] for entries in table.entries for entry in entries)


def _marks(marks: str, hang: bool = False) -> str:
    """Return footnote marks; hanging ones take no room, so that numbers stay aligned."""
    if not marks:
        return ""
    sign = f"$^{{{''.join(_MARKS.get(char, char) for char in marks)}}}$"
    return rf"\rlap{{{sign}}}" if hang else sign


def _cut(block: _Block) -> list[_Block]:
    rows = _LINES - _HEAD_LINES
    return [
        _Block(block.spec, block.head, block.heading, block.lines[start : start + rows])
        for start in range(0, len(block.lines), rows)
    ]


def _pages(blocks: Sequence[_Block]) -> list[list[_Block]]:
    pages: list[list[_Block]] = [[]]
    for block in blocks:
        height = sum(len(b.lines) + _HEAD_LINES for b in (*pages[-1], block))
        if pages[-1] and height > _LINES:
            pages.append([])
        pages[-1].append(block)
    return pages


def _float(table: Table, blocks: Sequence[_Block], index: int) -> str:
    title = escape(table.title)
    bold = any(entry is not None and entry.best for row in table.entries for entry in row)
    text = f"{table.caption} {_BEST}" if bold else table.caption
    caption = f"{title}. {escape(text)}" if index == 0 else f"{title} (continued)."
    label = table.stem if index == 0 else f"{table.stem}-part{index + 1}"
    lines = [
        r"\begin{table}", r"\centering", rf"\caption{{{caption}}}", rf"\label{{tab:{label}}}",
        r"\vspace{6pt}",
        _size(table), r"\setlength{\tabcolsep}{4pt}", *_tabulars(blocks),
    ]  # fmt: skip
    notes = [f"{_marks(mark)}\\,{escape(text)}" for text, mark in table.marks.items()]
    notes += [escape(note) for note in table.footnotes]
    if notes:
        lines += [r"\par\smallskip", r"\begin{minipage}{\linewidth}", r"\footnotesize\raggedright"]
        lines += ["\\par\n".join(notes), r"\end{minipage}"]
    return "\n".join((*lines, r"\end{table}", ""))


def _size(table: Table) -> str:
    """Return a smaller font where chains of codecs make long names."""
    longest = max((len(row.label) for row in table.rows), default=0)
    return r"\small" if longest <= 16 else r"\footnotesize" if longest <= 24 else r"\scriptsize"


def _tabulars(blocks: Sequence[_Block]) -> list[str]:
    lines: list[str] = []
    for index, block in enumerate(blocks):
        # Blocks with one head go on in one tabular, so that their columns are as wide.
        goes_on = index > 0 and block.head == blocks[index - 1].head
        if goes_on:
            lines += [r"\midrule"]
        else:
            lines += [r"\bottomrule", r"\end{tabular}", r"\par\medskip"] if index else []
            lines += [rf"\begin{{tabular}}{{{block.spec}}}", r"\toprule", *block.head, r"\midrule"]
        lines += [block.heading] if block.heading else []
        lines += block.lines
    return [*lines, r"\bottomrule", r"\end{tabular}"] if lines else []
