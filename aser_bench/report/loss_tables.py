"""Tables of losses compared with the original: of UAR, and of the recall of each emotion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import LOSSES, RECALLS, Findings
from ..core.tables import ORIGINAL
from . import captions, noise_tables, text
from .base import Cell, Column, Row, Table
from .metric_tables import Significance
from .records import by_condition, groups, keys, number, record, sentence
from .sections import Section
from .text import as_text

_FAMILY = "emotions, models and conditions with this protocol"


def build(section: Section, context: Context, findings: Findings) -> Iterator[Table]:
    """Yield the losses of UAR, and the recalls of each model and training."""
    losses = findings.losses
    losses = losses[(losses["metric"] == "uar") & (losses["condition"] != ORIGINAL)]
    if len(section.only(losses)):
        yield _losses(section, context, findings, losses)
    for model, training, rows in groups(section, findings.recalls):
        yield _recalls(section, context, findings, model, training, rows)


def _losses(section: Section, context: Context, findings: Findings, losses: pd.DataFrame) -> Table:
    tests = Significance(section, findings, "uar")
    entries = [
        (_heading(model, training, row), condition, row)
        for model, training, group in groups(section, losses)
        for condition, row in by_condition(section, group)
    ]
    extra = (
        captions.trainings(training for _, training, _ in groups(section, losses)),
        captions.POOLED,
        captions.POINTS,
        captions.intervals(findings),
        *tests.sentences,
        "McN.: McNemar's test by utterance, for information; d: mean difference divided by its "
        "standard deviation over speakers; Retained: share of the original's UAR above chance, in "
        "percent",
    )
    return Table(
        stem=text.stem(*section.name, "losses"),
        title=captions.title(section, context, "UAR compared with the original"),
        caption=captions.caption(section, context, keys(section, losses), extra),
        sides=("Condition",),
        columns=(
            Column("Difference", "points"),
            Column("Difference", "interval"),
            Column("p", "uncorrected"),
            Column("p", "Holm"),
            Column("p", "McN."),
            Column("", "d"),
            Column("", "Retained"),
            Column("", "Decision", is_text=True),
        ),
        rows=tuple(
            Row((t.name,), _loss_cells(tests, findings, row), heading, t.notes)
            for heading, t, row in entries
        ),
        records=tuple(record(section.corpus, context, row, LOSSES, t) for _, t, row in entries),
        dagger=tests.dagger,
        footnotes=captions.footnotes(section.corpus, context),
    )


def _heading(model: str, training: str, row: Any) -> str:
    """Return the heading of a group of rows, with the UAR of the original."""
    return f"{model}, {training}: original {text.fraction(number(row.original))}"


def _loss_cells(tests: Significance, findings: Findings, row: Any) -> tuple[Cell, ...]:
    has_dagger = tests.has_dagger(str(row.model), str(row.training), str(row.condition))
    return (
        Cell(text.points(number(row.difference)), "", False, has_dagger, _remark(findings, row)),
        Cell(text.interval(number(row.low), number(row.high)), notes=_why(row)),
        Cell(text.probability(number(row.p))),
        # A missing interval has the same reason, which is already a note.
        Cell(text.probability(number(row.p_holm)), notes=() if _why(row) else _not_tested(row)),
        Cell(text.probability(number(row.p_mcnemar))),
        Cell(text.fixed(number(row.effect), 2)),
        Cell(text.fixed(100 * number(row.retained), 0)),
        Cell(as_text(row.decision) or text.MISSING),
    )


def _remark(findings: Findings, row: Any) -> tuple[str, ...]:
    return (sentence(noise_tables.remark(findings, row._asdict())),)


def _not_tested(row: Any) -> tuple[str, ...]:
    reason = as_text(row.not_tested)
    return (sentence(f"not tested: {reason}"),) if reason else ()


def _why(row: Any) -> tuple[str, ...]:
    why = sentence(as_text(row.why))
    return (why,) if why else ()


def _recalls(
    section: Section,
    context: Context,
    findings: Findings,
    model: str,
    training: str,
    recalls: pd.DataFrame,
) -> Table:
    entries = []
    for emotion, group in recalls.groupby(recalls["emotion"].astype(str), sort=False):
        utterances = captions.plural(int(number(group["n_utterances"].max())), "utterance")
        entries += [(f"{emotion}, {utterances}", *pair) for pair in by_condition(section, group)]
    extra = (
        captions.trainings([training]),
        captions.POOLED,
        captions.POINTS,
        captions.proportion_intervals(findings),
        captions.explain_tests(recalls.itertuples(index=False), _FAMILY),
        "Confused with: the most frequent wrong emotion, and its share of the emotion's utterances",
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
            Column("p", "Holm"),
            Column("", "Precision"),
            Column("", "Confused with", is_text=True),
        ),
        rows=tuple(
            Row((t.name,), _recall_cells(row), heading, t.notes) for heading, t, row in entries
        ),
        records=tuple(record(section.corpus, context, row, RECALLS, t) for _, t, row in entries),
        dagger=captions.dagger(recalls.itertuples(index=False), _FAMILY),
        footnotes=captions.footnotes(section.corpus, context),
    )


def _recall_cells(row: Any) -> tuple[Cell, ...]:
    emotion, share = as_text(row.confused_with), number(row.confused_share)
    return (
        Cell(text.fraction(number(row.value))),
        *_change_cells(row),
        Cell(text.fraction(number(row.precision))),
        Cell(f"{emotion} ({text.fraction(share)})" if emotion and share > 0 else text.MISSING),
    )


def _change_cells(row: Any) -> tuple[Cell, ...]:
    if str(row.condition) == ORIGINAL:  # which has no difference from itself
        return Cell(), Cell(), Cell()
    significant = row.significant == True  # noqa: E712 (NaN is not true)
    return (
        Cell(text.points(number(row.difference)), has_dagger=significant),
        Cell(text.interval(number(row.low), number(row.high))),
        Cell(text.probability(number(row.p_holm)), notes=_not_tested(row)),
    )
