"""UAR of each speaker at the original and at each condition, one panel a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...core.findings import TRAININGS
from ...core.tables import ORIGINAL
from ..text import number
from . import style
from .part import Drawing, Part, sentences, training_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _LEFT, _STEP = 44.0, 10.0, 4.2


def draw(part: Part) -> Drawing | None:
    """Draw one thin line a speaker, and the mean over speakers."""
    table = part.findings.speakers
    training = training_of(table)
    table = table[table["training"] == training]
    found = {model: _by_speaker(table[table["model"] == model]) for model in part.models}
    found = {model: own for model, own in found.items() if _compares(own)}
    if not found:
        return None
    names = part.ordered(name for own in found.values() for name in own.columns)
    # Bitrates first: the original is followed by what it is compared with.
    names.sort(key=lambda name: name != ORIGINAL and not part.kbps(name) > 0)
    narrow = len(found) == 1 and len(names) * _STEP <= style.COLUMN - _LEFT - 2
    width = style.COLUMN if narrow else style.PAGE
    room = width - _LEFT - 2
    fitting = [c for c in (3, 2, 1) if c <= len(found) and room / c / len(names) >= _STEP]
    columns = fitting[0] if fitting else 1
    title = f"{part.heading}: UAR by speaker, trained {training}"
    figure, axes = style.sheet(
        title,
        (-(-len(found) // columns), columns),
        width,
        _HEIGHT,
        left=_LEFT,
        bottom=style.longest([style.shorten(name) for name in names]) + 2.5,
        gaps=(4.0, 6.5),
        heads=True,
        legend=_legend(part, names),
    )
    for place, (model, own) in enumerate(found.items()):
        panel = axes[place // columns][place % columns]
        colour = style.look(part.models.index(model), 0).colour
        _panel(panel, part, own.reindex(columns=names), colour)
        style.head(panel, style.shorten(model, 40))
        panel.tick_params(labelleft=place % columns == 0, labelbottom=place + columns >= len(found))
        if place % columns == 0:
            style.label(panel, "UAR of the speaker", left=_LEFT - 2.0)
    for spare in range(len(found), len(axes) * columns):
        axes[spare // columns][spare % columns].remove()
    return Drawing(
        figure, title, _caption(part, training, found, names), _alt(part, training, found)
    )


def _by_speaker(rows: pd.DataFrame) -> pd.DataFrame:
    """Return UAR [speaker, condition], the original among the conditions."""
    rows = rows.drop_duplicates(["speaker", "condition"])
    table = rows.pivot(index="speaker", columns="condition", values="value").astype(float)
    original = rows.drop_duplicates("speaker").set_index("speaker")["original"].astype(float)
    return table.assign(**{ORIGINAL: original})


def _compares(own: pd.DataFrame) -> bool:
    """Return whether anything but the original has a number."""
    return bool(own.drop(columns=ORIGINAL).notna().to_numpy().any())


def _legend(part: Part, names: Sequence[str]) -> list[object]:
    from matplotlib.lines import Line2D

    found = [
        Line2D([], [], color=style.GREY, lw=0.5, marker=".", ms=3, alpha=0.7, label="a speaker"),
        Line2D([], [], color="black", marker="D", ls="none", label="mean over speakers"),
    ]
    if any(name in part.marks for name in names):
        found.append(
            Line2D(
                [], [], color="black", marker="D", mfc="white", ls="none", label="open: see caption"
            )
        )
    return list(found)


def _panel(panel: Axes, part: Part, table: pd.DataFrame, colour: str) -> None:
    from matplotlib.collections import LineCollection

    xs = np.arange(table.shape[1])
    values = table.to_numpy()
    # Speakers of one value would hide each other: they stand a little beside each other.
    reach = min(0.2, 1.2 * len(xs) / style.inner(panel)[0])
    beside = xs + np.linspace(-reach, reach, len(values))[:, None]
    lines = [
        np.column_stack([beside[speaker, run], values[speaker, run]])
        for run in _runs(part, list(table.columns))
        for speaker in range(len(values))
    ]
    panel.add_collection(LineCollection(lines, colors=style.GREY, linewidths=0.35, alpha=0.45))
    size = 4.0 if len(values) <= 30 else 2.8
    panel.plot(
        beside.ravel(),
        values.ravel(),
        ls="none",
        marker=".",
        ms=size,
        mew=0,
        color=colour,
        alpha=0.8,
    )
    means = table.mean().to_numpy()
    for opened in (False, True):
        those = np.array([(name in part.marks) == opened for name in table.columns])
        panel.plot(
            xs[those],
            means[those],
            ls="none",
            marker="D",
            ms=3.6,
            color="black",
            mfc="white" if opened else "black",
            zorder=4,
        )
    panel.set_xlim(-0.6, len(xs) - 0.4)
    panel.set_ylim(0, 1)
    panel.set_xticks(xs, [style.shorten(name) for name in table.columns], rotation=90)
    panel.grid(axis="y")


def _runs(part: Part, names: list[str]) -> list[list[int]]:
    """Return the places that lines join: those of one codec, the first with the original."""
    codecs = [name if name == ORIGINAL else part.treatment(name).codec for name in names]
    runs: list[list[int]] = []
    for place in range(len(names)):
        if place and (codecs[place - 1] in (codecs[place], ORIGINAL)):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _caption(
    part: Part, training: str, found: dict[str, pd.DataFrame], names: Sequence[str]
) -> str:
    counts = sorted({len(own) for own in found.values()})
    said = " or ".join(f"{count} speakers" for count in counts)
    return sentences(
        f"{part.title}: unweighted average recall (UAR) of each speaker at the original and at "
        f"each condition; {training}: {TRAININGS[training]}",
        f"{said}; diamonds are the mean over speakers, which weighs all speakers alike",
        f"Open diamonds: {part.marked(names)}" if part.marked(names) else "",
    )


def _alt(part: Part, training: str, found: dict[str, pd.DataFrame]) -> str:
    said = []
    for model, own in found.items():
        lowest = part.lowest(list(own.columns))
        means, both = own.mean(), own[[ORIGINAL, lowest]].dropna()
        fell = int((both[lowest] < both[ORIGINAL]).sum())
        said.append(
            f"{model}: mean over speakers {number(means[ORIGINAL])} at the original, "
            f"{number(means[lowest])} at {lowest}, where {fell} of {len(both)} speakers are worse"
        )
    return sentences(
        f"One line a speaker over the conditions, trained {training}, {part.heading}", *said
    )
