"""UAR of each speaker at the original and at each condition, one panel for each model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from ...core.tables import ORIGINAL
from ..text import number
from . import style
from .data import Drawing, FigureData, sentences, training_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _LEFT, _STEP = 44.0, 10.0, 4.2


def draw(data: FigureData) -> Drawing | None:
    """Draw a thin line for each speaker, and the mean over speakers."""
    table = data.findings.speakers
    training = training_of(table)
    table = table[table["training"] == training]
    by_model = {model: _by_speaker(table[table["model"] == model]) for model in data.models}
    by_model = {
        model: by_speaker for model, by_speaker in by_model.items() if _compares(by_speaker)
    }
    if not by_model:
        return None
    names = data.ordered(name for by_speaker in by_model.values() for name in by_speaker.columns)
    # Bitrates come directly after the original, which they are compared with.
    names.sort(key=lambda name: name != ORIGINAL and not data.kbps(name) > 0)
    narrow = len(by_model) == 1 and len(names) * _STEP <= style.COLUMN - _LEFT - 2
    width = style.COLUMN if narrow else style.PAGE
    room = width - _LEFT - 2
    fitting = [c for c in (3, 2, 1) if c <= len(by_model) and room / c / len(names) >= _STEP]
    columns = fitting[0] if fitting else 1
    title = f"{data.heading}: UAR by speaker, training: {training}"
    figure, axes = style.new_figure(
        title,
        (-(-len(by_model) // columns), columns),
        width,
        _HEIGHT,
        left=_LEFT,
        bottom=style.longest_width([style.shorten(name) for name in names]) + 2.5,
        gaps=(4.0, 6.5),
        heads=True,
        legend_entries=_legend(data, names),
    )
    for place, (model, by_speaker) in enumerate(by_model.items()):
        panel = axes[place // columns][place % columns]
        colour = style.line_style(data.models.index(model), 0).colour
        _panel(panel, data, by_speaker.reindex(columns=names), colour)
        style.panel_title(panel, style.shorten(model, 40))
        panel.tick_params(
            labelleft=place % columns == 0, labelbottom=place + columns >= len(by_model)
        )
        if place % columns == 0:
            style.label(panel, "UAR of the speaker", left=_LEFT - 2.0)
    for spare in range(len(by_model), len(axes) * columns):
        axes[spare // columns][spare % columns].remove()
    return Drawing(
        figure, title, _caption(data, training, by_model, names), _alt(data, training, by_model)
    )


def _by_speaker(rows: pd.DataFrame) -> pd.DataFrame:
    """Return UAR [speaker, condition], the original among the conditions."""
    rows = rows.drop_duplicates(["speaker", "condition"])
    table = rows.pivot(index="speaker", columns="condition", values="value").astype(float)
    original = rows.drop_duplicates("speaker").set_index("speaker")["original"].astype(float)
    return table.assign(**{ORIGINAL: original})


def _compares(by_speaker: pd.DataFrame) -> bool:
    """Return whether a condition other than the original has a value."""
    return bool(by_speaker.drop(columns=ORIGINAL).notna().to_numpy().any())


def _legend(data: FigureData, names: Sequence[str]) -> list[object]:
    from matplotlib.lines import Line2D

    by_model = [
        Line2D([], [], color=style.GREY, lw=0.5, marker=".", ms=3, alpha=0.7, label="speaker"),
        Line2D([], [], color="black", marker="D", ls="none", label="mean over speakers"),
    ]
    if any(name in data.marks for name in names):
        by_model.append(
            Line2D(
                [], [], color="black", marker="D", mfc="white", ls="none", label="open: see caption"
            )
        )
    return list(by_model)


def _panel(panel: Axes, data: FigureData, table: pd.DataFrame, colour: str) -> None:
    from matplotlib.collections import LineCollection

    xs = np.arange(table.shape[1])
    values = table.to_numpy()
    # Small offsets keep speakers with equal values visible.
    reach = min(0.2, 1.2 * len(xs) / style.panel_size(panel)[0])
    beside = xs + np.linspace(-reach, reach, len(values))[:, None]
    lines = [
        np.column_stack([beside[speaker, run], values[speaker, run]])
        for run in _runs(data, list(table.columns))
        for speaker in range(len(values))
    ]
    panel.add_collection(LineCollection(lines, colors=style.GREY, linewidths=0.35, alpha=0.45))
    size = 4.0 if len(values) <= 30 else 2.8
    panel.plot(
        beside.ravel(),
        values.ravel(),
        ls="none",
        marker=".",
        ms=size,
        mew=0,
        color=colour,
        alpha=0.8,
    )
    means = table.mean().to_numpy()
    for opened in (False, True):
        selected = np.array([(name in data.marks) == opened for name in table.columns])
        panel.plot(
            xs[selected],
            means[selected],
            ls="none",
            marker="D",
            ms=3.6,
            color="black",
            mfc="white" if opened else "black",
            zorder=4,
        )
    panel.set_xlim(-0.6, len(xs) - 0.4)
    panel.set_ylim(0, 1)
    panel.set_xticks(xs, [style.shorten(name) for name in table.columns], rotation=90)
    panel.grid(axis="y")


def _runs(data: FigureData, names: list[str]) -> list[list[int]]:
    """Return the runs of places joined by lines: one run for each codec."""
    codecs = [name if name == ORIGINAL else data.condition(name).codec for name in names]
    runs: list[list[int]] = []
    for place in range(len(names)):
        if place and (codecs[place - 1] in (codecs[place], ORIGINAL)):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _caption(
    data: FigureData, training: str, by_model: dict[str, pd.DataFrame], names: Sequence[str]
) -> str:
    counts = sorted({len(by_speaker) for by_speaker in by_model.values()})
    counts_text = " or ".join(f"{count} speakers" for count in counts)
    return sentences(
        f"{data.title}: unweighted average recall (UAR) of each speaker at the original and at "
        f"each condition; {training}: {TRAININGS[training]}",
        f"{counts_text}; diamonds are the mean over speakers, with equal weights",
        f"Open diamonds: {data.marked(names)}" if data.marked(names) else "",
    )


def _alt(data: FigureData, training: str, by_model: dict[str, pd.DataFrame]) -> str:
    texts = []
    for model, by_speaker in by_model.items():
        lowest = data.lowest(list(by_speaker.columns))
        means, both = by_speaker.mean(), by_speaker[[ORIGINAL, lowest]].dropna()
        fell = int((both[lowest] < both[ORIGINAL]).sum())
        texts.append(
            f"{model}: mean over speakers {number(means[ORIGINAL])} at the original, "
            f"{number(means[lowest])} at {lowest}, where {fell} of {len(both)} speakers have a "
            "lower UAR"
        )
    return sentences(
        f"Lines of the speakers over the conditions, training: {training}, {data.heading}", *texts
    )
