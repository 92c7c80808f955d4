"""UAR over the bitrate, one panel for each training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from ...core.tables import MULTI, ORIGINAL
from .. import captions
from ..text import number
from . import style
from .data import Drawing, FigureData, sentences
from .legend import codec_style, legend_entries, model_style
from .positions import (
    SHADE,
    Positions,
    draw_values,
    end_conditions,
    label_height,
    positions_of,
    preferred_width,
    set_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT = 46.0
_LEFT = 11.0


def draw(data: FigureData) -> Drawing | None:
    """Draw UAR over the bitrate with its intervals, the original and chance."""
    trained = {kind: rows_of(data, kind) for kind in TRAININGS}
    trained = {kind: rows for kind, rows in trained.items() if compares(rows)}
    if not trained:
        return None
    names = data.ordered(name for rows in trained.values() for name in rows["condition"])
    wide, beside = _layout(data, names, len(trained))
    columns = len(trained) if beside else 1
    each = (wide - _LEFT - 2 - 4 * (columns - 1)) / columns
    positions = positions_of(data, names, each)
    # A panel has either several codecs or several models.
    split = len(positions.codecs) > 1 and len(data.models) > 1
    groups = [[model] for model in data.models] if split else [data.models]
    panels = [(kind, models) for models in groups for kind in trained]
    bottom = label_height(positions)
    figure, axes = style.new_figure(
        f"{data.heading}: UAR over bitrate",
        (len(panels) // columns, columns),
        wide,
        _HEIGHT,
        left=_LEFT,
        bottom=bottom,
        gaps=(4.0, 6.5),
        heads=True,
        legend_entries=legend_entries(data, positions, by_codec=split, chance=True),
    )
    every = pd.concat(trained.values())
    chance = float(every["chance"].median())
    low, high = _limits(every, chance)
    for index, (kind, models) in enumerate(panels):
        panel = axes[index // columns][index % columns]
        _panel(panel, data, positions, trained[kind], models, split)
        set_ticks(panel, positions, labelled=index + columns >= len(panels))
        panel.axhline(chance, color=style.GREY, ls=":", lw=0.8, zorder=1)
        panel.set_ylim(low, high)
        style.panel_title(panel, f"{kind} ({style.shorten(models[0])})" if split else kind)
        panel.tick_params(labelleft=index % columns == 0)
        if index % columns == 0:
            style.label(panel, "UAR", left=_LEFT - 2.5)
    return Drawing(
        figure,
        f"{data.heading}: UAR over bitrate",
        _caption(data, trained, names, chance),
        _alt(data, trained, positions, chance),
    )


def rows_of(data: FigureData, kind: str) -> pd.DataFrame:
    """Return the cells of one training, with the column names of `draw_values`."""
    cells = data.findings.cells
    train = {"matched": cells["test_condition"], "clean": ORIGINAL, "multi": MULTI}[kind]
    rows = cells[cells["train_condition"] == train]
    return rows.rename(
        columns={
            "test_condition": "condition",
            "uar": "value",
            "uar_low": "low",
            "uar_high": "high",
        }
    )


def compares(rows: pd.DataFrame) -> bool:
    """Return whether a condition other than the original has a value."""
    return bool((rows["condition"].ne(ORIGINAL) & rows["value"].notna()).any())


def _layout(data: FigureData, names: Sequence[str], panels: int) -> tuple[float, bool]:
    """Return the width of the figure, and whether the panels fit side by side."""
    width = preferred_width(data, names)
    if panels == 1 and width <= style.COLUMN - _LEFT:
        return style.COLUMN, True
    return style.PAGE, width <= (style.PAGE - _LEFT) / panels


def _panel(
    panel: Axes,
    data: FigureData,
    positions: Positions,
    rows: pd.DataFrame,
    models: list[str],
    split: bool,
) -> None:
    low, high = positions.limits
    width, _ = style.panel_size(panel)
    spacing = min(1.3, 3.2 / len(models)) * (high - low) / width
    shade = min(SHADE, 0.5 / len(models))
    for place, model in enumerate(models):
        of_model = rows[rows["model"] == model]
        line_style = codec_style(positions) if split else model_style(data, positions, model)
        shift = spacing * (place - (len(models) - 1) / 2)
        draw_values(
            panel,
            positions,
            of_model[["condition", "value", "low", "high"]],
            line_style,
            shift,
            shade,
        )
        original = of_model.loc[of_model["condition"] == ORIGINAL, "value"]
        if len(original) and np.isfinite(original.iloc[0]):
            colour = line_style(ORIGINAL).colour
            panel.axhline(original.iloc[0], color=colour, lw=0.5, alpha=0.7, zorder=1)
    if positions.rates and len(positions.names) > (ORIGINAL in positions.names):
        panel.axvline(max(positions.rates.values()) + 0.35, color=style.LIGHT, lw=0.5, zorder=0)
    panel.grid(axis="y")


def _limits(rows: pd.DataFrame, chance: float) -> tuple[float, float]:
    """Return axis limits that include all values, their intervals and chance."""
    numbers = rows[["value", "low", "high"]].to_numpy(dtype=float).ravel()
    numbers = np.append(numbers, chance)
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    pad = max(0.05 * (high - low), 0.01)
    return max(0.0, low - pad), min(1.0, high + pad) + 0.005


def _caption(
    data: FigureData, trained: dict[str, pd.DataFrame], names: Sequence[str], chance: float
) -> str:
    kinds = "; ".join(f"{kind}: {TRAININGS[kind]}" for kind in trained)
    every = pd.concat(trained.values())
    without_interval = every[every["value"].notna() & every["low"].isna()]
    losses = data.findings.losses
    why = "; ".join(dict.fromkeys(str(w) for w in losses["why"] if isinstance(w, str) and w))
    return sentences(
        "Unweighted average recall (UAR) over the effective bitrate, on a logarithmic axis",
        captions.POOLED,
        f"{data.title}. {kinds}",
        f"Bands and whiskers are {data.confidence} intervals clustered by speaker; the thin "
        f"horizontal lines are the original, the dotted line is chance ({number(chance)})",
        f"{len(without_interval)} of the values have no interval{f' ({why})' if why else ''}"
        if len(without_interval)
        else "",
        f"Open markers: {data.marked(names)}" if data.marked(names) else "",
    )


def _alt(
    data: FigureData, trained: dict[str, pd.DataFrame], positions: Positions, chance: float
) -> str:
    texts = []
    for kind, rows in trained.items():
        for model in data.models:
            of_model = rows[rows["model"] == model].drop_duplicates("condition")
            values = of_model.set_index("condition")["value"].dropna()
            shown = [name for name in end_conditions(positions) if name in values.index]
            points = ", ".join(f"{number(values[name])} at {name}" for name in shown)
            if points:
                texts.append(f"{model}, {kind}: {points}")
    return sentences(
        f"Line chart of UAR over bitrate, {data.heading}", *texts, f"Chance is {number(chance)}"
    )
