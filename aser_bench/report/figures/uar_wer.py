"""UAR over the word error rate, one panel for each transcriber and way of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS, transcriber_of
from ...core.tables import ORIGINAL
from ..text import number
from . import style
from .curve import compares, rows_of
from .part import Drawing, Part, sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _LEFT, _BOTTOM = 52.0, 11.0, 9.0


def draw(part: Part) -> Drawing | None:
    """Draw a point a condition for each model that reads what a transcriber heard."""
    readers = _readers(part)
    trained = {kind: _points(part, rows_of(part, kind), readers) for kind in TRAININGS}
    trained = {kind: rows for kind, rows in trained.items() if compares(rows)}
    if not trained:
        return None
    title = f"{part.heading}: UAR over word error rate"
    panels = [(name, kind) for name in dict.fromkeys(readers.values()) for kind in trained]
    figure, axes = style.sheet(
        title,
        (len(panels) // len(trained), len(trained)),
        style.COLUMN if len(trained) == 1 else style.PAGE,
        _HEIGHT,
        left=_LEFT,
        bottom=_BOTTOM,
        gaps=(4.0, 11.0),
        heads=True,
        legend=_legend(part, readers),
    )
    every = pd.concat(trained.values())
    chance = float(every["chance"].median())
    heights = every[["value", "low", "high"]].to_numpy(dtype=float).ravel()
    lows, highs = min(np.nanmin(heights), chance), max(np.nanmax(heights), chance)
    pad = max(0.05 * (highs - lows), 0.01)
    left, right = float(every["wer"].min()), float(every["wer"].max())
    margin = max(0.06 * (right - left), 0.5)
    for place, (transcriber, kind) in enumerate(panels):
        panel = axes[place // len(trained)][place % len(trained)]
        first = place % len(trained) == 0
        own = [model for model, name in readers.items() if name == transcriber]
        rows = trained[kind][trained[kind]["model"].isin(own)]
        panel.set_xlim(left - margin, right + margin)
        # Room above for the names of conditions, where no share can be.
        ends = max(0.0, lows - pad), highs + pad + 0.28 * (highs - lows + pad)
        panel.set_ylim(*ends)
        panel.set_yticks([tick for tick in panel.get_yticks() if ends[0] <= tick <= 1])
        for model in own:
            _trace(panel, rows[rows["model"] == model], part.models.index(model))
        _name(panel, rows)
        panel.axhline(chance, color=style.GREY, ls=":", lw=0.8, zorder=1)
        panel.grid(axis="y")
        panel.tick_params(labelleft=first)
        style.head(panel, f"{style.shorten(transcriber, 30)}, {kind}")
        style.label(panel, "UAR" if first else "", "word errors (%)", _LEFT - 2.5, _BOTTOM - 3.5)
    return Drawing(figure, title, _caption(part, trained, chance), _alt(part, trained, readers))


def _readers(part: Part) -> dict[str, str]:
    """Return the models that read what was heard, each with its transcriber."""
    transcribers = list(dict.fromkeys(part.findings.wer["transcripts"].astype(str)))
    found = {model: transcriber_of(model, transcribers) for model in part.models}
    return {model: transcriber for model, transcriber in found.items() if transcriber}


def _points(part: Part, rows: pd.DataFrame, readers: dict[str, str]) -> pd.DataFrame:
    """Return a row a model and condition: ``wer`` in per cent, ``value``, ``low``, ``high``."""
    heard = part.findings.wer.drop_duplicates(["transcripts", "condition"])
    rates = heard.set_index(["transcripts", "condition"])["wer"].astype(float).to_dict()
    rows = rows[rows["model"].isin(list(readers))]
    keys = zip(rows["model"], rows["condition"], strict=True)
    wer = [100 * rates.get((readers[model], name), np.nan) for model, name in keys]
    rows = rows.assign(wer=np.array(wer, dtype=float))
    return rows[rows["wer"].notna() & rows["value"].notna()]


def _trace(panel: Axes, rows: pd.DataFrame, own: int) -> None:
    rows = rows.sort_values("wer", kind="stable")
    look = style.look(own, own)
    panel.plot(
        rows["wer"],
        rows["value"],
        color=look.colour,
        ls=look.line,
        lw=0.7,
        alpha=0.6,
        zorder=2,
    )
    panel.vlines(rows["wer"], rows["low"], rows["high"], color=look.colour, lw=0.6, alpha=0.5)
    for first in (False, True):
        those = rows[(rows["condition"] == ORIGINAL) == first]
        panel.plot(
            those["wer"],
            those["value"],
            ls="none",
            marker=look.marker,
            color=look.colour,
            mfc="white" if first else look.colour,
            ms=4.2 if first else 3.2,
            zorder=3 + first,
        )


def _name(panel: Axes, rows: pd.DataFrame) -> None:
    """Name the conditions along the top, as far as their names do not touch."""
    width, _ = style.inner(panel)
    low, high = panel.get_xlim()
    least = 3.0 * (high - low) / width
    spots = rows.drop_duplicates(["wer", "condition"]).sort_values("wer", kind="stable")
    first = spots["condition"] == ORIGINAL
    # The original's and the last one's names stand wherever others do.
    order = pd.concat([spots[first], spots[~first].tail(1), spots[~first].iloc[:-1]])
    taken: list[float] = []
    for x, name in zip(order["wer"], order["condition"], strict=True):
        if all(abs(x - other) >= least for other in taken):
            taken.append(x)
            panel.axvline(x, color=style.LIGHT, lw=0.5, zorder=0)
            panel.text(
                x,
                0.99,
                style.shorten(name, 16),
                transform=panel.get_xaxis_transform(),
                rotation=90,
                ha="center",
                va="top",
                size=style.SMALL,
                color="0.3",
            )


def _legend(part: Part, readers: dict[str, str]) -> list[object]:
    from matplotlib.lines import Line2D

    found = []
    for model in readers:
        look = style.look(*[part.models.index(model)] * 2)
        found.append(
            Line2D(
                [],
                [],
                color=look.colour,
                marker=look.marker,
                ls=look.line,
                lw=0.7,
                label=style.shorten(model, 40),
            )
        )
    opened = Line2D([], [], color=style.GREY, marker="o", mfc="white", ls="none", label="original")
    chance = Line2D([], [], color=style.GREY, ls=":", lw=0.8, label="chance")
    return [*found, opened, chance]


def _caption(part: Part, trained: dict[str, pd.DataFrame], chance: float) -> str:
    kinds = "; ".join(f"{kind}: {TRAININGS[kind]}" for kind in trained)
    bare = int(sum(rows["low"].isna().sum() for rows in trained.values()))
    return sentences(
        "Unweighted average recall (UAR) over the word error rate of what the model read, a point "
        "a condition",
        f"{part.title}, {kinds}",
        "Open markers are the original; names stand where there is room",
        f"Whiskers are {part.confidence} intervals of UAR clustered by speaker, the dotted line is "
        f"chance ({number(chance)})",
        f"{bare} of the numbers have no interval" if bare else "",
    )


def _alt(part: Part, trained: dict[str, pd.DataFrame], readers: dict[str, str]) -> str:
    said = []
    for kind, rows in trained.items():
        for model in readers:
            own = rows[rows["model"] == model].sort_values("wer", kind="stable")
            ends = own.iloc[[0, -1]] if len(own) > 1 else own
            points = ", ".join(
                f"{number(row['value'])} at {row['wer']:.1f} % word errors ({row['condition']})"
                for row in ends.to_dict("records")
            )
            said.append(f"{model}, {kind}: {points}" if points else "")
    return sentences(f"UAR over word errors, {part.heading}", *said)
