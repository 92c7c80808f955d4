"""The loss of UAR, split into what a low-pass filter does too and what coding does beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from . import style
from .part import Drawing, Part, sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _LEFT = 36.0, 14.0
_BARS = (("bandwidth", "#56B4E9", ""), ("artefacts", "#D55E00", "////"))


def draw(part: Part) -> Drawing | None:
    """Draw two bars with intervals a condition, and the loss that they add up to."""
    table = part.findings.bandwidth
    table = table[table[["loss", "bandwidth", "artefacts"]].notna().any(axis=1)]
    if table.empty:
        return None
    names = part.ordered(table["condition"])
    trainings = [kind for kind in TRAININGS if kind in set(table["training"])]
    models = [model for model in part.models if model in set(table["model"])]
    narrow = len(trainings) == 1 and len(names) <= 9
    width = style.COLUMN if narrow else style.PAGE
    beside = len(trainings) * len(names) <= 30
    columns = len(trainings) if beside else 1
    panels = [(model, kind) for model in models for kind in trainings]
    title = f"{part.heading}: bandwidth or artefacts"
    figure, axes = style.sheet(
        title,
        (len(panels) // columns, columns),
        width,
        _HEIGHT,
        left=_LEFT,
        bottom=style.longest([style.shorten(name) for name in names]) + 2.5,
        gaps=(4.0, 6.5),
        heads=True,
        legend=_legend(),
    )
    numbers = table.loc[:, "loss":"artefacts_high"].to_numpy(dtype=float)
    low, high = min(np.nanmin(numbers), 0.0), max(np.nanmax(numbers), 0.0)
    pad = max(0.06 * (high - low), 0.005)
    for place, (model, kind) in enumerate(panels):
        panel = axes[place // columns][place % columns]
        own = table[(table["model"] == model) & (table["training"] == kind)]
        _panel(panel, own.drop_duplicates("condition").set_index("condition").reindex(names))
        panel.set_ylim(low - pad, high + pad)
        panel.locator_params(axis="y", nbins=6, steps=[1, 2, 5, 10])
        style.head(panel, f"{style.shorten(model, 30)}, {kind}")
        panel.tick_params(
            labelleft=place % columns == 0, labelbottom=place + columns >= len(panels)
        )
        if place % columns == 0:
            style.label(panel, "change of UAR", left=_LEFT - 2.0)
    return Drawing(figure, title, _caption(part, table, trainings), _alt(part, table))


def _legend() -> list[object]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars = [
        Patch(fc=colour, ec="black", hatch=hatch, label=name, lw=0.5)
        for name, colour, hatch in _BARS
    ]
    return [*bars, Line2D([], [], color="black", marker="o", ls="none", label="both: the change")]


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


def _caption(part: Part, table: pd.DataFrame, trainings: list[str]) -> str:
    pairs = table.drop_duplicates("condition").set_index("condition")["lowpass"]
    against = ", ".join(f"{name} against {pairs[name]}" for name in part.ordered(pairs.index))
    bare = table[["bandwidth_low", "artefacts_low", "loss_low"]].isna().any(axis=1)
    return sentences(
        f"{part.title}: the change of UAR from the original (negative: a loss), split into what "
        "a low-pass filter of the same bandwidth does too and what the coding does beyond",
        "; ".join(f"{kind}: {TRAININGS[kind]}" for kind in trainings),
        f"Compared: {against}",
        f"Whiskers are {part.confidence} intervals clustered by speaker",
        f"{int(bare.sum())} of the splits lack an interval" if bare.any() else "",
        part.marked(table["condition"]),
    )


def _alt(part: Part, table: pd.DataFrame) -> str:
    lowest = part.lowest(table["condition"])
    said = [
        f"{row['model']}, {row['training']}, {lowest}: change {_signed(row['loss'])}, of which "
        f"bandwidth {_signed(row['bandwidth'])} and artefacts {_signed(row['artefacts'])}"
        for row in table[table["condition"] == lowest].to_dict("records")
        if np.isfinite([row["loss"], row["bandwidth"], row["artefacts"]]).all()
    ]
    return sentences(f"Bars of the change of UAR, split in two, {part.heading}", *said)


def _signed(value: float) -> str:
    return style.minus(f"{value:+.3f}")
