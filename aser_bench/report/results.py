"""The results of a run as data frames, verdict and figures, for Python and notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..core.arguments import check_path
from ..core.errors import UsageError, suggest
from ..core.findings import COMPARED, Findings
from ..core.tables import ORIGINAL
from ..results import reader
from ..results.analysis import MARGIN, analyse
from ..results.merge import MergedResults, merge
from . import figures, verdict
from .build import Report, ReportOptions, report

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Results:
    """The results of one run, read from its folder when they are first used.

    Returned by `aser_bench.run` and `aser_bench.load_results`.

    Attributes
    ----------
    folder : Path
        The results folder.
    margin : float
        The largest loss of UAR that is tolerated in `verdict` and `safe_bitrates`, as a fraction.
    text : str
        The summary that the command line prints after a run; empty for a folder that was loaded.
    exit_code : int
        0, or 3 if some cells failed in the run; 0 for a folder that was loaded.
    """

    folder: Path
    margin: float = MARGIN
    text: str = ""
    exit_code: int = 0

    @cached_property
    def _material(self) -> MergedResults:
        return merge([reader.read(self.folder)])

    @cached_property
    def findings(self) -> Findings:
        """All tables of the analysis; `losses` and `safe_bitrates` are two of them."""
        return analyse(self._material, self.margin)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row per cell, fold and run, with every metric; failed cells have a reason."""
        return reader.read_scores(self.folder)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """One row per cell, fold, run and test utterance, with a probability per emotion."""
        file = self.folder / "predictions.parquet"
        if not file.is_file():
            raise UsageError(f"{file} does not exist: no cell of the run succeeded")
        return pd.read_parquet(file)

    @property
    def conditions(self) -> pd.DataFrame:
        """One row per corpus and condition: effective bitrate, bandwidth, gain, encoder."""
        return self._material.conditions

    @property
    def losses(self) -> pd.DataFrame:
        """One row per metric and comparison of a condition with the original, with intervals."""
        return self.findings.losses

    @property
    def safe_bitrates(self) -> pd.DataFrame:
        """One row per codec, model and way of training.

        ``safe`` is ``yes``, ``none``, ``inconclusive`` or ``at chance`` (the interval of the UAR
        of the original is not above chance). ``safe_kbps`` is the lowest safe bitrate in kbit/s,
        missing where there is none, and ``sentence`` explains it.
        """
        numbers = ["safe_kbps", "uar_original", "uar_low", "uar_high", "chance"]
        columns = [*COMPARED[:-2], "codec", "safe", *numbers, "sentence"]
        return self.findings.robustness[columns]

    @cached_property
    def verdict(self) -> tuple[str, ...]:
        """The sentences of the verdict, the most important first."""
        material = self._material
        return tuple(verdict.verdict(self.findings, material.conditions, material.context))

    def figure(
        self,
        name: str = "curve",
        *,
        corpus: str | None = None,
        features: str | None = None,
        protocol: str | None = None,
    ) -> Figure:
        """Return a figure of the report as a matplotlib figure.

        Parameters
        ----------
        name : str
            A name of `aser_bench.report.figures.FIGURES`, such as ``curve`` (UAR over bitrate),
            ``matrix``, ``recall`` or ``confusion``.
        corpus, features, protocol : str, optional
            Which part of the study is drawn; the first one by default.

        Raises
        ------
        UsageError
            If there is no such figure, or nothing to draw for this part.
        """
        names = [figure.name for figure in figures.FIGURES]
        if name not in names:
            raise UsageError(f"unknown figure {name!r}{suggest(str(name), names)}")
        wanted = {"corpus": corpus, "features": features, "protocol": protocol}
        material = self._material
        drawings = figures.draw(name, self.findings, material.conditions, material.context, wanted)
        drawing = next(drawings, None)
        if drawing is None:
            part = " ".join(value for value in wanted.values() if value)
            raise UsageError(
                f"nothing to draw in figure {name!r}" + (f" for {part}" if part else "")
            )
        return drawing.figure

    def report(
        self,
        out: str | Path | None = None,
        *,
        formats: str | Sequence[str] | None = None,
        listen: int = 0,
    ) -> Report:
        """Write tables, figures and report.html again, from the predictions.

        Parameters
        ----------
        out : path, optional
            Where to write; the results folder by default.
        formats : str or sequence of str, optional
            Of `aser_bench.report.build.FORMATS`; all by default.
        listen : int
            The number of the worst utterances; their audio is included, original and coded.
        """
        options = ReportOptions(formats=formats, margin=self.margin, listen=listen)
        return report([self.folder], out=out, options=options)

    def __repr__(self) -> str:
        """Return one line with the folder and the size of the study."""
        return f"Results({str(self.folder)!r}: {self._summary()})"

    def _repr_html_(self) -> str:
        """Return the verdict and the safe bitrates for a notebook."""
        title = html.escape(f"{self.folder}: {self._summary()}")
        all_failed = not (self.scores["status"] == "ok").any()
        if all_failed or not (self.folder / "predictions.parquet").is_file():
            return f"<p><b>{title}</b></p>"
        sentences = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.verdict)
        table = self.safe_bitrates.to_html(index=False, float_format="{:g}".format)
        return f"<p><b>{title}</b></p><ul>{sentences}</ul>{table}"

    def _summary(self) -> str:
        scores = self.scores
        conditions = [
            condition for condition in _unique(scores["test_condition"]) if condition != ORIGINAL
        ]
        failed = int((scores["status"] != "ok").sum())
        parts = [
            ", ".join(_unique(scores["corpus"])),
            ", ".join(_unique(scores["model"])),
            f"original and {', '.join(conditions)}" if conditions else "original",
            f"{failed} of {len(scores)} results failed" if failed else f"{len(scores)} results",
        ]
        return "; ".join(parts)


def load_results(folder: str | Path, *, margin: float = MARGIN) -> Results:
    """Return the results in a folder: ``load_results("results/demo-mp3").losses``.

    Parameters
    ----------
    folder : path
        A results folder of this or an earlier version.
    margin : float
        The largest loss of UAR that is tolerated, as a fraction (0.02 is two points).

    Raises
    ------
    UsageError
        If the folder holds no results, or the margin is not between 0 and 1.
    """
    check_path("folder", folder)
    ReportOptions(margin=margin)
    reader.read(folder)
    return Results(Path(folder), margin)


def _unique(values: Iterable[object]) -> list[str]:
    return list(dict.fromkeys(map(str, values)))
