"""The table of ``aser-bench probe``: as text for people, as CSV for machines."""

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
_OFF = "the effective bitrate is more than 3 % off the one that was asked for"


@dataclass(frozen=True)
class _Column:
    """A column of the text: its name in the table, two lines of head, and how it is written."""

    name: str
    head: str
    unit: str
    write: Callable[[float], str]


def _fixed(digits: int) -> Callable[[float], str]:
    def write(value: float) -> str:
        word = f"{value:.{digits}f}"
        return word.removeprefix("-") if not float(word) else word  # no -0.00

    return write


_COLUMNS = (
    _Column("requested_kbps", "asked", "kbit/s", text.kbps),
    _Column("effective_kbps", "real", "kbit/s", text.kbps),
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
    "effective_kbps": "real: the bitrate read back from the streams.",
    "bandwidth_hz": "-20 dB: from here up the codec keeps nothing.",
    "lag_samples": "lag: the worst, in samples.",
    "length_difference": "length: samples too many, the worst.",
    "lsd_db": "LSD: log-spectral distance.",
    "pesq": "PESQ: 1 bad, 4.6 perfect (P.862.2).",
    "stoi": "STOI: 1 is intelligible.",
}


def render(table: pd.DataFrame, width: int = 80) -> str:
    """Return the table of `aser_bench.codecs.probe.probe` as text, no line wider than ``width``.

    Columns that say nothing are left out; what does not fit follows in a further block.
    Footnotes stand below, and a legend.
    """
    width = max(40, width)
    shown = [column for column in _COLUMNS if column.name in table and _telling(table, column.name)]
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
    """Return the table of `aser_bench.codecs.probe.probe` as CSV; what is not defined is empty."""
    return table.to_csv(index=False, lineterminator="\n", float_format="%.10g")


def _telling(table: pd.DataFrame, name: str) -> bool:
    """Tell whether a column says anything that the others do not."""
    if name == "requested_kbps":
        return bool((table["flag"] != "").any())  # else the names and the real bitrates say it
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
        else column.write(value)
        for value in table[column.name]
    ]


def _row_notes(table: pd.DataFrame) -> Iterator[list[str]]:
    for same, flag, why in zip(table["same_as"], table["flag"], table["mark"], strict=True):
        found = [f"the same stream as {same}" if same else "", _OFF if flag else "", why]
        yield [note for note in found if note]


def _footnotes(table: pd.DataFrame) -> dict[str, str]:
    """Return footnote -> mark; what holds for every row has an empty one."""
    rows = list(_row_notes(table))
    texts = dict.fromkeys(note for notes in rows for note in notes)
    marked = [note for note in texts if not all(note in notes for notes in rows)]
    return {note: mark(marked.index(note)) if note in marked else "" for note in texts}


def _names(table: pd.DataFrame, notes: dict[str, str]) -> list[str]:
    return [
        name + ",".join(filter(None, (notes[note] for note in found)))
        for name, found in zip(table["condition"], _row_notes(table), strict=True)
    ]


def _below(
    table: pd.DataFrame, shown: Sequence[_Column], notes: dict[str, str], width: int
) -> list[str]:
    every = "in every row: " if len(table) > 1 else ""
    lines = [
        paragraph(f"{sign} {note}" if sign else every + note, width).rstrip()
        for note, sign in notes.items()
    ]
    said = [_LEGEND[column.name] for column in shown if column.name in _LEGEND]
    lengths = table["length_difference"]
    if not _telling(table, "length_difference") and lengths.notna().any():
        said.append("Every recording came back as long as it was.")
    said.append("All others: medians.")
    return [*lines, paragraph(" ".join(said), width).rstrip()]
