"""Tables of the scores: one for each metric, training x test conditions, and the overview."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..core.context import Context
from ..core.findings import Findings
from ..core.metrics import all_metrics
from . import captions, labels
from .base import Cell, Column, Entry, Plain, Row, Table
from .sections import Condition, Key, Section, train_condition
from .text import fraction_interval, number, stem

Grid = Sequence[Sequence[Entry | None]]


@dataclass(frozen=True)
class Significance:
    """The results of the statistical tests of one metric in a section; empty without losses."""

    section: Section
    findings: Findings
    metric: str

    @cached_property
    def rows(self) -> dict[tuple[str, str, str], Any]:
        """The rows of the losses by model, training and condition."""
        losses = self.section.only(self.findings.losses)
        losses = losses[losses["metric"] == self.metric]
        return {
            (str(row.model), str(row.training), str(row.condition)): row
            for row in losses.itertuples(index=False)
        }

    def has_dagger(self, model: str, training: str, condition: str) -> bool:
        """Return whether a loss is significant."""
        row = self.rows.get((model, training, condition))
        return row is not None and row.significant == True  # noqa: E712 (NaN is not true)

    def record(self, name: str, key: tuple[str, str, str]) -> dict[str, Plain]:
        """Return the columns of the records; empty without losses."""
        if not self.rows:
            return {}
        row = self.rows.get(key)
        return {
            f"{name}_p_holm": float(row.p_holm) if row is not None else math.nan,
            f"{name}_significant": self.has_dagger(*key) if row is not None else None,
        }

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences about the tests in the caption; empty without losses."""
        if not self.rows:
            return ()
        return captions.margin(self.findings), captions.explain_tests(self.rows.values())

    @property
    def dagger(self) -> str:
        """The meaning of a dagger."""
        return captions.dagger(self.rows.values())


def by_metric(section: Section, context: Context, findings: Findings, metric: str) -> Table:
    """Return one metric of all models and trainings, by condition.

    A training has two columns: the values, and the means over folds with their spread.
    """
    return _by_training(
        section,
        context,
        metric,
        Significance(section, findings, metric),
        stem(*section.name, metric),
        findings,
        is_overview=False,
    )


def overview(section: Section, context: Context, findings: Findings) -> Table:
    """Return the UAR for the terminal: with names of conditions and a short caption."""
    return _by_training(
        section,
        context,
        "uar",
        Significance(section, findings, "uar"),
        stem(*section.name, "overview"),
        findings,
        is_overview=True,
    )


def _by_training(
    section: Section,
    context: Context,
    metric: str,
    tests: Significance,
    stem: str,
    findings: Findings,
    is_overview: bool,
) -> Table:
    pairs = [
        (model, training) for model in section.models for training in section.trainings([model])
    ]
    keys = [key for pair in pairs for key in section.keys(*pair)]
    conditions = section.ordered(test for _, _, test in keys)
    grid = [
        [
            section.entry((model, train_condition(training, t.name), t.name), metric)
            for model, training in pairs
        ]
        for t in conditions
    ]
    stars = [[tests.has_dagger(*pair, t.name) for pair in pairs] for t in conditions]
    units = [f"{model}_{training}" for model, training in pairs]
    records = []
    for t, line in zip(conditions, grid, strict=True):
        cells = list(zip(units, line, strict=True))
        parts = [
            _numbers(unit, metric, entry) | tests.record(f"{unit}_{metric}", (*pair, t.name))
            for pair, (unit, entry) in zip(pairs, cells, strict=True)
        ]
        records.append(_record(section, context, t, {"condition": t.name}, cells, parts))
    title = all_metrics()[metric].title
    shown = _cells(grid, stars, all_metrics()[metric].sign)
    extra: tuple[str, ...] = ()
    if not is_overview:
        extra = (
            captions.trainings(training for _, training in pairs),
            captions.values(bool(section.pooled), findings, _has_spread(shown)),
            captions.FOLD_COLUMN if section.pooled else "",
            captions.BITRATE,
        )
    titles, named = _flat(conditions) if is_overview else labels.sides("Condition", conditions)
    columns = [Column(model, training) for model, training in pairs]
    if section.pooled and not is_overview:
        columns, shown = _with_fold_means(columns, shown, grid, title)
    return Table(
        stem=stem,
        title=captions.title(section, context, _title(section, title)),
        caption=captions.caption(section, context, keys, (*extra, *tests.sentences)),
        sides=titles,
        columns=tuple(columns),
        rows=_rows(conditions, named, shown),
        records=tuple(records),
        dagger=tests.dagger,
        footnotes=(
            *captions.missing_intervals(section, keys),
            *captions.footnotes(section.corpus, context),
        ),
    )


def _has_spread(cells: Sequence[Sequence[Cell]]) -> bool:
    return any(cell.spread for row in cells for cell in row)


def _title(section: Section, metric: str) -> str:
    """Return the title of a metric's values; it names the estimate if there are no predictions."""
    return metric if section.pooled else f"{metric}, mean over folds"


def _with_fold_means(
    columns: Sequence[Column], cells: Sequence[Sequence[Cell]], grid: Grid, metric: str
) -> tuple[list[Column], list[list[Cell]]]:
    """Add a column of means and standard deviations over folds after each column of values."""
    both = [
        Column(f"{column.group}, {column.label}", label)
        for column in columns
        for label in (metric, "mean ± SD\nover folds")
    ]
    return both, [
        [each for cell, entry in zip(row, line, strict=True) for each in (cell, _fold_mean(entry))]
        for row, line in zip(cells, grid, strict=True)
    ]


def _fold_mean(entry: Entry | None) -> Cell:
    if entry is None or math.isnan(entry.mean_folds):
        return Cell()
    return Cell(number(entry.mean_folds), _fold_spread(entry))


def _fold_spread(entry: Entry | None) -> str:
    return "" if entry is None or math.isnan(entry.sd_folds) else f"± {number(entry.sd_folds)}"


def matrices(section: Section, context: Context, findings: Findings) -> Iterator[Table]:
    """Yield training x test conditions of each model that was tested on other conditions too."""
    for model in section.models:
        used = [key for key in section.cells if key[0] == model]
        trains = section.ordered(train for _, train, _ in used)
        if len(trains) >= 2 and any(train != test for _, train, test in used):
            yield _matrix(section, context, findings, used, trains)


def _matrix(
    section: Section,
    context: Context,
    findings: Findings,
    used: Sequence[Key],
    trains: Sequence[Condition],
) -> Table:
    model = used[0][0]
    tests = section.ordered(test for _, _, test in used)
    grid = [[section.entry((model, a.name, b.name), "uar") for b in tests] for a in trains]
    titles, named = labels.sides("Training condition", trains)
    records = []
    for t, line in zip(trains, grid, strict=True):
        cells = [(test.name, entry) for test, entry in zip(tests, line, strict=True)]
        keys = {"model": model, "train_condition": t.name}
        parts = (_numbers(name, "uar", entry) for name, entry in cells)
        records.append(_record(section, context, t, keys, cells, parts))
    extra = (
        "Rows are training conditions, columns are test conditions",
        captions.values(bool(section.pooled), findings),
        captions.BITRATE,
    )
    return Table(
        stem=stem(*section.name, "matrix", model, "uar"),
        title=captions.title(
            section, context, _title(section, f"UAR of {model}, training x test condition")
        ),
        caption=captions.caption(section, context, used, extra),
        sides=titles,
        columns=tuple(
            Column(*labels.split(*pair), notes=test.notes)
            for test, pair in zip(tests, labels.named(tests), strict=True)
        ),
        rows=_rows(trains, named, _cells(grid, has_spread=False)),
        records=tuple(records),
        footnotes=captions.footnotes(section.corpus, context),
    )


def _flat(
    conditions: Sequence[Condition],
) -> tuple[tuple[str, ...], list[tuple[str, tuple[str, ...]]]]:
    return ("Condition", "kbit/s"), [("", (t.name, labels.rate(t))) for t in conditions]


def _rows(
    conditions: Sequence[Condition],
    named: Sequence[tuple[str, tuple[str, ...]]],
    cells: Sequence[Sequence[Cell]],
) -> tuple[Row, ...]:
    return tuple(
        Row(side, tuple(row), heading, condition.notes)
        for condition, (heading, side), row in zip(conditions, named, cells, strict=True)
    )


def _cells(
    grid: Grid, stars: Sequence[Sequence[bool]] = (), sign: int = 1, has_spread: bool = True
) -> list[list[Cell]]:
    best = _best(grid, sign)
    return [
        [
            _cell(entry, (r, c) in best, bool(stars) and stars[r][c], has_spread)
            for c, entry in enumerate(line)
        ]
        for r, line in enumerate(grid)
    ]


def _cell(entry: Entry | None, best: bool, has_dagger: bool, has_spread: bool) -> Cell:
    """Return the formatted value of an entry.

    A cell that is not part of the study is ``-``, a cell of which all results failed is
    ``failed``, and an undefined value is ``n/a``.
    """
    if entry is None:
        return Cell()
    notes = (entry.note,) if entry.note else ()
    if entry.failed or math.isnan(entry.value):
        return Cell("failed" if entry.failed else "n/a", notes=notes)
    spread = ""
    if has_spread:
        is_pooled = entry.is_pooled
        spread = fraction_interval(entry.low, entry.high) if is_pooled else _fold_spread(entry)
    return Cell(number(entry.value), spread, best, has_dagger, notes)


def _best(grid: Grid, sign: int) -> set[tuple[int, int]]:
    """Return the places of the best value of each column and of values that print equal to it.

    A column with one number has no best value. A value over some of the results is ignored.
    """
    places = set()
    for column in range(len(grid[0]) if grid else 0):
        values = {
            row: entry.value
            for row, line in enumerate(grid)
            if (entry := line[column]) is not None and entry.comparable
        }
        if len(values) >= 2:
            best = number(sign * max(sign * value for value in values.values()))
            places |= {(row, column) for row, value in values.items() if number(value) == best}
    return places


def _numbers(name: str, metric: str, entry: Entry | None) -> dict[str, Plain]:
    """Return a cell of a record: counts, the value with its interval, and means over folds.

    The value is NaN without predictions, so that a mean over folds is never under its name.
    """
    counts = ("n_folds", "n_runs", "n_failed")
    statistics = ("low", "high", "mean_folds", "sd_folds", "sd_runs")
    value = math.nan if entry is None or not entry.is_pooled else entry.value
    return {
        **{f"{name}_{count}": getattr(entry, count, None) for count in counts},
        f"{name}_{metric}": value,
        **{f"{name}_{metric}_{each}": getattr(entry, each, math.nan) for each in statistics},
    }


def _record(
    section: Section,
    context: Context,
    condition: Condition,
    keys: dict[str, str],
    cells: Sequence[tuple[str, Entry | None]],
    parts: Iterable[dict[str, Plain]],
) -> dict[str, Plain]:
    """Return a record: the identifying columns, then the parts."""
    notes = [f"{name}: {entry.note}" for name, entry in cells if entry is not None and entry.note]
    record: dict[str, Plain] = {
        **section.names,
        **keys,
        "effective_kbps": condition.effective_kbps,
        "codec_rate_hz": condition.codec_rate_hz,
        "note": captions.note(section.corpus, context, (*condition.notes, *notes)),
    }
    for part in parts:
        record |= part
    return record
