"""What the writers of the report share: the context of a run, and a table without a layout."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

METRICS = {"wap": "WAP", "accuracy": "Accuracy", "uar": "UAR", "macro_f1": "Macro-F1"}
"""The metric columns of the scores, by the title that stands above them."""

_MARKS = "†‡§¶"


@dataclass(frozen=True)
class Context:
    """What a reader must know of a run to read its tables.

    Attributes
    ----------
    study : str
        The study's name.
    seed : int
        The seed that every cell's own seed is derived from.
    synthetic : tuple of str
        Corpora whose speech was made by a machine; every table of theirs says so.
    titles : dict of str to str
        Corpus -> the title that stands in captions; the name itself where it is missing.
    sizes : dict of str to (int, int)
        Corpus -> utterances, speakers; 0 speakers where the corpus does not tell them.
    refused : dict of str to int
        Corpus -> recordings that were refused.
    notes : dict of str to tuple of str
        Corpus -> further lines that stand below its tables.
    settings : str
        For example ``effort standard`` or ``preset paper``.
    """

    study: str
    seed: int
    synthetic: tuple[str, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    settings: str = ""

    def title(self, corpus: str) -> str:
        """Return the corpus's title, with ``(synthetic speech)`` behind it where it is."""
        title = self.titles.get(corpus, corpus)
        return f"{title} (synthetic speech)" if corpus in self.synthetic else title


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
    best: bool = False

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
class Row:
    """One condition down the side of a table.

    Attributes
    ----------
    label : str
        The condition's name.
    keys : tuple of (str, str) pairs
        What names the row in a CSV file: corpus, features and so on.
    kbps : float
        The effective bitrate in kbit/s, NaN where there is none.
    codec_rate_hz : float
        The sample rate that the codec works at (Hz), NaN where there is none.
    notes : tuple of str
        Footnotes of the row.
    """

    label: str
    keys: tuple[tuple[str, str], ...]
    kbps: float = math.nan
    codec_rate_hz: float = math.nan
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of numbers: ``label`` stands below ``group``.

    Attributes
    ----------
    group, label : str
        The two lines of the head, such as a model and a metric.
    name : str
        The column's name for machines.
    unit : str
        What the counts of folds, runs and failures belong to; columns of one cell share it.
    notes : tuple of str
        Footnotes of the column.
    """

    group: str
    label: str
    name: str
    unit: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table before anybody has chosen between CSV, LaTeX and a terminal.

    Attributes
    ----------
    stem : str
        The file's name without ending.
    title, caption : str
        One line that names the table, and the sentences that explain it.
    side : str
        The title above the rows' labels.
    columns, rows : tuple
        The head and the side.
    entries : tuple of tuple of (Entry or None)
        The numbers, [row][column]; None where a cell was never asked for.
    footnotes : tuple of str
        Notes of the whole table, which carry no mark.
    with_sd : bool
        Whether people see the spread as well; machines always do.
    stacked : bool
        Whether all groups have the same labels, so that they may stand one below another.
    synthetic : bool
        Whether the speech was made by a machine.
    """

    stem: str
    title: str
    caption: str
    side: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    entries: tuple[tuple[Entry | None, ...], ...]
    footnotes: tuple[str, ...] = ()
    with_sd: bool = True
    stacked: bool = True
    synthetic: bool = False

    @cached_property
    def marks(self) -> dict[str, str]:
        """Footnote -> its mark: those of the head, then the side, then the numbers."""
        named = [note for column in self.columns for note in column.notes]
        named += [note for row in self.rows for note in row.notes]
        entries = [row[index] for index in range(len(self.columns)) for row in self.entries]
        noted = [entry.note for entry in entries if entry is not None]
        texts = dict.fromkeys(note for note in (*named, *noted) if note)
        return {text: mark(index) for index, text in enumerate(texts)}

    def marks_of(self, notes: Iterable[str]) -> str:
        """Return the marks of some footnotes in one string, such as ``†`` or ``†,‡``."""
        marks = self.marks
        return ",".join(marks[note] for note in notes if note)


def mark(index: int) -> str:
    """Return the footnote mark number ``index``.

    Examples
    --------
    >>> [mark(index) for index in (0, 1, 4, 9)]
    ['†', '‡', '††', '‡‡‡']
    """
    return _MARKS[index % len(_MARKS)] * (index // len(_MARKS) + 1)
