"""What all figures have in common: sizes, colours, the sheet with its title, and the files.

Lengths are in millimetres and fonts in points, as they come out in print.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN, PAGE = 88.0, 180.0
"""The width of one and of two columns of a journal (mm)."""

MARGIN = 2.0
"""At the edge of a sheet (mm)."""

SMALL, TEXT, TITLE = 6.5, 7.0, 8.0
"""The sizes of fonts (points)."""

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
"""Okabe and Ito's palette, in an order in which neighbours differ in grey, too."""

MARKERS = ("o", "^", "s", "D", "v", "P", "X")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (5, 1, 1, 1)), (0, (2, 1)), (0, (7, 2, 2, 2)))
SEQUENTIAL, SHARES, DIVERGING = "cividis", "Blues", "PuOr"
GREY, LIGHT = "0.45", "0.88"

_INCH, _POINT = 25.4, 25.4 / 72
_LINE = 1.35 * _POINT
_RC = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.labelsize": TEXT,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": TEXT,
    "axes.linewidth": 0.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.2,
    "lines.markeredgewidth": 0.8,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.major.pad": 1.5,
    "ytick.major.pad": 1.5,
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": LIGHT,
    "grid.linewidth": 0.4,
    # A name may hold dollar signs; the fonts are embedded as TrueType, and SVG draws its letters
    # itself, so that a figure looks the same where DejaVu is not installed.
    "text.parse_math": False,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "aser-bench",
}

_NO_GLYPH = "Glyph .* missing from"
_METADATA: dict[str, dict[str, None]] = {
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
    "png": {},
}


@dataclass(frozen=True)
class Look:
    """How one line is drawn."""

    colour: str
    marker: str
    line: Any


def look(colour: int, shape: int) -> Look:
    """Return the look of colour number ``colour`` with marker and line number ``shape``.

    Where there are more than colours, each round has other markers, three further on: they do
    not meet those of a second and third shape.
    """
    marker = shape + 3 * (colour // len(COLOURS))
    return Look(
        COLOURS[colour % len(COLOURS)], MARKERS[marker % len(MARKERS)], LINES[shape % len(LINES)]
    )


@contextlib.contextmanager
def settings() -> Iterator[None]:
    """Draw with the report's fonts and sizes, whatever the user has set, and put that back."""
    import matplotlib.style

    with matplotlib.style.context(_RC, after_reset=True):
        yield


def clean(text: str) -> str:
    """Return a text in one line without anything that cannot be printed."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in _line(text))


def _line(text: str) -> str:
    return " ".join(str(text).split())


def shorten(text: str, most: int = 22) -> str:
    """Leave the middle out of a name that is longer than ``most`` characters.

    Examples
    --------
    >>> shorten("mel_spectrogram_113", 11)
    'mel_s…m_113'
    """
    text = clean(text)
    tail = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - tail]}…{text[-tail:]}"


def length(text: str, size: float = SMALL) -> float:
    """Return how long a text is in print (mm)."""
    return sum(advance(letter) for letter in text) * size * _POINT


@cache
def advance(letter: str) -> float:
    """Return how wide a letter is, in the font's size."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_NO_GLYPH)
        return float(text_to_path.get_text_width_height_descent(letter, font, False)[0])


def minus(text: str) -> str:
    """Write a number with a true minus."""
    return text.replace("-", "\N{MINUS SIGN}")


def longest(texts: Sequence[str], size: float = SMALL) -> float:
    """Return how long the longest of some texts is in print (mm)."""
    return max((length(text, size) for text in texts), default=0.0)


def sheet(
    title: str,
    shape: tuple[int, int],
    width: float,
    panel: float,
    *,
    left: float = 11.0,
    right: float = MARGIN,
    bottom: float = 9.0,
    gaps: tuple[float, float] = (4.0, 6.0),
    legend: Sequence[Any] = (),
    heads: bool = False,
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure with a title, a legend below it, and panels in rows and columns.

    Everything has its place before anything is drawn: no layout engine is needed, which takes
    longer than the drawing.

    Parameters
    ----------
    title : str
        Broken into lines where it is longer than the sheet is wide.
    shape : (int, int)
        Rows and columns of panels.
    width, panel : float
        The width of the sheet and the height of a panel (mm).
    left, right, bottom : float
        Margins of the sheet (mm).
    gaps : (float, float)
        Between columns and between rows (mm).
    legend : sequence of matplotlib artists
        Its entries, each with a label.
    heads : bool
        Whether the panels have titles of their own.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = shape
    lines = _wrap(title, width - 2 * MARGIN)
    keys = _legend_columns(legend, width - 2 * MARGIN)
    key_rows = -(-len(legend) // keys) if legend else 0
    top = 1.5 + len(lines) * TITLE * _LINE + key_rows * TEXT * _LINE * 1.05 + 1.0
    top += TEXT * _LINE if heads else 0.0
    height = top + rows * panel + (rows - 1) * gaps[1] + bottom
    each = (width - left - right - (columns - 1) * gaps[0]) / columns
    figure = Figure(figsize=(width / _INCH, height / _INCH))
    FigureCanvasAgg(figure)
    figure.text(MARGIN / width, 1 - 1.5 / height, "\n".join(lines), size=TITLE, va="top")
    if legend:
        below = 1.2 + len(lines) * TITLE * _LINE
        figure.legend(
            handles=list(legend),
            loc="upper left",
            ncols=keys,
            frameon=False,
            borderpad=0,
            bbox_to_anchor=(MARGIN / width, 1 - below / height),
            borderaxespad=0,
            handlelength=2.4,
            handletextpad=0.5,
            columnspacing=1.4,
            labelspacing=0.25,
        )
    axes = [
        [
            figure.add_axes(
                (
                    (left + column * (each + gaps[0])) / width,
                    (bottom + (rows - 1 - row) * (panel + gaps[1])) / height,
                    each / width,
                    panel / height,
                )
            )
            for column in range(columns)
        ]
        for row in range(rows)
    ]
    return figure, axes


def inner(axes: Axes) -> tuple[float, float]:
    """Return the width and the height of a panel (mm)."""
    box, sheet_size = axes.get_position(), axes.figure.get_size_inches()  # type: ignore[union-attr]
    return box.width * sheet_size[0] * _INCH, box.height * sheet_size[1] * _INCH


def head(axes: Axes, text: str) -> None:
    """Write the title of a panel."""
    # A place of its own spares matplotlib the search for one, as do those of `label`.
    axes.set_title(text, loc="left", y=1.0)


def label(axes: Axes, y: str = "", x: str = "", left: float = 9.0, below: float = 0.0) -> None:
    """Name the axes of a panel, ``left`` and ``below`` mm beside it."""
    width, height = inner(axes)
    if y:
        axes.set_ylabel(y, va="center")
        axes.yaxis.set_label_coords(-left / width, 0.5)
    if x:
        axes.set_xlabel(x, va="center")
        axes.xaxis.set_label_coords(0.5, -below / height)


def save(figure: Figure, stem: Path, formats: Sequence[str]) -> tuple[Path, ...]:
    """Write a figure as ``<stem>.<format>`` for each format, the same bytes each time."""
    paths = []
    for ending in formats:
        # Not with_suffix: a name such as lowpass-3.5k has a point of its own.
        path = stem.with_name(f"{stem.name}.{ending}")
        with warnings.catch_warnings():
            # A name in a script that the font lacks is drawn as boxes; the caption has it.
            warnings.filterwarnings("ignore", message=_NO_GLYPH)
            figure.savefig(path, format=ending, dpi=200, metadata=_METADATA.get(ending))
        paths.append(path)
    return tuple(paths)


def _wrap(text: str, width: float) -> list[str]:
    lines = [""]
    for word in clean(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and length(longer, TITLE) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [_fitted(line, width) for line in lines]


def _fitted(word: str, width: float) -> str:
    """Shorten a word that no line can hold."""
    fitted, most = word, len(word)
    while length(fitted, TITLE) > width:
        most -= 1
        fitted = shorten(word, most)
    return fitted


def _legend_columns(legend: Sequence[Any], width: float) -> int:
    """Return how many entries of a legend stand in a line."""
    handle = 4.4 * TEXT * _POINT
    entries = [length(str(entry.get_label()), TEXT) + handle for entry in legend]
    if sum(entries) <= width:
        return max(1, len(entries))
    return max(1, int(width / max(entries)))
