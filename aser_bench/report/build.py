"""Write the report of one results folder, or of several side by side: ``aser-bench report``."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..core import atomic, tempdirs
from ..core.errors import UsageError, suggest
from ..core.findings import Findings
from ..results import audio_examples, reader
from ..results.analysis import MARGIN, analyse
from ..results.reader import Material
from . import FORMATS as TABLE_FORMATS
from . import figures, html, verdict, write_tables

FORMATS = (*TABLE_FORMATS, "html", "figures")
"""What a report may consist of."""

_NAMES = ("tables", "figures", "sounds", "report.html")
_REMEDY = "choose another folder with --out"
_FIGURE_FORMATS = ("pdf", "png", "svg")


@dataclass(frozen=True)
class Report:
    """What was written, and what it says.

    Attributes
    ----------
    folder : Path
    written : tuple of str
        Names in the folder.
    findings : Findings
    verdict : tuple of str
        Sentences, the most important first.
    """

    folder: Path
    written: tuple[str, ...]
    findings: Findings
    verdict: tuple[str, ...]


@dataclass(frozen=True)
class ReportOptions:
    """What a report is to be.

    Attributes
    ----------
    formats : str or sequence of str, optional
        Of `FORMATS`; all by default.
    margin : float
        The largest loss that counts as none, as a fraction (0.02 is two points of UAR).
    listen : int
        So many of the worst utterances get their sounds, original and coded, in the report.
    unclustered : bool
        Whether intervals that ignore speakers stand beside the others.

    Raises
    ------
    UsageError
        For an unknown format or a number that cannot be.
    """

    formats: str | Sequence[str] | None = None
    margin: float = MARGIN
    listen: int = 0
    unclustered: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.margin < 1:
            raise UsageError(
                f"--margin must lie between 0 and 1 (0.02 is two points), not {self.margin:g}"
            )
        if self.listen < 0:
            raise UsageError(f"--listen must be a number of utterances, not {self.listen}")
        if not self.names:
            raise UsageError(f"--format names nothing; there are {', '.join(FORMATS)}")
        for name in self.names:
            if name not in FORMATS:
                raise UsageError(
                    f"unknown format {name!r}{suggest(name, FORMATS)}; there are "
                    f"{', '.join(FORMATS)}"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """The formats, each once."""
        words = self.formats or FORMATS
        parts = words.split(",") if isinstance(words, str) else words
        return tuple(dict.fromkeys(part.strip().lower() for part in parts if part.strip()))


def report(
    paths: Sequence[Path | str],
    *,
    out: Path | str | None = None,
    options: ReportOptions | None = None,
) -> Report:
    """Make everything that people read of one or more results folders, from predictions alone.

    Parameters
    ----------
    paths : sequence of path
        Results folders; several are put side by side.
    out : path, optional
        Where to write; the folder itself by default. Must be given for several.
    options : ReportOptions, optional

    Raises
    ------
    UsageError
        If a folder is not one of results, or ``out`` is missing for several.
    """
    options = options or ReportOptions()
    if not paths:
        raise UsageError("name the results folder to report on")
    if out is None and len(paths) > 1:
        raise UsageError("several folders side by side need --out DIR for their common report")
    folder = Path(out) if out is not None else Path(paths[0])
    if out is not None:
        atomic.check_folder(folder, _NAMES)
    with atomic.writing(folder, _REMEDY) as target, _scratch() as scratch:
        material = reader.merge([reader.read(path) for path in dict.fromkeys(map(Path, paths))])
        sounds = audio_examples.load(material, folder)
        draft = _draft(material, options, folder, scratch / "figures", sounds)
        with target.replacing(draft.writers) as staged:
            for name, write in draft.writers.items():
                write(staged / name)
    return Report(folder, tuple(draft.writers), draft.findings, draft.verdict)


def add_report(staged: Path, folder: Path, options: ReportOptions | None = None) -> Report:
    """Add a report to results that are not yet in their folder.

    Parameters
    ----------
    staged : Path
        Holds the results, without a report; the report is added there, or nothing if it fails.
    folder : Path
        The results folder, as the report names it.
    options : ReportOptions, optional

    Raises
    ------
    AserBenchError
        If the report cannot be written.
    """
    options = options or ReportOptions()
    with _scratch() as scratch:
        material = reader.merge([reader.read(staged)])
        shown = (replace(material.folders[0], path=folder),)
        draft = _draft(replace(material, folders=shown), options, folder, scratch / "figures", {})
        try:
            for name, write in draft.writers.items():
                write(staged / name)
        except BaseException as error:
            for name in _NAMES:
                atomic.delete(staged / name)
            if isinstance(error, OSError):
                raise atomic.cannot_write(error, folder, _REMEDY) from error
            raise
    return Report(folder, tuple(draft.writers), draft.findings, draft.verdict)


def _scratch() -> AbstractContextManager[Path]:
    return tempdirs.folder(tempdirs.places(0)[-1])


@dataclass(frozen=True)
class _Draft:
    """A report that is not yet written: its statements, and a writer for each entry."""

    findings: Findings
    verdict: tuple[str, ...]
    writers: dict[str, Callable[[Path], Any]]


def _draft(
    material: Material,
    options: ReportOptions,
    folder: Path,
    scratch: Path,
    sounds: audio_examples.Sounds,
) -> _Draft:
    """Analyse results and draw the figures; ``sounds`` are those of an older report."""
    findings = analyse(material, options.margin, options.unclustered)
    heard = audio_examples.make(material, findings.worst, options.listen) if options.listen else {}
    said = tuple(verdict.verdict(findings, material.conditions, material.context))
    writers = _writers(material, findings, said, options.names, folder, scratch, heard or sounds)
    if options.listen:
        writers[audio_examples.FOLDER] = lambda path: audio_examples.write(heard, path)
    return _Draft(findings, said, writers)


def _writers(
    material: Material,
    findings: Findings,
    said: Sequence[str],
    wanted: Sequence[str],
    folder: Path,
    scratch: Path,
    heard: audio_examples.Sounds,
) -> dict[str, Callable[[Path], Any]]:
    scores, conditions, context = material.scores, material.conditions, material.context
    tables = tuple(name for name in wanted if name in TABLE_FORMATS)
    writers: dict[str, Callable[[Path], Any]] = {}
    if tables:
        writers["tables"] = lambda path: write_tables(
            scores, conditions, context, path, findings, tables
        )
    # Drawn once, for both: it takes longer than everything else.
    formats = _FIGURE_FORMATS if "figures" in wanted else ("svg",) if "html" in wanted else ()
    drawn = figures.write(findings, conditions, context, scratch, formats) if formats else []
    if "figures" in wanted:
        writers["figures"] = lambda path: shutil.copytree(scratch, path)
    if "html" in wanted:
        page = html.Page(
            title=f"Report of {context.study}",
            findings=findings,
            conditions=conditions,
            context=context,
            verdict=said,
            errors=verdict.errors(findings, context),
            figures=drawn,
            manifest=_manifest(material),
            failed=_failed(scores),
            sounds=heard,
            command=_command(material, folder),
        )
        writers["report.html"] = lambda path: path.write_text(html.render(page), "utf-8")
    return writers


def _failed(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[scores["status"] != "ok"]


def _manifest(material: Material) -> dict[str, Any]:
    """Return what the manifests of all folders say, corpora under the names that hold here."""
    corpora: dict[str, Any] = {}
    for one, source in zip(material.folders, material.sources, strict=True):
        for name, facts in one.manifest.to_mapping()["corpora"].items():
            corpora.setdefault(source.corpora.get(name, name), facts)
    manifests = [one.manifest.to_mapping() for one in material.folders]
    return {**_together(manifests), "corpora": corpora}


def _together(values: Sequence[Any]) -> Any:
    """Return what is the same in all of some values, and all of it where it is not."""
    if all(isinstance(value, Mapping) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        return {name: _together([v[name] for v in values if name in v]) for name in names}
    words = [", ".join(map(str, v)) if isinstance(v, list) else str(v) for v in values]
    return values[0] if len(set(words)) == 1 else " / ".join(dict.fromkeys(words))


def _command(material: Material, folder: Path) -> str:
    if len(material.folders) == 1:
        one = material.folders[0]
        # Paths are relative to the folder in which the run started, not to its study file.
        sources = one.manifest.sources.items()
        words = ["run", f"{one.path.resolve().name}/study.yaml"]
        words += [word for name, place in sources for word in ("--corpus", f"{name}={place}")]
        if vectors := one.manifest.study.get("embeddings"):
            words += ["--embeddings", str(vectors)]
    else:
        words = ["report", *(str(one.path) for one in material.folders), "--out", str(folder)]
    return shlex.join(["aser-bench", *words])
