"""A table of the page before it is HTML: cells that know how they sort, and footnotes."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

NOTHING = "\N{EN DASH}"
"""What stands where there is nothing to say."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text : str
        What is read; `NOTHING` where there is nothing.
    value : float or None
        What the column is sorted by where it is not the text; always finite.
    mark : str
        A dagger behind a number.
    notes : str
        The letters of footnotes.
    small : str
        What stands behind in small letters, such as an interval.
    tone : str
        ``good``, ``bad`` or ``open`` for words that judge.
    """

    text: str
    value: float | None = None
    mark: str = ""
    notes: str = ""
    small: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Column:
    """The head of a column; an ``optional`` one is left out where no row has anything in it."""

    label: str
    numeric: bool = False
    optional: bool = False
    prose: bool = False


@dataclass(frozen=True)
class Line:
    """A row; ``training`` is what the reader may filter by."""

    cells: tuple[Cell, ...]
    training: str = ""


@dataclass
class Footnotes:
    """Footnotes in the order in which they are first needed, with letters for marks."""

    texts: dict[str, str] = field(default_factory=dict)

    def letter(self, text: str) -> str:
        """Return the letter of a footnote; an empty one has none.

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
    """A table: a caption, columns, rows, footnotes with letters and lines that carry none."""

    caption: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    footnotes: dict[str, str] = field(default_factory=dict)
    below: tuple[str, ...] = ()

    @property
    def filterable(self) -> bool:
        """Whether rows tell their training."""
        return any(line.training for line in self.lines)


@dataclass(frozen=True)
class Panel:
    """One of several tables of which a reader looks at one, such as that of a metric."""

    name: str
    label: str
    grid: Grid


@dataclass(frozen=True)
class Part:
    """What stands under one heading: panels, the one that is open, and sentences below them."""

    heading: str
    panels: tuple[Panel, ...]
    chosen: str = ""
    words: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """Name -> label of each panel."""
        return {panel.name: panel.label for panel in self.panels}


def grid(
    caption: str,
    columns: Sequence[Column],
    lines: Sequence[Line],
    footnotes: Footnotes | None = None,
    below: Sequence[str] = (),
) -> Grid:
    """Return a table without the optional columns that nobody filled."""
    said = [
        index
        for index, column in enumerate(columns)
        if not column.optional or any(line.cells[index].text != NOTHING for line in lines)
    ]
    return Grid(
        caption=caption,
        columns=tuple(columns[index] for index in said),
        lines=tuple(
            replace(line, cells=tuple(line.cells[index] for index in said)) for line in lines
        ),
        footnotes=footnotes.texts if footnotes else {},
        below=tuple(filter(None, below)),
    )
