"""The recall of each emotion over the bitrate, one panel an emotion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from ...core.tables import ORIGINAL
from ..text import number
from . import style
from .legends import legend, look_of
from .part import Drawing, Part, emotions_of, sentences, training_of
from .places import Places, dress, hanging, places, trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _LEFT, _ROW, _BANDS = 30.0, 10.0, 4, 4


def draw(part: Part) -> Drawing | None:
    """Draw recall by emotion; the original is a line of the model's colour."""
    table = part.findings.recalls
    training = training_of(table)
    table = _shifted(table[table["training"] == training])
    names = part.ordered(table.loc[table["value"].notna(), "condition"])
    coded = [name for name in names if name != ORIGINAL]
    # Panels are small: what has no bitrate stands in the tables, unless there is nothing else.
    coded = [name for name in coded if part.kbps(name) > 0] or coded
    if not coded:
        return None
    emotions = emotions_of(table["emotion"])
    columns = min(_ROW, len(emotions))
    width = style.PAGE if columns > 2 else style.COLUMN
    spots = places(part, coded, (width - _LEFT - 2 - 4 * (columns - 1)) / columns)
    if len(spots.codecs) * len(part.models) > _BANDS:
        table = table.assign(low=np.nan, high=np.nan)
    title = f"{part.heading}: recall by emotion, trained {training}"
    figure, axes = style.sheet(
        title,
        (-(-len(emotions) // columns), columns),
        width,
        _HEIGHT,
        left=_LEFT,
        bottom=hanging(spots),
        gaps=(4.0, 6.5),
        heads=True,
        legend=legend(part, spots, original=True),
    )
    for place, emotion in enumerate(emotions):
        panel = axes[place // columns][place % columns]
        _panel(panel, part, spots, table[table["emotion"] == emotion])
        style.head(panel, style.shorten(emotion, 24))
        panel.tick_params(labelleft=place % columns == 0)
        dress(panel, spots, labelled=place + columns >= len(emotions))
        if place % columns == 0:
            style.label(panel, "recall", left=_LEFT - 2.0)
    for spare in range(len(emotions), len(axes) * columns):
        axes[spare // columns][spare % columns].remove()
    return Drawing(
        figure,
        title,
        _caption(part, training, coded, [n for n in names if n not in coded], table),
        _alt(part, table, training, coded),
    )


def _shifted(table: pd.DataFrame) -> pd.DataFrame:
    """Lay the intervals of the differences around the values that they belong to."""
    numbers = table[["original", "low", "high"]].astype(float)
    return table.assign(
        low=numbers["original"] + numbers["low"], high=numbers["original"] + numbers["high"]
    )


def _panel(panel: Axes, part: Part, spots: Places, rows: pd.DataFrame) -> None:
    low, high = spots.limits
    apart = 1.2 * (high - low) / style.inner(panel)[0]
    for place, model in enumerate(part.models):
        own = rows[rows["model"] == model]
        shift = apart * (place - (len(part.models) - 1) / 2)
        trace(
            panel,
            spots,
            own[["condition", "value", "low", "high"]],
            look_of(part, spots, model),
            shift,
        )
        level = own["original"].dropna()
        if len(level):
            panel.axhline(
                level.iloc[0],
                color=look_of(part, spots, model)("").colour,
                lw=0.6,
                alpha=0.8,
                zorder=1,
            )
    panel.set_ylim(0, 1)
    panel.set_yticks(np.arange(0, 1.01, 0.25), ["0", ".25", ".50", ".75", "1"])
    panel.grid(axis="y")


def _caption(
    part: Part, training: str, coded: Sequence[str], left: Sequence[str], table: pd.DataFrame
) -> str:
    left = [name for name in left if name != ORIGINAL]
    bare = table["condition"].isin(list(coded)) & table["value"].notna() & table["low"].isna()
    return sentences(
        f"{part.title}: recall of each emotion over the effective bitrate; {training}: "
        f"{TRAININGS[training]}",
        "The horizontal lines are at the original",
        f"Bands are {part.confidence} intervals, clustered by speaker, of the difference from "
        "the original, laid around the value"
        if table["low"].notna().any()
        else "No intervals are drawn",
        f"{int(bare.sum())} of the numbers have no interval"
        if bare.any() and table["low"].notna().any()
        else "",
        f"Open markers: {part.marked(coded)}" if part.marked(coded) else "",
        f"Not shown: {', '.join(left)}" if left else "",
    )


def _alt(part: Part, table: pd.DataFrame, training: str, coded: Sequence[str]) -> str:
    lowest = part.lowest(coded)
    said = []
    for model in part.models:
        own = table[(table["model"] == model) & (table["condition"] == lowest)]
        own = own.drop_duplicates("emotion").set_index("emotion")[["original", "value"]].dropna()
        before, after = own["original"].astype(float), own["value"].astype(float)
        falls = (after - before).sort_values()
        words = ", ".join(
            f"{name} {number(before[name])} to {number(after[name])}" for name in falls.index[:3]
        )
        if words:
            said.append(f"{model}, from the original to {lowest}: {words}")
    return sentences(
        f"Line charts of recall by emotion over bitrate, trained {training}, {part.heading}",
        *said,
        "The three emotions that change most to the worse are named" if said else "",
    )
