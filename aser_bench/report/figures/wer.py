"""Word error rate over the bitrate, one panel a transcriber."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.tables import ORIGINAL
from . import style
from .legends import codec_look, legend
from .part import Drawing, Part, sentences
from .places import Places, dress, ends, hanging, needed, places, trace

_HEIGHT, _LEFT = 42.0, 12.0


def draw(part: Part) -> Drawing | None:
    """Draw word error rates with their intervals, one line a codec, beside the original's."""
    table = part.findings.wer
    table = table[table["wer"].notna()]
    names = part.ordered(table["condition"])
    if not any(name != ORIGINAL for name in names):
        return None
    transcribers = list(dict.fromkeys(table["transcripts"].astype(str)))
    narrow = needed(part, names) <= style.COLUMN - _LEFT
    width = style.COLUMN if narrow else style.PAGE
    spots = places(part, names, width - _LEFT - 2)
    title = f"{part.heading}: word error rate over bitrate"
    figure, axes = style.sheet(
        title,
        (len(transcribers), 1),
        width,
        _HEIGHT,
        left=_LEFT,
        bottom=hanging(spots),
        gaps=(4.0, 6.5),
        heads=True,
        legend=legend(part, spots, by_codec=True, original=True),
    )
    numbers = 100 * table[["wer", "low", "high"]].astype(float)
    top = 1.05 * float(np.nanmax(numbers.to_numpy()))
    shown = numbers.rename(columns={"wer": "value"}).assign(
        condition=table["condition"].astype(str), transcripts=table["transcripts"].astype(str)
    )
    for place, transcriber in enumerate(transcribers):
        panel = axes[place][0]
        rows = shown[shown["transcripts"] == transcriber]
        trace(panel, spots, rows[["condition", "value", "low", "high"]], codec_look(spots), 0.0)
        for value in rows.loc[rows["condition"] == ORIGINAL, "value"]:
            panel.axhline(value, color=style.GREY, lw=0.6, zorder=1)
        panel.set_ylim(0, max(top, 1.0))
        panel.grid(axis="y")
        style.head(panel, style.shorten(transcriber, 40))
        style.label(panel, "word errors (%)", left=_LEFT - 2.0)
        dress(panel, spots, labelled=place == len(transcribers) - 1)
    return Drawing(figure, title, _caption(part, table, names), _alt(part, table, spots))


def _caption(part: Part, table: pd.DataFrame, names: list[str]) -> str:
    bare = table[table["low"].isna()]
    why = "; ".join(dict.fromkeys(str(one) for one in table["why"] if isinstance(one, str) and one))
    return sentences(
        f"{part.title}: words that a transcriber got wrong, left out or put in, in per cent of the "
        "words that were said, over the effective bitrate on a logarithmic axis",
        f"Bands and whiskers are {part.confidence} intervals clustered by speaker; the thin "
        "horizontal line is at the original",
        f"{len(bare)} of the numbers have no interval{f' ({why})' if why else ''}"
        if len(bare)
        else why,
        f"Open markers: {part.marked(names)}" if part.marked(names) else "",
    )


def _alt(part: Part, table: pd.DataFrame, spots: Places) -> str:
    said = []
    for transcriber, rows in table.groupby("transcripts", sort=False):
        values = rows.drop_duplicates("condition").set_index("condition")["wer"].astype(float)
        points = ", ".join(
            f"{100 * values[name]:.1f} % at {name}" for name in ends(spots) if name in values.index
        )
        said.append(f"{transcriber}: {points}" if points else "")
    return sentences(f"Line chart of word errors over bitrate, {part.heading}", *said)
