"""The figures of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...core.context import Context
from ...core.findings import Findings
from ..text import stem
from . import (
    bandwidth,
    confusion,
    curve,
    drift,
    matrix,
    recall,
    speakers,
    split,
    style,
    uar_wer,
    wer,
)
from .data import CORPUS, FEATURES, SECTION, Drawing, FigureData, figure_data

__all__ = ["FIGURES", "Figure", "Kind", "write"]


@dataclass(frozen=True)
class FigureType:
    """A type of figure.

    Attributes
    ----------
    name : str
        The name in file names.
    scope : tuple of str
        The columns of which each combination of values has a figure.
    draw : callable
        The function that draws the figure; it returns None if there is no data.
    """

    name: str
    scope: tuple[str, ...]
    draw: Callable[[FigureData], Drawing | None]


FIGURES = (
    FigureType("curve", SECTION, curve.draw),
    FigureType("matrix", SECTION, matrix.draw),
    FigureType("recall", SECTION, recall.draw),
    FigureType("confusion", SECTION, confusion.draw),
    FigureType("speakers", SECTION, speakers.draw),
    FigureType("split", SECTION, split.draw),
    FigureType("uar-wer", SECTION, uar_wer.draw),
    FigureType("drift", FEATURES, drift.draw),
    FigureType("bandwidth", CORPUS, bandwidth.draw),
    FigureType("wer", CORPUS, wer.draw),
)


@dataclass(frozen=True)
class Figure:
    """A figure that has been written.

    Attributes
    ----------
    stem : str
        The name of the files without extension.
    kind : str
        The name of one of `FIGURES`.
    title, caption : str
        The name of the figure in one line, and the sentences that explain it.
    alt : str
        A description of the figure with its main numbers.
    section : (str, str, str)
        Corpus, features and protocol; empty if the figure applies to all of them.
    files : tuple of Path
        One file for each format.
    """

    stem: str
    kind: str
    title: str
    caption: str
    alt: str
    section: tuple[str, str, str]
    files: tuple[Path, ...]


def write(
    findings: Findings,
    conditions: pd.DataFrame,
    context: Context,
    folder: Path | str,
    formats: Sequence[str] = ("pdf", "png", "svg"),
) -> list[Figure]:
    """Draw all figures for which there are findings.

    Parameters
    ----------
    findings : Findings
        The findings of a run.
    conditions : pandas.DataFrame
        Columns ``aser_bench.core.tables.CONDITIONS``.
    context : Context
        The description of the run.
    folder : path
        The output folder; created if it does not exist.
    formats : sequence of str
        File extensions that matplotlib supports. The same findings give the same bytes.

    Returns
    -------
    list of Figure
        Figures of each corpus x features x protocol, then those that apply to several of them.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Figure] = []
    used: dict[str, int] = {}
    with style.settings():
        for scope in dict.fromkeys(kind.scope for kind in FIGURES):
            for data in figure_data(findings, conditions, context, scope):
                for kind in FIGURES:
                    drawing = kind.draw(data) if kind.scope == scope else None
                    if drawing is None:
                        continue
                    name = _unused(stem(*filter(None, data.section), kind.name), used)
                    files = style.save(drawing.figure, folder / name, formats)
                    texts = (drawing.title, drawing.caption, drawing.alt)
                    written.append(Figure(name, kind.name, *texts, data.section, files))
    return written


def _unused(stem: str, used: dict[str, int]) -> str:
    """Number a stem that is already used, also if it differs only in case."""
    count = used[stem.lower()] = used.get(stem.lower(), 0) + 1
    return stem if count == 1 else f"{stem}-{count}"


def draw(
    name: str,
    findings: Findings,
    conditions: pd.DataFrame,
    context: Context,
    selection: Mapping[str, str | None],
) -> Iterator[Drawing]:
    """Yield the drawings of one figure, without saving them.

    Parameters
    ----------
    name : str
        The name of one of `FIGURES`.
    findings, conditions, context
        As for `write`.
    selection : mapping of str to str or None
        ``corpus``, ``features`` and ``protocol`` that are drawn; None selects all.
    """
    kind = next(kind for kind in FIGURES if kind.name == name)
    selected = {key: value for key, value in selection.items() if value and key in kind.scope}
    with style.settings():
        for data in figure_data(findings, conditions, context, kind.scope):
            if all(getattr(data, key) == value for key, value in selected.items()):
                drawing = kind.draw(data)
                if drawing is not None:
                    yield drawing
