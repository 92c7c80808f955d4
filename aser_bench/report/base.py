"""What the parts of the report share: the context of a run, and a table without a layout."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

DAGGER = "†"
"""The mark of a significant loss, and of nothing else."""

_MARKS = "‡§¶‖"

BEST_NOTE = "Bold: the best of each column, and every value that prints equal to it."
"""Explains `Cell.best` where it is printed in bold."""


@dataclass(frozen=True)
class Entry:
    """One metric of one cell: the numbers, and how many results they stand on."""

    mean: float
    sd_folds: float
    sd_runs: float
    n_folds: int
    n_runs: int
    n_failed: int
    n_results: int
    reasons: str = ""

    @property
    def failed(self) -> bool:
        """Whether not one result of the cell succeeded."""
        return self.n_failed == self.n_results

    @property
    def comparable(self) -> bool:
        """Whether the mean may be compared with others: a number, and over all results."""
        return self.n_failed == 0 and math.isfinite(self.mean)

    @property
    def note(self) -> str:
        """The footnote that the entry needs, or an empty string."""
        why = f" ({self.reasons})" if self.reasons else ""
        if self.n_failed == 0:
            return ""
        if self.failed:
            return f"Failed{why}."
        return (
            f"{self.n_failed} of {self.n_results} results failed{why}; "
            "the mean is over the rest and takes no part in the search for the best."
        )


@dataclass(frozen=True)
class Cell:
    """What people read in one place of a table: words, already written out.

    Attributes
    ----------
    text : str
        A number as people read it, a word, or ``-`` where there is nothing.
    spread : str
        What stands behind a plus-minus sign, or empty.
    best : bool
        Whether it is the best of its column.
    daggered : bool
        Whether what the table's ``dagger`` says holds for it.
    notes : tuple of str
        Footnotes of the cell.
    """

    text: str = "-"
    spread: str = ""
    best: bool = False
    daggered: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of cells: ``label`` stands below ``group``, which neighbours may share.

    Attributes
    ----------
    group, label : str
        The two lines of the head, such as a model and a way of training.
    is_text : bool
        Whether the column holds text, which is aligned to the left, instead of numbers.
    notes : tuple of str
        Footnotes of the column.
    """

    group: str
    label: str
    is_text: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes
    ----------
    side : tuple of str
        What names the row; the first stands at the left, others are numbers.
    cells : tuple of Cell
        One for each column.
    heading : str
        What stands in a line of its own above rows that share it; empty for none.
    notes : tuple of str
        Footnotes of the row.
    """

    side: tuple[str, ...]
    cells: tuple[Cell, ...]
    heading: str = ""
    notes: tuple[str, ...] = ()


Plain = str | int | float | bool | None
"""What stands in a record: a fraction is from 0 to 1, and what is not defined is NaN or None."""


@dataclass(frozen=True)
class Table:
    """A table before anybody has chosen between LaTeX, Markdown, CSV, JSON and a terminal.

    It holds everything twice: as rows of words, of which people see all, and as records of
    plain numbers at full precision for machines.

    Attributes
    ----------
    stem : str
        The file's name without ending.
    title, caption : str
        One line that names the table, and the sentences that explain it.
    sides : tuple of str
        The titles above what names the rows.
    columns, rows : tuple
        The head, and what stands below it.
    records : tuple of dict
        The same for machines; all have the same names in the same order.
    dagger : str
        What an asterisk behind a number means.
    footnotes : tuple of str
        Notes of the whole table, which carry no mark.
    """

    stem: str
    title: str
    caption: str
    sides: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    records: tuple[dict[str, Plain], ...]
    dagger: str = ""
    footnotes: tuple[str, ...] = ()

    @cached_property
    def marks(self) -> dict[str, str]:
        """Footnote -> its mark: those of the head, then the side, then the cells by column."""
        named = [note for column in self.columns for note in column.notes]
        named += [note for row in self.rows for note in row.notes]
        cells = (row.cells[index] for index in range(len(self.columns)) for row in self.rows)
        noted = [note for cell in cells for note in cell.notes]
        texts = dict.fromkeys(note for note in (*named, *noted) if note)
        found = {text: mark(index) for index, text in enumerate(texts)}
        daggered = any(cell.daggered for row in self.rows for cell in row.cells)
        return {self.dagger: DAGGER, **found} if daggered else found

    def marks_of(self, notes: Iterable[str], daggered: bool = False) -> str:
        """Return the marks of some footnotes in one string, such as ``‡`` or ``†,‡``."""
        return ",".join([DAGGER] * daggered + [self.marks[note] for note in notes if note])

    @property
    def has_best(self) -> bool:
        """Whether a number is marked as the best of its column."""
        return any(cell.best for row in self.rows for cell in row.cells)


def mark(index: int) -> str:
    """Return the footnote mark number ``index``.

    Examples
    --------
    >>> [mark(index) for index in (0, 1, 4, 9)]
    ['‡', '§', '‡‡', '§§§']
    """
    return _MARKS[index % len(_MARKS)] * (index // len(_MARKS) + 1)
