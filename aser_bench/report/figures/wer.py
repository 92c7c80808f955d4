"""Word error rate over the bitrate, one panel for each transcriber."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.tables import ORIGINAL
from . import style
from .data import Drawing, FigureData, sentences
from .legend import codec_style, legend_entries
from .positions import (
    Positions,
    draw_values,
    end_conditions,
    label_height,
    positions_of,
    preferred_width,
    set_ticks,
)

_HEIGHT, _LEFT = 42.0, 12.0


def draw(data: FigureData) -> Drawing | None:
    """Draw word error rates with their intervals, one line for each codec, and the original."""
    table = data.findings.wer
    table = table[table["wer"].notna()]
    names = data.ordered(table["condition"])
    if not any(name != ORIGINAL for name in names):
        return None
    transcribers = list(dict.fromkeys(table["transcripts"].astype(str)))
    narrow = preferred_width(data, names) <= style.COLUMN - _LEFT
    width = style.COLUMN if narrow else style.PAGE
    positions = positions_of(data, names, width - _LEFT - 2)
    title = f"{data.heading}: word error rate over bitrate"
    figure, axes = style.new_figure(
        title,
        (len(transcribers), 1),
        width,
        _HEIGHT,
        left=_LEFT,
        bottom=label_height(positions),
        gaps=(4.0, 6.5),
        heads=True,
        legend_entries=legend_entries(data, positions, by_codec=True, original=True),
    )
    numbers = 100 * table[["wer", "low", "high"]].astype(float)
    top = 1.05 * float(np.nanmax(numbers.to_numpy()))
    shown = numbers.rename(columns={"wer": "value"}).assign(
        condition=table["condition"].astype(str), transcripts=table["transcripts"].astype(str)
    )
    for place, transcriber in enumerate(transcribers):
        panel = axes[place][0]
        rows = shown[shown["transcripts"] == transcriber]
        draw_values(
            panel,
            positions,
            rows[["condition", "value", "low", "high"]],
            codec_style(positions),
            0.0,
        )
        for value in rows.loc[rows["condition"] == ORIGINAL, "value"]:
            panel.axhline(value, color=style.GREY, lw=0.6, zorder=1)
        panel.set_ylim(0, max(top, 1.0))
        panel.grid(axis="y")
        style.panel_title(panel, style.shorten(transcriber, 40))
        style.label(panel, "word errors (%)", left=_LEFT - 2.0)
        set_ticks(panel, positions, labelled=place == len(transcribers) - 1)
    return Drawing(figure, title, _caption(data, table, names), _alt(data, table, positions))


def _caption(data: FigureData, table: pd.DataFrame, names: list[str]) -> str:
    without_interval = table[table["low"].isna()]
    why = "; ".join(
        dict.fromkeys(str(reason) for reason in table["why"] if isinstance(reason, str) and reason)
    )
    return sentences(
        f"{data.title}: substituted, deleted and inserted words of a transcriber, in percent of "
        "the words in the reference, over the effective bitrate on a logarithmic axis",
        f"Bands and whiskers are {data.confidence} intervals clustered by speaker; the thin "
        "horizontal line is the original",
        f"{len(without_interval)} of the values have no interval{f' ({why})' if why else ''}"
        if len(without_interval)
        else why,
        f"Open markers: {data.marked(names)}" if data.marked(names) else "",
    )


def _alt(data: FigureData, table: pd.DataFrame, positions: Positions) -> str:
    texts = []
    for transcriber, rows in table.groupby("transcripts", sort=False):
        values = rows.drop_duplicates("condition").set_index("condition")["wer"].astype(float)
        points = ", ".join(
            f"{100 * values[name]:.1f} % at {name}"
            for name in end_conditions(positions)
            if name in values.index
        )
        texts.append(f"{transcriber}: {points}" if points else "")
    return sentences(f"Line chart of word errors over bitrate, {data.heading}", *texts)
