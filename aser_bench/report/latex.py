r"""A table as LaTeX: needs ``\usepackage{booktabs,siunitx}`` and nothing else.

Numbers stand in siunitx's S columns, so that a document's own ``\sisetup`` decides how they
look; the options used here are understood by its versions 2 and 3. What stands behind a mean
has a column of its own: whatever is bold or carries a mark, the points stay below each other.
A table that is too wide is set smaller, then cut into blocks; what is longer than a page goes
on in a further float.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from . import latex_columns
from .base import Row, Table
from .escape import escape
from .text import MISSING, pack

_WIDTH_PT = 345.0  # \linewidth of the article class at 10 pt
_HEIGHT_PT = 540.0  # and its \textheight, less a line
_HEAD_PT = 34.0  # the rules and titles of a block
_INDENT = 2.0  # digits that a row below a heading is indented by
_BEST = "Bold: the best of each column, and what prints equal to it."


@dataclass(frozen=True)
class _Size:
    """A size of type with what it makes of a table, in pt."""

    command: str
    digit: float
    line: float
    tabcolsep: float


_SIZES = (
    _Size(r"\small", 4.65, 11.0, 4.0),
    _Size(r"\footnotesize", 4.3, 9.6, 4.0),
    _Size(r"\scriptsize", 4.0, 8.2, 3.0),
)
_NEEDS = (
    "% needs \\usepackage{booktabs,siunitx}; with siunitx 2 also "
    "\\usepackage{etoolbox}\\robustify\\bfseries\n"
)


class _Line(NamedTuple):
    heading: str
    cells: str


@dataclass(frozen=True)
class _Block:
    """Some columns below one head, and lines, as many of them as stay on a page."""

    spec: str
    head: tuple[str, ...]
    lines: tuple[_Line, ...]


def render(table: Table) -> str:
    """Return a table as one or more ``table`` environments."""
    settings = [latex_columns.of(table, index) for index in range(len(table.columns))]
    size, packed = _layout(table, settings)
    blocks = [_block(table, chosen, [settings[index] for index in chosen]) for chosen in packed]
    texts = _Texts(table)
    pages = _pages(blocks, size, texts)
    floats = [_float(texts, page, index, size) for index, page in enumerate(pages)]
    return _NEEDS + "\n".join(floats)


class _Texts:
    """What stands above and below the lines of a table."""

    def __init__(self, table: Table) -> None:
        text = f"{table.caption} {_BEST}" if table.has_best else table.caption
        title = _prose(table.title)
        self.stem = table.stem
        self.first = f"{title}. {_prose(text)}"
        self.continued = f"{title} (continued)."
        signs = latex_columns.signs
        self.notes = [f"{signs(mark)}\\,{_prose(text)}" for text, mark in table.marks.items()]
        self.notes += [_prose(note) for note in table.footnotes]

    def room(self, index: int) -> float:
        """Return the height that is left for the blocks of float ``index``, about, in pt."""
        caption = self.continued if index else self.first
        notes = sum(1 + len(note) // 95 for note in self.notes)
        return _HEIGHT_PT - 12.0 * (1 + (len(caption) + 10) // 72) - 9.5 * notes - 30.0


def _prose(text: str) -> str:
    """Escape a text whose lines are broken: a number stays with its sign and its per cent."""
    text = re.sub(r"(?<![\w.)-])-(?=\.?\d)", "−", text)
    return re.sub(r"(\d) \\%", r"\1~\\%", escape(text))


def _layout(
    table: Table, settings: Sequence[latex_columns.Setting]
) -> tuple[_Size, list[list[int]]]:
    """Return size and blocks: whole if a size allows it, else with no group parted."""
    groups = [column.group for column in table.columns]
    tried = [(size, _packed(table, settings, size)) for size in _SIZES]
    whole = [one for one in tried if len(one[1]) == 1]
    unparted = [
        one
        for one in tried
        if all(groups[a[-1]] != groups[b[0]] for a, b in zip(one[1], one[1][1:], strict=False))
    ]
    return (*whole, *unparted, tried[0])[0]


def _packed(
    table: Table, settings: Sequence[latex_columns.Setting], size: _Size
) -> list[list[int]]:
    side = sum(
        max(map(latex_columns.width, (title, *(row.side[i] for row in table.rows))))
        for i, title in enumerate(table.sides)
    )
    side += _INDENT if any(row.heading for row in table.rows) else 0.0
    side += max(len(table.marks_of(row.notes)) for row in table.rows)
    gap = 2 * size.tabcolsep
    budget = _WIDTH_PT - side * size.digit - gap * (len(table.sides) - 1)
    widths = [gap + size.digit * setting.width for setting in settings]
    groups = [column.group for column in table.columns]
    for group in dict.fromkeys(groups):
        own = [index for index, name in enumerate(groups) if name == group]
        lacking = gap + size.digit * latex_columns.width(group) - sum(widths[i] for i in own)
        for index in own:
            widths[index] += max(0.0, lacking) / len(own)
    return pack(widths, groups, budget)


def _block(table: Table, chosen: Sequence[int], columns: Sequence[latex_columns.Setting]) -> _Block:
    spec = "l" + "r" * len(table.sides[1:]) + "".join(column.spec for column in columns)
    wide = len(table.sides) + sum(column.span for column in columns)
    lines = []
    for number, row in enumerate(table.rows):
        heading = latex_columns.words(row.heading)
        above = rf"\multicolumn{{{wide}}}{{@{{}}l}}{{\textit{{{heading}}}}} \\"
        cells = [*_side(table, row), *(column.cells[number] for column in columns)]
        lines.append(_Line(above if row.heading else "", " & ".join(cells) + r" \\"))
    return _Block(f"@{{}}{spec}@{{}}", _head(table, chosen, columns), tuple(lines))


def _side(table: Table, row: Row) -> list[str]:
    indent = r"\quad " if row.heading else ""
    label = indent + escape(row.side[0]) + latex_columns.signs(table.marks_of(row.notes))
    return [label, *(word if word != MISSING else "--" for word in row.side[1:])]


def _head(
    table: Table, chosen: Sequence[int], columns: Sequence[latex_columns.Setting]
) -> tuple[str, ...]:
    """Return the groups with a rule below each, where there are any, and the labels."""
    groups, rules, labels, at, start = [], [], [], len(table.sides) + 1, 0
    for number, index in enumerate(chosen):
        column, span = table.columns[index], columns[number].span
        text = escape(column.label)
        sign = latex_columns.signs(table.marks_of(column.notes), hang=True)
        labels.append(latex_columns.across(span, columns[number].align, text + sign))
        last = number + 1 == len(chosen) or table.columns[chosen[number + 1]].group != column.group
        if last:
            wide = sum(one.span for one in columns[start : number + 1])
            groups.append(rf"\multicolumn{{{wide}}}{{c}}{{{escape(column.group)}}}")
            if column.group:
                rules.append(rf"\cmidrule(lr){{{at}-{at + wide - 1}}}")
            at, start = at + wide, number + 1
    head = " & ".join([*map(escape, table.sides), *labels]) + r" \\"
    above = " & ".join(["", *[""] * (len(table.sides) - 1), *groups]) + r" \\"
    return (above, "".join(rules), head) if rules else (head,)


def _pages(blocks: Sequence[_Block], size: _Size, texts: _Texts) -> list[list[_Block]]:
    """Give each float as many lines as its page holds; rows below a heading stay together."""
    pages: list[list[_Block]] = [[]]
    room = texts.room(0)
    for block in blocks:
        lines = block.lines
        while lines:
            fits = _fitting(lines, room - _HEAD_PT, size)
            if pages[-1] and fits < len(lines):
                pages.append([])
                room = texts.room(len(pages) - 1)
                continue
            fits = max(1, fits)
            pages[-1].append(replace(block, lines=lines[:fits]))
            room -= _HEAD_PT + _height(lines[:fits], size)
            lines = lines[fits:]
    return pages


def _height(lines: Sequence[_Line], size: _Size) -> float:
    headings = sum(heading for _, heading in _with_headings(lines))
    return size.line * (len(lines) + headings) + 4.0 * headings


def _fitting(lines: Sequence[_Line], room: float, size: _Size) -> int:
    """Return how many lines a page takes, whole groups of them where half a page stays full."""
    most = sum(_height(lines[:count], size) <= room for count in range(1, len(lines) + 1))
    if most == len(lines):
        return most
    edges = [i for i in range(1, most + 1) if lines[i].heading != lines[i - 1].heading]
    return edges[-1] if edges and edges[-1] > most / 2 else most


def _with_headings(lines: Sequence[_Line]) -> Iterator[tuple[_Line, bool]]:
    """Yield the lines, each with whether its heading stands above it."""
    before = ""
    for line in lines:
        yield line, bool(line.heading) and line.heading != before
        before = line.heading


def _float(texts: _Texts, blocks: Sequence[_Block], index: int, size: _Size) -> str:
    caption = texts.continued if index else texts.first
    label = f"{texts.stem}-part{index + 1}" if index else texts.stem
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\label{{tab:{label}}}",
        r"\vspace{6pt}",
        size.command,
        rf"\setlength{{\tabcolsep}}{{{size.tabcolsep:g}pt}}",
        r"\sisetup{detect-weight=true, table-align-text-post=false}",
        *_tabulars(blocks),
    ]
    if texts.notes:
        lines += [r"\par\smallskip", r"\begin{minipage}{\linewidth}", r"\footnotesize\raggedright"]
        lines += ["\\par\n".join(texts.notes), r"\end{minipage}"]
    return "\n".join((*lines, r"\end{table}", ""))


def _tabulars(blocks: Sequence[_Block]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        lines += [r"\par\medskip"] if lines else []
        lines += [rf"\begin{{tabular}}{{{block.spec}}}", r"\toprule", *block.head, r"\midrule"]
        before = block.lines[0].heading
        for line, headed in _with_headings(block.lines):
            lines += [r"\addlinespace[3pt]"] if line.heading != before else []
            lines += [line.heading, line.cells] if headed else [line.cells]
            before = line.heading
        lines += [r"\bottomrule", r"\end{tabular}"]
    return lines
