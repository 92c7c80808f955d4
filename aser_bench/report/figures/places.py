"""Where conditions stand on the x axis, and how a line is drawn through them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ...core.tables import ORIGINAL
from ..text import kbps as in_words
from . import style
from .part import Part

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADE = 0.16
"""How dark the band of an interval is."""

_STEP = 4.0  # mm from one name to the next


@dataclass(frozen=True)
class Places:
    """The x of each condition, in octaves of the bitrate.

    The original stands at the left, bitrates on a logarithmic scale, and conditions without a
    bitrate (or whose codec has only one) by name at the right.

    Attributes
    ----------
    rates, names : dict of str to float
        Condition -> x: those with a bitrate, and those that are named.
    kbps : dict of str to float
        Condition -> kbit/s, of those with a bitrate.
    codecs : tuple of str
        The codecs of `rates`.
    codec_of, marks : dict of str to str
        Condition -> its codec, and its mark where it has one.
    """

    rates: dict[str, float]
    names: dict[str, float]
    kbps: dict[str, float]
    codecs: tuple[str, ...]
    codec_of: dict[str, str]
    marks: dict[str, str]

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the axis."""
        every = [*self.rates.values(), *self.names.values()]
        low, high = min(every), max(every)
        pad = max(0.03 * (high - low), 0.3)
        return low - pad, high + pad


def needed(part: Part, names: Sequence[str]) -> float:
    """Return how wide a panel of these conditions should be (mm)."""
    rated = _rated(part, names)
    octaves = math.log2(max(rated.values()) / min(rated.values())) if rated else 0.0
    return 12 + 6 * octaves + _STEP * (len(names) - len(rated))


def places(part: Part, names: Sequence[str], width: float) -> Places:
    """Return where conditions stand on an axis of ``width`` mm."""
    ordered = part.ordered(names)
    rated = _rated(part, ordered)
    named = [name for name in ordered if name not in rated and name != ORIGINAL]
    xs = {name: math.log2(rate) for name, rate in rated.items()}
    low, high = min(xs.values(), default=0.0), max(xs.values(), default=0.0)
    room = max(width - _STEP * (len(named) + 2), 0.4 * width)
    step = max(0.4, _STEP * (high - low) / room)
    first = high + 1.4 * step if xs else step
    at = {name: first + step * index for index, name in enumerate(named)}
    if ORIGINAL in ordered:
        at[ORIGINAL] = low - 1.4 * step if xs else 0.0
    return Places(
        rates=xs,
        names=at,
        kbps=rated,
        codecs=tuple(dict.fromkeys(part.treatment(name).codec for name in rated)),
        codec_of={name: part.treatment(name).codec for name in ordered},
        marks=part.marks,
    )


def dress(axes: Axes, places: Places, labelled: bool = True) -> None:
    """Set an axis's limits, its ticks and, where they are wanted, their labels."""
    width, height = style.inner(axes)
    low, high = places.limits
    axes.set_xlim(low, high)
    if not labelled:
        axes.set_xticks([*places.rates.values(), *places.names.values()], labels=[])
        return
    each = (high - low) / width
    ticks = {x: in_words(places.kbps[name]) for name, x in places.rates.items()}
    kept, turned = _fitting(ticks, each)
    named = {x: style.shorten(name) for name, x in places.names.items()}
    axes.set_xticks([*kept, *named], [*kept.values(), *named.values()])
    for label, text in zip(axes.get_xticklabels(), [*kept.values(), *named.values()], strict=True):
        label.set_rotation(90 if turned or text in named.values() else 0)
    if kept:
        axes.set_xticks([x for x in ticks if x not in kept], minor=True)
        hang = 5.5 if not turned else 3.2 + style.longest(list(kept.values()))
        middle = (min(ticks) + max(ticks)) / 2
        axes.text(
            middle,
            -hang / height,
            "kbit/s",
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="center",
            size=style.TEXT,
        )


def ends(spots: Places) -> list[str]:
    """Return the original, and the lowest and the highest bitrate of each codec."""
    found = [name for name in spots.names if name == ORIGINAL]
    for codec in spots.codecs:
        own = [name for name in spots.rates if spots.codec_of[name] == codec]
        own = sorted(own, key=spots.rates.__getitem__)
        found += dict.fromkeys([own[0], own[-1]])
    if len(found) > 1:
        return found
    return [*found, *(name for name in spots.names if name not in found)]


def hanging(places: Places) -> float:
    """Return how much room the labels need below an axis (mm)."""
    named = style.longest([style.shorten(name) for name in places.names])
    return max(9.0, named + 2.5)


def trace(
    axes: Axes,
    places: Places,
    rows: pd.DataFrame,
    look: Callable[[str], style.Look],
    shift: float,
    shade: float = SHADE,
) -> None:
    """Draw values with their intervals: lines through bitrates, points at names.

    Parameters
    ----------
    axes : matplotlib Axes
        What to draw on.
    places : Places
        Where the conditions stand.
    rows : pandas.DataFrame
        Columns ``condition``, ``value``, ``low``, ``high``, one row a condition.
    look : callable
        Of a codec's name.
    shift : float
        How far points at names stand beside the middle (octaves), so that models do not hide
        each other.
    shade : float
        How dark the bands of intervals are; less where many lie upon each other.
    """
    table = rows.drop_duplicates("condition").set_index("condition").astype(float)
    for codec in places.codecs:
        own = [name for name in places.rates if places.codec_of[name] == codec]
        own = sorted((name for name in own if name in table.index), key=places.rates.__getitem__)
        runs = [list(run) for _, run in itertools.groupby(own, key=lambda n: n in places.marks)]
        for run in runs:
            _run(axes, places, table.loc[run], look(codec), shade)
        # Marked conditions are not like their neighbours: only a thin line leads to them.
        for before, after in itertools.pairwise(runs):
            ends = [before[-1], after[0]]
            axes.plot(
                [places.rates[name] for name in ends],
                table.loc[ends, "value"],
                ls=":",
                lw=0.6,
                color=look(codec).colour,
                label="_link",
                zorder=2,
            )
    points: dict[tuple[style.Look, bool], list[str]] = {}
    for name in places.names:
        if name in table.index:
            kind = look(places.codec_of[name]), name in places.marks
            points.setdefault(kind, []).append(name)
    for (own_look, opened), those in points.items():
        xs = [places.names[name] + shift for name in those]
        _points(axes, xs, table.loc[those], own_look, opened)


def _run(axes: Axes, places: Places, table: pd.DataFrame, look: style.Look, shade: float) -> None:
    xs = [places.rates[str(name)] for name in table.index]
    opened = table.index[0] in places.marks
    if len(xs) == 1:
        _points(axes, xs, table, look, opened)
        return
    axes.fill_between(xs, table["low"], table["high"], color=look.colour, alpha=shade, lw=0)
    axes.plot(
        xs,
        table["value"],
        color=look.colour,
        ls=look.line,
        marker=look.marker,
        mfc="white" if opened else look.colour,
        lw=0.8 if opened else 1.1,
        zorder=3,
    )


def _points(
    axes: Axes, xs: Sequence[float], table: pd.DataFrame, look: style.Look, opened: bool
) -> None:
    axes.vlines(xs, table["low"], table["high"], color=look.colour, lw=0.8, zorder=2)
    axes.plot(
        xs,
        table["value"],
        ls="none",
        color=look.colour,
        marker=look.marker,
        mfc="white" if opened else look.colour,
        zorder=3,
    )


def _rated(part: Part, names: Sequence[str]) -> dict[str, float]:
    """Return the bitrates of the codecs that have several of them, or are alone in having one."""
    rates = {name: part.kbps(name) for name in part.ordered(names) if part.kbps(name) > 0}
    codecs = [part.treatment(name).codec for name in rates]
    lonely = len(set(codecs)) == 1
    return {
        name: rate
        for name, rate in rates.items()
        if lonely or codecs.count(part.treatment(name).codec) > 1
    }


def _fitting(ticks: dict[float, str], each: float) -> tuple[dict[float, str], bool]:
    """Return the ticks whose labels do not touch, and whether they have to be turned."""
    lying = max((style.length(text) for text in ticks.values()), default=0.0) + 0.8
    kept = _apart(ticks, lying * each)
    if len(kept) == len(ticks):
        return kept, False
    return _apart(ticks, 2.4 * each), True


def _apart(ticks: dict[float, str], least: float) -> dict[float, str]:
    kept: dict[float, str] = {}
    for x in sorted(ticks):
        if not kept or x - max(kept) >= least:
            kept[x] = ticks[x]
    return kept
