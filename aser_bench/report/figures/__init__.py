"""The figures of a run: what the tables say, to be looked at."""

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
from .part import CORPUS, FEATURES, SECTION, Drawing, Part, parts

__all__ = ["FIGURES", "Figure", "Kind", "write"]


@dataclass(frozen=True)
class Kind:
    """A kind of figure: its name in file names, what it belongs to, and what draws it.

    ``draw`` returns None where there is nothing to be seen.
    """

    name: str
    scope: tuple[str, ...]
    draw: Callable[[Part], Drawing | None]


FIGURES = (
    Kind("curve", SECTION, curve.draw),
    Kind("matrix", SECTION, matrix.draw),
    Kind("recall", SECTION, recall.draw),
    Kind("confusion", SECTION, confusion.draw),
    Kind("speakers", SECTION, speakers.draw),
    Kind("split", SECTION, split.draw),
    Kind("uar-wer", SECTION, uar_wer.draw),
    Kind("drift", FEATURES, drift.draw),
    Kind("bandwidth", CORPUS, bandwidth.draw),
    Kind("wer", CORPUS, wer.draw),
)


@dataclass(frozen=True)
class Figure:
    """A figure as it was written.

    Attributes
    ----------
    stem : str
        The files' name without ending.
    kind : str
        The name of one of `FIGURES`.
    title, caption : str
        One line that names the figure, and the sentences that explain it.
    alt : str
        What is to be seen, in words and with the main numbers.
    section : (str, str, str)
        Corpus, features and protocol; empty where the figure is of all of them.
    files : tuple of Path
        One for each format.
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
    """Draw every figure that there are findings for.

    Parameters
    ----------
    findings : Findings
        Of a run.
    conditions : pandas.DataFrame
        Columns ``aser_bench.core.tables.CONDITIONS``.
    context : Context
        What the run tells of itself.
    folder : path
        Where to write; made where it is missing.
    formats : sequence of str
        Endings that matplotlib knows. The same findings give the same bytes.

    Returns
    -------
    list of Figure
        By corpus x features x protocol, then what belongs to several of them.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Figure] = []
    taken: dict[str, int] = {}
    with style.settings():
        for scope in dict.fromkeys(kind.scope for kind in FIGURES):
            for part in parts(findings, conditions, context, scope):
                for kind in FIGURES:
                    drawing = kind.draw(part) if kind.scope == scope else None
                    if drawing is None:
                        continue
                    name = _free(stem(*filter(None, part.section), kind.name), taken)
                    files = style.save(drawing.figure, folder / name, formats)
                    words = (drawing.title, drawing.caption, drawing.alt)
                    found.append(Figure(name, kind.name, *words, part.section, files))
    return found


def _free(stem: str, taken: dict[str, int]) -> str:
    """Number a stem that is taken, for file systems that know no case, too."""
    count = taken[stem.lower()] = taken.get(stem.lower(), 0) + 1
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
    wanted = {key: value for key, value in selection.items() if value and key in kind.scope}
    with style.settings():
        for part in parts(findings, conditions, context, kind.scope):
            if all(getattr(part, key) == value for key, value in wanted.items()):
                drawing = kind.draw(part)
                if drawing is not None:
                    yield drawing
