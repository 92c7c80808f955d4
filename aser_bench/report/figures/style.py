"""Sizes, colours and fonts of the figures, and functions that create and save them.

Lengths are in millimetres and fonts in points, as printed.
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
"""The margin at the edge of a figure (mm)."""

SMALL, TEXT, TITLE = 6.5, 7.0, 8.0
"""The sizes of fonts (points)."""

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
"""The palette of Okabe and Ito, ordered so that neighbours also differ in grey."""

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
    # Names can contain dollar signs. Fonts are embedded as TrueType in PDF and as paths in SVG, so
    # that a figure looks the same without DejaVu installed.
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
class LineStyle:
    """Colour, marker and line of a data series."""

    colour: str
    marker: str
    line: Any


def line_style(colour: int, shape: int) -> LineStyle:
    """Return the style with colour number ``colour`` and marker and line number ``shape``.

    If there are more series than colours, each repetition of the colours uses other markers. They
    are three positions further, so that they differ from the markers of the next two shapes.
    """
    marker = shape + 3 * (colour // len(COLOURS))
    return LineStyle(
        COLOURS[colour % len(COLOURS)], MARKERS[marker % len(MARKERS)], LINES[shape % len(LINES)]
    )


@contextlib.contextmanager
def settings() -> Iterator[None]:
    """Use the fonts and sizes of the report, then restore the settings of the user."""
    import matplotlib.style

    with matplotlib.style.context(_RC, after_reset=True):
        yield


def printable(text: str) -> str:
    """Return a text in one line without characters that cannot be printed."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in _line(text))


def _line(text: str) -> str:
    return " ".join(str(text).split())


def shorten(text: str, most: int = 22) -> str:
    """Shorten a name to ``most`` characters by omitting its middle.

    Examples
    --------
    >>> shorten("mel_spectrogram_113", 11)
    'mel_s…m_113'
    """
    text = printable(text)
    tail = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - tail]}…{text[-tail:]}"


def text_width(text: str, size: float = SMALL) -> float:
    """Return the printed width of a text (mm)."""
    return sum(char_width(letter) for letter in text) * size * _POINT


@cache
def char_width(letter: str) -> float:
    """Return the width of a letter relative to the size of the font."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_NO_GLYPH)
        return float(text_to_path.get_text_width_height_descent(letter, font, False)[0])


def minus(text: str) -> str:
    """Replace hyphens by minus signs."""
    return text.replace("-", "\N{MINUS SIGN}")


def longest_width(texts: Sequence[str], size: float = SMALL) -> float:
    """Return the largest printed width of several texts (mm)."""
    return max((text_width(text, size) for text in texts), default=0.0)


def new_figure(
    title: str,
    shape: tuple[int, int],
    width: float,
    panel: float,
    *,
    left: float = 11.0,
    right: float = MARGIN,
    bottom: float = 9.0,
    gaps: tuple[float, float] = (4.0, 6.0),
    legend_entries: Sequence[Any] = (),
    heads: bool = False,
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure with a title, a legend below it, and panels in rows and columns.

    All positions are computed here, because the layout engines of matplotlib take longer than
    the drawing.

    Parameters
    ----------
    title : str
        Wrapped if it is wider than the figure.
    shape : (int, int)
        Rows and columns of panels.
    width, panel : float
        The width of the figure and the height of a panel (mm).
    left, right, bottom : float
        Margins of the figure (mm).
    gaps : (float, float)
        Between columns and between rows (mm).
    legend_entries : sequence of matplotlib artists
        Artists with labels.
    heads : bool
        Whether the panels have titles.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = shape
    lines = _wrap(title, width - 2 * MARGIN)
    keys = _legend_columns(legend_entries, width - 2 * MARGIN)
    key_rows = -(-len(legend_entries) // keys) if legend_entries else 0
    top = 1.5 + len(lines) * TITLE * _LINE + key_rows * TEXT * _LINE * 1.05 + 1.0
    top += TEXT * _LINE if heads else 0.0
    height = top + rows * panel + (rows - 1) * gaps[1] + bottom
    each = (width - left - right - (columns - 1) * gaps[0]) / columns
    figure = Figure(figsize=(width / _INCH, height / _INCH))
    FigureCanvasAgg(figure)
    figure.text(MARGIN / width, 1 - 1.5 / height, "\n".join(lines), size=TITLE, va="top")
    if legend_entries:
        below = 1.2 + len(lines) * TITLE * _LINE
        figure.legend(
            handles=list(legend_entries),
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


def panel_size(axes: Axes) -> tuple[float, float]:
    """Return the width and the height of a panel (mm)."""
    box, sheet_size = axes.get_position(), axes.figure.get_size_inches()  # type: ignore[union-attr]
    return box.width * sheet_size[0] * _INCH, box.height * sheet_size[1] * _INCH


def panel_title(axes: Axes, text: str) -> None:
    """Set the title of a panel."""
    # With fixed positions, here and in `label`, matplotlib does not search for free space.
    axes.set_title(text, loc="left", y=1.0)


def label(axes: Axes, y: str = "", x: str = "", left: float = 9.0, below: float = 0.0) -> None:
    """Label the axes of a panel, at distances of ``left`` and ``below`` mm."""
    width, height = panel_size(axes)
    if y:
        axes.set_ylabel(y, va="center")
        axes.yaxis.set_label_coords(-left / width, 0.5)
    if x:
        axes.set_xlabel(x, va="center")
        axes.xaxis.set_label_coords(0.5, -below / height)


def save(figure: Figure, stem: Path, formats: Sequence[str]) -> tuple[Path, ...]:
    """Write a figure as ``<stem>.<format>`` for each format; the bytes are reproducible."""
    paths = []
    for ending in formats:
        # Not with_suffix: a name such as lowpass-3.5k contains a point.
        path = stem.with_name(f"{stem.name}.{ending}")
        with warnings.catch_warnings():
            # Letters that the font does not have are drawn as boxes; the caption has the name.
            warnings.filterwarnings("ignore", message=_NO_GLYPH)
            figure.savefig(path, format=ending, dpi=200, metadata=_METADATA.get(ending))
        paths.append(path)
    return tuple(paths)


def _wrap(text: str, width: float) -> list[str]:
    lines = [""]
    for word in printable(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, TITLE) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [_fitted(line, width) for line in lines]


def _fitted(word: str, width: float) -> str:
    """Shorten a word that is wider than a line."""
    fitted, most = word, len(word)
    while text_width(fitted, TITLE) > width:
        most -= 1
        fitted = shorten(word, most)
    return fitted


def _legend_columns(legend_entries: Sequence[Any], width: float) -> int:
    """Return the number of legend entries in a line."""
    handle = 4.4 * TEXT * _POINT
    entries = [text_width(str(entry.get_label()), TEXT) + handle for entry in legend_entries]
    if sum(entries) <= width:
        return max(1, len(entries))
    return max(1, int(width / max(entries)))
