"""Heat maps with printed values, and their colour bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.path import Path

FITTING = 4.3
"""The minimum width of a cell for two digits and a point (mm)."""


def heatmap(
    axes: Axes,
    values: np.ndarray,
    down: Sequence[str],
    across: Sequence[str],
    *,
    colours: str,
    limits: tuple[float, float],
    format_value: Callable[[float], str],
) -> QuadMesh:
    """Draw a table as a heat map, with numbers if they fit; missing values are grey.

    Parameters
    ----------
    axes : matplotlib Axes
        The panel.
    values : (rows, columns) array
        NaN for missing values.
    down, across : sequence of str
        Labels of the rows and of the columns.
    colours : str
        The name of a colour map.
    limits : (float, float)
        The values at the ends of the colour map.
    format_value : callable
        Returns the text that is printed in the cell of a value.
    """
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values),
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        edgecolors="white",
        linewidth=0.3,
    )
    axes.invert_yaxis()
    axes.set_facecolor(style.LIGHT)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    labelled = [style.shorten(name) for name in across]
    axes.set_xticks(np.arange(len(across)) + 0.5, labelled, rotation=90)
    axes.set_yticks(np.arange(len(down)) + 0.5, [style.shorten(name) for name in down])
    _numbers(axes, mesh, values, format_value)
    return mesh


def colorbar(axes: Axes, mesh: QuadMesh, label: str, after: float = 2.0, **options: Any) -> None:
    """Draw the colour bar of a heat map ``after`` mm to the right of a panel."""
    figure, box = mesh.figure, axes.get_position()
    width = style.panel_size(axes)[0] / box.width
    place = figure.add_axes((box.x1 + after / width, box.y0, 2.2 / width, box.height))
    bar = figure.colorbar(mesh, cax=place, **options)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        # Without edges, viewers show thin white lines between the colours.
        bar.solids.set_edgecolor("face")
    bar.set_label(label, labelpad=4)


def _numbers(
    axes: Axes, mesh: QuadMesh, values: np.ndarray, format_value: Callable[[float], str]
) -> None:
    finite = [(r, c) for r, c in np.ndindex(values.shape) if np.isfinite(values[r, c])]
    texts = {place: format_value(float(values[place])) for place in finite}
    width, height = style.panel_size(axes)
    room = width / values.shape[1], height / values.shape[0]
    if style.longest_width(list(texts.values())) + 0.2 > room[0] or room[1] < 2.7:
        return
    same: dict[tuple[str, bool], list[tuple[int, int]]] = {}
    for (row, column), text in texts.items():
        red, green, blue, _ = mesh.cmap(mesh.norm(values[row, column]))
        dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
        same.setdefault((text, dark), []).append((row, column))
    for (text, dark), cells in same.items():
        _stamp(axes, text, [(c + 0.5, r + 0.5) for r, c in cells], "white" if dark else "black")


def _stamp(axes: Axes, text: str, centres: Sequence[tuple[float, float]], colour: str) -> None:
    """Draw one text at many places, as a marker, which is much faster than separate texts."""
    outline, size = _outline(text)
    axes.plot(
        *zip(*centres, strict=True),
        ls="none",
        marker=outline,
        ms=size,
        mew=0,
        color=colour,
        clip_on=False,
        label=f"_{text}",
    )


@cache
def _outline(text: str) -> tuple[Path, float]:
    """Return a text as a path centred on the origin, and its marker size (points)."""
    from matplotlib.path import Path

    letters = [_letter(letter) for letter in text]
    starts = np.cumsum([0.0, *(char_width for _, _, char_width in letters)])
    points = np.concatenate(
        [outline + np.array([x, 0]) for (outline, _, _), x in zip(letters, starts, strict=False)]
    )
    codes = np.concatenate([codes for _, codes, _ in letters])
    points -= [starts[-1] / 2, 0.73 * style.SMALL / 2]
    # The coordinates of closing codes are not used, but would count for the size.
    points[codes == Path.CLOSEPOLY] = 0
    return Path(points, codes), 2 * float(np.abs(points).max())


@cache
def _letter(letter: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the outline of a letter, the codes of its path, and its width."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="DejaVu Sans", size=style.SMALL)
    path = TextPath((0, 0), letter, prop=font)
    return path.vertices, path.codes, style.char_width(letter) * style.SMALL
