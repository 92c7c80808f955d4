"""UAR over the bitrate, one panel a way of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from ...core.tables import MULTI, ORIGINAL
from ..text import number
from . import style
from .legends import codec_look, legend, look_of
from .part import Drawing, Part, sentences
from .places import SHADE, Places, dress, ends, hanging, needed, places, trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT = 46.0
_LEFT = 11.0


def draw(part: Part) -> Drawing | None:
    """Draw UAR over the bitrate with its intervals, beside the original and chance."""
    trained = {kind: rows_of(part, kind) for kind in TRAININGS}
    trained = {kind: rows for kind, rows in trained.items() if compares(rows)}
    if not trained:
        return None
    names = part.ordered(name for rows in trained.values() for name in rows["condition"])
    wide, beside = _layout(part, names, len(trained))
    columns = len(trained) if beside else 1
    each = (wide - _LEFT - 2 - 4 * (columns - 1)) / columns
    spots = places(part, names, each)
    # Several codecs and several models would be too many lines for one panel.
    split = len(spots.codecs) > 1 and len(part.models) > 1
    groups = [[model] for model in part.models] if split else [part.models]
    panels = [(kind, models) for models in groups for kind in trained]
    bottom = hanging(spots)
    figure, axes = style.sheet(
        f"{part.heading}: UAR over bitrate",
        (len(panels) // columns, columns),
        wide,
        _HEIGHT,
        left=_LEFT,
        bottom=bottom,
        gaps=(4.0, 6.5),
        heads=True,
        legend=legend(part, spots, by_codec=split, chance=True),
    )
    every = pd.concat(trained.values())
    chance = float(every["chance"].median())
    low, high = _limits(every, chance)
    for number_, (kind, models) in enumerate(panels):
        panel = axes[number_ // columns][number_ % columns]
        _panel(panel, part, spots, trained[kind], models, split)
        dress(panel, spots, labelled=number_ + columns >= len(panels))
        panel.axhline(chance, color=style.GREY, ls=":", lw=0.8, zorder=1)
        panel.set_ylim(low, high)
        style.head(panel, f"{kind} ({style.shorten(models[0])})" if split else kind)
        panel.tick_params(labelleft=number_ % columns == 0)
        if number_ % columns == 0:
            style.label(panel, "UAR", left=_LEFT - 2.5)
    return Drawing(
        figure,
        f"{part.heading}: UAR over bitrate",
        _caption(part, trained, names, chance),
        _alt(part, trained, spots, chance),
    )


def rows_of(part: Part, kind: str) -> pd.DataFrame:
    """Return the cells of one way of training, with the names that `trace` reads."""
    cells = part.findings.cells
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
    """Return whether anything but the original has a number."""
    return bool((rows["condition"].ne(ORIGINAL) & rows["value"].notna()).any())


def _layout(part: Part, names: Sequence[str], panels: int) -> tuple[float, bool]:
    """Return the width of the sheet, and whether the panels fit beside each other."""
    width = needed(part, names)
    if panels == 1 and width <= style.COLUMN - _LEFT:
        return style.COLUMN, True
    return style.PAGE, width <= (style.PAGE - _LEFT) / panels


def _panel(
    panel: Axes, part: Part, spots: Places, rows: pd.DataFrame, models: list[str], split: bool
) -> None:
    low, high = spots.limits
    width, _ = style.inner(panel)
    apart = min(1.3, 3.2 / len(models)) * (high - low) / width
    shade = min(SHADE, 0.5 / len(models))
    for place, model in enumerate(models):
        own = rows[rows["model"] == model]
        look = codec_look(spots) if split else look_of(part, spots, model)
        shift = apart * (place - (len(models) - 1) / 2)
        trace(panel, spots, own[["condition", "value", "low", "high"]], look, shift, shade)
        original = own.loc[own["condition"] == ORIGINAL, "value"]
        if len(original) and np.isfinite(original.iloc[0]):
            colour = look(ORIGINAL).colour
            panel.axhline(original.iloc[0], color=colour, lw=0.5, alpha=0.7, zorder=1)
    if spots.rates and len(spots.names) > (ORIGINAL in spots.names):
        panel.axvline(max(spots.rates.values()) + 0.35, color=style.LIGHT, lw=0.5, zorder=0)
    panel.grid(axis="y")


def _limits(rows: pd.DataFrame, chance: float) -> tuple[float, float]:
    """Return limits that cover all numbers, their intervals and chance."""
    numbers = rows[["value", "low", "high"]].to_numpy(dtype=float).ravel()
    numbers = np.append(numbers, chance)
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    pad = max(0.05 * (high - low), 0.01)
    return max(0.0, low - pad), min(1.0, high + pad) + 0.005


def _caption(
    part: Part, trained: dict[str, pd.DataFrame], names: Sequence[str], chance: float
) -> str:
    kinds = "; ".join(f"{kind}: {TRAININGS[kind]}" for kind in trained)
    every = pd.concat(trained.values())
    bare = every[every["value"].notna() & every["low"].isna()]
    losses = part.findings.losses
    why = "; ".join(dict.fromkeys(str(w) for w in losses["why"] if isinstance(w, str) and w))
    return sentences(
        "Unweighted average recall (UAR) over the effective bitrate, on a logarithmic axis",
        f"{part.title}, {kinds}",
        f"Bands and whiskers are {part.confidence} intervals clustered by speaker; the thin "
        f"horizontal lines are at the original, the dotted one at chance ({number(chance)})",
        f"{len(bare)} of the numbers have no interval{f' ({why})' if why else ''}"
        if len(bare)
        else "",
        f"Open markers: {part.marked(names)}" if part.marked(names) else "",
    )


def _alt(part: Part, trained: dict[str, pd.DataFrame], spots: Places, chance: float) -> str:
    said = []
    for kind, rows in trained.items():
        for model in part.models:
            own = rows[rows["model"] == model].drop_duplicates("condition")
            values = own.set_index("condition")["value"].dropna()
            shown = [name for name in ends(spots) if name in values.index]
            points = ", ".join(f"{number(values[name])} at {name}" for name in shown)
            if points:
                said.append(f"{model}, {kind}: {points}")
    return sentences(
        f"Line chart of UAR over bitrate, {part.heading}", *said, f"Chance is {number(chance)}"
    )
