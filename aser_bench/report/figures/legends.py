"""Which look each model and codec has, and the legend that says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import style
from .part import Part
from .places import Places


def look_of(part: Part, spots: Places, model: str) -> Callable[[str], style.Look]:
    """Return the look of a model by codec: the colour is the model's; so is the marker where
    there is one codec, and otherwise the codec's.
    """
    own = part.models.index(model)
    shapes = {codec: place for place, codec in enumerate(spots.codecs)}
    if len(shapes) > 1:
        return lambda codec: style.look(own, shapes.get(codec, len(shapes)))
    return lambda codec: style.look(own, own)


def codec_look(spots: Places) -> Callable[[str], style.Look]:
    """Return the look of a codec in panels of one model; black where it has no line."""
    places = {codec: place for place, codec in enumerate(spots.codecs)}
    black = len(style.COLOURS) - 1
    return lambda codec: style.look(places.get(codec, black), places.get(codec, black))


def legend(
    part: Part,
    spots: Places,
    by_codec: bool = False,
    original: bool = False,
    chance: bool = False,
) -> list[Any]:
    """Return the entries of a legend.

    Parameters
    ----------
    part : Part
        Whose models.
    spots : Places
        Whose codecs.
    by_codec : bool
        Whether panels are of one model, so that colours are codecs.
    original, chance : bool
        Whether there are lines at the original and at chance.
    """
    from matplotlib.lines import Line2D

    def entry(look: style.Look, label: str) -> Line2D:
        return Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            ls=look.line,
            label=style.shorten(label, 40),
        )

    if by_codec:
        found = [entry(codec_look(spots)(codec), codec) for codec in spots.codecs]
    else:
        several = len(spots.codecs) > 1
        found = [
            entry(style.look(place, 0 if several else place), model)
            for place, model in enumerate(part.models)
        ]
        black = len(style.COLOURS) - 1
        if several:
            found += [entry(style.look(black, i), codec) for i, codec in enumerate(spots.codecs)]
    if original:
        found.append(Line2D([], [], color=style.GREY, lw=0.6, label="original"))
    if any(name in spots.marks for name in (*spots.rates, *spots.names)):
        found.append(
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
        found.append(Line2D([], [], color=style.GREY, ls=":", lw=0.8, label="chance"))
    return found
