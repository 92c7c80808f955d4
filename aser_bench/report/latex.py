r"""Tables as LaTeX that needs ``\usepackage{booktabs,siunitx,graphicx}``.

Numbers are in siunitx's S columns, so the ``\sisetup`` of the document decides how they are
printed. The options used here are the same in siunitx 2 and 3. An interval or a standard deviation
has a separate column, so that decimal points stay aligned. A table with many columns is split into
blocks, a table with many rows into several floats, and a block that is still too wide is scaled to
the width of the line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import latex_columns
from .base import BEST_NOTE, Row, Table
from .escape import escape
from .text import MISSING, pack

_MOST_CHARACTERS = 90  # in a line of a block
_MOST_LINES = 28  # in a float: a page with a long caption and notes holds them
_HEAD_LINES = 3  # that the rules and titles of a block take
_REQUIRES = (
    "% needs \\usepackage{booktabs,siunitx,graphicx}; with siunitx 2 also "
    "\\usepackage{etoolbox}\\robustify\\bfseries\n"
)
_SHRINK = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"


@dataclass(frozen=True)
class _Block:
    """A ``tabular``: some columns of the table and some of its rows."""

    lines: tuple[str, ...]
    height: int


def render(table: Table) -> str:
    """Return a table as one or more ``table`` environments."""
    columns = [latex_columns.column_of(table, index) for index in range(len(table.columns))]
    blocks = [
        _block(table, indices, [columns[index] for index in indices], rows)
        for indices in _column_blocks(table)
        for rows in _row_chunks(table.rows)
    ]
    floats = [_float(table, page, number) for number, page in enumerate(_floats(blocks))]
    return _REQUIRES + "\n".join(floats)


def _column_blocks(table: Table) -> list[list[int]]:
    """Split the columns into blocks; neighbours with the same group stay together."""
    widths = []
    for index, column in enumerate(table.columns):
        cells = (row.cells[index] for row in table.rows)
        texts = (f"{cell.text} {cell.spread}".rstrip() for cell in cells)
        widths.append(2 + max(map(len, (*column.label.split("\n"), *texts))))
    side = sum(
        max(map(len, (title, *(row.side[index] for row in table.rows))))
        for index, title in enumerate(table.sides)
    )
    return pack(widths, [column.group for column in table.columns], _MOST_CHARACTERS - side)


def _row_chunks(rows: Sequence[Row]) -> list[list[int]]:
    """Split the rows into chunks that fit a float; rows with one heading stay together."""
    most = _MOST_LINES - _HEAD_LINES
    chunks: list[list[int]] = [[]]
    used = 0
    for _, group in itertools.groupby(range(len(rows)), key=lambda index: rows[index].heading):
        indices = list(group)
        heading = 1 if rows[indices[0]].heading else 0
        if chunks[-1] and used + heading + len(indices) > most:
            chunks.append([])
            used = 0
        while used + heading + len(indices) > most:
            count = most - used - heading
            chunks[-1] += indices[:count]
            indices = indices[count:]
            chunks.append([])
            used = 0
        chunks[-1] += indices
        used += heading + len(indices)
    return chunks


def _block(
    table: Table,
    indices: Sequence[int],
    columns: Sequence[latex_columns.LatexColumn],
    rows: Sequence[int],
) -> _Block:
    spec = "l" + "r" * len(table.sides[1:]) + "".join(column.spec for column in columns)
    width = len(table.sides) + sum(column.span for column in columns)
    body: list[str] = []
    heading = ""
    for number in rows:
        row = table.rows[number]
        if row.heading and row.heading != heading:
            body += [r"\addlinespace[3pt]"] if body else []
            text = latex_columns.with_numbers(row.heading)
            body.append(rf"\multicolumn{{{width}}}{{@{{}}l}}{{\textit{{{text}}}}} \\")
        heading = row.heading
        cells = [*_side(table, row), *(column.cells[number] for column in columns)]
        body.append(" & ".join(cells) + r" \\")
    lines = (
        _SHRINK,
        rf"\begin{{tabular}}{{@{{}}{spec}@{{}}}}",
        r"\toprule",
        *_head(table, indices, columns),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}}",
    )
    return _Block(lines, _HEAD_LINES + len(body))


def _side(table: Table, row: Row) -> list[str]:
    indent = r"\quad " if row.heading else ""
    label = indent + escape(row.side[0]) + latex_columns.superscript(table.marks_of(row.notes))
    return [label, *(text if text != MISSING else "--" for text in row.side[1:])]


def _head(
    table: Table, indices: Sequence[int], columns: Sequence[latex_columns.LatexColumn]
) -> tuple[str, ...]:
    """Return the groups with a rule below each, if there are groups, and the labels."""
    labels = [
        latex_columns.title(column, table.columns[index].label, table.marks_of(notes))
        for index, column in zip(indices, columns, strict=True)
        for notes in [table.columns[index].notes]
    ]
    groups, rules, start = [], [], len(table.sides) + 1
    pairs = zip(indices, columns, strict=True)
    for group, members in itertools.groupby(pairs, key=lambda pair: table.columns[pair[0]].group):
        span = sum(column.span for _, column in members)
        groups.append(rf"\multicolumn{{{span}}}{{c}}{{{escape(group)}}}")
        if group:
            rules.append(rf"\cmidrule(lr){{{start}-{start + span - 1}}}")
        start += span
    head = " & ".join([*map(escape, table.sides), *labels]) + r" \\"
    above = " & ".join([*[""] * len(table.sides), *groups]) + r" \\"
    return (above, "".join(rules), head) if rules else (head,)


def _floats(blocks: Sequence[_Block]) -> Iterator[list[_Block]]:
    """Yield the blocks of each float."""
    page: list[_Block] = []
    for block in blocks:
        if page and sum(each.height for each in page) + block.height > _MOST_LINES:
            yield page
            page = []
        page.append(block)
    yield page


def _float(table: Table, blocks: Sequence[_Block], number: int) -> str:
    """Return one ``table`` environment; only the first has the whole caption."""
    title = _prose(table.title)
    text = f"{table.caption} {BEST_NOTE}" if table.has_best else table.caption
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{title} (continued).}}" if number else rf"\caption{{{title}. {_prose(text)}}}",
        rf"\label{{tab:{table.stem}{f'-part{number + 1}' if number else ''}}}",
        r"\vspace{6pt}",
        r"\footnotesize",
        r"\setlength{\tabcolsep}{4pt}",
        r"\sisetup{detect-weight=true, table-align-text-post=false}",
    ]
    for place, block in enumerate(blocks):
        lines += [r"\par\medskip"] if place else []
        lines += block.lines
    sign = latex_columns.superscript
    notes = [f"{sign(mark)}\\,{_prose(note)}" for note, mark in table.marks.items()]
    notes += map(_prose, table.footnotes)
    if notes:
        lines += [r"\par\smallskip", r"\begin{minipage}{\linewidth}", r"\scriptsize\raggedright"]
        lines += ["\\par\n".join(notes), r"\end{minipage}"]
    return "\n".join((*lines, r"\end{table}", ""))


def _prose(text: str) -> str:
    """Escape a sentence; a number is not separated from its sign or its percent sign."""
    text = re.sub(r"(?<![\w.)-])-(?=\.?\d)", "−", text)
    return re.sub(r"(\d) \\%", r"\1~\\%", escape(text))
