"""The content of the HTML page, and the conditions with their order and marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ...core.context import Context
from ...core.findings import TRAININGS, Findings
from ...core.metrics import score_columns
from ...core.tables import CONDITIONS, order_columns
from ..sections import Condition
from ..text import as_text
from .cells import finite
from .frames import Row, row_dicts
from .grid import Cell, Footnotes

_LAST = 10**6


class Figure(Protocol):
    """A drawn figure: title, caption, alternative text and files."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def caption(self) -> str: ...  # noqa: D102
    @property
    def alt(self) -> str: ...  # noqa: D102
    @property
    def section(self) -> tuple[str, str, str]: ...  # noqa: D102
    @property
    def files(self) -> Sequence[Path]: ...  # noqa: D102


@dataclass(frozen=True)
class Page:
    """The content of one report.

    Attributes
    ----------
    title : str
        The heading of the page.
    findings : Findings
        The results computed from the predictions.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    context : Context
        The description of the run.
    verdict : sequence of str
        Sentences, the most important first.
    errors : sequence of (str, sequence of str)
        The error analysis as text: headings and their lines.
    figures : sequence of Figure
        Their SVG files, or PNG files if there are no SVG files, are included in the page.
    manifest : mapping
        The content of ``manifest.json``.
    failed : pandas.DataFrame
        The failed rows of the scores, columns `aser_bench.core.metrics.score_columns`.
    notes : mapping of (corpus, features, protocol) to sequence of str
        Sentences below the tables of results.
    audio : mapping of (corpus, condition, utterance) to bytes
        FLAC files, including the condition ``original``.
    command : str
        The command that repeats the run.
    """

    title: str
    findings: Findings
    conditions: pd.DataFrame
    context: Context
    verdict: Sequence[str] = ()
    errors: Sequence[tuple[str, Sequence[str]]] = ()
    figures: Sequence[Figure] = ()
    manifest: Mapping[str, Any] = field(default_factory=dict)
    failed: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(score_columns()))
    )
    notes: Mapping[tuple[str, ...], Sequence[str]] = field(default_factory=dict)
    audio: Mapping[tuple[str, str, str], bytes] = field(default_factory=dict)
    command: str = ""

    @cached_property
    def condition_table(self) -> ConditionTable:
        """The conditions by corpus and name."""
        return ConditionTable(self.conditions)

    def corpus(self, name: str) -> str:
        """Return the name of a corpus, with ``(synthetic speech)`` if it applies."""
        return f"{name} (synthetic speech)" if name in self.context.synthetic else name

    def section(self, corpus: str, features: str = "", protocol: str = "") -> str:
        """Return corpus, feature set and protocol as a heading."""
        named = f"protocol {protocol}" if protocol else ""
        return ", ".join(filter(None, (self.corpus(corpus), features, named)))

    @property
    def confidence(self) -> str:
        """The confidence of the intervals, such as ``95 %``."""
        return f"{100 * self.findings.confidence:g} %"


class ConditionTable:
    """The table of conditions: display order, bitrates, bandwidths and marks."""

    def __init__(self, conditions: pd.DataFrame) -> None:
        frame = order_columns(conditions, CONDITIONS, "the table of conditions")
        self.rows = row_dicts(frame)
        self._conditions = {
            (as_text(row["corpus"]), as_text(row["condition"])): _condition(row)
            for row in self.rows
        }
        ordered = sorted(self._conditions, key=lambda key: self._conditions[key].order)
        self._rank = {key: rank for rank, key in enumerate(ordered)}

    def get(self, corpus: str, name: str) -> Condition:
        """Return a condition; one that is not in the table has only a name."""
        return self._conditions.get((corpus, name), Condition(name, ""))

    def rank(self, corpus: str, name: str) -> int:
        """Return the position of a condition in the display order."""
        return self._rank.get((corpus, name), _LAST)

    def cell(self, corpus: str, name: str, footnotes: Footnotes) -> Cell:
        """Return the name of a condition with the letters of its footnotes."""
        notes = footnotes.letters(self.get(corpus, name).notes)
        return Cell(name, float(self.rank(corpus, name)), notes=notes)

    def marks(self, corpus: str, codec: str, kbps: float) -> tuple[str, ...]:
        """Return the marks of a codec's condition at an effective bitrate (kbit/s)."""
        notes = (
            condition.notes
            for (name, _), condition in self._conditions.items()
            if (name, condition.codec) == (corpus, codec)
            and abs(condition.effective_kbps - kbps) < 0.05
        )
        return next(notes, ())

    def ordered(self, rows: pd.DataFrame) -> list[Row]:
        """Return rows as mappings, in order of model, training and condition."""
        models = list(dict.fromkeys(rows["model"]))
        trainings = [*TRAININGS, *dict.fromkeys(rows["training"])]
        return sorted(
            row_dicts(rows),
            key=lambda row: (
                models.index(row["model"]),
                trainings.index(row["training"]),
                self.rank(row["corpus"], row["condition"]),
            ),
        )


def _condition(row: Row) -> Condition:
    numbers = {
        name: finite(row[name])
        for name in ("requested_kbps", "effective_kbps", "codec_rate_hz", "bandwidth_hz")
    }
    return Condition(
        name=as_text(row["condition"]),
        codec=as_text(row["codec"]),
        notes=tuple(filter(None, [as_text(row["mark"])])),
        **{name: number for name, number in numbers.items() if number is not None},
    )
