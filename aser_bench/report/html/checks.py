"""Tables of leaks, classes that folds lack, refused recordings and failed cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...core.tables import CELL
from .. import missing_classes as of_folds
from ..text import as_text
from .cells import count, decimal, fraction, is_true, percent, points, text_cell
from .frames import groups, row_dicts
from .grid import EMPTY, Cell, Column, Footnotes, Grid, GridRow, grid
from .losses import spread
from .page import Page

_UNKNOWN = Cell("unknown")


def leaks(page: Page) -> Grid | None:
    """Return the speakers, recordings and sentences that training and test have in common."""
    rows = page.findings.leaks
    columns = (
        Column("Corpus"),
        Column("Protocol"),
        Column("Shared by training and test"),
        Column("Mean number per fold", True),
        Column("Affected test utterances", True),
        Column("Share of all", True),
    )
    lines = [
        GridRow(
            (
                text_cell(page.corpus(corpus)),
                text_cell(protocol),
                text_cell(kind),
                *_leak(group_rows),
            )
        )
        for (corpus, protocol, kind), group_rows in groups(rows, ("corpus", "protocol", "kind"))
    ]
    below = (
        "Number of speakers, recordings and sentences that are both in training and in test, "
        "mean over folds; the affected test utterances are counted over all folds. Unknown: the "
        "corpus does not provide this information.",
    )
    return grid("Leaks between training and test", columns, lines, below=below) if lines else None


def _leak(rows: pd.DataFrame) -> tuple[Cell, Cell, Cell]:
    if not rows["known"].map(is_true).all():
        return _UNKNOWN, Cell(EMPTY), Cell(EMPTY)
    shared, touched, tested = (
        float(pd.to_numeric(rows[name]).sum()) for name in ("shared", "utterances", "n_test")
    )
    return (
        decimal(shared / len(rows), 1),
        count(touched),
        percent(touched / tested if tested else None),
    )


def missing_classes(page: Page) -> Grid | None:
    """Return the classes that the training or test part of a fold lacks."""
    names = ("Corpus", "Protocol", "Part", "Class")
    columns = (*map(Column, names), Column("Folds", prose=True))
    lines = [
        GridRow(
            (
                text_cell(page.corpus(corpus)),
                text_cell(protocol),
                text_cell(missing.part),
                text_cell(missing.emotion),
                text_cell(", ".join(map(str, missing.folds))),
            )
        )
        for corpus, protocol, missing in of_folds.table(page.findings.folds)
    ]
    return grid("Classes that a part of a fold lacks", columns, lines) if lines else None


def leak_worth(page: Page) -> Grid | None:
    """Return the difference in UAR between a random and a speaker-disjoint protocol."""
    footnotes = Footnotes()
    columns = (
        Column("Corpus"),
        Column("Features"),
        Column("Model"),
        Column("Random protocol"),
        Column("Speaker-disjoint protocol"),
        Column("UAR random", True),
        Column("UAR disjoint", True),
        Column("Difference, points", True),
        Column(f"{page.confidence} interval, points", True),
        Column("Utterances", True),
        Column("Speakers", True),
    )
    lines = [
        GridRow(
            (
                text_cell(page.corpus(as_text(row["corpus"]))),
                text_cell(row["features"]),
                text_cell(row["model"]),
                text_cell(row["random"]),
                text_cell(row["disjoint"]),
                fraction(row["uar_random"]),
                fraction(row["uar_disjoint"]),
                points(row["difference"]),
                spread(row["low"], row["high"], "", footnotes),
                count(row["n_utterances"]),
                count(row["n_speakers"]),
            )
        )
        for row in row_dicts(page.findings.leakage_effect)
    ]
    caption = "Effect of leaks on the UAR: original recordings, same utterances in both protocols"
    return grid(caption, columns, lines, footnotes) if lines else None


def refused(page: Page) -> Grid | None:
    """Return the recordings that were refused, with the reasons."""
    corpora = page.manifest.get("corpora") or {}
    lines = [
        GridRow(
            (
                text_cell(page.corpus(name)),
                text_cell(refusal.get("file")),
                text_cell(refusal.get("reason")),
            )
        )
        for name, facts in corpora.items()
        for refusal in _refusals(facts)
    ]
    columns = (Column("Corpus"), Column("Recording"), Column("Reason", prose=True))
    return grid("Refused recordings", columns, lines) if lines else None


def _refusals(facts: Any) -> list[Mapping[str, Any]]:
    refusals = facts.get("refused") if isinstance(facts, Mapping) else None
    return [refusal for refusal in refusals or () if isinstance(refusal, Mapping)]


def failed(page: Page) -> Grid | None:
    """Return the cells without a result: one row for each reason."""
    labels = ("Corpus", "Features", "Model", "Protocol", "Training condition", "Test condition")
    columns = (
        *map(Column, labels),
        Column("Folds and runs", True),
        Column("Reason", prose=True),
    )
    lines = [
        GridRow(
            (
                text_cell(page.corpus(names[0])),
                *map(text_cell, names[1:-1]),
                count(len(rows)),
                text_cell(names[-1]),
            )
        )
        for names, rows in groups(page.failed, (*CELL, "reason"))
    ]
    return grid("Failed cells", columns, lines) if lines else None
