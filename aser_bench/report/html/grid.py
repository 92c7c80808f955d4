"""Tables of the page before they are rendered: cells with sort values, and footnotes."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

EMPTY = "\N{EN DASH}"
"""The text of an empty cell."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text : str
        The visible text; `EMPTY` if there is no value.
    value : float or None
        The sort value if it is not the text; always finite.
    mark : str
        A dagger after a number.
    notes : str
        The letters of footnotes.
    small : str
        Small text after the main text, such as an interval.
    tone : str
        The colour of a decision: ``good``, ``bad`` or ``open``.
    """

    text: str
    value: float | None = None
    mark: str = ""
    notes: str = ""
    small: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Column:
    """The head of a column; an ``optional`` column is omitted if it has no values."""

    label: str
    numeric: bool = False
    optional: bool = False
    prose: bool = False


@dataclass(frozen=True)
class GridRow:
    """A row; the reader can filter rows by ``training``."""

    cells: tuple[Cell, ...]
    training: str = ""


@dataclass
class Footnotes:
    """Footnotes in order of first use, marked with letters."""

    texts: dict[str, str] = field(default_factory=dict)

    def letter(self, text: str) -> str:
        """Return the letter of a footnote, or an empty string for an empty footnote.

        Examples
        --------
        >>> notes = Footnotes()
        >>> notes.letter("one"), notes.letter("two"), notes.letter("one"), notes.letter("")
        ('a', 'b', 'a', '')
        """
        if not text:
            return ""
        letters = string.ascii_lowercase
        times, index = divmod(len(self.texts), len(letters))
        return self.texts.setdefault(text, letters[index] * (times + 1))

    def letters(self, texts: Sequence[str]) -> str:
        """Return the letters of several footnotes in one string."""
        return ",".join(filter(None, map(self.letter, texts)))


@dataclass(frozen=True)
class Grid:
    """A table: caption, columns, rows, footnotes with letters, and notes without a letter."""

    caption: str
    columns: tuple[Column, ...]
    lines: tuple[GridRow, ...]
    footnotes: dict[str, str] = field(default_factory=dict)
    below: tuple[str, ...] = ()

    @property
    def filterable(self) -> bool:
        """Whether the rows can be filtered by training."""
        return any(line.training for line in self.lines)


@dataclass(frozen=True)
class Panel:
    """One of several tables of which one is shown at a time, such as the table of a metric."""

    name: str
    label: str
    grid: Grid


@dataclass(frozen=True)
class Subsection:
    """The content below one heading: panels, the name of the open one, and sentences."""

    heading: str
    panels: tuple[Panel, ...]
    chosen: str = ""
    sentences: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """The labels of the panels by name."""
        return {panel.name: panel.label for panel in self.panels}


def grid(
    caption: str,
    columns: Sequence[Column],
    lines: Sequence[GridRow],
    footnotes: Footnotes | None = None,
    below: Sequence[str] = (),
) -> Grid:
    """Return a table without the optional columns that have no values."""
    shown = [
        index
        for index, column in enumerate(columns)
        if not column.optional or any(line.cells[index].text != EMPTY for line in lines)
    ]
    return Grid(
        caption=caption,
        columns=tuple(columns[index] for index in shown),
        lines=tuple(
            replace(line, cells=tuple(line.cells[index] for index in shown)) for line in lines
        ),
        footnotes=footnotes.texts if footnotes else {},
        below=tuple(filter(None, below)),
    )
