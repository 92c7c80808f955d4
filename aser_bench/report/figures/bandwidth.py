"""The bandwidth that was measured at each condition, over the bitrate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.tables import ORIGINAL
from . import style
from .legends import codec_look, legend
from .part import Drawing, Part, sentences
from .places import dress, hanging, needed, places, trace

_LEFT = 11.0


def draw(part: Part) -> Drawing | None:
    """Draw bandwidth over bitrate by codec; the original is a line."""
    measured = {name: t.bandwidth_hz for name, t in part.treatments.items() if t.bandwidth_hz > 0}
    names = part.ordered(measured)
    if not any(name != ORIGINAL for name in names):
        return None
    narrow = needed(part, names) <= style.COLUMN - _LEFT
    width = style.COLUMN if narrow else style.PAGE
    spots = places(part, names, width - _LEFT - 2)
    title = f"{part.heading}: bandwidth"
    figure, axes = style.sheet(
        title,
        (1, 1),
        width,
        42.0,
        left=_LEFT,
        bottom=hanging(spots),
        legend=legend(part, spots, by_codec=True),
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
    trace(panel, spots, rows, codec_look(spots), 0.0)
    if ORIGINAL in measured:
        panel.axhline(measured[ORIGINAL], color="black", lw=0.5, alpha=0.7, zorder=1)
    panel.set_ylim(0, 1.06 * max(measured.values()))
    style.label(panel, "bandwidth (Hz)", left=_LEFT - 2.0)
    panel.grid(axis="y")
    dress(panel, spots)
    caption = sentences(
        f"{part.title}: bandwidth of the decoded sound, as measured, over the effective bitrate",
        "The line is at the original" if ORIGINAL in measured else "",
        f"Open markers: {part.marked(names)}" if part.marked(names) else "",
    )
    said = ", ".join(f"{measured[name]:.0f} Hz at {name}" for name in names[:40])
    return Drawing(figure, title, caption, sentences(f"Bandwidth, {part.heading}", said))
