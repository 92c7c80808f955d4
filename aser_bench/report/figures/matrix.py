"""UAR by training and test condition, one panel for each model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...core.tables import MULTI, ORIGINAL
from .. import captions
from ..text import number
from . import style
from .data import Drawing, FigureData, sentences
from .heatmap import FITTING, colorbar, heatmap

_WIDEST, _LEAST, _HIGHEST = 9.0, 2.3, 230.0  # mm of a cell, and of all panels


def draw(data: FigureData) -> Drawing | None:
    """Draw training x test conditions as heat maps with a common scale."""
    matrices = {
        model: matrix for model in data.models if (matrix := _matrix(data, model)) is not None
    }
    if not matrices:
        return None
    trains = data.ordered(name for matrix in matrices.values() for name in matrix.index)
    tests = data.ordered(name for matrix in matrices.values() for name in matrix.columns)
    tables = {model: matrix.reindex(trains, columns=tests) for model, matrix in matrices.items()}
    names = [style.shorten(name) for name in (*trains, *tests)]
    left, bottom = style.longest_width(names) + 5.0, style.longest_width(names) + 5.0
    width, columns, cell = _layout(len(tables), len(tests), left)
    used = columns * len(tests) * cell + 4.0 * (columns - 1)
    title = f"{data.heading}: UAR by training and test condition"
    figure, axes = style.new_figure(
        title,
        (-(-len(tables) // columns), columns),
        width,
        len(trains) * cell,
        left=left,
        right=width - left - used,
        bottom=bottom,
        gaps=(4.0, 6.0),
        heads=True,
    )
    every = np.array([table.to_numpy(dtype=float) for table in tables.values()])
    chance = float(data.findings.cells["chance"].median())
    limits = min(float(np.nanmin(every)), chance), max(float(np.nanmax(every)), chance + 0.01)
    rows = len(axes)
    for place, (model, table) in enumerate(tables.items()):
        row, column = divmod(place, columns)
        panel = axes[row][column]
        mesh = heatmap(
            panel,
            table.to_numpy(dtype=float),
            trains,
            tests,
            colours=style.SEQUENTIAL,
            limits=limits,
            format_value=_short,
        )
        style.panel_title(panel, style.shorten(model, 40))
        lowest = place + columns >= len(tables)
        panel.tick_params(labelleft=column == 0, labelbottom=lowest)
        if column == 0:
            style.label(panel, "trained on", left=left - 1.8)
        if lowest:
            style.label(panel, x="tested on", below=bottom - 1.8)
    for spare in range(len(tables), rows * columns):
        axes[spare // columns][spare % columns].remove()
    colorbar(axes[0][columns - 1 if len(tables) >= columns else 0], mesh, "UAR")
    return Drawing(figure, title, _caption(data, tables, chance), _alt(data, tables))


def _matrix(data: FigureData, model: str) -> pd.DataFrame | None:
    """Return UAR [train, test], or None if the curves already show all combinations."""
    cells = data.findings.cells
    cells_of_model = cells[(cells["model"] == model) & cells["uar"].notna()]
    cells_of_model = cells_of_model.drop_duplicates(["train_condition", "test_condition"])
    crossed = (
        cells_of_model["train_condition"] != cells_of_model["test_condition"]
    ) & ~cells_of_model["train_condition"].isin([ORIGINAL, MULTI])
    if not crossed.any():
        return None
    return cells_of_model.pivot(index="train_condition", columns="test_condition", values="uar")


def _layout(models: int, conditions: int, left: float) -> tuple[float, int, float]:
    """Return the width of the figure, the number of panel columns and the cell size (mm)."""
    right = 14.5
    cell = (style.COLUMN - left - right) / conditions
    if models == 1 and cell >= FITTING:
        return style.COLUMN, 1, min(cell, _WIDEST)
    room = style.PAGE - left - right
    cells = {
        columns: (room - 4.0 * (columns - 1)) / (columns * conditions)
        for columns in range(min(models, 3), 0, -1)
    }
    # Small cells without numbers are preferred to a figure that is longer than a page.
    fitting = [
        columns
        for columns, cell in cells.items()
        if cell >= FITTING and -(-models // columns) * conditions * cell <= _HIGHEST
    ]
    fitting += [columns for columns, cell in cells.items() if cell >= _LEAST]
    columns = fitting[0] if fitting else 1
    return style.PAGE, columns, min(cells[columns], _WIDEST)


def _short(value: float) -> str:
    """Format a fraction with two digits, such as ``.35``.

    Examples
    --------
    >>> _short(0.354), _short(0.999)
    ('.35', '1.0')
    """
    text = f"{value:.2f}"
    return "1.0" if text.startswith("1") else text.removeprefix("0")


def _caption(data: FigureData, tables: dict[str, pd.DataFrame], chance: float) -> str:
    names: Sequence[str] = [*next(iter(tables.values())).columns]
    return sentences(
        f"{data.title}: unweighted average recall (UAR) of each training condition (rows) at "
        "each test condition (columns); the diagonal is matched training",
        captions.POOLED,
        f"All panels have the same scale, which starts at chance ({number(chance)})"
        if float(min(table.min().min() for table in tables.values())) >= chance
        else f"All panels have the same scale; chance is {number(chance)}",
        "Grey cells have no result" if any(t.isna().any().any() for t in tables.values()) else "",
        data.marked(names),
    )


def _alt(data: FigureData, tables: dict[str, pd.DataFrame]) -> str:
    texts = []
    for model, table in tables.items():
        values = table.to_numpy(dtype=float)
        row, column = divmod(int(np.nanargmin(values)), values.shape[1])
        matched = np.diag(table.reindex(columns=table.index).to_numpy(dtype=float))
        finite = matched[np.isfinite(matched)]
        mean = f"{number(float(finite.mean()))} on average on the diagonal, " if len(finite) else ""
        texts.append(
            f"{model}: {mean}lowest {number(values[row, column])} trained on {table.index[row]} "
            f"and tested on {table.columns[column]}"
        )
    return sentences(f"Heat map of UAR by training and test condition, {data.heading}", *texts)
