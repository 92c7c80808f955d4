"""Write the report of one results folder, or of several side by side: ``aser-bench report``."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.atomic import check_folder, install
from ..core.errors import UsageError, suggest
from ..core.findings import Findings
from ..results import audio_examples, reader
from ..results.analysis import MARGIN, analyse
from ..results.reader import Material
from . import FORMATS as TABLE_FORMATS
from . import figures, html, verdict, write_tables

FORMATS = (*TABLE_FORMATS, "html", "figures")
"""What a report may consist of."""

_OWN = ("tables", "figures", "sounds", "report.html")
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
        check_folder(folder, _OWN)
    material = reader.merge([reader.read(path) for path in dict.fromkeys(map(Path, paths))])
    findings = analyse(material, options.margin, options.unclustered)
    heard = audio_examples.make(material, findings.worst, options.listen) if options.listen else {}
    said = tuple(verdict.verdict(findings, material.conditions, material.context))
    with tempfile.TemporaryDirectory(prefix="aser-bench-") as scratch:
        writers = _writers(
            material,
            findings,
            said,
            options.names,
            folder,
            Path(scratch) / "figures",
            heard or audio_examples.load(material, folder),
        )
        if options.listen:
            writers[audio_examples.FOLDER] = lambda path: audio_examples.write(heard, path)
        install(folder, writers)
    return Report(folder, tuple(writers), findings, said)


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
