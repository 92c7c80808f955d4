"""What the page is made from, and the conditions as its tables need them."""

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
from ..sections import Treatment
from .cells import finite, said
from .frames import Row, records
from .grid import Cell, Footnotes

_LAST = 10**6


class Figure(Protocol):
    """A figure that was drawn elsewhere: what it shows, in words too, and its files."""

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
    """Everything that one report shows.

    Attributes
    ----------
    title : str
        The heading of the page.
    findings : Findings
        What was computed from the predictions.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    context : Context
        What the run tells of itself.
    verdict : sequence of str
        Sentences, the most important first.
    errors : sequence of (str, sequence of str)
        The error analysis in words: a heading and its lines.
    figures : sequence of Figure
        Their SVG (or else PNG) files are put into the page.
    manifest : mapping
        What ``manifest.json`` holds.
    failed : pandas.DataFrame
        Rows of the scores that have no result, columns `aser_bench.core.metrics.score_columns`.
    sounds : mapping of (corpus, condition, utterance) to bytes
        FLAC files, those of the condition ``original`` among them.
    command : str
        What repeats the run on a command line.
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
    sounds: Mapping[tuple[str, str, str], bytes] = field(default_factory=dict)
    command: str = ""

    @cached_property
    def treatments(self) -> Treatments:
        """The conditions by corpus and name."""
        return Treatments(self.conditions)

    def corpus(self, name: str) -> str:
        """Return a corpus's name, and that its speech is synthetic where it is."""
        return f"{name} (synthetic speech)" if name in self.context.synthetic else name

    def section(self, corpus: str, features: str = "", protocol: str = "") -> str:
        """Return the name of what a corpus, feature set and protocol gave."""
        named = f"protocol {protocol}" if protocol else ""
        return ", ".join(filter(None, (self.corpus(corpus), features, named)))

    @property
    def confidence(self) -> str:
        """The confidence of the intervals in words."""
        return f"{100 * self.findings.confidence:g} %"


class Treatments:
    """The table of conditions: a reader's order, bitrate, bandwidth and marks."""

    def __init__(self, conditions: pd.DataFrame) -> None:
        frame = order_columns(conditions, CONDITIONS, "the table of conditions")
        self.records = records(frame)
        self._found = {
            (said(row["corpus"]), said(row["condition"])): _treatment(row) for row in self.records
        }
        ordered = sorted(self._found, key=lambda key: self._found[key].order)
        self._rank = {key: rank for rank, key in enumerate(ordered)}

    def get(self, corpus: str, name: str) -> Treatment:
        """Return a condition; one that the table lacks is known by name alone."""
        return self._found.get((corpus, name), Treatment(name, ""))

    def rank(self, corpus: str, name: str) -> int:
        """Return where a condition stands in a reader's order."""
        return self._rank.get((corpus, name), _LAST)

    def cell(self, corpus: str, name: str, footnotes: Footnotes) -> Cell:
        """Return the name of a condition with the letters of its marks."""
        notes = footnotes.letters(self.get(corpus, name).notes)
        return Cell(name, float(self.rank(corpus, name)), notes=notes)

    def marks(self, corpus: str, codec: str, kbps: float) -> tuple[str, ...]:
        """Return the marks of what a codec gives at an effective bitrate (kbit/s)."""
        found = (
            one.notes
            for (name, _), one in self._found.items()
            if (name, one.codec) == (corpus, codec) and abs(one.effective_kbps - kbps) < 0.05
        )
        return next(found, ())

    def ordered(self, rows: pd.DataFrame) -> list[Row]:
        """Return rows by model (as they come), training and condition, as mappings."""
        models = list(dict.fromkeys(rows["model"]))
        trainings = [*TRAININGS, *dict.fromkeys(rows["training"])]
        return sorted(
            records(rows),
            key=lambda row: (
                models.index(row["model"]),
                trainings.index(row["training"]),
                self.rank(row["corpus"], row["condition"]),
            ),
        )


def _treatment(row: Row) -> Treatment:
    numbers = {
        name: finite(row[name])
        for name in ("requested_kbps", "effective_kbps", "codec_rate_hz", "bandwidth_hz")
    }
    return Treatment(
        name=said(row["condition"]),
        codec=said(row["codec"]),
        notes=tuple(filter(None, [said(row["mark"])])),
        **{name: number for name, number in numbers.items() if number is not None},
    )
