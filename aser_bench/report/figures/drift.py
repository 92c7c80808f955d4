"""How far coding moves the means of features, of those that it moves most."""

from __future__ import annotations

import numpy as np

from . import style
from .heat import bar, heat
from .part import Drawing, Part, sentences

_MOST = 10


def draw(part: Part) -> Drawing | None:
    """Draw the shifts of the ten features that move most, by condition."""
    table = part.findings.drift.drop_duplicates(["condition", "feature"])
    table = table[np.isfinite(table["shift"].astype(float))]
    if table.empty:
        return None
    shifts = table.pivot(index="feature", columns="condition", values="shift").astype(float)
    reach = shifts.abs().max(axis=1).sort_values(ascending=False, kind="stable")
    shifts = shifts.loc[reach.index[:_MOST], part.ordered(shifts.columns)]
    features, names = [str(name) for name in shifts.index], [str(name) for name in shifts.columns]
    left = style.longest([style.shorten(name) for name in features]) + 3.0
    right = 13.0
    width = style.COLUMN if len(names) * 5.9 <= style.COLUMN - left - right else style.PAGE
    used = min(width - left - right, 13.0 * len(names))
    title = f"{part.heading}: feature drift"
    figure, axes = style.sheet(
        title,
        (1, 1),
        width,
        5.0 * len(features),
        left=left,
        right=width - left - used,
        bottom=style.longest([style.shorten(name) for name in names]) + 2.5,
    )
    most = float(reach.iloc[0]) or 1.0
    mesh = heat(
        axes[0][0],
        shifts.to_numpy(),
        features,
        names,
        colours=style.DIVERGING,
        limits=(-most, most),
        words=_signed,
    )
    bar(axes[0][0], mesh, "shift of the mean (SD)")
    caption = sentences(
        f"{part.title}: how far each condition moves the mean of a feature, in standard "
        f"deviations of the feature at the original; the {len(features)} features that move most",
        "Grey cells have no number" if shifts.isna().any().any() else "",
        part.marked(names),
    )
    numbers = np.nan_to_num(shifts.to_numpy())
    said = [
        f"{name} by {_signed(row[at])} at {names[at]}"
        for name, row, at in zip(features, numbers, abs(numbers).argmax(axis=1), strict=True)
    ]
    alt = sentences(
        f"Heat map of feature drift by condition, {part.heading}",
        f"In standard deviations, {', '.join(said[:3])}",
    )
    return Drawing(figure, title, caption, alt)


def _signed(value: float) -> str:
    """Write a shift with its sign and two digits.

    Examples
    --------
    >>> _signed(0.123), _signed(-3.25), _signed(12.3), _signed(0.01)
    ('+.12', '−3.2', '+12', '0')
    """
    if abs(value) < 0.05:
        return "0"
    digits = 2 if abs(value) < 0.995 else 1 if abs(value) < 9.95 else 0
    return style.minus(f"{value:+.{digits}f}".replace("+0.", "+.").replace("-0.", "-."))
