"""Tables without a layout, from which all output formats are rendered."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

DAGGER = "†"
"""The mark of a significant loss; it has no other use."""

_MARKS = "‡§¶‖"

BEST_NOTE = "Bold: the best of each column, and every value that prints equal to it."
"""Explains `Cell.best` where it is printed in bold."""


@dataclass(frozen=True)
class Entry:
    """One metric of one cell, and the number of results behind it.

    Attributes
    ----------
    value : float
        The value that is shown and compared: over the test utterances of all folds, mean over
        runs. Without predictions it is ``mean_folds``.
    low, high : float
        The interval of the value; NaN if there is none.
    is_pooled : bool
        Whether there are predictions, so that the value is over the utterances of all folds.
    mean_folds : float
        Mean over folds of the means over runs.
    sd_folds, sd_runs : float
        Standard deviations of these means over folds, and over the runs of a fold.
    n_folds, n_runs, n_failed, n_results : int
        Folds and runs with a result, results that failed, and all results.
    reasons : str
        Why results failed.
    """

    value: float
    low: float
    high: float
    is_pooled: bool
    mean_folds: float
    sd_folds: float
    sd_runs: float
    n_folds: int
    n_runs: int
    n_failed: int
    n_results: int
    reasons: str = ""

    @property
    def failed(self) -> bool:
        """Whether all results of the cell failed."""
        return self.n_failed == self.n_results

    @property
    def comparable(self) -> bool:
        """Whether the value can be compared with others: it is finite and over all results."""
        return self.n_failed == 0 and math.isfinite(self.value)

    @property
    def note(self) -> str:
        """The footnote about failed results, or an empty string."""
        why = f" ({self.reasons})" if self.reasons else ""
        if self.n_failed == 0:
            return ""
        if self.failed:
            return f"Failed{why}."
        return (
            f"{self.n_failed} of {self.n_results} results failed{why}; "
            "the value is over the other results and is not considered for the best value. Losses "
            "are computed on the utterances that both conditions have."
        )


@dataclass(frozen=True)
class Cell:
    """One place of a table as formatted text.

    Attributes
    ----------
    text : str
        A formatted number, a word, or ``-`` if there is no value.
    spread : str
        The text after the number: an interval, or a plus-minus sign and a standard deviation.
    best : bool
        Whether it is the best value of its column.
    daggered : bool
        Whether the table's ``dagger`` note applies to it.
    notes : tuple of str
        Footnotes of the cell.
    """

    text: str = "-"
    spread: str = ""
    best: bool = False
    has_dagger: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of cells; neighbouring columns can share a ``group`` above their labels.

    Attributes
    ----------
    group, label : str
        The two parts of the head, such as a model and a training; a label can have several lines.
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
    """One row of a table.

    Attributes
    ----------
    side : tuple of str
        The labels of the row; the first is aligned left, others are numbers.
    cells : tuple of Cell
        One for each column.
    heading : str
        The heading above all rows that share it; empty for none.
    notes : tuple of str
        Footnotes of the row.
    """

    side: tuple[str, ...]
    cells: tuple[Cell, ...]
    heading: str = ""
    notes: tuple[str, ...] = ()


Plain = str | int | float | bool | None
"""A value of a record: fractions are between 0 and 1; undefined values are NaN or None."""


@dataclass(frozen=True)
class Table:
    """A table that can be rendered as LaTeX, Markdown, CSV, JSON or text.

    It has all values twice: as rows of formatted text for readers, and as records of numbers
    with full precision for programs.

    Attributes
    ----------
    stem : str
        The file name without extension.
    title, caption : str
        The name of the table in one line, and the sentences that explain it.
    sides : tuple of str
        The titles above the labels of the rows.
    columns, rows : tuple
        The columns and the rows below them.
    records : tuple of dict
        The same values for programs; all records have the same names in the same order.
    dagger : str
        The meaning of a dagger after a number.
    footnotes : tuple of str
        Notes about the whole table, which have no mark.
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
        """The marks of the footnotes: first the head, then the rows, then the cells by column."""
        named = [note for column in self.columns for note in column.notes]
        named += [note for row in self.rows for note in row.notes]
        cells = (row.cells[index] for index in range(len(self.columns)) for row in self.rows)
        noted = [note for cell in cells for note in cell.notes]
        texts = dict.fromkeys(note for note in (*named, *noted) if note)
        marks = {text: mark(index) for index, text in enumerate(texts)}
        has_dagger = any(cell.has_dagger for row in self.rows for cell in row.cells)
        return {self.dagger: DAGGER, **marks} if has_dagger else marks

    def marks_of(self, notes: Iterable[str], has_dagger: bool = False) -> str:
        """Return the marks of footnotes in one string, such as ``‡`` or ``†,‡``."""
        return ",".join([DAGGER] * has_dagger + [self.marks[note] for note in notes if note])

    @property
    def has_best(self) -> bool:
        """Whether a value is marked as the best of its column."""
        return any(cell.best for row in self.rows for cell in row.cells)


def mark(index: int) -> str:
    """Return the footnote mark number ``index``.

    Examples
    --------
    >>> [mark(index) for index in (0, 1, 4, 9)]
    ['‡', '§', '‡‡', '§§§']
    """
    return _MARKS[index % len(_MARKS)] * (index // len(_MARKS) + 1)
