"""The data of a figure: findings of one corpus, feature set and protocol."""

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
from ..sections import Condition, conditions_by_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION = ("corpus", "features", "protocol")
FEATURES = ("corpus", "features")
CORPUS = ("corpus",)


@dataclass(frozen=True)
class Drawing:
    """A figure before it is saved, with its texts; see `aser_bench.report.figures.Figure`."""

    figure: Figure
    title: str
    caption: str
    alt: str


@dataclass(frozen=True)
class FigureData:
    """The data of one figure.

    Attributes
    ----------
    corpus, features, protocol : str
        Empty if the figure applies to all features or protocols of the corpus.
    title : str
        The title of the corpus, followed by ``(synthetic speech)`` if it applies.
    findings : Findings
        The rows of this corpus, these features and this protocol.
    conditions : dict of str to Condition
        The conditions of the corpus by name.
    marks : dict of str to str
        The marks of conditions that are not comparable with other bitrates, by condition.
    """

    corpus: str
    features: str
    protocol: str
    title: str
    findings: Findings
    conditions: dict[str, Condition]
    marks: dict[str, str]

    @property
    def section(self) -> tuple[str, str, str]:
        """Corpus, features and protocol."""
        return self.corpus, self.features, self.protocol

    @property
    def heading(self) -> str:
        """Corpus, features and protocol as text for a title."""
        protocol = f"protocol {self.protocol}" if self.protocol else ""
        return ", ".join(name for name in (self.title, self.features, protocol) if name)

    @cached_property
    def models(self) -> list[str]:
        """All models in the order of the cells, so that a model has one colour in all figures."""
        frames = (getattr(self.findings, field.name) for field in fields(self.findings))
        names = [frame["model"] for frame in frames if "model" in getattr(frame, "columns", ())]
        return list(dict.fromkeys(str(name) for column in names for name in column.unique()))

    @property
    def confidence(self) -> str:
        """The confidence of the intervals, such as ``95 %``."""
        return f"{100 * self.findings.confidence:g} %"

    def condition(self, name: str) -> Condition:
        """Return a condition; it has no numbers if the table of conditions does not have it."""
        return self.conditions.get(name) or Condition(name, "")

    def ordered(self, names: Iterable[str]) -> list[str]:
        """Return names of conditions in display order, without duplicates."""
        return sorted(dict.fromkeys(map(str, names)), key=lambda name: self.condition(name).order)

    def kbps(self, name: str) -> float:
        """Return the effective bitrate of a condition; NaN if its bitrate cannot be chosen."""
        condition = self.condition(name)
        if math.isnan(condition.requested_kbps):
            return math.nan
        effective = condition.effective_kbps
        return effective if effective > 0 else condition.requested_kbps

    def lowest(self, names: Iterable[str]) -> str:
        """Return the coded condition with the lowest bitrate, or the first without bitrates."""
        coded = [name for name in self.ordered(names) if name != tables.ORIGINAL]
        return min(coded, key=lambda name: _last(self.kbps(name)), default="")

    def marked(self, names: Iterable[str]) -> str:
        """Return a sentence about the marked conditions."""
        reasons: dict[str, list[str]] = {}
        for name in self.ordered(names):
            if name in self.marks:
                reasons.setdefault(self.marks[name], []).append(name)
        return "; ".join(f"{', '.join(marked)}: {mark}" for mark, marked in reasons.items())


def figure_data(
    findings: Findings, conditions: pd.DataFrame, context: Context, scope: tuple[str, ...]
) -> Iterator[FigureData]:
    """Yield the data of each corpus (x features x protocol) in the order of the findings.

    Parameters
    ----------
    findings : Findings
        The findings of a run.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    context : Context
        The description of the run.
    scope : tuple of str
        `SECTION`, `FEATURES` or `CORPUS`.
    """
    conditions = tables.order_columns(conditions, tables.CONDITIONS, "the table of conditions")
    frames = [*_frames(findings).values(), conditions]
    named = [frame[list(scope)] for frame in frames if set(scope) <= set(frame.columns)]
    rows = (row for frame in named for row in frame.drop_duplicates().itertuples(index=False))
    for names in dict.fromkeys(tuple(str(name) for name in row) for row in rows):
        given = dict(zip(scope, names, strict=True))
        of_corpus = _only(conditions, {"corpus": given["corpus"]})
        yield FigureData(
            corpus=given["corpus"],
            features=given.get("features", ""),
            protocol=given.get("protocol", ""),
            title=context.short_title(given["corpus"]),
            findings=_restricted(findings, given),
            conditions=conditions_by_name(of_corpus),
            marks={
                str(row.condition): str(row.mark).strip()
                for row in of_corpus.itertuples()
                if isinstance(row.mark, str) and row.mark.strip()
            },
        )


def training_of(frame: pd.DataFrame) -> str:
    """Return the training that a figure shows: ``clean`` if the data have it."""
    present = set(frame["training"]) if len(frame) else set()
    return next((training for training in ("clean", *TRAININGS) if training in present), "")


def emotions_of(names: Iterable[str]) -> list[str]:
    """Return emotions in the order of `tables.EMOTIONS`, other emotions last."""
    order = {name: place for place, name in enumerate(tables.EMOTIONS)}
    return sorted(set(map(str, names)), key=lambda name: (order.get(name, len(order)), name))


def sentences(*texts: str) -> str:
    """Join texts as sentences with full stops; empty ones are omitted."""
    return " ".join(f"{text.rstrip('.')}." for text in texts if text)


def _frames(findings: Findings) -> dict[str, pd.DataFrame]:
    values = {field.name: getattr(findings, field.name) for field in fields(findings)}
    return {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}


def _restricted(findings: Findings, given: dict[str, str]) -> Findings:
    frames: dict[str, Any] = {
        name: _only(frame, given) for name, frame in _frames(findings).items()
    }
    return replace(findings, **frames)


def _only(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    for column, name in names.items():
        if column in frame.columns:
            frame = frame[frame[column] == name]
    return frame


def _last(value: float) -> float:
    return math.inf if math.isnan(value) else value
