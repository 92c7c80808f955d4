"""Shifts of feature means by condition, for the features with the largest shifts."""

from __future__ import annotations

import numpy as np

from . import style
from .data import Drawing, FigureData, sentences
from .heatmap import colorbar, heatmap

_MOST = 10


def draw(data: FigureData) -> Drawing | None:
    """Draw the shifts of the ten features with the largest shifts, by condition."""
    table = data.findings.drift.drop_duplicates(["condition", "feature"])
    table = table[np.isfinite(table["shift"].astype(float))]
    if table.empty:
        return None
    shifts = table.pivot(index="feature", columns="condition", values="shift").astype(float)
    reach = shifts.abs().max(axis=1).sort_values(ascending=False, kind="stable")
    shifts = shifts.loc[reach.index[:_MOST], data.ordered(shifts.columns)]
    features, names = [str(name) for name in shifts.index], [str(name) for name in shifts.columns]
    left = style.longest_width([style.shorten(name) for name in features]) + 3.0
    right = 13.0
    width = style.COLUMN if len(names) * 5.9 <= style.COLUMN - left - right else style.PAGE
    used = min(width - left - right, 13.0 * len(names))
    title = f"{data.heading}: feature drift"
    figure, axes = style.new_figure(
        title,
        (1, 1),
        width,
        5.0 * len(features),
        left=left,
        right=width - left - used,
        bottom=style.longest_width([style.shorten(name) for name in names]) + 2.5,
    )
    most = float(reach.iloc[0]) or 1.0
    mesh = heatmap(
        axes[0][0],
        shifts.to_numpy(),
        features,
        names,
        colours=style.DIVERGING,
        limits=(-most, most),
        format_value=_signed,
    )
    colorbar(axes[0][0], mesh, "shift of the mean (SD)")
    caption = sentences(
        f"{data.title}: shift of the mean of a feature at each condition, in standard deviations "
        f"of the feature at the original; the {len(features)} features with the largest shifts",
        "Grey cells have no value" if shifts.isna().any().any() else "",
        data.marked(names),
    )
    numbers = np.nan_to_num(shifts.to_numpy())
    texts = [
        f"{name} by {_signed(row[at])} at {names[at]}"
        for name, row, at in zip(features, numbers, abs(numbers).argmax(axis=1), strict=True)
    ]
    alt = sentences(
        f"Heat map of feature drift by condition, {data.heading}",
        f"In standard deviations, {', '.join(texts[:3])}",
    )
    return Drawing(figure, title, caption, alt)


def _signed(value: float) -> str:
    """Format a shift with its sign and two digits.

    Examples
    --------
    >>> _signed(0.123), _signed(-3.25), _signed(12.3), _signed(0.01)
    ('+.12', '−3.2', '+12', '0')
    """
    if abs(value) < 0.05:
        return "0"
    digits = 2 if abs(value) < 0.995 else 1 if abs(value) < 9.95 else 0
    return style.minus(f"{value:+.{digits}f}".replace("+0.", "+.").replace("-0.", "-."))
