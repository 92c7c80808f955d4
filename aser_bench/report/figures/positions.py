"""Positions of conditions on the x axis, and the lines through their values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ...core.tables import ORIGINAL
from ..text import kbps as format_kbps
from . import style
from .data import FigureData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADE = 0.16
"""The opacity of the band of an interval."""

_STEP = 4.0  # distance of neighbouring names in mm


@dataclass(frozen=True)
class Positions:
    """The x positions of the conditions, in octaves of the bitrate.

    The original is at the left, followed by bitrates on a logarithmic scale, and by the names of
    conditions without a bitrate or with the only bitrate of a codec.

    Attributes
    ----------
    rates, names : dict of str to float
        x by condition: conditions with a bitrate, and conditions shown by name.
    kbps : dict of str to float
        kbit/s by condition, for conditions with a bitrate.
    codecs : tuple of str
        The codecs of `rates`.
    codec_of, marks : dict of str to str
        Codec and mark by condition.
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


def preferred_width(data: FigureData, names: Sequence[str]) -> float:
    """Return the preferred width of a panel with these conditions (mm)."""
    rated = _rated(data, names)
    octaves = math.log2(max(rated.values()) / min(rated.values())) if rated else 0.0
    return 12 + 6 * octaves + _STEP * (len(names) - len(rated))


def positions_of(data: FigureData, names: Sequence[str], width: float) -> Positions:
    """Return the positions of conditions on an axis of ``width`` mm."""
    ordered = data.ordered(names)
    rated = _rated(data, ordered)
    named = [name for name in ordered if name not in rated and name != ORIGINAL]
    xs = {name: math.log2(rate) for name, rate in rated.items()}
    low, high = min(xs.values(), default=0.0), max(xs.values(), default=0.0)
    room = max(width - _STEP * (len(named) + 2), 0.4 * width)
    step = max(0.4, _STEP * (high - low) / room)
    first = high + 1.4 * step if xs else step
    at = {name: first + step * index for index, name in enumerate(named)}
    if ORIGINAL in ordered:
        at[ORIGINAL] = low - 1.4 * step if xs else 0.0
    return Positions(
        rates=xs,
        names=at,
        kbps=rated,
        codecs=tuple(dict.fromkeys(data.condition(name).codec for name in rated)),
        codec_of={name: data.condition(name).codec for name in ordered},
        marks=data.marks,
    )


def set_ticks(axes: Axes, positions: Positions, labelled: bool = True) -> None:
    """Set the limits and ticks of an axis, and the labels of the ticks if ``labelled``."""
    width, height = style.panel_size(axes)
    low, high = positions.limits
    axes.set_xlim(low, high)
    if not labelled:
        axes.set_xticks([*positions.rates.values(), *positions.names.values()], labels=[])
        return
    each = (high - low) / width
    ticks = {x: format_kbps(positions.kbps[name]) for name, x in positions.rates.items()}
    kept, turned = _fitting(ticks, each)
    named = {x: style.shorten(name) for name, x in positions.names.items()}
    axes.set_xticks([*kept, *named], [*kept.values(), *named.values()])
    for label, text in zip(axes.get_xticklabels(), [*kept.values(), *named.values()], strict=True):
        label.set_rotation(90 if turned or text in named.values() else 0)
    if kept:
        axes.set_xticks([x for x in ticks if x not in kept], minor=True)
        hang = 5.5 if not turned else 3.2 + style.longest_width(list(kept.values()))
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


def end_conditions(positions: Positions) -> list[str]:
    """Return the original, and the lowest and the highest bitrate of each codec."""
    names = [name for name in positions.names if name == ORIGINAL]
    for codec in positions.codecs:
        of_codec = [name for name in positions.rates if positions.codec_of[name] == codec]
        of_codec = sorted(of_codec, key=positions.rates.__getitem__)
        names += dict.fromkeys([of_codec[0], of_codec[-1]])
    if len(names) > 1:
        return names
    return [*names, *(name for name in positions.names if name not in names)]


def label_height(positions: Positions) -> float:
    """Return the height of the labels below an axis (mm)."""
    named = style.longest_width([style.shorten(name) for name in positions.names])
    return max(9.0, named + 2.5)


def draw_values(
    axes: Axes,
    positions: Positions,
    rows: pd.DataFrame,
    line_style: Callable[[str], style.LineStyle],
    shift: float,
    shade: float = SHADE,
) -> None:
    """Draw values with their intervals, as lines over bitrates and as points at names.

    Parameters
    ----------
    axes : matplotlib Axes
        The panel.
    positions : Positions
        The positions of the conditions.
    rows : pandas.DataFrame
        Columns ``condition``, ``value``, ``low``, ``high``, one row for each condition.
    line_style : callable
        Returns the line style of a codec.
    shift : float
        The offset of points at names (octaves), so that models do not overlap.
    shade : float
        The opacity of the bands of intervals; lower if many bands overlap.
    """
    table = rows.drop_duplicates("condition").set_index("condition").astype(float)
    for codec in positions.codecs:
        of_codec = [name for name in positions.rates if positions.codec_of[name] == codec]
        of_codec = sorted(
            (name for name in of_codec if name in table.index), key=positions.rates.__getitem__
        )
        runs = [
            list(run) for _, run in itertools.groupby(of_codec, key=lambda n: n in positions.marks)
        ]
        for run in runs:
            _run(axes, positions, table.loc[run], line_style(codec), shade)
        # Marked conditions are not comparable with their neighbours: the line to them is thin.
        for before, after in itertools.pairwise(runs):
            pair = [before[-1], after[0]]
            axes.plot(
                [positions.rates[name] for name in pair],
                table.loc[pair, "value"],
                ls=":",
                lw=0.6,
                color=line_style(codec).colour,
                label="_link",
                zorder=2,
            )
    points: dict[tuple[style.LineStyle, bool], list[str]] = {}
    for name in positions.names:
        if name in table.index:
            kind = line_style(positions.codec_of[name]), name in positions.marks
            points.setdefault(kind, []).append(name)
    for (own_style, opened), names in points.items():
        xs = [positions.names[name] + shift for name in names]
        _points(axes, xs, table.loc[names], own_style, opened)


def _run(
    axes: Axes, positions: Positions, table: pd.DataFrame, line_style: style.LineStyle, shade: float
) -> None:
    xs = [positions.rates[str(name)] for name in table.index]
    opened = table.index[0] in positions.marks
    if len(xs) == 1:
        _points(axes, xs, table, line_style, opened)
        return
    axes.fill_between(xs, table["low"], table["high"], color=line_style.colour, alpha=shade, lw=0)
    axes.plot(
        xs,
        table["value"],
        color=line_style.colour,
        ls=line_style.line,
        marker=line_style.marker,
        mfc="white" if opened else line_style.colour,
        lw=0.8 if opened else 1.1,
        zorder=3,
    )


def _points(
    axes: Axes, xs: Sequence[float], table: pd.DataFrame, line_style: style.LineStyle, opened: bool
) -> None:
    axes.vlines(xs, table["low"], table["high"], color=line_style.colour, lw=0.8, zorder=2)
    axes.plot(
        xs,
        table["value"],
        ls="none",
        color=line_style.colour,
        marker=line_style.marker,
        mfc="white" if opened else line_style.colour,
        zorder=3,
    )


def _rated(data: FigureData, names: Sequence[str]) -> dict[str, float]:
    """Return the bitrates of codecs with several bitrates, or of the only codec with one."""
    rates = {name: data.kbps(name) for name in data.ordered(names) if data.kbps(name) > 0}
    codecs = [data.condition(name).codec for name in rates]
    lonely = len(set(codecs)) == 1
    return {
        name: rate
        for name, rate in rates.items()
        if lonely or codecs.count(data.condition(name).codec) > 1
    }


def _fitting(ticks: dict[float, str], each: float) -> tuple[dict[float, str], bool]:
    """Return the ticks of which the labels do not overlap, and whether they are rotated."""
    lying = max((style.text_width(text) for text in ticks.values()), default=0.0) + 0.8
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
