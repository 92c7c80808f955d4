"""The scores by corpus x features x protocol, with the conditions in a reader's order."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ..core import tables
from ..core.findings import TRAININGS
from ..core.metrics import LEADING, all_metrics
from .base import Entry
from .text import said

Key = tuple[str, str, str]  # model, training condition, test condition


def train_condition(training: str, test: str) -> str:
    """Return the training condition of one of `TRAININGS` for a test condition."""
    return {"matched": test, "clean": tables.ORIGINAL, "multi": tables.MULTI}[training]


@dataclass(frozen=True)
class Treatment:
    """A row of the table of conditions, as far as the report reads it."""

    name: str
    codec: str
    requested_kbps: float = math.nan
    effective_kbps: float = math.nan
    codec_rate_hz: float = math.nan
    bandwidth_hz: float = math.nan
    notes: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The name without the codec's, such as ``64k``."""
        short = self.name.removeprefix(f"{self.codec}-")
        return short if short else self.name

    @property
    def order(self) -> tuple[Any, ...]:
        """A key that sorts: the original, then by codec and bitrate, the pool at the end."""
        first = {tables.ORIGINAL: 0, tables.MULTI: 2}.get(self.name, 1)
        bitrate = self.effective_kbps if math.isnan(self.requested_kbps) else self.requested_kbps
        known = (
            value if not math.isnan(value) else math.inf for value in (bitrate, self.bandwidth_hz)
        )
        # Controls without a bitrate differ in their options, which sort by what they do.
        plain = math.isnan(bitrate) and "+" not in self.codec
        codec = self.codec.partition(":")[0] if plain else self.codec
        return first, codec, *known, natural(self.name)


@dataclass(frozen=True)
class Section:
    """Everything that one corpus, feature set and protocol gave.

    Attributes
    ----------
    corpus, features, protocol : str
        What the tables of the section have in common.
    cells : dict of (model, train, test) to named tuple
        Rows of the summary.
    treatments : dict of str to Treatment
        By name, in a reader's order.
    """

    corpus: str
    features: str
    protocol: str
    cells: dict[Key, Any]
    treatments: dict[str, Treatment]

    @property
    def models(self) -> list[str]:
        """The models in the order in which they first stand in the scores."""
        return list(dict.fromkeys(model for model, _, _ in self.cells))

    @property
    def metrics(self) -> list[str]:
        """Metrics of the scores, the leading one first."""
        columns = next(iter(self.cells.values()))._fields
        names = [name for name in all_metrics() if name in columns]
        return sorted(names, key=lambda name: name != LEADING)

    @property
    def name(self) -> tuple[str, str, str]:
        """Corpus, features and protocol."""
        return self.corpus, self.features, self.protocol

    @property
    def names(self) -> dict[str, str]:
        """The same, each by its column."""
        return dict(zip(("corpus", "features", "protocol"), self.name, strict=True))

    def only(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table of findings that belong to the section."""
        chosen = pd.Series(True, index=frame.index)
        for column, value in self.names.items():
            chosen &= frame[column].astype(str) == value
        return frame[chosen]

    def ordered(self, names: Iterable[str]) -> list[Treatment]:
        """Return the conditions of these names in a reader's order, unknown ones at the end."""
        wanted = dict.fromkeys(names)
        known = [treatment for name, treatment in self.treatments.items() if name in wanted]
        return [*known, *(Treatment(name, "") for name in wanted if name not in self.treatments)]

    def trainings(self, models: Iterable[str]) -> list[str]:
        """Return which of `TRAININGS` these models have scores for.

        Training and testing on the original alone belongs to both of the first; it counts, as
        ``matched``, only where there is nothing else.
        """
        chosen = set(models)
        pairs = {(train, test) for model, train, test in self.cells if model in chosen}
        there = {
            "matched": any(train == test != tables.ORIGINAL for train, test in pairs),
            "clean": any(train == tables.ORIGINAL != test for train, test in pairs),
            "multi": any(train == tables.MULTI for train, _ in pairs),
        }
        if not any(there.values()):
            there["matched"] = (tables.ORIGINAL, tables.ORIGINAL) in pairs
        return [training for training in TRAININGS if there[training]]

    def keys(self, model: str, training: str) -> list[Key]:
        """Return the cells of a model under one of `TRAININGS`."""
        return [
            key
            for key in self.cells
            if key[0] == model and key[1] == train_condition(training, key[2])
        ]

    def entry(self, key: Key, metric: str) -> Entry | None:
        """Return one metric of a cell, None where nobody asked for it."""
        cell = self.cells.get(key)
        if cell is None:
            return None
        return Entry(
            mean=float(getattr(cell, metric)),
            sd_folds=float(getattr(cell, f"{metric}_sd_folds")),
            sd_runs=float(getattr(cell, f"{metric}_sd_runs")),
            n_folds=int(cell.n_folds),
            n_runs=int(cell.n_runs),
            n_failed=int(cell.n_failed),
            n_results=int(cell.n_results),
            reasons=str(cell.reasons),
        )


def sections(summary: pd.DataFrame, conditions: pd.DataFrame) -> Iterator[Section]:
    """Yield the sections of a summary in the order in which they first stand in it.

    Parameters
    ----------
    summary : pandas.DataFrame
        What `aser_bench.report.summary.summarise` returns.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``. A condition that is missing there stands in the tables
        without a bitrate.
    """
    conditions = tables.order_columns(conditions, tables.CONDITIONS, "the table of conditions")
    for names, rows in summary.groupby(["corpus", "features", "protocol"], sort=False):
        corpus, features, protocol = (str(name) for name in names)
        cells = {
            (str(row.model), str(row.train_condition), str(row.test_condition)): row
            for row in rows.itertuples(index=False)
        }
        known = treatments(conditions[conditions["corpus"] == corpus])
        used = {name for _, train, test in cells for name in (train, test)}
        found = [known.get(name, Treatment(name, "")) for name in used]
        ordered = {t.name: t for t in sorted(found, key=lambda t: t.order)}
        yield Section(corpus, features, protocol, cells, ordered)


def treatments(conditions: pd.DataFrame) -> dict[str, Treatment]:
    """Return the conditions of one corpus by name; other names of a stream are notes of it."""
    aliases: dict[str, list[str]] = {}
    found = {}
    for row in conditions.to_dict("records"):
        name, same_as = said(row["condition"]), said(row["same_as"])
        if same_as:
            aliases.setdefault(same_as, []).append(name)
            continue
        mark = said(row["mark"])
        found[name] = Treatment(
            name=name,
            codec=said(row["codec"]),
            requested_kbps=_float(row["requested_kbps"]),
            effective_kbps=_float(row["effective_kbps"]),
            codec_rate_hz=_float(row["codec_rate_hz"]),
            bandwidth_hz=_float(row["bandwidth_hz"]),
            notes=(mark,) if mark else (),
        )
    for name, others in aliases.items():
        if name in found:
            found[name] = _with_alias(found[name], sorted(others, key=natural))
    return found


def _with_alias(treatment: Treatment, others: list[str]) -> Treatment:
    *most, last = others
    names = f"{', '.join(most)} and {last}" if most else last
    verb = "were asked for and are" if most else "was asked for and is"
    note = f"{names} {verb} the same stream as {treatment.name}."
    return replace(treatment, notes=(*treatment.notes, note))


def natural(text: str) -> tuple[Any, ...]:
    """Return a key that sorts ``8k`` before ``16k``."""
    parts = re.split(r"(\d+)", text)
    return tuple(int(part) if index % 2 else part for index, part in enumerate(parts))


def _float(value: Any) -> float:
    return math.nan if value is None or value is pd.NA or value == "" else float(value)
