"""Line styles of models and codecs, and the entries of the legend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import style
from .data import FigureData
from .positions import Positions


def model_style(
    data: FigureData, positions: Positions, model: str
) -> Callable[[str], style.LineStyle]:
    """Return a function from codec to the line style of a model.

    The colour depends on the model; the marker depends on the codec if there are several codecs.
    """
    colour = data.models.index(model)
    shapes = {codec: place for place, codec in enumerate(positions.codecs)}
    if len(shapes) > 1:
        return lambda codec: style.line_style(colour, shapes.get(codec, len(shapes)))
    return lambda codec: style.line_style(colour, colour)


def codec_style(positions: Positions) -> Callable[[str], style.LineStyle]:
    """Return a function from codec to line style, for panels of one model; others are black."""
    indices = {codec: place for place, codec in enumerate(positions.codecs)}
    black = len(style.COLOURS) - 1
    return lambda codec: style.line_style(indices.get(codec, black), indices.get(codec, black))


def legend_entries(
    data: FigureData,
    positions: Positions,
    by_codec: bool = False,
    original: bool = False,
    chance: bool = False,
) -> list[Any]:
    """Return the entries of a legend.

    Parameters
    ----------
    data : FigureData
        Has the models.
    positions : Positions
        Has the codecs.
    by_codec : bool
        Whether each panel has one model, so that colours are codecs.
    original, chance : bool
        Whether there are lines for the original and for chance.
    """
    from matplotlib.lines import Line2D

    def entry(line_style: style.LineStyle, label: str) -> Line2D:
        return Line2D(
            [],
            [],
            color=line_style.colour,
            marker=line_style.marker,
            ls=line_style.line,
            label=style.shorten(label, 40),
        )

    if by_codec:
        entries = [entry(codec_style(positions)(codec), codec) for codec in positions.codecs]
    else:
        several = len(positions.codecs) > 1
        entries = [
            entry(style.line_style(place, 0 if several else place), model)
            for place, model in enumerate(data.models)
        ]
        black = len(style.COLOURS) - 1
        if several:
            entries += [
                entry(style.line_style(black, i), codec) for i, codec in enumerate(positions.codecs)
            ]
    if original:
        entries.append(Line2D([], [], color=style.GREY, lw=0.6, label="original"))
    if any(name in positions.marks for name in (*positions.rates, *positions.names)):
        entries.append(
            Line2D(
                [],
                [],
                color=style.GREY,
                marker="o",
                mfc="white",
                ls="none",
                label="open: see caption",
            )
        )
    if chance:
        entries.append(Line2D([], [], color=style.GREY, ls=":", lw=0.8, label="chance"))
    return entries
