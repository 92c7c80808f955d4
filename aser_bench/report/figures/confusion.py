"""What is taken for what: at the original, at the lowest bitrate, and the difference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from ...core.tables import ORIGINAL
from . import style
from .heat import bar, heat
from .part import Drawing, Part, emotions_of, sentences, training_of

_RIGHT = 26.0


def draw(part: Part) -> Drawing | None:
    """Draw the confusions of each model before and after coding, rows adding up to 100 %."""
    table = part.findings.confusions
    training = training_of(table)
    table = table[table["training"] == training]
    coded = part.lowest(table["condition"])
    emotions = emotions_of([*table["truth"], *table["predicted"]])
    pairs = {
        model: (_square(table, model, ORIGINAL, emotions), _square(table, model, coded, emotions))
        for model in part.models
    }
    whole = {m: pair for m, pair in pairs.items() if not any(np.isnan(p).all() for p in pair)}
    if not whole:
        return None
    left = style.longest([style.shorten(name) for name in emotions]) + 8.5
    bottom = left - 3.5
    each = (style.PAGE - left - _RIGHT - 8) / 3
    title = f"{part.heading}: confusions, trained {training}"
    figure, axes = style.sheet(
        title,
        (len(whole), 3),
        style.PAGE,
        min(each, 7.5 * len(emotions)),
        left=left,
        right=_RIGHT,
        bottom=bottom,
        gaps=(4.0, 5.0),
        heads=True,
    )
    most = max(np.nanmax(np.abs(after - before)) for before, after in whole.values())
    most = max(float(most), 0.01)
    top = max(float(np.nanmax(pair)) for pair in whole.values())
    for row, (model, (before, after)) in enumerate(whole.items()):
        panels = axes[row]
        shares = heat(
            panels[0],
            before,
            emotions,
            emotions,
            colours=style.SHARES,
            limits=(0, top),
            words=_percent,
        )
        heat(
            panels[1],
            after,
            emotions,
            emotions,
            colours=style.SHARES,
            limits=(0, top),
            words=_percent,
        )
        change = heat(
            panels[2],
            after - before,
            emotions,
            emotions,
            colours=style.DIVERGING,
            limits=(-most, most),
            words=_signed,
        )
        style.label(panels[0], f"{style.shorten(model, 24)}: truth", left=left - 3.5)
        for column, head in enumerate((ORIGINAL, coded, f"{coded} less original")):
            panels[column].tick_params(labelleft=column == 0, labelbottom=row == len(whole) - 1)
            style.head(panels[column], style.shorten(head, 30) if row == 0 else "")
    style.label(axes[-1][1], x="recognised as", below=bottom - 2.0)
    bar(axes[0][2], shares, "share of the truth (%)", 2.0, format=_ticks)
    bar(axes[0][2], change, "difference (points)", 14.0, format=_ticks)
    lost = [model for model in part.models if model not in whole]
    return Drawing(
        figure,
        title,
        _caption(part, training, coded, lost),
        _alt(part, whole, emotions, training, coded),
    )


def _square(table: pd.DataFrame, model: str, condition: str, emotions: list[str]) -> np.ndarray:
    own = table[(table["model"] == model) & (table["condition"] == condition)]
    own = own.drop_duplicates(["truth", "predicted"])
    square = own.pivot(index="truth", columns="predicted", values="share")
    return square.reindex(emotions, columns=emotions).to_numpy(dtype=float)


def _percent(value: float) -> str:
    return f"{100 * value:.0f}"


def _signed(value: float) -> str:
    """Write a difference in points with its sign.

    Examples
    --------
    >>> _signed(0.104), _signed(-0.05), _signed(0.001)
    ('+10', '−5', '0')
    """
    return style.minus(f"{100 * value:+.0f}") if abs(value) >= 0.005 else "0"


def _ticks(value: float, _place: object = None) -> str:
    return f"{100 * value:.0f}"


def _caption(part: Part, training: str, coded: str, lost: list[str]) -> str:
    return sentences(
        f"{part.title}: share of the utterances of each emotion (rows) that are recognised as "
        f"each emotion (columns), in per cent, at the original and at {coded}, and the "
        f"difference in points",
        f"{training}: {TRAININGS[training]}",
        "On the diagonal a negative difference is a loss of recall",
        part.marked([coded]),
        f"No result for {', '.join(lost)}" if lost else "",
    )


def _alt(
    part: Part,
    whole: dict[str, tuple[np.ndarray, np.ndarray]],
    emotions: list[str],
    training: str,
    coded: str,
) -> str:
    said = []
    for model, (before, after) in whole.items():
        change = np.diag(after) - np.diag(before)
        if np.isnan(change).all():
            continue
        worst = int(np.nanargmin(change))
        said.append(
            f"{model}: recall of {emotions[worst]} goes from {_percent(before[worst, worst])} to "
            f"{_percent(after[worst, worst])} %, the largest fall"
            if change[worst] < 0
            else f"{model}: the recall of no emotion falls"
        )
    return sentences(
        f"Confusion matrices at the original and at {coded}, trained {training}, {part.heading}",
        *said,
    )
