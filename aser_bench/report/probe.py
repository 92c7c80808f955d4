"""The table of ``aser-bench probe`` as text and as CSV."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from . import text
from .base import mark
from .terminal import display_width, grid, paragraph

_EMPTY = text.MISSING
_RATE_DIFFERS = "the effective bitrate differs from the requested one by more than 3 %"


@dataclass(frozen=True)
class _Column:
    """A column of the text: its name in the data frame, two lines of head, and its format."""

    name: str
    head: str
    unit: str
    format: Callable[[float], str]


def _fixed(digits: int) -> Callable[[float], str]:
    def format_number(value: float) -> str:
        text = f"{value:.{digits}f}"
        return text.removeprefix("-") if not float(text) else text  # no -0.00

    return format_number


_COLUMNS = (
    _Column("requested_kbps", "requested", "kbit/s", text.kbps),
    _Column("effective_kbps", "effective", "kbit/s", text.kbps),
    _Column("codec_rate_hz", "rate", "Hz", _fixed(0)),
    _Column("stream", "stream", "", str),
    _Column("bandwidth_hz", "-20 dB", "Hz", _fixed(0)),
    _Column("lag_samples", "lag", "", _fixed(0)),
    _Column("length_difference", "length", "", _fixed(0)),
    _Column("gain_db", "gain", "dB", _fixed(2)),
    _Column("lsd_db", "LSD", "dB", _fixed(1)),
    _Column("si_sdr_db", "SI-SDR", "dB", _fixed(1)),
    _Column("pesq", "PESQ", "", _fixed(2)),
    _Column("stoi", "STOI", "", text.number),
)

_LEGEND = {
    "effective_kbps": "effective: the bitrate read back from the streams.",
    "bandwidth_hz": "-20 dB: the frequency above which the codec removes the signal.",
    "lag_samples": "lag: the largest, in samples.",
    "length_difference": "length: the largest number of extra samples.",
    "lsd_db": "LSD: log-spectral distance.",
    "pesq": "PESQ: 1 bad, 4.6 perfect (P.862.2).",
    "stoi": "STOI: 1 is intelligible.",
}


def render(table: pd.DataFrame, width: int = 80) -> str:
    """Return the table of `aser_bench.codecs.probe.probe` as text, no line wider than ``width``.

    Columns without information are omitted; columns that do not fit follow in further blocks.
    Footnotes and a legend are below.
    """
    width = max(40, width)
    shown = [
        column
        for column in _COLUMNS
        if column.name in table and _is_informative(table, column.name)
    ]
    notes = _footnotes(table)
    names = _names(table, notes)
    heads = [f"{column.head}\n{column.unit}" for column in shown]
    cells = [_cells(table, column) for column in shown]
    widths = [
        2 + max(map(display_width, (column.head, column.unit, *each)))
        for column, each in zip(shown, cells, strict=True)
    ]
    room = width - max(map(display_width, ("condition", *names)))
    blocks = [
        grid(
            ["condition", *(heads[i] for i in indices)],
            [names, *(cells[i] for i in indices)],
            [True, *[False] * len(indices)],
        )
        for indices in text.pack(widths, [column.name for column in shown], room)
    ]
    return "\n".join(["\n\n".join(blocks), "", *_below(table, shown, notes, width)]) + "\n"


def to_csv(table: pd.DataFrame) -> str:
    """Return the table of `aser_bench.codecs.probe.probe` as CSV; undefined values are empty."""
    return table.to_csv(index=False, lineterminator="\n", float_format="%.10g")


def _is_informative(table: pd.DataFrame, name: str) -> bool:
    """Return whether a column has information that other columns do not have."""
    if name == "requested_kbps":
        return bool((table["flag"] != "").any())  # otherwise it equals the effective bitrate
    if name == "length_difference":
        return bool((table[name].fillna(0) != 0).any())
    return any(not _is_empty(value) for value in table[name])


def _is_empty(value: Any) -> bool:
    return value == "" if isinstance(value, str) else bool(pd.isna(value))


def _cells(table: pd.DataFrame, column: _Column) -> list[str]:
    return [
        _EMPTY
        if _is_empty(value)
        else "inf"
        if value == math.inf
        else "-inf"
        if value == -math.inf
        else column.format(value)
        for value in table[column.name]
    ]


def _row_notes(table: pd.DataFrame) -> Iterator[list[str]]:
    for same, flag, reason in zip(table["same_as"], table["flag"], table["mark"], strict=True):
        candidates = [
            f"identical to the stream of {same}" if same else "",
            _RATE_DIFFERS if flag else "",
            reason,
        ]
        yield [note for note in candidates if note]


def _footnotes(table: pd.DataFrame) -> dict[str, str]:
    """Return the marks of the footnotes; a note that applies to all rows has an empty mark."""
    rows = list(_row_notes(table))
    texts = dict.fromkeys(note for notes in rows for note in notes)
    marked = [note for note in texts if not all(note in notes for notes in rows)]
    return {note: mark(marked.index(note)) if note in marked else "" for note in texts}


def _names(table: pd.DataFrame, notes: dict[str, str]) -> list[str]:
    return [
        name + ",".join(filter(None, (notes[note] for note in row_notes)))
        for name, row_notes in zip(table["condition"], _row_notes(table), strict=True)
    ]


def _below(
    table: pd.DataFrame, shown: Sequence[_Column], notes: dict[str, str], width: int
) -> list[str]:
    every = "all rows: " if len(table) > 1 else ""
    lines = [
        paragraph(f"{sign} {note}" if sign else every + note, width).rstrip()
        for note, sign in notes.items()
    ]
    legend = [_LEGEND[column.name] for column in shown if column.name in _LEGEND]
    lengths = table["length_difference"]
    if not _is_informative(table, "length_difference") and lengths.notna().any():
        legend.append("All recordings keep their length.")
    legend.append("Other columns: medians.")
    return [*lines, paragraph(" ".join(legend), width).rstrip()]
