"""A table as a CSV file for machines: plain numbers, one column each."""

from __future__ import annotations

import csv
import io
import math

from .base import Entry, Row, Table


def render(table: Table) -> str:
    """Return a table as CSV text.

    The first columns name the row (corpus, features, protocol, conditions), then come
    ``effective_kbps``, ``codec_rate_hz`` and ``note``. For each cell follow ``_n_folds``,
    ``_n_runs`` and ``_n_failed``, and for each metric ``_mean``, ``_sd_folds`` and
    ``_sd_runs`` as fractions with six decimals. What is not defined is empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_head(table))
    for row, entries in zip(table.rows, table.entries, strict=True):
        writer.writerow(_line(table, row, entries))
    return out.getvalue()


def _head(table: Table) -> list[str]:
    head = [name for name, _ in table.rows[0].keys] if table.rows else []
    head += ["effective_kbps", "codec_rate_hz", "note"]
    unit = ""
    for column in table.columns:
        if column.unit != unit:
            unit = column.unit
            head += [f"{unit}_{count}" for count in ("n_folds", "n_runs", "n_failed")]
        head += [f"{column.name}_{number}" for number in ("mean", "sd_folds", "sd_runs")]
    return head


def _line(table: Table, row: Row, entries: tuple[Entry | None, ...]) -> list[str]:
    line = [value for _, value in row.keys]
    line += [_plain(row.kbps), _plain(row.codec_rate_hz), _note(table, row, entries)]
    unit = ""
    for column, entry in zip(table.columns, entries, strict=True):
        if column.unit != unit:
            unit = column.unit
            line += _counts(entry)
        numbers = (entry.mean, entry.sd_folds, entry.sd_runs) if entry else (math.nan,) * 3
        line += ["" if math.isnan(value) else f"{value:.6f}" for value in numbers]
    return line


def _counts(entry: Entry | None) -> list[str]:
    if entry is None:
        return ["", "", ""]
    return [str(entry.n_folds), str(entry.n_runs), str(entry.n_failed)]


def _note(table: Table, row: Row, entries: tuple[Entry | None, ...]) -> str:
    """Return what stands in footnotes elsewhere; of a failure also whose it is."""
    notes = ["Synthetic speech."] if table.synthetic else []
    notes += row.notes
    for column, entry in zip(table.columns, entries, strict=True):
        if entry is not None and entry.note:
            notes.append(f"{column.unit}: {entry.note}")
    return " ".join(dict.fromkeys(" ".join(note.split()) for note in notes))


def _plain(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.10g}"
