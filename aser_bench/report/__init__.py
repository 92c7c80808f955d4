"""Reports of results: tables as CSV, JSON, LaTeX, Markdown and text, figures, and HTML."""

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
"""The formats of a table: file extension and rendering function."""


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
        The description of the run.
    folder : path
        The output folder; created if it does not exist.
    findings : Findings, optional
        The results computed from the predictions; without them there are no statistical tests and
        no tables of them.
    formats : sequence of str
        Names in `FORMATS`.

    Returns
    -------
    list of Path
        The files ``<stem>.<extension>``, table by table.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables.build(scores, conditions, context, findings):
        for ending, render in map(FORMATS.__getitem__, formats):
            # Not with_suffix: a name such as lowpass-3.5k contains a point.
            path = folder / f"{table.stem}.{ending}"
            path.write_bytes(render(table).encode("utf-8", "replace"))
            written.append(path)
    return written


def terminal_text(
    scores: pd.DataFrame,
    conditions: pd.DataFrame,
    context: Context,
    width: int = 80,
    findings: Findings | None = None,
) -> str:
    """Return the text that is printed at the end of a run: UAR by condition and model.

    Parameters
    ----------
    scores, conditions, context, findings
        As for `write_tables`.
    width : int
        The maximum number of characters in a line, at least 40.

    Returns
    -------
    str
        One table for each corpus x features x protocol with its footnotes, and the safe bitrate
        of each model and training; empty if there are no scores.
    """
    findings = Findings() if findings is None else findings
    overview = tables.overview(scores, conditions, context, findings)
    if not overview:
        return ""
    texts = [terminal.render(table, width, verdicts) for table, verdicts in overview]
    legend = terminal.paragraph(tables.legend([table for table, _ in overview], findings), width)
    return "\n".join((*texts, legend))
