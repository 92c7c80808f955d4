"""The findings by corpus, features and protocol, as the figures read them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...core import tables
from ...core.context import Context
from ...core.findings import TRAININGS, Findings
from ..sections import Treatment, treatments

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION = ("corpus", "features", "protocol")
FEATURES = ("corpus", "features")
CORPUS = ("corpus",)


@dataclass(frozen=True)
class Drawing:
    """A figure before it is saved, with its words; see `aser_bench.report.figures.Figure`."""

    figure: Figure
    title: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Part:
    """What one figure is drawn from.

    Attributes
    ----------
    corpus, features, protocol : str
        Empty where the figure belongs to all features or protocols of the corpus.
    title : str
        The corpus's title, with ``(synthetic speech)`` behind it where it is.
    findings : Findings
        Only the rows of this corpus, these features and this protocol.
    treatments : dict of str to Treatment
        The corpus's conditions by name.
    marks : dict of str to str
        Condition -> why it is not like its neighbours; only those that are not.
    """

    corpus: str
    features: str
    protocol: str
    title: str
    findings: Findings
    treatments: dict[str, Treatment]
    marks: dict[str, str]

    @property
    def section(self) -> tuple[str, str, str]:
        """The names that the part is known by."""
        return self.corpus, self.features, self.protocol

    @property
    def heading(self) -> str:
        """The names in words, for a title."""
        protocol = f"protocol {self.protocol}" if self.protocol else ""
        return ", ".join(name for name in (self.title, self.features, protocol) if name)

    @cached_property
    def models(self) -> list[str]:
        """All models, in the order of the cells: a model has one colour in all figures."""
        frames = (getattr(self.findings, field.name) for field in fields(self.findings))
        names = [frame["model"] for frame in frames if "model" in getattr(frame, "columns", ())]
        return list(dict.fromkeys(str(name) for column in names for name in column.unique()))

    @property
    def confidence(self) -> str:
        """The confidence of the intervals, such as ``95 %``."""
        return f"{100 * self.findings.confidence:g} %"

    def treatment(self, name: str) -> Treatment:
        """Return a condition, without numbers where the table of conditions lacks it."""
        return self.treatments.get(name) or Treatment(name, "")

    def ordered(self, names: Iterable[str]) -> list[str]:
        """Return names of conditions, each once, in a reader's order."""
        return sorted(dict.fromkeys(map(str, names)), key=lambda name: self.treatment(name).order)

    def kbps(self, name: str) -> float:
        """Return the bitrate that a condition really has, NaN where it has none to choose."""
        treatment = self.treatment(name)
        if math.isnan(treatment.requested_kbps):
            return math.nan
        effective = treatment.effective_kbps
        return effective if effective > 0 else treatment.requested_kbps

    def lowest(self, names: Iterable[str]) -> str:
        """Return the coded condition of the lowest bitrate, or the first where none has one."""
        coded = [name for name in self.ordered(names) if name != tables.ORIGINAL]
        return min(coded, key=lambda name: _last(self.kbps(name)), default="")

    def marked(self, names: Iterable[str]) -> str:
        """Return a sentence about the conditions that are not like their neighbours."""
        reasons: dict[str, list[str]] = {}
        for name in self.ordered(names):
            if name in self.marks:
                reasons.setdefault(self.marks[name], []).append(name)
        return "; ".join(f"{', '.join(those)}: {why}" for why, those in reasons.items())


def parts(
    findings: Findings, conditions: pd.DataFrame, context: Context, scope: tuple[str, ...]
) -> Iterator[Part]:
    """Yield one part for each corpus (x features x protocol) in the order of the findings.

    Parameters
    ----------
    findings : Findings
        Of a whole run.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    context : Context
        What the run tells of itself.
    scope : tuple of str
        `SECTION`, `FEATURES` or `CORPUS`.
    """
    conditions = tables.order_columns(conditions, tables.CONDITIONS, "the table of conditions")
    frames = [*_frames(findings).values(), conditions]
    named = [frame[list(scope)] for frame in frames if set(scope) <= set(frame.columns)]
    rows = (row for frame in named for row in frame.drop_duplicates().itertuples(index=False))
    for names in dict.fromkeys(tuple(str(name) for name in row) for row in rows):
        given = dict(zip(scope, names, strict=True))
        own = _only(conditions, {"corpus": given["corpus"]})
        yield Part(
            corpus=given["corpus"],
            features=given.get("features", ""),
            protocol=given.get("protocol", ""),
            title=context.short_title(given["corpus"]),
            findings=_restricted(findings, given),
            treatments=treatments(own),
            marks={
                str(row.condition): str(row.mark).strip()
                for row in own.itertuples()
                if isinstance(row.mark, str) and row.mark.strip()
            },
        )


def training_of(frame: pd.DataFrame) -> str:
    """Return the one way of training that a figure shows: ``clean`` where there is one."""
    there = set(frame["training"]) if len(frame) else set()
    return next((kind for kind in ("clean", *TRAININGS) if kind in there), "")


def emotions_of(names: Iterable[str]) -> list[str]:
    """Return emotions, each once, in the order of `tables.EMOTIONS`, unknown ones behind."""
    known = {name: place for place, name in enumerate(tables.EMOTIONS)}
    return sorted(set(map(str, names)), key=lambda name: (known.get(name, len(known)), name))


def sentences(*said: str) -> str:
    """Join what is not empty into one text, with a full stop behind each."""
    return " ".join(f"{text.rstrip('.')}." for text in said if text)


def _frames(findings: Findings) -> dict[str, pd.DataFrame]:
    values = {field.name: getattr(findings, field.name) for field in fields(findings)}
    return {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}


def _restricted(findings: Findings, given: dict[str, str]) -> Findings:
    own: dict[str, Any] = {name: _only(frame, given) for name, frame in _frames(findings).items()}
    return replace(findings, **own)


def _only(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    for column, name in names.items():
        if column in frame.columns:
            frame = frame[frame[column] == name]
    return frame


def _last(value: float) -> float:
    return math.inf if math.isnan(value) else value
