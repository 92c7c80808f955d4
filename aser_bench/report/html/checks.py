"""What could spoil the numbers: leaks between training and test, refusals, failures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...core.tables import CELL
from .cells import count, decimal, fraction, percent, points, said, word, yes
from .frames import groups, records
from .grid import NOTHING, Cell, Column, Footnotes, Grid, Line, grid
from .losses import spread
from .page import Page

_UNKNOWN = Cell("the corpus does not tell")


def leaks(page: Page) -> Grid | None:
    """Return what stands both in training and in test: a fold in the mean, utterances in all."""
    rows = page.findings.leaks
    columns = (
        Column("Corpus"),
        Column("Protocol"),
        Column("What is shared"),
        Column("Shared in a fold", True),
        Column("Test utterances touched", True),
        Column("of all", True),
    )
    lines = [
        Line((word(page.corpus(corpus)), word(protocol), word(kind), *_leak(own)))
        for (corpus, protocol, kind), own in groups(rows, ("corpus", "protocol", "kind"))
    ]
    below = (
        "How many speakers, recordings and sentences stand on both sides of a split, mean over "
        "folds; the test utterances are those of all folds.",
    )
    return grid("Leaks between training and test", columns, lines, below=below) if lines else None


def _leak(rows: pd.DataFrame) -> tuple[Cell, Cell, Cell]:
    if not rows["known"].map(yes).all():
        return _UNKNOWN, Cell(NOTHING), Cell(NOTHING)
    shared, touched, tested = (
        float(pd.to_numeric(rows[name]).sum()) for name in ("shared", "utterances", "n_test")
    )
    return (
        decimal(shared / len(rows), 1),
        count(touched),
        percent(touched / tested if tested else None),
    )


def leak_worth(page: Page) -> Grid | None:
    """Return what a random split gains over one that keeps speakers apart."""
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
        Line(
            (
                word(page.corpus(said(row["corpus"]))),
                word(row["features"]),
                word(row["model"]),
                word(row["random"]),
                word(row["disjoint"]),
                fraction(row["uar_random"]),
                fraction(row["uar_disjoint"]),
                points(row["difference"]),
                spread(row["low"], row["high"], "", footnotes),
                count(row["n_utterances"]),
                count(row["n_speakers"]),
            )
        )
        for row in records(page.findings.leakage_effect)
    ]
    caption = "What the leak is worth: the original under both protocols, the same utterances"
    return grid(caption, columns, lines, footnotes) if lines else None


def refused(page: Page) -> Grid | None:
    """Return the recordings that could not be used, with the reasons."""
    corpora = page.manifest.get("corpora") or {}
    lines = [
        Line((word(page.corpus(name)), word(one.get("file")), word(one.get("reason"))))
        for name, about in corpora.items()
        for one in _refusals(about)
    ]
    columns = (Column("Corpus"), Column("Recording"), Column("Reason", prose=True))
    return grid("Refused recordings", columns, lines) if lines else None


def _refusals(about: Any) -> list[Mapping[str, Any]]:
    found = about.get("refused") if isinstance(about, Mapping) else None
    return [one for one in found or () if isinstance(one, Mapping)]


def failed(page: Page) -> Grid | None:
    """Return the cells without a result: one row for each reason that a cell failed for."""
    labels = ("Corpus", "Features", "Model", "Protocol", "Trained at", "Tested at")
    columns = (
        *map(Column, labels),
        Column("Folds and runs", True),
        Column("Reason", prose=True),
    )
    lines = [
        Line(
            (
                word(page.corpus(names[0])),
                *map(word, names[1:-1]),
                count(len(rows)),
                word(names[-1]),
            )
        )
        for names, rows in groups(page.failed, (*CELL, "reason"))
    ]
    return grid("Failed cells", columns, lines) if lines else None
