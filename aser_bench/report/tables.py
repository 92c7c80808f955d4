"""Which tables a run gives: matched, clean and pooled training, and training x test.

Nothing here knows how a table is printed; `csv`, `latex` and `terminal` do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from ..tables import MULTI, ORIGINAL
from . import captions
from .base import METRICS, Column, Context, Entry, Row, Table
from .sections import Key, Section, Treatment, sections
from .summary import summarise
from .text import number

Entries = tuple[tuple[Entry | None, ...], ...]

_KINDS = {
    "matched": "trained and tested at the same condition",
    "clean": "trained on the original, tested at each condition",
    "multi": "trained on all conditions pooled, tested at each condition",
}


def build(scores: pd.DataFrame, conditions: pd.DataFrame, context: Context) -> list[Table]:
    """Return every table that the scores give, in the order of a reader.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns ``tables.SCORES``.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    context : Context
        What the run tells of itself.

    Returns
    -------
    list of Table
        For each corpus x features x protocol ``matched``, ``clean`` and ``multi`` as far as
        there are scores, and a matrix of training x test conditions for each model that was
        trained at two or more (and not always tested where it was trained). No two stems
        are equal.
    """
    found: list[Table] = []
    for section in sections(summarise(scores), conditions):
        found += [_by_metric(section, context, kind) for kind in kinds(section)]
        found += _matrices(section, context)
    return _distinct(found)


def overview(scores: pd.DataFrame, conditions: pd.DataFrame, context: Context) -> list[Table]:
    """Return one table of UAR for each corpus x features x protocol: condition x model.

    The ways of training stand side by side below each model; `legend` explains them.
    """
    return [_overview(part, context) for part in sections(summarise(scores), conditions)]


def legend(found: Sequence[Table]) -> str:
    """Return the sentences that explain what all tables of an overview have in common."""
    shown = {column.label for table in found for column in table.columns}
    sentences = [f"{kind}: {words}" for kind, words in _KINDS.items() if kind in shown]
    return ". ".join((*sentences, captions.SPREAD, captions.BITRATE, "")).strip()


def kinds(section: Section) -> list[str]:
    """Return which of ``matched``, ``clean`` and ``multi`` a section has scores for.

    Training and testing on the original alone belongs to both of the first; it makes a table
    of its own only where there is nothing else.
    """
    pairs = {(train, test) for _, train, test in section.cells}
    there = {
        "matched": any(train == test != ORIGINAL for train, test in pairs),
        "clean": any(train == ORIGINAL != test for train, test in pairs),
        "multi": any(train == MULTI for train, _ in pairs),
    }
    if not any(there.values()):
        there["matched"] = (ORIGINAL, ORIGINAL) in pairs
    return [kind for kind, exists in there.items() if exists]


def _tests(section: Section, kind: str) -> list[Treatment]:
    return section.ordered(test for _, train, test in section.cells if train == _train(kind, test))


def _train(kind: str, test: str) -> str:
    return {"matched": test, "clean": ORIGINAL, "multi": MULTI}[kind]


def _by_metric(section: Section, context: Context, kind: str) -> Table:
    tests = _tests(section, kind)
    used = [key for key in section.cells if key[1] == _train(kind, key[2])]
    models = list(dict.fromkeys(model for model, _, _ in used))
    columns = [
        (model, metric, Column(model, title, f"{model}_{metric}", model))
        for model in models
        for metric, title in METRICS.items()
    ]
    entries = [
        [
            section.entry((model, _train(kind, t.name), t.name), metric)
            for model, metric, _ in columns
        ]
        for t in tests
    ]
    return Table(
        stem=_stem(section, kind),
        title=captions.title(section, context, _KINDS[kind]),
        caption=captions.caption(section, context, used, (captions.SPREAD, captions.BITRATE)),
        side="Condition",
        columns=tuple(column for _, _, column in columns),
        rows=tuple(
            _row(section, t, (("train_condition", _train(kind, t.name)), ("condition", t.name)))
            for t in tests
        ),
        entries=_with_best(entries),
        footnotes=captions.footnotes(section.corpus, context),
        synthetic=section.corpus in context.synthetic,
    )


def _matrices(section: Section, context: Context) -> Iterator[Table]:
    for model in section.models:
        used = [key for key in section.cells if key[0] == model]
        trains = section.ordered(train for _, train, _ in used)
        crossed = any(train != test for _, train, test in used)
        if len(trains) >= 2 and crossed:
            yield _matrix(section, context, used, trains)


def _matrix(
    section: Section, context: Context, used: Sequence[Key], trains: Sequence[Treatment]
) -> Table:
    model = used[0][0]
    tests = section.ordered(test for _, _, test in used)
    extra = (
        "Rows are training conditions, columns are test conditions",
        captions.SPREADLESS, captions.BITRATE,
    )  # fmt: skip
    return Table(
        stem=_stem(section, "matrix", model, "uar"),
        title=captions.title(section, context, f"UAR of {model}, training x test condition"),
        caption=captions.caption(section, context, used, extra),
        side="Trained on",
        columns=tuple(
            Column(t.codec if t.short != t.name else "", t.short, f"{t.name}_uar", t.name, t.notes)
            for t in tests
        ),
        rows=tuple(
            _row(section, t, (("model", model), ("train_condition", t.name))) for t in trains
        ),
        entries=_with_best(
            [[section.entry((model, a.name, b.name), "uar") for b in tests] for a in trains]
        ),
        footnotes=captions.footnotes(section.corpus, context),
        with_sd=False,
        stacked=False,
        synthetic=section.corpus in context.synthetic,
    )


def _overview(section: Section, context: Context) -> Table:
    shown = kinds(section)
    tests = section.ordered(t.name for kind in shown for t in _tests(section, kind))
    pairs = [(model, kind) for model in section.models for kind in shown]
    entries = tuple(
        tuple(section.entry((model, _train(kind, t.name), t.name), "uar") for model, kind in pairs)
        for t in tests
    )
    used = [key for key in section.cells if key[1] in (key[2], ORIGINAL, MULTI)]
    return Table(
        stem=_stem(section, "overview"),
        title=captions.title(section, context, "UAR"),
        caption=captions.caption(section, context, used),
        side="Condition",
        columns=tuple(Column(m, kind, f"{m}_{kind}_uar", f"{m}_{kind}") for m, kind in pairs),
        rows=tuple(_row(section, t, (("condition", t.name),)) for t in tests),
        entries=entries,
        footnotes=captions.footnotes(section.corpus, context),
        synthetic=section.corpus in context.synthetic,
    )


def _row(section: Section, treatment: Treatment, keys: tuple[tuple[str, str], ...]) -> Row:
    names = (("corpus", section.corpus), ("features", section.features),
             ("protocol", section.protocol))  # fmt: skip
    return Row(
        treatment.name,
        (*names, *keys),
        treatment.effective_kbps,
        treatment.codec_rate_hz,
        treatment.notes,
    )


def _with_best(entries: Sequence[Sequence[Entry | None]]) -> Entries:
    """Mark the best of each column, and whatever prints equal to it.

    A column of one number has no best, and a mean over only some of the results is no rival.
    """
    marked = [list(row) for row in entries]
    for column in range(len(entries[0]) if entries else 0):
        rivals = [row[column] for row in entries]
        means = [entry.mean for entry in rivals if entry is not None and entry.comparable]
        if len(means) < 2:
            continue
        best = number(max(means))
        for row in marked:
            entry = row[column]
            if entry is not None and entry.comparable and number(entry.mean) == best:
                row[column] = replace(entry, best=True)
    return tuple(tuple(row) for row in marked)


def _stem(section: Section, *parts: str) -> str:
    names = (section.corpus, section.features, section.protocol, *parts)
    return "-".join(re.sub(r"[^A-Za-z0-9._]+", "_", name).strip("_.") or "x" for name in names)


def _distinct(tables: Sequence[Table]) -> list[Table]:
    """Number the stems that are equal, for file systems that know no case, too."""
    seen: dict[str, int] = {}
    found = []
    for table in tables:
        count = seen[table.stem.lower()] = seen.get(table.stem.lower(), 0) + 1
        found.append(table if count == 1 else replace(table, stem=f"{table.stem}-{count}"))
    return found
