"""Measured bandwidth over the bitrate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.tables import ORIGINAL
from . import style
from .data import Drawing, FigureData, sentences
from .legend import codec_style, legend_entries
from .positions import draw_values, label_height, positions_of, preferred_width, set_ticks

_LEFT = 11.0


def draw(data: FigureData) -> Drawing | None:
    """Draw bandwidth over bitrate by codec; the original is a horizontal line."""
    measured = {name: t.bandwidth_hz for name, t in data.conditions.items() if t.bandwidth_hz > 0}
    names = data.ordered(measured)
    if not any(name != ORIGINAL for name in names):
        return None
    narrow = preferred_width(data, names) <= style.COLUMN - _LEFT
    width = style.COLUMN if narrow else style.PAGE
    positions = positions_of(data, names, width - _LEFT - 2)
    title = f"{data.heading}: bandwidth"
    figure, axes = style.new_figure(
        title,
        (1, 1),
        width,
        42.0,
        left=_LEFT,
        bottom=label_height(positions),
        legend_entries=legend_entries(data, positions, by_codec=True),
    )
    panel = axes[0][0]
    rows = pd.DataFrame(
        {
            "condition": names,
            "value": [measured[name] for name in names],
            "low": np.nan,
            "high": np.nan,
        }
    )
    draw_values(panel, positions, rows, codec_style(positions), 0.0)
    if ORIGINAL in measured:
        panel.axhline(measured[ORIGINAL], color="black", lw=0.5, alpha=0.7, zorder=1)
    panel.set_ylim(0, 1.06 * max(measured.values()))
    style.label(panel, "bandwidth (Hz)", left=_LEFT - 2.0)
    panel.grid(axis="y")
    set_ticks(panel, positions)
    caption = sentences(
        f"{data.title}: measured bandwidth of the decoded audio over the effective bitrate",
        "The horizontal line is the original" if ORIGINAL in measured else "",
        f"Open markers: {data.marked(names)}" if data.marked(names) else "",
    )
    values = ", ".join(f"{measured[name]:.0f} Hz at {name}" for name in names[:40])
    return Drawing(figure, title, caption, sentences(f"Bandwidth, {data.heading}", values))
