"""The results by corpus x features x protocol, with the conditions in display order."""

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
from .text import as_text

Key = tuple[str, str, str]  # model, training condition, test condition


def train_condition(training: str, test: str) -> str:
    """Return the training condition of one of `TRAININGS` for a test condition."""
    return {"matched": test, "clean": tables.ORIGINAL, "multi": tables.MULTI}[training]


@dataclass(frozen=True)
class Condition:
    """A row of the table of conditions, with the values that the report uses."""

    name: str
    codec: str
    requested_kbps: float = math.nan
    effective_kbps: float = math.nan
    codec_rate_hz: float = math.nan
    bandwidth_hz: float = math.nan
    notes: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The name without that of the codec, such as ``64k``."""
        short = self.name.removeprefix(f"{self.codec}-")
        return short if short else self.name

    @property
    def order(self) -> tuple[Any, ...]:
        """The sort key: the original, then codecs and bitrates, then the pool of all conditions."""
        first = {tables.ORIGINAL: 0, tables.MULTI: 2}.get(self.name, 1)
        bitrate = self.effective_kbps if math.isnan(self.requested_kbps) else self.requested_kbps
        numbers = (
            value if not math.isnan(value) else math.inf for value in (bitrate, self.bandwidth_hz)
        )
        # Controls without a bitrate differ in their options; they are sorted by bandwidth.
        plain = math.isnan(bitrate) and "+" not in self.codec
        codec = self.codec.partition(":")[0] if plain else self.codec
        return first, codec, *numbers, natural(self.name)


@dataclass(frozen=True)
class Section:
    """The results of one corpus, feature set and protocol.

    Attributes
    ----------
    corpus, features, protocol : str
        Common to all tables of the section.
    cells : dict of (model, train, test) to named tuple
        The rows of the summary.
    pooled : dict of (model, train, test) to named tuple
        The rows of `core.findings.Findings.cells`; empty without predictions.
    conditions : dict of str to Condition
        The conditions by name, in display order.
    """

    corpus: str
    features: str
    protocol: str
    cells: dict[Key, Any]
    pooled: dict[Key, Any]
    conditions: dict[str, Condition]

    @property
    def models(self) -> list[str]:
        """The models in order of appearance in the scores."""
        return list(dict.fromkeys(model for model, _, _ in self.cells))

    @property
    def metrics(self) -> list[str]:
        """Metrics of the scores, the leading one first."""
        columns = next(iter(self.cells.values()))._fields
        names = [name for name in all_metrics() if f"{name}_mean_folds" in columns]
        return sorted(names, key=lambda name: name != LEADING)

    @property
    def name(self) -> tuple[str, str, str]:
        """Corpus, features and protocol."""
        return self.corpus, self.features, self.protocol

    @property
    def names(self) -> dict[str, str]:
        """Corpus, features and protocol by column name."""
        return dict(zip(("corpus", "features", "protocol"), self.name, strict=True))

    def only(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table of findings that belong to the section."""
        chosen = pd.Series(True, index=frame.index)
        for column, value in self.names.items():
            chosen &= frame[column].astype(str) == value
        return frame[chosen]

    def ordered(self, names: Iterable[str]) -> list[Condition]:
        """Return the conditions with these names in display order, unknown names last."""
        chosen = dict.fromkeys(names)
        ordered = [each for name, each in self.conditions.items() if name in chosen]
        return [*ordered, *(Condition(name, "") for name in chosen if name not in self.conditions)]

    def trainings(self, models: Iterable[str]) -> list[str]:
        """Return those of `TRAININGS` that these models have scores for.

        Training and testing on the original belongs to ``matched`` and to ``clean``. It counts
        as ``matched`` if there are no other scores.
        """
        chosen = set(models)
        pairs = {(train, test) for model, train, test in self.cells if model in chosen}
        present = {
            "matched": any(train == test != tables.ORIGINAL for train, test in pairs),
            "clean": any(train == tables.ORIGINAL != test for train, test in pairs),
            "multi": any(train == tables.MULTI for train, _ in pairs),
        }
        if not any(present.values()):
            present["matched"] = (tables.ORIGINAL, tables.ORIGINAL) in pairs
        return [training for training in TRAININGS if present[training]]

    def keys(self, model: str, training: str) -> list[Key]:
        """Return the cells of a model under one of `TRAININGS`."""
        return [
            key
            for key in self.cells
            if key[0] == model and key[1] == train_condition(training, key[2])
        ]

    def entry(self, key: Key, metric: str) -> Entry | None:
        """Return one metric of a cell, or None if the cell is not part of the study."""
        cell = self.cells.get(key)
        if cell is None:
            return None
        pooled = self.pooled.get(key)
        mean_folds = float(getattr(cell, f"{metric}_mean_folds"))
        return Entry(
            value=float(getattr(pooled, metric, math.nan)) if self.pooled else mean_folds,
            low=float(getattr(pooled, f"{metric}_low", math.nan)),
            high=float(getattr(pooled, f"{metric}_high", math.nan)),
            is_pooled=bool(self.pooled),
            mean_folds=mean_folds,
            sd_folds=float(getattr(cell, f"{metric}_sd_folds")),
            sd_runs=float(getattr(cell, f"{metric}_sd_runs")),
            n_folds=int(cell.n_folds),
            n_runs=int(cell.n_runs),
            n_failed=int(cell.n_failed),
            n_results=int(cell.n_results),
            reasons=str(cell.reasons),
        )


def sections(
    summary: pd.DataFrame, conditions: pd.DataFrame, pooled: pd.DataFrame
) -> Iterator[Section]:
    """Yield the sections of a summary in order of appearance.

    Parameters
    ----------
    summary : pandas.DataFrame
        The result of `aser_bench.report.summary.summarise`.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``. Conditions that are missing in it have no bitrate.
    pooled : pandas.DataFrame
        The values over all folds, columns `core.findings.cell_columns`; can be empty.
    """
    conditions = tables.order_columns(conditions, tables.CONDITIONS, "the table of conditions")
    for names, rows in summary.groupby(["corpus", "features", "protocol"], sort=False):
        corpus, features, protocol = (str(name) for name in names)
        of_section = (pooled[["corpus", "features", "protocol"]].astype(str) == list(names)).all(
            axis=1
        )
        cells, pooled_cells = map(_by_key, (rows, pooled[of_section]))
        by_name = conditions_by_name(conditions[conditions["corpus"] == corpus])
        used = {name for _, train, test in cells for name in (train, test)}
        used_conditions = [by_name.get(name, Condition(name, "")) for name in used]
        ordered = {each.name: each for each in sorted(used_conditions, key=lambda each: each.order)}
        yield Section(corpus, features, protocol, cells, pooled_cells, ordered)


def _by_key(rows: pd.DataFrame) -> dict[Key, Any]:
    return {
        (str(row.model), str(row.train_condition), str(row.test_condition)): row
        for row in rows.itertuples(index=False)
    }


def conditions_by_name(conditions: pd.DataFrame) -> dict[str, Condition]:
    """Return the conditions of one corpus by name, with other names of a stream as notes."""
    aliases: dict[str, list[str]] = {}
    by_name = {}
    for row in conditions.to_dict("records"):
        name, same_as = as_text(row["condition"]), as_text(row["same_as"])
        if same_as:
            aliases.setdefault(same_as, []).append(name)
            continue
        mark = as_text(row["mark"])
        by_name[name] = Condition(
            name=name,
            codec=as_text(row["codec"]),
            requested_kbps=_float(row["requested_kbps"]),
            effective_kbps=_float(row["effective_kbps"]),
            codec_rate_hz=_float(row["codec_rate_hz"]),
            bandwidth_hz=_float(row["bandwidth_hz"]),
            notes=(mark,) if mark else (),
        )
    for name, others in aliases.items():
        if name in by_name:
            by_name[name] = _with_alias(by_name[name], sorted(others, key=natural))
    return by_name


def _with_alias(condition: Condition, others: list[str]) -> Condition:
    *first, last = others
    names = f"{', '.join(first)} and {last}" if first else last
    verb = "are" if first else "is"
    note = f"{names} {verb} identical to the stream of {condition.name}."
    return replace(condition, notes=(*condition.notes, note))


def natural(text: str) -> tuple[Any, ...]:
    """Return a key that sorts ``8k`` before ``16k``."""
    parts = re.split(r"(\d+)", text)
    return tuple(int(part) if index % 2 else part for index, part in enumerate(parts))


def _float(value: Any) -> float:
    return math.nan if value is None or value is pd.NA or value == "" else float(value)
