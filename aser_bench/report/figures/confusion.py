"""Confusion matrices at the original and at the lowest bitrate, and their difference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from ...core.tables import ORIGINAL
from . import style
from .data import Drawing, FigureData, emotions_of, sentences, training_of
from .heatmap import colorbar, heatmap

_RIGHT = 26.0


def draw(data: FigureData) -> Drawing | None:
    """Draw the confusions of each model before and after coding; rows sum to 100 %."""
    table = data.findings.confusions
    training = training_of(table)
    table = table[table["training"] == training]
    coded = data.lowest(table["condition"])
    emotions = emotions_of([*table["truth"], *table["predicted"]])
    pairs = {
        model: (_square(table, model, ORIGINAL, emotions), _square(table, model, coded, emotions))
        for model in data.models
    }
    complete = {m: pair for m, pair in pairs.items() if not any(np.isnan(p).all() for p in pair)}
    if not complete:
        return None
    left = style.longest_width([style.shorten(name) for name in emotions]) + 8.5
    bottom = left - 3.5
    each = (style.PAGE - left - _RIGHT - 8) / 3
    title = f"{data.heading}: confusions, training: {training}"
    figure, axes = style.new_figure(
        title,
        (len(complete), 3),
        style.PAGE,
        min(each, 7.5 * len(emotions)),
        left=left,
        right=_RIGHT,
        bottom=bottom,
        gaps=(4.0, 5.0),
        heads=True,
    )
    most = max(np.nanmax(np.abs(after - before)) for before, after in complete.values())
    most = max(float(most), 0.01)
    top = max(float(np.nanmax(pair)) for pair in complete.values())
    for row, (model, (before, after)) in enumerate(complete.items()):
        panels = axes[row]
        shares = heatmap(
            panels[0],
            before,
            emotions,
            emotions,
            colours=style.SHARES,
            limits=(0, top),
            format_value=_percent,
        )
        heatmap(
            panels[1],
            after,
            emotions,
            emotions,
            colours=style.SHARES,
            limits=(0, top),
            format_value=_percent,
        )
        change = heatmap(
            panels[2],
            after - before,
            emotions,
            emotions,
            colours=style.DIVERGING,
            limits=(-most, most),
            format_value=_signed,
        )
        style.label(panels[0], f"{style.shorten(model, 24)}: true emotion", left=left - 3.5)
        for column, text in enumerate((ORIGINAL, coded, f"{coded} minus original")):
            panels[column].tick_params(labelleft=column == 0, labelbottom=row == len(complete) - 1)
            style.panel_title(panels[column], style.shorten(text, 30) if row == 0 else "")
    style.label(axes[-1][1], x="recognised as", below=bottom - 2.0)
    colorbar(axes[0][2], shares, "share of the truth (%)", 2.0, format=_ticks)
    colorbar(axes[0][2], change, "difference (points)", 14.0, format=_ticks)
    lost = [model for model in data.models if model not in complete]
    return Drawing(
        figure,
        title,
        _caption(data, training, coded, lost),
        _alt(data, complete, emotions, training, coded),
    )


def _square(table: pd.DataFrame, model: str, condition: str, emotions: list[str]) -> np.ndarray:
    of_model = table[(table["model"] == model) & (table["condition"] == condition)]
    of_model = of_model.drop_duplicates(["truth", "predicted"])
    square = of_model.pivot(index="truth", columns="predicted", values="share")
    return square.reindex(emotions, columns=emotions).to_numpy(dtype=float)


def _percent(value: float) -> str:
    return f"{100 * value:.0f}"


def _signed(value: float) -> str:
    """Format a difference in points with its sign.

    Examples
    --------
    >>> _signed(0.104), _signed(-0.05), _signed(0.001)
    ('+10', '−5', '0')
    """
    return style.minus(f"{100 * value:+.0f}") if abs(value) >= 0.005 else "0"


def _ticks(value: float, _place: object = None) -> str:
    return f"{100 * value:.0f}"


def _caption(data: FigureData, training: str, coded: str, lost: list[str]) -> str:
    return sentences(
        f"{data.title}: share of the utterances of each emotion (rows) that are recognised as "
        f"each emotion (columns), in percent, at the original and at {coded}, and the "
        f"difference in points",
        f"{training}: {TRAININGS[training]}",
        "A negative difference on the diagonal is a loss of recall",
        data.marked([coded]),
        f"No result for {', '.join(lost)}" if lost else "",
    )


def _alt(
    data: FigureData,
    complete: dict[str, tuple[np.ndarray, np.ndarray]],
    emotions: list[str],
    training: str,
    coded: str,
) -> str:
    texts = []
    for model, (before, after) in complete.items():
        change = np.diag(after) - np.diag(before)
        if np.isnan(change).all():
            continue
        worst = int(np.nanargmin(change))
        texts.append(
            f"{model}: recall of {emotions[worst]} falls from {_percent(before[worst, worst])} to "
            f"{_percent(after[worst, worst])} %, the largest loss"
            if change[worst] < 0
            else f"{model}: no emotion loses recall"
        )
    return sentences(
        f"Confusion matrices at the original and at {coded}, training: {training}, {data.heading}",
        *texts,
    )
