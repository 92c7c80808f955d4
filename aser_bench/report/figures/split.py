"""The change of UAR, split into the effects of bandwidth and of coding artefacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from . import style
from .data import Drawing, FigureData, sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _LEFT = 36.0, 14.0
_BARS = (("bandwidth", "#56B4E9", ""), ("artefacts", "#D55E00", "////"))


def draw(data: FigureData) -> Drawing | None:
    """Draw two bars with intervals for each condition, and their sum, the change of UAR."""
    table = data.findings.bandwidth
    table = table[table[["loss", "bandwidth", "artefacts"]].notna().any(axis=1)]
    if table.empty:
        return None
    names = data.ordered(table["condition"])
    trainings = [kind for kind in TRAININGS if kind in set(table["training"])]
    models = [model for model in data.models if model in set(table["model"])]
    narrow = len(trainings) == 1 and len(names) <= 9
    width = style.COLUMN if narrow else style.PAGE
    beside = len(trainings) * len(names) <= 30
    columns = len(trainings) if beside else 1
    panels = [(model, kind) for model in models for kind in trainings]
    title = f"{data.heading}: effects of bandwidth and artefacts"
    figure, axes = style.new_figure(
        title,
        (len(panels) // columns, columns),
        width,
        _HEIGHT,
        left=_LEFT,
        bottom=style.longest_width([style.shorten(name) for name in names]) + 2.5,
        gaps=(4.0, 6.5),
        heads=True,
        legend_entries=_legend(),
    )
    numbers = table.loc[:, "loss":"artefacts_high"].to_numpy(dtype=float)
    low, high = min(np.nanmin(numbers), 0.0), max(np.nanmax(numbers), 0.0)
    pad = max(0.06 * (high - low), 0.005)
    for place, (model, kind) in enumerate(panels):
        panel = axes[place // columns][place % columns]
        of_panel = table[(table["model"] == model) & (table["training"] == kind)]
        _panel(panel, of_panel.drop_duplicates("condition").set_index("condition").reindex(names))
        panel.set_ylim(low - pad, high + pad)
        panel.locator_params(axis="y", nbins=6, steps=[1, 2, 5, 10])
        style.panel_title(panel, f"{style.shorten(model, 30)}, {kind}")
        panel.tick_params(
            labelleft=place % columns == 0, labelbottom=place + columns >= len(panels)
        )
        if place % columns == 0:
            style.label(panel, "change of UAR", left=_LEFT - 2.0)
    return Drawing(figure, title, _caption(data, table, trainings), _alt(data, table))


def _legend() -> list[object]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars = [
        Patch(fc=colour, ec="black", hatch=hatch, label=name, lw=0.5)
        for name, colour, hatch in _BARS
    ]
    return [*bars, Line2D([], [], color="black", marker="o", ls="none", label="total change")]


def _panel(panel: Axes, table: pd.DataFrame) -> None:
    xs = np.arange(len(table))
    for shift, (name, colour, hatch) in zip((-0.3, 0.0), _BARS, strict=True):
        panel.bar(
            xs + shift,
            table[name].astype(float),
            0.28,
            color=colour,
            ec="black",
            lw=0.4,
            hatch=hatch,
        )
        _whiskers(panel, xs + shift, table, name)
    panel.plot(xs + 0.28, table["loss"].astype(float), ls="none", marker="o", color="black")
    _whiskers(panel, xs + 0.28, table, "loss")
    panel.axhline(0, color="black", lw=0.5)
    panel.set_xlim(-0.7, len(xs) - 0.3)
    panel.set_xticks(xs, [style.shorten(name) for name in table.index], rotation=90)
    panel.grid(axis="y")


def _whiskers(panel: Axes, xs: np.ndarray, table: pd.DataFrame, name: str) -> None:
    low, high = (table[f"{name}_{end}"].astype(float) for end in ("low", "high"))
    panel.vlines(xs, low, high, color="black", lw=0.7)


def _caption(data: FigureData, table: pd.DataFrame, trainings: list[str]) -> str:
    pairs = table.drop_duplicates("condition").set_index("condition")["lowpass"]
    filters = ", ".join(f"{name} with {pairs[name]}" for name in data.ordered(pairs.index))
    without_interval = table[["bandwidth_low", "artefacts_low", "loss_low"]].isna().any(axis=1)
    return sentences(
        f"{data.title}: the change of UAR from the original (negative: a loss), split into the "
        "effect of a low-pass filter with the same bandwidth and the effect of other artefacts",
        "; ".join(f"{kind}: {TRAININGS[kind]}" for kind in trainings),
        f"Low-pass filters: {filters}",
        f"Whiskers are {data.confidence} intervals clustered by speaker",
        f"{int(without_interval.sum())} of the splits have no interval"
        if without_interval.any()
        else "",
        data.marked(table["condition"]),
    )


def _alt(data: FigureData, table: pd.DataFrame) -> str:
    lowest = data.lowest(table["condition"])
    texts = [
        f"{row['model']}, {row['training']}, {lowest}: change {_signed(row['loss'])}, of which "
        f"bandwidth {_signed(row['bandwidth'])} and artefacts {_signed(row['artefacts'])}"
        for row in table[table["condition"] == lowest].to_dict("records")
        if np.isfinite([row["loss"], row["bandwidth"], row["artefacts"]]).all()
    ]
    return sentences(
        f"Bar chart of the change of UAR due to bandwidth and artefacts, {data.heading}", *texts
    )


def _signed(value: float) -> str:
    return style.minus(f"{value:+.3f}")
