"""What a run hands to people: tables as CSV, LaTeX and text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from . import csv, latex, tables, terminal
from .base import Context
from .summary import summarise

__all__ = ["Context", "summarise", "terminal_text", "write_tables"]


def write_tables(
    scores: pd.DataFrame, conditions: pd.DataFrame, context: Context, folder: Path | str
) -> list[Path]:
    """Write every table as CSV and LaTeX.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns ``aser_bench.tables.SCORES``.
    conditions : pandas.DataFrame
        Columns ``aser_bench.tables.CONDITIONS``.
    context : Context
        What the run tells of itself.
    folder : path
        Where to write; made where it is missing.

    Returns
    -------
    list of Path
        The files, ``<stem>.csv`` and ``<stem>.tex`` of each table in turn.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables.build(scores, conditions, context):
        for ending, render in (("csv", csv.render), ("tex", latex.render)):
            # Not with_suffix: a name such as lowpass-3.5k has a point of its own.
            path = folder / f"{table.stem}.{ending}"
            path.write_text(render(table), encoding="utf-8", newline="\n")
            written.append(path)
    return written


def terminal_text(
    scores: pd.DataFrame, conditions: pd.DataFrame, context: Context, width: int = 80
) -> str:
    """Return what is printed at the end of a run: UAR by condition and model.

    Parameters
    ----------
    scores, conditions, context
        As for `write_tables`.
    width : int
        The most characters of a line, at least 40.

    Returns
    -------
    str
        One table for each corpus x features x protocol with its footnotes; empty where there
        are no scores.
    """
    found = tables.overview(scores, conditions, context)
    texts = [terminal.render(table, width) for table in found]
    return "\n".join((*texts, terminal.paragraph(tables.legend(found), width))) if found else ""
