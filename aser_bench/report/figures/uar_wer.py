"""UAR over the word error rate, one panel for each transcriber and training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS, transcriber_of
from ...core.tables import ORIGINAL
from .. import captions
from ..text import number
from . import style
from .curve import compares, rows_of
from .data import Drawing, FigureData, sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _LEFT, _BOTTOM = 52.0, 11.0, 9.0


def draw(data: FigureData) -> Drawing | None:
    """Draw a point for each condition and each model that reads transcripts."""
    readers = _readers(data)
    trained = {kind: _points(data, rows_of(data, kind), readers) for kind in TRAININGS}
    trained = {kind: rows for kind, rows in trained.items() if compares(rows)}
    if not trained:
        return None
    title = f"{data.heading}: UAR over word error rate"
    panels = [(name, kind) for name in dict.fromkeys(readers.values()) for kind in trained]
    figure, axes = style.new_figure(
        title,
        (len(panels) // len(trained), len(trained)),
        style.COLUMN if len(trained) == 1 else style.PAGE,
        _HEIGHT,
        left=_LEFT,
        bottom=_BOTTOM,
        gaps=(4.0, 11.0),
        heads=True,
        legend_entries=_legend(data, readers),
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
        models = [model for model, name in readers.items() if name == transcriber]
        rows = trained[kind][trained[kind]["model"].isin(models)]
        panel.set_xlim(left - margin, right + margin)
        # Space for the names of conditions at the top.
        end_conditions = max(0.0, lows - pad), highs + pad + 0.28 * (highs - lows + pad)
        panel.set_ylim(*end_conditions)
        panel.set_yticks([tick for tick in panel.get_yticks() if end_conditions[0] <= tick <= 1])
        for model in models:
            _trace(panel, rows[rows["model"] == model], data.models.index(model))
        _name(panel, rows)
        panel.axhline(chance, color=style.GREY, ls=":", lw=0.8, zorder=1)
        panel.grid(axis="y")
        panel.tick_params(labelleft=first)
        style.panel_title(panel, f"{style.shorten(transcriber, 30)}, {kind}")
        style.label(panel, "UAR" if first else "", "word errors (%)", _LEFT - 2.5, _BOTTOM - 3.5)
    return Drawing(figure, title, _caption(data, trained, chance), _alt(data, trained, readers))


def _readers(data: FigureData) -> dict[str, str]:
    """Return the models that read transcripts, with their transcribers."""
    transcribers = list(dict.fromkeys(data.findings.wer["transcripts"].astype(str)))
    entries = {model: transcriber_of(model, transcribers) for model in data.models}
    return {model: transcriber for model, transcriber in entries.items() if transcriber}


def _points(data: FigureData, rows: pd.DataFrame, readers: dict[str, str]) -> pd.DataFrame:
    """Return rows by model and condition: ``wer`` in percent, ``value``, ``low``, ``high``."""
    wer_rows = data.findings.wer.drop_duplicates(["transcripts", "condition"])
    rates = wer_rows.set_index(["transcripts", "condition"])["wer"].astype(float).to_dict()
    rows = rows[rows["model"].isin(list(readers))]
    keys = zip(rows["model"], rows["condition"], strict=True)
    wer = [100 * rates.get((readers[model], name), np.nan) for model, name in keys]
    rows = rows.assign(wer=np.array(wer, dtype=float))
    return rows[rows["wer"].notna() & rows["value"].notna()]


def _trace(panel: Axes, rows: pd.DataFrame, place: int) -> None:
    rows = rows.sort_values("wer", kind="stable")
    line_style = style.line_style(place, place)
    panel.plot(
        rows["wer"],
        rows["value"],
        color=line_style.colour,
        ls=line_style.line,
        lw=0.7,
        alpha=0.6,
        zorder=2,
    )
    panel.vlines(rows["wer"], rows["low"], rows["high"], color=line_style.colour, lw=0.6, alpha=0.5)
    for first in (False, True):
        selected = rows[(rows["condition"] == ORIGINAL) == first]
        panel.plot(
            selected["wer"],
            selected["value"],
            ls="none",
            marker=line_style.marker,
            color=line_style.colour,
            mfc="white" if first else line_style.colour,
            ms=4.2 if first else 3.2,
            zorder=3 + first,
        )


def _name(panel: Axes, rows: pd.DataFrame) -> None:
    """Write the names of conditions along the top, without overlaps."""
    width, _ = style.panel_size(panel)
    low, high = panel.get_xlim()
    least = 3.0 * (high - low) / width
    positions = rows.drop_duplicates(["wer", "condition"]).sort_values("wer", kind="stable")
    first = positions["condition"] == ORIGINAL
    # The names of the original and of the last condition have priority.
    order = pd.concat([positions[first], positions[~first].tail(1), positions[~first].iloc[:-1]])
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


def _legend(data: FigureData, readers: dict[str, str]) -> list[object]:
    from matplotlib.lines import Line2D

    entries = []
    for model in readers:
        line_style = style.line_style(*[data.models.index(model)] * 2)
        entries.append(
            Line2D(
                [],
                [],
                color=line_style.colour,
                marker=line_style.marker,
                ls=line_style.line,
                lw=0.7,
                label=style.shorten(model, 40),
            )
        )
    opened = Line2D([], [], color=style.GREY, marker="o", mfc="white", ls="none", label="original")
    chance = Line2D([], [], color=style.GREY, ls=":", lw=0.8, label="chance")
    return [*entries, opened, chance]


def _caption(data: FigureData, trained: dict[str, pd.DataFrame], chance: float) -> str:
    kinds = "; ".join(f"{kind}: {TRAININGS[kind]}" for kind in trained)
    without_interval = int(sum(rows["low"].isna().sum() for rows in trained.values()))
    return sentences(
        "Unweighted average recall (UAR) over the word error rate of the transcripts that the "
        "model reads; one point for each condition",
        captions.POOLED,
        f"{data.title}. {kinds}",
        "Open markers are the original; names that would overlap are omitted",
        f"Whiskers are {data.confidence} intervals of UAR clustered by speaker, the dotted line is "
        f"chance ({number(chance)})",
        f"{without_interval} of the values have no interval" if without_interval else "",
    )


def _alt(data: FigureData, trained: dict[str, pd.DataFrame], readers: dict[str, str]) -> str:
    texts = []
    for kind, rows in trained.items():
        for model in readers:
            of_model = rows[rows["model"] == model].sort_values("wer", kind="stable")
            end_conditions = of_model.iloc[[0, -1]] if len(of_model) > 1 else of_model
            points = ", ".join(
                f"{number(row['value'])} at {row['wer']:.1f} % word errors ({row['condition']})"
                for row in end_conditions.to_dict("records")
            )
            texts.append(f"{model}, {kind}: {points}" if points else "")
    return sentences(f"UAR over word errors, {data.heading}", *texts)
