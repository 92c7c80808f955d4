"""Recall over the bitrate, one panel for each emotion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from ...core.tables import ORIGINAL
from ..text import number
from . import style
from .data import Drawing, FigureData, emotions_of, sentences, training_of
from .legend import legend_entries, model_style
from .positions import Positions, draw_values, label_height, positions_of, set_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _LEFT, _ROW, _BANDS = 30.0, 10.0, 4, 4


def draw(data: FigureData) -> Drawing | None:
    """Draw recall by emotion; the original is a horizontal line in the colour of the model."""
    table = data.findings.recalls
    training = training_of(table)
    table = _shifted(table[table["training"] == training])
    names = data.ordered(table.loc[table["value"].notna(), "condition"])
    coded = [name for name in names if name != ORIGINAL]
    # The panels are small: conditions without a bitrate are only shown if there are no others.
    coded = [name for name in coded if data.kbps(name) > 0] or coded
    if not coded:
        return None
    emotions = emotions_of(table["emotion"])
    columns = min(_ROW, len(emotions))
    width = style.PAGE if columns > 2 else style.COLUMN
    positions = positions_of(data, coded, (width - _LEFT - 2 - 4 * (columns - 1)) / columns)
    if len(positions.codecs) * len(data.models) > _BANDS:
        table = table.assign(low=np.nan, high=np.nan)
    title = f"{data.heading}: recall by emotion, training: {training}"
    figure, axes = style.new_figure(
        title,
        (-(-len(emotions) // columns), columns),
        width,
        _HEIGHT,
        left=_LEFT,
        bottom=label_height(positions),
        gaps=(4.0, 6.5),
        heads=True,
        legend_entries=legend_entries(data, positions, original=True),
    )
    for place, emotion in enumerate(emotions):
        panel = axes[place // columns][place % columns]
        _panel(panel, data, positions, table[table["emotion"] == emotion])
        style.panel_title(panel, style.shorten(emotion, 24))
        panel.tick_params(labelleft=place % columns == 0)
        set_ticks(panel, positions, labelled=place + columns >= len(emotions))
        if place % columns == 0:
            style.label(panel, "recall", left=_LEFT - 2.0)
    for spare in range(len(emotions), len(axes) * columns):
        axes[spare // columns][spare % columns].remove()
    return Drawing(
        figure,
        title,
        _caption(data, training, coded, [n for n in names if n not in coded], table),
        _alt(data, table, training, coded),
    )


def _shifted(table: pd.DataFrame) -> pd.DataFrame:
    """Move the intervals of the differences to the values, which are from 0 to 1."""
    numbers = table[["original", "low", "high"]].astype(float)
    low, high = (numbers["original"] + numbers[end] for end in ("low", "high"))
    return table.assign(low=low.clip(0, 1), high=high.clip(0, 1))


def _panel(panel: Axes, data: FigureData, positions: Positions, rows: pd.DataFrame) -> None:
    low, high = positions.limits
    apart = 1.2 * (high - low) / style.panel_size(panel)[0]
    for place, model in enumerate(data.models):
        of_model = rows[rows["model"] == model]
        shift = apart * (place - (len(data.models) - 1) / 2)
        draw_values(
            panel,
            positions,
            of_model[["condition", "value", "low", "high"]],
            model_style(data, positions, model),
            shift,
        )
        level = of_model["original"].dropna()
        if len(level):
            panel.axhline(
                level.iloc[0],
                color=model_style(data, positions, model)("").colour,
                lw=0.6,
                alpha=0.8,
                zorder=1,
            )
    panel.set_ylim(0, 1)
    panel.set_yticks(np.arange(0, 1.01, 0.25), ["0", ".25", ".50", ".75", "1"])
    panel.grid(axis="y")


def _caption(
    data: FigureData, training: str, coded: Sequence[str], left: Sequence[str], table: pd.DataFrame
) -> str:
    left = [name for name in left if name != ORIGINAL]
    without_interval = (
        table["condition"].isin(list(coded)) & table["value"].notna() & table["low"].isna()
    )
    return sentences(
        f"{data.title}: recall of each emotion over the effective bitrate; {training}: "
        f"{TRAININGS[training]}",
        "The horizontal lines are the original",
        f"Bands are {data.confidence} intervals of the difference from the original, clustered by "
        "speaker, around the value"
        if table["low"].notna().any()
        else "Intervals are not shown",
        f"{int(without_interval.sum())} of the values have no interval"
        if without_interval.any() and table["low"].notna().any()
        else "",
        f"Open markers: {data.marked(coded)}" if data.marked(coded) else "",
        f"Not shown: {', '.join(left)}" if left else "",
    )


def _alt(data: FigureData, table: pd.DataFrame, training: str, coded: Sequence[str]) -> str:
    lowest = data.lowest(coded)
    texts = []
    for model in data.models:
        of_model = table[(table["model"] == model) & (table["condition"] == lowest)]
        of_model = (
            of_model.drop_duplicates("emotion").set_index("emotion")[["original", "value"]].dropna()
        )
        before, after = of_model["original"].astype(float), of_model["value"].astype(float)
        falls = (after - before).sort_values()
        changes = ", ".join(
            f"{name} {number(before[name])} to {number(after[name])}" for name in falls.index[:3]
        )
        if changes:
            texts.append(f"{model}, from the original to {lowest}: {changes}")
    return sentences(
        f"Line charts of recall by emotion over bitrate, training: {training}, {data.heading}",
        *texts,
        "Only the three emotions with the largest losses are listed" if texts else "",
    )
