"""What a run hands to people: tables as CSV, JSON, LaTeX, Markdown and text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..core.context import Context
from ..core.findings import Findings
from . import csv, json, latex, markdown, tables, terminal
from .summary import summarise

__all__ = ["FORMATS", "Context", "summarise", "terminal_text", "write_tables"]

FORMATS = {
    "csv": ("csv", csv.render),
    "latex": ("tex", latex.render),
    "md": ("md", markdown.render),
    "json": ("json", json.render),
}
"""How a table may be written: the file's ending and what renders it."""


def write_tables(
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    context: Context,
    folder: Path | str,
    findings: Findings | None = None,
    formats: Sequence[str] = tuple(FORMATS),
) -> list[Path]:
    """Write every table in every format.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns ``aser_bench.core.metrics.score_columns``.
    conditions : pandas.DataFrame
        Columns ``aser_bench.core.tables.CONDITIONS``.
    context : Context
        What the run tells of itself.
    folder : path
        Where to write; made where it is missing.
    findings : Findings, optional
        What was found in the predictions; without it there are no tests and no tables of them.
    formats : sequence of str
        Of `FORMATS`.

    Returns
    -------
    list of Path
        The files, ``<stem>.<ending>`` of each table in turn.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables.build(scores, conditions, context, findings):
        for ending, render in map(FORMATS.__getitem__, formats):
            # Not with_suffix: a name such as lowpass-3.5k has a point of its own.
            path = folder / f"{table.stem}.{ending}"
            path.write_text(render(table), encoding="utf-8", newline="\n")
            written.append(path)
    return written


def terminal_text(
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    context: Context,
    width: int = 80,
    findings: Findings | None = None,
) -> str:
    """Return what is printed at the end of a run: UAR by condition and model.

    Parameters
    ----------
    scores, conditions, context, findings
        As for `write_tables`.
    width : int
        The most characters of a line, at least 40.

    Returns
    -------
    str
        One table for each corpus x features x protocol with its footnotes and, of each model
        and way of training, from which bitrate on the speech is safe; empty where there are no
        scores.
    """
    found = tables.overview(scores, conditions, context, findings)
    if not found:
        return ""
    texts = [terminal.render(table, width, verdicts) for table, verdicts in found]
    legend = terminal.paragraph(tables.legend([table for table, _ in found]), width)
    return "\n".join((*texts, legend))
