"""A heat map with its numbers, and the colour bar beside it."""

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
"""How wide a cell must be for two digits and a point (mm)."""


def heat(
    axes: Axes,
    values: np.ndarray,
    down: Sequence[str],
    across: Sequence[str],
    *,
    colours: str,
    limits: tuple[float, float],
    words: Callable[[float], str],
) -> QuadMesh:
    """Draw a table as colours, with the numbers where they fit; what is missing stays grey.

    Parameters
    ----------
    axes : matplotlib Axes
        What to draw on.
    values : (rows, columns) array
        NaN where there is none.
    down, across : sequence of str
        The labels of rows and columns.
    colours : str
        The name of a colour map.
    limits : (float, float)
        The values of its ends.
    words : callable
        Of a value: what is printed in its cell.
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
    _numbers(axes, mesh, values, words)
    return mesh


def bar(axes: Axes, mesh: QuadMesh, label: str, after: float = 2.0, **more: Any) -> None:
    """Put the colour bar of a heat map ``after`` mm to the right of a panel."""
    figure, box = mesh.figure, axes.get_position()
    width = style.inner(axes)[0] / box.width
    place = figure.add_axes((box.x1 + after / width, box.y0, 2.2 / width, box.height))
    found = figure.colorbar(mesh, cax=place, **more)
    found.outline.set_visible(False)
    if found.solids is not None:
        # Without edges, viewers show thin white lines between the colours.
        found.solids.set_edgecolor("face")
    found.set_label(label, labelpad=4)


def _numbers(axes: Axes, mesh: QuadMesh, values: np.ndarray, words: Callable[[float], str]) -> None:
    known = [(r, c) for r, c in np.ndindex(values.shape) if np.isfinite(values[r, c])]
    texts = {place: words(float(values[place])) for place in known}
    width, height = style.inner(axes)
    room = width / values.shape[1], height / values.shape[0]
    if style.longest(list(texts.values())) + 0.2 > room[0] or room[1] < 2.7:
        return
    same: dict[tuple[str, bool], list[tuple[int, int]]] = {}
    for (row, column), text in texts.items():
        red, green, blue, _ = mesh.cmap(mesh.norm(values[row, column]))
        dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
        same.setdefault((text, dark), []).append((row, column))
    for (text, dark), cells in same.items():
        _stamp(axes, text, [(c + 0.5, r + 0.5) for r, c in cells], "white" if dark else "black")


def _stamp(axes: Axes, text: str, places: Sequence[tuple[float, float]], colour: str) -> None:
    """Draw one text at many places: as a marker, which is much faster than a text at each."""
    outline, size = _outline(text)
    axes.plot(
        *zip(*places, strict=True),
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
    """Return a text as a path around its middle, and its size as a marker (points)."""
    from matplotlib.path import Path

    letters = [_letter(letter) for letter in text]
    starts = np.cumsum([0.0, *(advance for _, _, advance in letters)])
    points = np.concatenate(
        [outline + np.array([x, 0]) for (outline, _, _), x in zip(letters, starts, strict=False)]
    )
    codes = np.concatenate([codes for _, codes, _ in letters])
    points -= [starts[-1] / 2, 0.73 * style.SMALL / 2]
    # What stands at a closing code is no point: it would count as one that lies far out.
    points[codes == Path.CLOSEPOLY] = 0
    return Path(points, codes), 2 * float(np.abs(points).max())


@cache
def _letter(letter: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a letter's outline, the codes of its path, and how far the next one stands."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="DejaVu Sans", size=style.SMALL)
    path = TextPath((0, 0), letter, prop=font)
    return path.vertices, path.codes, style.advance(letter) * style.SMALL
