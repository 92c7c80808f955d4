"""The tables of what is lost against the original: of UAR, and of the recall of each emotion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import LOSSES, RECALLS, Findings
from ..core.tables import ORIGINAL
from . import captions, text
from .base import Cell, Column, Row, Table
from .metric_tables import Significance
from .records import by_condition, groups, keys, number, record, sentence
from .sections import Section
from .text import said


def build(section: Section, context: Context, findings: Findings) -> Iterator[Table]:
    """Yield the losses of UAR, and the recalls of each model and way of training."""
    losses = findings.losses
    losses = losses[(losses["metric"] == "uar") & (losses["condition"] != ORIGINAL)]
    if len(section.only(losses)):
        yield _losses(section, context, findings, losses)
    for model, training, rows in groups(section, findings.recalls):
        yield _recalls(section, context, findings, model, training, rows)


def _losses(section: Section, context: Context, findings: Findings, losses: pd.DataFrame) -> Table:
    tests = Significance(section, findings, "uar")
    found = [
        (_heading(model, training, row), treatment, row)
        for model, training, own in groups(section, losses)
        for treatment, row in by_condition(section, own)
    ]
    extra = (
        captions.trainings(training for _, training, _ in groups(section, losses)),
        captions.POOLED,
        captions.POINTS,
        captions.intervals(findings),
        captions.margin(findings),
        "p: permutation test by speaker, alone and after Holm's correction; McN.: McNemar's test "
        "by utterance; d: mean difference over speakers in their standard deviations; Kept: share "
        "of the original's UAR above chance, in per cent",
    )
    return Table(
        stem=text.stem(*section.name, "losses"),
        title=captions.title(section, context, "UAR against the original"),
        caption=captions.caption(section, context, keys(section, losses), extra),
        sides=("Condition",),
        columns=(
            Column("Difference", "points"),
            Column("Difference", "interval"),
            Column("p", "alone"),
            Column("p", "Holm"),
            Column("p", "McN."),
            Column("", "d"),
            Column("", "Kept"),
            Column("", "Decision", is_text=True),
        ),
        rows=tuple(
            Row((t.name,), _loss_cells(tests, row), heading, t.notes) for heading, t, row in found
        ),
        records=tuple(record(section.corpus, context, row, LOSSES, t) for _, t, row in found),
        dagger=tests.dagger,
        footnotes=captions.footnotes(section.corpus, context),
    )


def _heading(model: str, training: str, row: Any) -> str:
    """Name a group of rows, with the UAR that they are compared with."""
    return f"{model}, {training}: original {text.fraction(number(row.original))}"


def _loss_cells(tests: Significance, row: Any) -> tuple[Cell, ...]:
    daggered = tests.daggered(str(row.model), str(row.training), str(row.condition))
    return (
        Cell(text.points(number(row.difference)), daggered=daggered),
        Cell(text.interval(number(row.low), number(row.high)), notes=_why(row)),
        Cell(text.probability(number(row.p))),
        Cell(text.probability(number(row.p_holm))),
        Cell(text.probability(number(row.p_mcnemar))),
        Cell(text.fixed(number(row.effect), 2)),
        Cell(text.fixed(100 * number(row.retained), 0)),
        Cell(said(row.decision) or text.MISSING),
    )


def _why(row: Any) -> tuple[str, ...]:
    why = sentence(said(row.why))
    return (why,) if why else ()


def _recalls(
    section: Section,
    context: Context,
    findings: Findings,
    model: str,
    training: str,
    recalls: pd.DataFrame,
) -> Table:
    found = []
    for emotion, own in recalls.groupby(recalls["emotion"].astype(str), sort=False):
        said = captions.plural(int(number(own["n_utterances"].max())), "utterance")
        found += [(f"{emotion}, {said}", *pair) for pair in by_condition(section, own)]
    extra = (
        captions.trainings([training]),
        captions.POOLED,
        captions.POINTS,
        captions.intervals(findings),
        "Taken for: the most frequent wrong word, and for which share of the emotion's utterances",
    )
    return Table(
        stem=text.stem(*section.name, "recalls", model, training),
        title=captions.title(section, context, f"recall of each emotion, {model}, {training}"),
        caption=captions.caption(section, context, section.keys(model, training), extra),
        sides=("Condition",),
        columns=(
            Column("", "Recall"),
            Column("Difference", "points"),
            Column("Difference", "interval"),
            Column("", "Precision"),
            Column("", "Taken for", is_text=True),
        ),
        rows=tuple(
            Row((t.name,), _recall_cells(row), heading, t.notes) for heading, t, row in found
        ),
        records=tuple(record(section.corpus, context, row, RECALLS, t) for _, t, row in found),
        footnotes=captions.footnotes(section.corpus, context),
    )


def _recall_cells(row: Any) -> tuple[Cell, ...]:
    itself = str(row.condition) == ORIGINAL  # a difference of nothing to itself says nothing
    taken, share = said(row.confused_with), number(row.confused_share)
    return (
        Cell(text.fraction(number(row.value))),
        Cell() if itself else Cell(text.points(number(row.difference))),
        Cell() if itself else Cell(text.interval(number(row.low), number(row.high))),
        Cell(text.fraction(number(row.precision))),
        Cell(f"{taken} ({text.fraction(share)})" if taken and share > 0 else text.MISSING),
    )
