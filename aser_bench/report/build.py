"""The report of one or more results folders, as ``aser-bench report`` writes it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..core import atomic, folders, tempdirs
from ..core.arguments import check_number, check_path, split_names
from ..core.errors import UsageError, suggest
from ..core.findings import Findings
from ..results import audio_examples, reader
from ..results.analysis import MARGIN, analyse
from ..results.merge import MergedResults, merge
from . import FORMATS as TABLE_FORMATS
from . import figures, html, tables, verdict, write_tables

FORMATS = (*TABLE_FORMATS, "html", "figures")
"""The parts that a report can have."""

_OUTPUTS = ("tables", "figures", "sounds", "report.html")
_REMEDY = "choose another folder with --out"
_FIGURE_FORMATS = ("pdf", "png", "svg")


@dataclass(frozen=True)
class Report:
    """The written files of a report, its findings and its verdict.

    Attributes
    ----------
    folder : Path
    written : tuple of str
        Names of the files and folders in ``folder``.
    findings : Findings
    verdict : tuple of str
        Sentences, the most important one first.
    """

    folder: Path
    written: tuple[str, ...]
    findings: Findings
    verdict: tuple[str, ...]

    def __repr__(self) -> str:
        """Return one line with the folder and the files in it."""
        return f"Report({str(self.folder)!r}: {', '.join(self.written)})"


@dataclass(frozen=True)
class ReportOptions:
    """Options of a report.

    Attributes
    ----------
    formats : str or sequence of str, optional
        Names in `FORMATS`; all by default.
    margin : float
        The largest loss that is considered acceptable, as a fraction (0.02 is two percentage
        points of UAR).
    listen : int
        The number of worst utterances for which the report includes audio, original and coded.
    unclustered : bool
        Whether intervals that ignore speakers are added to the tables.

    Raises
    ------
    UsageError
        For an unknown format or a number out of range.
    """

    formats: str | Sequence[str] | None = None
    margin: float = MARGIN
    listen: int = 0
    unclustered: bool = False

    def __post_init__(self) -> None:
        check_number("margin", self.margin)
        check_number("listen", self.listen)
        if not 0 < self.margin < 1:
            raise UsageError(
                f"margin must be between 0 and 1 (0.02 is two points), not {self.margin:g}"
            )
        if self.listen < 0 or self.listen % 1:
            raise UsageError(f"listen must be a number of utterances, not {self.listen}")
        if not self.names:
            raise UsageError(f"formats names no format; choose from {', '.join(FORMATS)}")
        for name in self.names:
            if name not in FORMATS:
                raise UsageError(f"unknown format {name!r}{suggest(name, FORMATS)}")

    @property
    def names(self) -> tuple[str, ...]:
        """The formats without duplicates."""
        names = split_names("formats", self.formats or FORMATS)
        return tuple(dict.fromkeys(name.lower() for name in names))


def report(
    paths: Sequence[Path | str],
    *,
    out: Path | str | None = None,
    options: ReportOptions | None = None,
) -> Report:
    """Write tables, figures and ``report.html`` of results folders from their predictions.

    Parameters
    ----------
    paths : sequence of path
        Results folders; several are reported side by side.
    out : path, optional
        The output folder; the results folder by default. Required for several folders.
    options : ReportOptions, optional

    Raises
    ------
    UsageError
        If a folder has no results, or ``out`` is missing for several folders.
    """
    options = options or ReportOptions()
    for path in (*paths, *([] if out is None else [out])):
        check_path("a folder", path)
    if not paths:
        raise UsageError("no results folder is given")
    if out is None and len(paths) > 1:
        raise UsageError("a report of several folders needs an output folder (out)")
    folder = Path(out) if out is not None else Path(paths[0])
    if out is not None:
        atomic.check_folder(folder, _OUTPUTS)
    elif folder.is_file():
        raise UsageError(f"{folder} is not a results folder but a file: name its folder")
    with atomic.writing(folder, _REMEDY) as target, tempdirs.folder() as temporary:
        material = merge([reader.read(path) for path in dict.fromkeys(map(Path, paths))])
        audio = audio_examples.load(material, folder)
        draft = _draft(material, options, folder, temporary / "figures", audio)
        with target.replacing(draft.writers) as staged:
            for name, write in draft.writers.items():
                write(staged / name)
    return Report(folder, tuple(draft.writers), draft.findings, draft.verdict)


def add_report(staged: Path, folder: Path, options: ReportOptions | None = None) -> Report:
    """Add a report to results before they are written to their folder.

    Parameters
    ----------
    staged : Path
        The folder with the results but without a report. If an error occurs, nothing is added.
    folder : Path
        The path of the results folder that the report shows.
    options : ReportOptions, optional

    Raises
    ------
    AserBenchError
        If the report cannot be written.
    """
    options = options or ReportOptions()
    with tempdirs.folder() as temporary:
        material = merge([reader.read(staged)])
        shown = (replace(material.folders[0], path=folder),)
        draft = _draft(replace(material, folders=shown), options, folder, temporary / "figures", {})
        try:
            for name, write in draft.writers.items():
                write(staged / name)
        except BaseException as error:
            for name in _OUTPUTS:
                folders.delete(staged / name)
            if isinstance(error, OSError):
                raise atomic.cannot_write(error, folder, _REMEDY) from error
            raise
    return Report(folder, tuple(draft.writers), draft.findings, draft.verdict)


@dataclass(frozen=True)
class _Draft:
    """A report before it is written: its statements, and a writer for each entry."""

    findings: Findings
    verdict: tuple[str, ...]
    writers: dict[str, Callable[[Path], Any]]


def _draft(
    material: MergedResults,
    options: ReportOptions,
    folder: Path,
    figures_folder: Path,
    audio: audio_examples.AudioExamples,
) -> _Draft:
    """Analyse results and draw the figures; ``audio`` is that of an older report."""
    findings = analyse(material, options.margin, options.unclustered)
    made = audio_examples.make(material, findings.worst, options.listen) if options.listen else {}
    sentences = tuple(verdict.verdict(findings, material.conditions, material.context))
    writers = _writers(
        material, findings, sentences, options.names, folder, figures_folder, made or audio
    )
    if options.listen:
        writers[audio_examples.FOLDER] = lambda path: audio_examples.write(made, path)
    return _Draft(findings, sentences, writers)


def _writers(
    material: MergedResults,
    findings: Findings,
    sentences: Sequence[str],
    names: Sequence[str],
    folder: Path,
    figures_folder: Path,
    audio: audio_examples.AudioExamples,
) -> dict[str, Callable[[Path], Any]]:
    scores, conditions, context = material.scores, material.conditions, material.context
    table_formats = tuple(name for name in names if name in TABLE_FORMATS)
    writers: dict[str, Callable[[Path], Any]] = {}
    if table_formats:
        writers["tables"] = lambda path: write_tables(
            scores, conditions, context, path, findings, table_formats
        )
    # Figures are drawn once for both formats, because drawing takes most of the time.
    formats = _FIGURE_FORMATS if "figures" in names else ("svg",) if "html" in names else ()
    drawings = (
        figures.write(findings, conditions, context, figures_folder, formats) if formats else []
    )
    if "figures" in names:
        writers["figures"] = lambda path: _copy_folder(figures_folder, path)
    if "html" in names:
        page = html.Page(
            title=f"Report of {context.study}",
            findings=findings,
            conditions=conditions,
            context=context,
            verdict=sentences,
            errors=verdict.errors(findings, context),
            figures=drawings,
            manifest=_manifest(material),
            failed=_failed(scores),
            notes=tables.section_notes(scores, conditions, context, findings),
            audio=audio,
            command=_command(material, folder),
        )
        writers["report.html"] = lambda path: path.write_bytes(
            # Half of a surrogate pair, of a file name that is not UTF-8, cannot be encoded.
            html.render(page).encode("utf-8", "replace")
        )
    return writers


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a folder of files; unlike `shutil.copytree`, end at the first error, such as ENOSPC."""
    target.mkdir()
    for path in source.iterdir():
        shutil.copyfile(path, target / path.name)


def _failed(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[scores["status"] != "ok"]


def _manifest(material: MergedResults) -> dict[str, Any]:
    """Return the merged manifests of all folders, with the names of corpora in the report."""
    corpora: dict[str, Any] = {}
    for folder_results, source in zip(material.folders, material.sources, strict=True):
        for name, facts in folder_results.manifest.to_mapping()["corpora"].items():
            corpora.setdefault(source.corpora.get(name, name), facts)
    manifests = [folder_results.manifest.to_mapping() for folder_results in material.folders]
    return {**_merged(manifests), "corpora": corpora}


def _merged(values: Sequence[Any]) -> Any:
    """Return the common value of several values, or all of them separated by slashes."""
    if all(isinstance(value, Mapping) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        return {name: _merged([v[name] for v in values if name in v]) for name in names}
    texts = [", ".join(map(str, v)) if isinstance(v, list) else str(v) for v in values]
    return values[0] if len(set(texts)) == 1 else " / ".join(dict.fromkeys(texts))


def _command(material: MergedResults, folder: Path) -> str:
    if len(material.folders) == 1:
        folder_results = material.folders[0]
        # Paths are relative to the folder in which the run started, not to its study file.
        sources = folder_results.manifest.sources.items()
        arguments = ["run", f"{folder_results.path.resolve().name}/study.yaml"]
        arguments += [
            argument for name, path in sources for argument in ("--corpus", f"{name}={path}")
        ]
        if vectors := folder_results.manifest.study.get("embeddings"):
            arguments += ["--embeddings", str(vectors)]
    else:
        arguments = [
            "report",
            *(str(folder_results.path) for folder_results in material.folders),
            "--out",
            str(folder),
        ]
    return shlex.join(["aser-bench", *arguments])
